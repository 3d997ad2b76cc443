//! The session's trust anchors: the system's roots and the session CA, as PEM for almost everyone and as JKS for Java.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::paths::Paths;

/// Bundles of the usual distributions, first found wins.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The password that Java's own trust stores have carried since the first; it protects nothing, certificates are public.
const JAVA_PASSWORD: &str = "changeit";
/// Tag of an entry that is a certificate.
const JAVA_TRUSTED_CERTIFICATE: u32 = 2;

/// Why the trust anchors can not be had.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// No bundle on this machine.
    #[error("no system trust anchors found ({}); install the `ca-certificates` package, or set SSL_CERT_FILE to a PEM bundle", SYSTEM_BUNDLES.join(", "))]
    Missing,
    /// `SSL_CERT_FILE` names something unreadable.
    #[error("cannot read the trust anchors in {path} (SSL_CERT_FILE): {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// The system's trust anchors as PEM text: `SSL_CERT_FILE` when the user set it, else the distribution's bundle.
///
/// # Errors
/// When there is none, or the one that the user named can not be read.
pub fn system_pem(ssl_cert_file: Option<&str>) -> Result<String, TrustError> {
    if let Some(path) = ssl_cert_file.filter(|p| !p.is_empty()) {
        return std::fs::read_to_string(path).map_err(|source| TrustError::Unreadable {
            path: path.to_owned(),
            source,
        });
    }
    let found = SYSTEM_BUNDLES
        .iter()
        .find_map(|p| std::fs::read_to_string(Path::new(p)).ok());
    found.ok_or(TrustError::Missing)
}

/// The anchors that the proxy trusts towards upstreams. Certificates that rustls can not use are left out.
pub fn upstream_roots(pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(pem));
    roots
}

/// The session's anchors as files, for the moment in which the sandbox mounts them. Certificates are public; the CA's key
/// is not in them. Dropping this removes the files, which stay visible inside through their mounts.
#[derive(Debug)]
pub struct Files {
    directory: PathBuf,
    /// The bundle in PEM: the system's anchors (pass-through hosts need them) and the session CA.
    pub bundle: PathBuf,
    /// The same as a Java KeyStore.
    pub java: Option<PathBuf>,
}

impl Files {
    /// Writes the files below the runtime directory.
    ///
    /// # Errors
    /// When they can not be written.
    pub fn write(
        paths: &Paths,
        session: &str,
        system: &str,
        session_ca: &str,
        java: bool,
    ) -> std::io::Result<Self> {
        let directory = paths.runtime.join(format!("{session}.trust"));
        std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
        let files = Self {
            bundle: directory.join("ca.pem"),
            java: java.then(|| directory.join("cacerts.jks")),
            directory,
        };
        let newline = if system.ends_with('\n') { "" } else { "\n" };
        write(
            &files.bundle,
            &[system.as_bytes(), newline.as_bytes(), session_ca.as_bytes()],
        )?;
        if let Some(java) = &files.java {
            write(
                java,
                &[&java_store(&java_entries(paths, system)?, session_ca)],
            )?;
        }
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.directory) {
            tracing::debug!(%error, "removing the trust anchors' files");
        }
    }
}

fn write(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o444)
        .open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}

/// The system's anchors as entries of a Java KeyStore, from a cache: decoding 150 certificates at every start would cost
/// more than the rest of it. The cache lies in the state directory, which no sandbox sees.
fn java_entries(paths: &Paths, system: &str) -> std::io::Result<Vec<u8>> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, system.as_bytes());
    let name: String = digest
        .as_ref()
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect();
    let cache = paths.state.join("cache");
    let file = cache.join(format!("java-anchors-{name}"));
    if let Ok(entries) = std::fs::read(&file) {
        return Ok(entries);
    }
    let mut entries = Vec::with_capacity(system.len());
    for (number, anchor) in certificates(system).enumerate() {
        java_entry(&mut entries, &format!("anchor-{number}"), &anchor);
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&cache)?;
    for old in std::fs::read_dir(&cache)?
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with("java-anchors-"))
    {
        std::fs::remove_file(old.path())?;
    }
    let temporary = cache.join(format!("new-{}", std::process::id()));
    std::fs::write(&temporary, &entries)?;
    std::fs::rename(&temporary, &file)?;
    Ok(entries)
}

