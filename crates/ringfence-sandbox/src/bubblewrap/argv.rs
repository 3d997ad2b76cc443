//! What `bwrap` is told, as a pure function of the spec and of what was found out about the host.

use std::path::{Path, PathBuf};

use ringfence_policy::spec::{Mount, SandboxSpec, Source};

use super::BubblewrapError;
use crate::init::HIDDEN_INIT;
use crate::native::{PROC_COVERED, decode_base64};
use crate::protect::{Fixed, How};

/// Where this binary appears inside.
pub(super) const INIT: &str = "/.ringfence-init";

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// As it stands.
    Text(String),
    /// The number of a descriptor of a path below the source of an entry of the mount table.
    Source {
        /// Which entry: `shape.root`, then `claim.mounts`.
        entry: usize,
        /// The path below it; empty for itself.
        below: PathBuf,
    },
    /// `/proc/self/fd/N` of the source of an entry.
    SourcePath {
        /// Which entry.
        entry: usize,
    },
    /// The number of a descriptor of this binary.
    Own,
    /// The number of a descriptor with these contents.
    Data(Vec<u8>),
    /// The numbers of the init's descriptors.
    InitFds,
    /// The number of the descriptor that `bwrap` says the child's pid on.
    Info,
}

/// What was found out about the host.
#[derive(Debug)]
pub(super) struct Host<'a> {
    /// Which entries of the mount table have a source: those that are no binds, or optional and absent, have none.
    pub(super) present: &'a [bool],
    /// What is to be fixed in place.
    pub(super) fixed: &'a [Fixed],
    /// Names in `/proc` to be covered, and whether they are directories.
    pub(super) proc_covered: &'a [(&'static str, bool)],
    /// Whether `--disable-userns` is known.
    pub(super) disable_userns: bool,
}

/// The arguments, `argv[0]` left out: up to the init's own.
pub(super) fn arguments(spec: &SandboxSpec, host: &Host<'_>) -> Result<Vec<Item>, BubblewrapError> {
    let mut list = List {
        spec,
        host,
        items: Vec::new(),
    };
    list.namespaces();
    for entry in 0..list.table().count() {
        list.mount(entry)?;
        list.fixed(entry)?;
    }
    list.words(&["--ro-bind-fd"]);
    list.items.push(Item::Own);
    list.words(&[INIT]);
    for target in list.devs() {
        list.words(&["--remount-ro", &target]);
    }
    list.words(&["--remount-ro", "/", "--chdir", "/", "--info-fd"]);
    list.items.push(Item::Info);
    list.words(&["--", INIT, HIDDEN_INIT]);
    list.items.push(Item::InitFds);
    Ok(list.items)
}

struct List<'a> {
    spec: &'a SandboxSpec,
    host: &'a Host<'a>,
    items: Vec<Item>,
}

impl<'a> List<'a> {
    fn table(&self) -> impl Iterator<Item = &'a Mount> + use<'a> {
        self.spec.shape.root.iter().chain(&self.spec.claim.mounts)
    }

    fn words(&mut self, words: &[&str]) {
        self.items
            .extend(words.iter().map(|word| Item::Text((*word).to_owned())));
    }

    fn namespaces(&mut self) {
        let identity = &self.spec.shape.identity;
        self.words(&["--unshare-all", "--unshare-user"]);
        if self.host.disable_userns {
            self.words(&["--disable-userns"]);
        }
        self.words(&["--die-with-parent", "--as-pid-1", "--clearenv"]);
        // With a terminal of its own the payload makes the session.
        if self.spec.claim.terminal.is_none() {
            self.words(&["--new-session"]);
        }
        let (uid, gid) = (identity.uid.to_string(), identity.gid.to_string());
        self.words(&[
            "--uid",
            &uid,
            "--gid",
            &gid,
            "--hostname",
            &identity.hostname,
        ]);
    }

