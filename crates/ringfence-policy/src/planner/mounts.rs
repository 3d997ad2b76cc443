//! The system part of the mount table: read-only system directories, private ones, a hidden home, generated files.

use std::path::{Path, PathBuf};

use crate::data::{Data, SystemKind};
use crate::limits::SMALL_TMPFS_BYTES;
use crate::plan::HostFacts;
use crate::spec::{Identity, Mount, Source};

/// Files of `/etc` that are made for the sandbox.
const GENERATED: &[&str] = &[
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
];

pub(super) fn candidates(data: &Data) -> Vec<PathBuf> {
    let system = data
        .system
        .mount
        .iter()
        .map(|mount| PathBuf::from(mount.target));
    let root = data
        .system
        .root
        .iter()
        .map(|entry| PathBuf::from(entry.path));
    system
        .chain(root)
        .chain(GENERATED.iter().map(PathBuf::from))
        .collect()
}

/// Parents before children.
pub(super) fn system(
    data: &Data,
    facts: &HostFacts,
    identity: &Identity,
    large: u64,
) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for entry in &data.system.root {
        let source = match facts.root_links.get(Path::new(entry.path)) {
            Some(text) => Source::Symlink(text.clone()),
            None => Source::Bind {
                path: entry.path.into(),
                writable: false,
                optional: true,
            },
        };
        mounts.push(Mount {
            target: entry.path.into(),
            source,
            why: entry.why.to_owned(),
        });
    }
    for entry in &data.system.mount {
        let source = match entry.kind {
            SystemKind::Ro => Source::Bind {
                path: entry.target.into(),
                writable: false,
                optional: entry.optional,
            },
            SystemKind::Tmpfs => {
                let size = if entry.large {
                    large
                } else {
                    SMALL_TMPFS_BYTES
                };
                Source::Tmpfs {
                    size: Some(size),
                    mode: entry.mode,
                }
            }
            SystemKind::Proc => Source::Proc,
            SystemKind::Dev => Source::Dev,
        };
        mounts.push(Mount {
            target: entry.target.into(),
            source,
            why: entry.why.to_owned(),
        });
    }
    mounts.push(Mount {
        target: identity.home.clone(),
        source: Source::Tmpfs {
            size: Some(large),
            mode: 0o700,
        },
        why: "a private, empty home directory; yours stays out".into(),
    });
    mounts.extend(generated(facts, identity));
    mounts
}

fn generated(facts: &HostFacts, identity: &Identity) -> Vec<Mount> {
    let Identity {
        uid,
        gid,
        user,
        home,
        hostname,
    } = identity;
    let home = home.display();
    let shell = facts
        .env
        .get("SHELL")
        .filter(|shell| shell.starts_with("/bin/") || shell.starts_with("/usr/bin/"));
    let shell = shell.map_or("/bin/sh", String::as_str);
    let nobody = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
    let root = "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n";
    let files = [
        ("/etc/passwd", format!("{root}{user}:x:{uid}:{gid}:{user}:{home}:{shell}\n{nobody}"), "who the payload is; other users of this machine stay unnamed"),
        ("/etc/group", format!("root:x:0:\n{user}:x:{gid}:\nnogroup:x:65534:\n"), "groups of the payload"),
        ("/etc/hosts", format!("127.0.0.1 localhost {hostname}\n::1 localhost ip6-localhost\n"), "the sandbox's own names"),
        ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n".to_owned(), "names are answered by the policy engine"),
        ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n".to_owned(), "no lookups through sockets of the host"),
    ];
    let mut mounts = Vec::new();
    for (path, text, why) in files {
        let path = Path::new(path);
        // A file that is not there can not be mounted over; the defaults of the C library do the same then.
        if !facts.existing.contains(path) {
            continue;
        }
        let target = facts
            .resolved
            .get(path)
            .map_or(path, PathBuf::as_path)
            .to_owned();
        mounts.push(Mount {
            target,
            source: Source::File { text, mode: 0o444 },
            why: why.to_owned(),
        });
    }
    mounts
}