fn java_entry(out: &mut Vec<u8>, alias: &str, certificate: &[u8]) {
    out.extend_from_slice(&JAVA_TRUSTED_CERTIFICATE.to_be_bytes());
    java_text(out, alias);
    out.extend_from_slice(&0u64.to_be_bytes());
    java_text(out, "X.509");
    out.extend_from_slice(
        &u32::try_from(certificate.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    out.extend_from_slice(certificate);
}

/// A Java KeyStore (format version 2, `sun.security.provider.JavaKeyStore`) of these entries and the session CA.
fn java_store(entries: &[u8], session_ca: &str) -> Vec<u8> {
    let mut body = entries.to_vec();
    for anchor in certificates(session_ca) {
        java_entry(&mut body, "ringfence", &anchor);
    }
    let mut out = Vec::with_capacity(body.len() + 32);
    out.extend_from_slice(&0xFEED_FEED_u32.to_be_bytes());
    out.extend_from_slice(&2u32.to_be_bytes());
    out.extend_from_slice(&java_count(&body).to_be_bytes());
    out.extend_from_slice(&body);
    let mut keyed: Vec<u8> = JAVA_PASSWORD
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    keyed.extend_from_slice(b"Mighty Aphrodite");
    keyed.extend_from_slice(&out);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &keyed);
    out.extend_from_slice(digest.as_ref());
    out
}

/// How many entries there are. A walk over the lengths, so that the cache needs no header of its own.
fn java_count(mut entries: &[u8]) -> u32 {
    let mut count = 0;
    while let Some(rest) = java_skip(entries) {
        entries = rest;
        count += 1;
    }
    count
}

/// What follows the first entry: tag, alias, date, type, certificate.
fn java_skip(entry: &[u8]) -> Option<&[u8]> {
    let alias = entry.get(4..)?;
    let date =
        alias.get(2 + usize::from(u16::from_be_bytes(alias.get(..2)?.try_into().ok()?))..)?;
    let kind = date.get(8..)?;
    let certificate =
        kind.get(2 + usize::from(u16::from_be_bytes(kind.get(..2)?.try_into().ok()?))..)?;
    let length = u32::from_be_bytes(certificate.get(..4)?.try_into().ok()?);
    certificate.get(4 + usize::try_from(length).ok()?..)
}

fn certificates(pem: &str) -> impl Iterator<Item = CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok)
}

/// Java's `DataOutput.writeUTF` for ASCII.
fn java_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn keytool_reads_the_java_store_and_counts_the_same_anchors_also_from_the_cache() {
        let pem = system_pem(None).unwrap();
        let (count, session_ca) = (
            certificates(&pem).count(),
            pem.split_inclusive("-----END CERTIFICATE-----\n")
                .next()
                .unwrap(),
        );
        assert!(count > 10);
        let tmp = tempfile::tempdir().unwrap();
        let paths = Paths::of(tmp.path(), &Default::default());
        paths.prepare().unwrap();
        for session in ["first", "from-the-cache"] {
            let files = Files::write(&paths, session, &pem, session_ca, true).unwrap();
            assert_eq!(
                std::fs::read_to_string(&files.bundle).unwrap(),
                format!("{pem}{session_ca}")
            );
            let keytool = Command::new("keytool")
                .args(["-list", "-storepass", JAVA_PASSWORD, "-keystore"])
                .arg(files.java.as_ref().unwrap())
                .output();
            let Ok(out) = keytool else {
                println!("SKIPPED: no keytool on this machine");
                return;
            };
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            assert!(out.status.success(), "{text}");
            assert_eq!(
                text.matches("trustedCertEntry").count(),
                count + 1,
                "{text}"
            );
            let directory = files.directory.clone();
            drop(files);
            assert!(!directory.exists());
        }
    }
}
