//! The session's trust anchors: the system's roots and the session CA, as PEM for almost everyone and as JKS for Java.

use std::path::Path;

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

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
        return std::fs::read_to_string(path).map_err(|source| TrustError::Unreadable { path: path.to_owned(), source });
    }
    let found = SYSTEM_BUNDLES.iter().find_map(|p| std::fs::read_to_string(Path::new(p)).ok());
    found.ok_or(TrustError::Missing)
}

/// The anchors that the proxy trusts towards upstreams. Certificates that rustls can not use are left out.
pub fn upstream_roots(pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(pem));
    roots
}

/// The bundle that the sandbox sees: the system's anchors (pass-through hosts need them) and the session CA.
pub fn bundle(system: &str, session_ca: &str) -> String {
    let mut text = String::with_capacity(system.len() + session_ca.len() + 1);
    text.push_str(system);
    if !system.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(session_ca);
    text
}

/// The same bundle as a Java KeyStore (format version 2, `sun.security.provider.JavaKeyStore`).
pub fn java_store(pem: &str) -> Vec<u8> {
    let anchors: Vec<CertificateDer<'static>> = certificates(pem).collect();
    let mut out = Vec::with_capacity(pem.len());
    out.extend_from_slice(&0xFEED_FEED_u32.to_be_bytes());
    out.extend_from_slice(&2u32.to_be_bytes());
    out.extend_from_slice(&u32::try_from(anchors.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (number, anchor) in anchors.iter().enumerate() {
        out.extend_from_slice(&2u32.to_be_bytes());
        java_text(&mut out, &format!("anchor-{number}"));
        out.extend_from_slice(&0u64.to_be_bytes());
        java_text(&mut out, "X.509");
        out.extend_from_slice(&u32::try_from(anchor.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(anchor);
    }
    let mut keyed: Vec<u8> = JAVA_PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    keyed.extend_from_slice(b"Mighty Aphrodite");
    keyed.extend_from_slice(&out);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &keyed);
    out.extend_from_slice(digest.as_ref());
    out
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
    fn keytool_reads_the_java_store_and_counts_the_same_anchors() {
        let pem = system_pem(None).unwrap();
        let count = certificates(&pem).count();
        assert!(count > 10);
        let tmp = tempfile::tempdir().unwrap();
        let file = tmp.path().join("anchors.jks");
        std::fs::write(&file, java_store(&pem)).unwrap();
        let keytool = Command::new("keytool").args(["-list", "-storepass", JAVA_PASSWORD, "-keystore"]).arg(&file).output();
        let Ok(out) = keytool else {
            println!("SKIPPED: no keytool on this machine");
            return;
        };
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{text}");
        assert_eq!(text.matches("trustedCertEntry").count(), count, "{text}");
    }

    #[test]
    fn the_bundle_holds_both_and_ends_each_with_a_line() {
        assert_eq!(bundle("A", "B\n"), "A\nB\n");
    }
}
