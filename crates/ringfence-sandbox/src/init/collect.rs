//! The directory whose files the caller may read when the payload is gone, opened while no untrusted code runs yet.

use std::os::fd::OwnedFd;
use std::path::Path;

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Source;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};

use crate::error::{Fault, Step};

/// Opens what `claim.collect` names; only a scratch directory can be collected, because it is nobody else's.
/// The sandbox's root is seen at `root`.
pub(crate) fn open(spec: &SandboxSpec, root: &Path) -> Result<Option<OwnedFd>, Fault> {
    let Some(path) = &spec.claim.collect else {
        return Ok(None);
    };
    let mut table = spec.shape.root.iter().chain(&spec.claim.mounts);
    if !table.any(|m| m.target == *path && matches!(m.source, Source::Scratch { .. })) {
        return Err(Fault(format!(
            "{} can not be collected: it is no scratch directory of this sandbox",
            path.display()
        )));
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let how = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let below = path.strip_prefix("/").unwrap_or(path);
    rustix::fs::openat2(CWD, root.join(below), flags, Mode::empty(), how)
        .step(format_args!("opening {} to collect from", path.display()))
        .map(Some)
}