    fn mount(&mut self, entry: usize) -> Result<(), BubblewrapError> {
        let Some(mount) = self.table().nth(entry) else {
            return Ok(());
        };
        let target = utf8(&mount.target)?;
        if let Source::Symlink(text) = &mount.source {
            let text = utf8(text)?;
            self.words(&["--symlink", text, target]);
            return Ok(());
        }
        // `bwrap` would follow a symlink of ours; the native backend refuses it as well.
        let through_link = self.table().take(entry).any(|other| {
            matches!(other.source, Source::Symlink(_)) && mount.target.starts_with(&other.target)
        });
        if through_link {
            return Err(BubblewrapError::Spec(format!(
                "a symlink stands in the path of the mount point {target}"
            )));
        }
        match &mount.source {
            Source::Bind { path, writable, .. } => {
                if self.host.present.get(entry) != Some(&true) {
                    return Ok(());
                }
                if path.starts_with("/dev") {
                    // Device nodes are only usable so; there is no `--dev-bind-fd`, and `/dev` is root's own.
                    self.words(&["--dev-bind"]);
                    self.items.push(Item::SourcePath { entry });
                    self.words(&[target]);
                    if !writable {
                        self.words(&["--remount-ro", target]);
                    }
                } else {
                    let source = Item::Source {
                        entry,
                        below: PathBuf::new(),
                    };
                    self.bind(source, target, *writable);
                }
            }
            Source::Tmpfs { size, mode } => self.tmpfs(target, *size, *mode),
            // One tmpfs each, because `bwrap` can not show two directories of one; the init watches their sum.
            Source::Scratch { mode } => self.tmpfs(target, self.spec.shape.limits.disk, *mode),
            Source::File { text, mode } => self.file(text.as_bytes(), *mode, target),
            Source::Base64 { data, mode } => {
                let bytes = decode_base64(data)
                    .ok_or_else(|| BubblewrapError::Spec(format!("{target}: not base64")))?;
                self.file(&bytes, *mode, target);
            }
            Source::SameAs(other) => {
                let made = self
                    .table()
                    .take(entry)
                    .filter(|mount| mount.target == *other)
                    .last();
                let (bytes, mode) = match made.map(|mount| &mount.source) {
                    Some(Source::File { text, mode }) => (text.as_bytes().to_vec(), *mode),
                    Some(Source::Base64 { data, mode }) => {
                        (decode_base64(data).unwrap_or_default(), *mode)
                    }
                    _ => {
                        return Err(BubblewrapError::Spec(format!(
                            "{target}: no file was made at {}",
                            other.display()
                        )));
                    }
                };
                self.file(&bytes, mode, target);
            }
            Source::Proc => self.proc(target),
            Source::Dev => {
                self.words(&["--dev", target]);
                let disk = self.spec.shape.limits.disk;
                self.tmpfs(&format!("{target}/shm"), disk, 0o1777);
            }
            Source::Symlink(_) => {}
        }
        Ok(())
    }

    fn bind(&mut self, source: Item, target: &str, writable: bool) {
        self.words(&[if writable {
            "--bind-fd"
        } else {
            "--ro-bind-fd"
        }]);
        self.items.push(source);
        self.words(&[target]);
    }

    fn tmpfs(&mut self, target: &str, size: Option<u64>, mode: u32) {
        if let Some(size) = size {
            self.words(&["--size", &size.to_string()]);
        }
        self.words(&[
            "--perms",
            &format!("{:04o}", mode & 0o7777),
            "--tmpfs",
            target,
        ]);
    }

    fn file(&mut self, bytes: &[u8], mode: u32, target: &str) {
        self.words(&[
            "--perms",
            &format!("{:04o}", mode & 0o777),
            "--ro-bind-data",
        ]);
        self.items.push(Item::Data(bytes.to_vec()));
        self.words(&[target]);
    }

    /// `bwrap` itself makes `sys`, `sysrq-trigger`, `irq` and `bus` read-only.
    fn proc(&mut self, target: &str) {
        self.words(&["--proc", target]);
        for (name, directory) in self.host.proc_covered {
            self.blank(&format!("{target}/{name}"), *directory);
        }
    }

    fn blank(&mut self, target: &str, directory: bool) {
        if directory {
            self.tmpfs(target, Some(4096), 0o555);
            self.words(&["--remount-ro", target]);
        } else {
            self.file(b"", 0o444, target);
        }
    }

    /// What is fixed in place below this entry: after it, and before whatever is mounted further below.
    fn fixed(&mut self, entry: usize) -> Result<(), BubblewrapError> {
        let host = self.host;
        for fixed in host.fixed {
            let Some((governing, mount)) = governing(self.table(), &fixed.path) else {
                continue;
            };
            if governing != entry {
                continue;
            }
            let target = utf8(&fixed.path)?;
            let below = fixed
                .path
                .strip_prefix(&mount.target)
                .unwrap_or(Path::new(""))
                .to_owned();
            match fixed.how {
                How::Pin => self.bind(Item::Source { entry, below }, target, true),
                How::ReadOnly => self.bind(Item::Source { entry, below }, target, false),
                How::BlankFile => self.blank(target, false),
                How::BlankDirectory => self.blank(target, true),
                How::Link => {
                    return Err(BubblewrapError::Spec(format!(
                        "{target} is a symlink on the way to a protected path, and bwrap can not keep it from being replaced; \
                         put a file or directory of its own there, or use `--backend native`"
                    )));
                }
            }
        }
        Ok(())
    }

    fn devs(&self) -> Vec<String> {
        self.table()
            .filter(|mount| matches!(mount.source, Source::Dev))
            .map(|mount| mount.target.to_string_lossy().into_owned())
            .collect()
    }
}

/// The entry that decides what is seen at a path: the last whose target is above it.
pub(super) fn governing<'m>(
    table: impl Iterator<Item = &'m Mount>,
    path: &Path,
) -> Option<(usize, &'m Mount)> {
    table
        .enumerate()
        .filter(|(_, mount)| path.starts_with(&mount.target))
        .last()
}

/// Names in `/proc` that are covered, out of those that this kernel has.
pub(super) fn proc_covered() -> Vec<(&'static str, bool)> {
    PROC_COVERED
        .iter()
        .filter_map(|name| {
            let stat = std::fs::symlink_metadata(Path::new("/proc").join(name)).ok()?;
            Some((*name, stat.is_dir()))
        })
        .collect()
}

fn utf8(path: &Path) -> Result<&str, BubblewrapError> {
    path.to_str()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| BubblewrapError::Spec(format!("{} is no valid UTF-8", path.display())))
}

#[cfg(test)]
#[path = "argv_tests.rs"]
mod tests;
