//! A spec on its way to the process that builds it: a sealed memfd with the JSON of the spec and, behind it and as
//! they are, the texts of large files (a CA bundle), which are not worth escaping and unescaping.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::OwnedFd;

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Mount, Source};
use rustix::fs::{MemfdFlags, SealFlags};
use serde::{Deserialize, Serialize};

use crate::bounds::{PLAIN_TEXT_BYTES, SPEC_BYTES};
use crate::error::{Fault, LaunchError, Step};

/// Bytes of the length that begins a parcel.
const PREFIX: usize = 8;

/// The JSON part.
#[derive(Debug, Serialize, Deserialize)]
struct Letter<S> {
    /// The spec; texts that travel behind it are empty.
    spec: S,
    /// Which entries of `shape.root` followed by `claim.mounts` have their text behind the JSON, and its bytes.
    texts: Vec<(usize, usize)>,
}

/// Packs a spec; nobody can change the parcel any more.
pub(crate) fn pack(spec: &SandboxSpec) -> Result<OwnedFd, LaunchError> {
    let mut spec = spec.clone();
    let mut texts = Vec::new();
    let mut behind = Vec::new();
    for (index, mount) in mounts(&mut spec).enumerate() {
        if let Source::File { text, .. } = &mut mount.source
            && text.len() > PLAIN_TEXT_BYTES
        {
            let text = std::mem::take(text);
            texts.push((index, text.len()));
            behind.push(text);
        }
    }
    let json = serde_json::to_vec(&Letter { spec, texts })
        .map_err(|e| LaunchError::Spec(e.to_string()))?;
    let bytes = PREFIX + json.len() + behind.iter().map(String::len).sum::<usize>();
    if bytes as u64 > SPEC_BYTES {
        return Err(LaunchError::Spec(format!(
            "{bytes} bytes, the limit is {SPEC_BYTES}"
        )));
    }
    let write = || -> io::Result<OwnedFd> {
        let fd = rustix::fs::memfd_create(
            c"ringfence-spec",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
        )?;
        let mut file = File::from(fd);
        let prefix = (json.len() as u64).to_le_bytes();
        let mut parts: Vec<IoSlice<'_>> = vec![IoSlice::new(&prefix), IoSlice::new(&json)];
        parts.extend(behind.iter().map(|text| IoSlice::new(text.as_bytes())));
        let mut parts = parts.as_mut_slice();
        while !parts.is_empty() {
            let written = file.write_vectored(parts)?;
            IoSlice::advance_slices(&mut parts, written);
        }
        let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals)?;
        Ok(file.into())
    };
    write().map_err(|e| LaunchError::Build(format!("passing the spec: {e}")))
}

/// Unpacks a parcel, whatever the file offset (several processes read the same one).
pub(crate) fn unpack(parcel: &OwnedFd) -> Result<SandboxSpec, Fault> {
    let bytes = read(parcel)?;
    let broken = || Fault::new("the spec arrived broken");
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX>().ok_or_else(broken)?;
    let length = usize::try_from(u64::from_le_bytes(*prefix)).map_err(|_| broken())?;
    let (json, mut behind) = rest.split_at_checked(length).ok_or_else(broken)?;
    let Letter { mut spec, texts } =
        serde_json::from_slice::<Letter<SandboxSpec>>(json).step("the spec")?;
    let mut texts = texts.into_iter().peekable();
    for (index, mount) in mounts(&mut spec).enumerate() {
        let Some((_, length)) = texts.next_if(|(at, _)| *at == index) else {
            continue;
        };
        let Source::File { text, .. } = &mut mount.source else {
            return Err(broken());
        };
        let (own, others) = behind.split_at_checked(length).ok_or_else(broken)?;
        *text = str::from_utf8(own).map_err(|_| broken())?.to_owned();
        behind = others;
    }
    if texts.next().is_some() || !behind.is_empty() {
        return Err(broken());
    }
    Ok(spec)
}

fn read(parcel: &OwnedFd) -> Result<Vec<u8>, Fault> {
    let size = rustix::fs::fstat(parcel).step("reading the spec")?.st_size;
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    if size > SPEC_BYTES {
        return Err(Fault::new(format!(
            "the spec has {size} bytes, the limit is {SPEC_BYTES}"
        )));
    }
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::io::pread(parcel, rest, filled as u64).step("reading the spec")? {
            0 => return Err(Fault::new("the spec arrived broken")),
            n => filled += n,
        }
    }
    Ok(bytes)
}

fn mounts(spec: &mut SandboxSpec) -> impl Iterator<Item = &mut Mount> {
    spec.shape.root.iter_mut().chain(&mut spec.claim.mounts)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use ringfence_policy::spec::{
        Claim, Identity, Level, Limits, Network, Requirement, SeccompProfile, Shape,
    };

    use super::*;

    fn spec(texts: &[&str]) -> SandboxSpec {
        let file = |text: &&str| Mount {
            target: "/file".into(),
            source: Source::File {
                text: (*text).to_owned(),
                mode: 0o444,
            },
            why: String::new(),
        };
        SandboxSpec {
            shape: Shape {
                level: Level::Standard,
                root: texts.iter().map(file).collect(),
                limits: Limits::default(),
                seccomp: SeccompProfile::Agent,
                landlock: Requirement::Required,
                identity: Identity {
                    uid: 1,
                    gid: 1,
                    user: "u".into(),
                    home: PathBuf::new(),
                    hostname: "h".into(),
                },
                single_process: false,
                image: None,
            },
            claim: Claim {
                session: "s".into(),
                program: PathBuf::new(),
                argv: Vec::new(),
                cwd: PathBuf::new(),
                env: [("A".to_owned(), "b".to_owned())].into(),
                mounts: texts.iter().rev().map(file).collect(),
                masks: Vec::new(),
                protected: Vec::new(),
                network: Network::None,
                terminal: None,
                collect: None,
            },
        }
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let long = "line\n".repeat(PLAIN_TEXT_BYTES);
        let other = "ä".repeat(PLAIN_TEXT_BYTES);
        for texts in [&[][..], &["short"], &[&long], &["", &long, "short", &other]] {
            let spec = spec(texts);
            let parcel = pack(&spec).unwrap();
            assert_eq!(unpack(&parcel).unwrap(), spec);
            assert_eq!(unpack(&parcel).unwrap(), spec, "read twice");
            assert!(rustix::io::pwrite(&parcel, b"x", 0).is_err(), "sealed");
        }
    }

    #[test]
    fn too_long_is_refused() {
        let text = "x".repeat(usize::try_from(SPEC_BYTES).unwrap());
        assert!(matches!(pack(&spec(&[&text])), Err(LaunchError::Spec(_))));
    }

    #[test]
    fn a_broken_parcel_is_an_error() {
        let whole = read(&pack(&spec(&[&"line\n".repeat(PLAIN_TEXT_BYTES)])).unwrap()).unwrap();
        let mut longer = whole.clone();
        longer.push(b'x');
        for bytes in [
            &whole[..0],
            &whole[..7],
            &whole[..20],
            &whole[..whole.len() - 1],
            &longer,
        ] {
            let fd = rustix::fs::memfd_create(c"test", MemfdFlags::CLOEXEC).unwrap();
            File::from(fd.try_clone().unwrap())
                .write_all(bytes)
                .unwrap();
            assert!(unpack(&fd).is_err());
        }
    }
}
