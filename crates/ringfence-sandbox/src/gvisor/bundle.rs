//! The OCI bundle as a pure function of the spec: the root is laid out already, what is left to say is who runs in it.

use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Network, Source};
use serde_json::{Value, json};

use super::GvisorError;
use super::guest::HIDDEN_GUEST;
use super::letter::{INIT, WORDS};

/// Where the laid out root is seen by `runsc`.
pub(super) const ROOT: &str = "/guest";
/// The file with the guest's words, as `runsc` sees it.
pub(super) const OUTER_WORDS: &str = "/words";
/// Where `runsc` itself is seen.
pub(super) const RUNSC: &str = "/runsc";
/// The bundle's directory.
pub(super) const BUNDLE: &str = "/bundle";
/// Where `runsc` writes what it has to complain about.
pub(super) const LOG: &str = "/log";

/// What the guest's pid 1 needs until it has become the payload's keeper; the payload gets none of it.
const CAPABILITIES: [&str; 5] = [
    // Mounts the pids controller, covers what is ours, makes the payload's user namespace.
    "CAP_SYS_ADMIN",
    // Writes the id maps of that namespace.
    "CAP_SETUID",
    "CAP_SETGID",
    // Makes a group in the pids controller, whose root nobody may write to.
    "CAP_DAC_OVERRIDE",
    // Gives the device directory away.
    "CAP_CHOWN",
];

/// `config.json`. `present` says which entries of the mount table have a source: those that are no binds, or optional and
/// absent, have none.
pub(super) fn config(spec: &SandboxSpec, present: &[bool]) -> Result<Value, GvisorError> {
    let mut mounts = vec![
        json!({"destination": "/proc", "type": "proc", "source": "proc"}),
        json!({"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}),
    ];
    let shared_memory = spec
        .shape
        .root
        .iter()
        .filter(|mount| spec.shape.limits.disk.is_some() && matches!(mount.source, Source::Dev))
        .map(|mount| mount.target.join("shm"));
    for target in writable(spec, present).into_iter().chain(shared_memory) {
        let target = target
            .to_str()
            .ok_or_else(|| GvisorError::Spec(format!("{} is no valid UTF-8", target.display())))?;
        mounts.push(json!({
            "destination": target, "type": "bind", "source": format!("{ROOT}{target}"), "options": ["rbind", "rw"],
        }));
    }
    mounts.push(json!({
        "destination": WORDS, "type": "bind", "source": OUTER_WORDS, "options": ["bind", "rw"],
    }));
    let mut namespaces = vec!["pid", "ipc", "uts", "mount"];
    if spec.claim.network == Network::None {
        namespaces.push("network");
    }
    let namespaces: Vec<Value> = namespaces
        .into_iter()
        .map(|kind| json!({"type": kind}))
        .collect();
    Ok(json!({
        "ociVersion": "1.0.2",
        "process": {
            "terminal": spec.claim.terminal.is_some(),
            "user": {"uid": 0, "gid": 0},
            "args": [INIT, HIDDEN_GUEST],
            "env": [],
            "cwd": "/",
            "capabilities": {
                "bounding": CAPABILITIES, "effective": CAPABILITIES, "permitted": CAPABILITIES,
                "inheritable": [], "ambient": [],
            },
            "noNewPrivileges": true,
        },
        "root": {"path": ROOT, "readonly": true},
        "hostname": spec.shape.identity.hostname,
        "mounts": mounts,
        "linux": {"namespaces": namespaces},
    }))
}

/// What can be written to, outermost only: each gets a mount of its own whose contents are asked for anew every time, where the
/// rest of the root is remembered once it has been looked at.
fn writable(spec: &SandboxSpec, present: &[bool]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let table = spec.shape.root.iter().chain(&spec.claim.mounts);
    for (entry, mount) in table.enumerate() {
        let writable = match mount.source {
            Source::Bind { writable, .. } => writable && present.get(entry) == Some(&true),
            Source::Tmpfs { .. } | Source::Scratch { .. } => true,
            _ => false,
        };
        if writable && !found.iter().any(|above| mount.target.starts_with(above)) {
            found.push(mount.target.clone());
        }
    }
    found
}

/// The arguments of `runsc`.
pub(super) fn arguments(spec: &SandboxSpec) -> Vec<String> {
    let network = match spec.claim.network {
        Network::None => "none",
        // The network namespace that pid 1 stands in: the capture's.
        Network::Captured(_) => "host",
    };
    [
        "runsc",
        "--rootless",
        "--root=/state",
        &format!("--network={network}"),
        "--ignore-cgroups",
        // What is written goes where it belongs, not into a layer of its own that is thrown away.
        "--overlay2=none",
        "--file-access-mounts=shared",
        &format!("--log={LOG}"),
        "run",
        &format!("--bundle={BUNDLE}"),
        NAME,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The only sandbox in its world.
const NAME: &str = "sandbox";

/// The arguments that send a signal to the guest's pid 1, which passes it on.
pub(super) fn kill_arguments(signal: i32) -> Vec<String> {
    [
        "runsc",
        "--rootless",
        "--root=/state",
        &format!("--log={LOG}"),
        "kill",
        NAME,
        &signal.to_string(),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A path of the guest as it is seen from outside.
pub(super) fn outer(path: &str) -> PathBuf {
    Path::new(ROOT).join(path.trim_start_matches('/'))
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
