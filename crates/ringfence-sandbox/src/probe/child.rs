//! Runs an attempt in a forked child, as an ordinary user even when the caller is root: what works for root proves
//! nothing about the sandbox, which is built as an ordinary user always.

use std::io;

use rustix::io::{read, retry_on_intr, write};
use rustix::process::{WaitOptions, waitpid};
use rustix::thread::UnshareFlags;

use crate::sys;

/// Who attempts as root's stand-in. Needs no entry anywhere.
pub(super) const ORDINARY: u32 = 62_000;
const TEXT_BYTES: usize = 1024;

/// Whether this process is root and can become [`ORDINARY`]: not so for the root of a container that maps few ids.
pub(super) fn can_become_ordinary() -> bool {
    rustix::process::geteuid().is_root()
        && apart(|| become_ordinary().map(|()| String::new())).is_ok()
}

/// What `attempt` says, from a child of its own.
pub(super) fn ordinary(attempt: impl FnOnce() -> Result<String, String>) -> Result<String, String> {
    let root = can_become_ordinary();
    apart(|| {
        if root {
            become_ordinary()?;
        }
        attempt()
    })
}

fn become_ordinary() -> Result<(), String> {
    sys::process::become_user(ORDINARY, ORDINARY)
        .map_err(|e| format!("becoming an ordinary user: {e}"))?;
    // Or the child's own id maps would belong to root.
    let dumpable = rustix::process::DumpableBehavior::Dumpable;
    rustix::process::set_dumpable_behavior(dumpable).map_err(|e| e.to_string())
}

/// The same without giving up anything.
pub(super) fn apart(attempt: impl FnOnce() -> Result<String, String>) -> Result<String, String> {
    try_apart(attempt)
        .unwrap_or_else(|error| Err(format!("no child process for the attempt: {error}")))
}

/// Enters new user and network namespaces and proves that the capabilities there are real: Ubuntu's AppArmor lets the
/// system call succeed and takes the capabilities away.
pub(super) fn namespaces() -> Result<(), String> {
    let (uid, gid) = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    let all = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS;
    sys::net::unshare_namespaces(all).map_err(|e| format!("making namespaces: {e}"))?;
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{uid} {uid} 1")),
        ("gid_map", format!("{gid} {gid} 1")),
    ] {
        std::fs::write(format!("/proc/self/{file}"), text)
            .map_err(|e| format!("writing {file}: {e}"))?;
    }
    crate::capture::loopback_only().map_err(|e| format!("capabilities inside are not real: {e}"))
}

fn try_apart(
    attempt: impl FnOnce() -> Result<String, String>,
) -> io::Result<Result<String, String>> {
    let (from, to) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let pid = sys::net::fork_and_run(|| {
        let (code, text) = match attempt() {
            Ok(text) => (0, text),
            Err(text) => (1, text),
        };
        let bytes = text.as_bytes();
        let _ = write(&to, bytes.get(..TEXT_BYTES).unwrap_or(bytes));
        code
    })?;
    drop(to);
    let mut bytes = [0; TEXT_BYTES];
    let length = retry_on_intr(|| read(&from, &mut bytes))?;
    let status = retry_on_intr(|| waitpid(Some(pid), WaitOptions::empty()))?;
    let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned();
    Ok(match status.and_then(|(_, status)| status.exit_status()) {
        Some(0) => Ok(text),
        Some(_) => Err(text),
        None => Err("the attempt was killed".into()),
    })
}
