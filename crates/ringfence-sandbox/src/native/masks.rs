//! Masked and protected paths, applied when every grant is in place.
//!
//! A protected path is bound over itself read-only, and each directory between the grant and it is bound over
//! itself as it is: a mount point can be neither renamed nor removed (`EBUSY`), so the path keeps its meaning. A
//! symlink on the way is covered by a mount of what it leads to, which pins it just so.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Mount, Placeholder, Source};
use rustix::fs::FileType;
use rustix::io::Errno;

use super::root::{Root, attach};
use crate::error::{Fault, Step};
use crate::stage::detached;
use crate::sys::mount::{Change, change};

/// Most symlinks that lead from one to another on the way to a protected path.
const LINKS: u32 = 8;

/// Applies both lists of the claim.
pub(super) fn apply(root: &mut Root, spec: &SandboxSpec) -> Result<(), Fault> {
    let table: Vec<&Mount> = spec.shape.root.iter().chain(&spec.claim.mounts).collect();
    let mut pins = Pins {
        table: &table,
        done: HashMap::new(),
    };
    for mask in &spec.claim.masks {
        let what = || format!("masking {}", mask.path.display());
        // A placeholder that stands for an absent file could be moved away with its parent; what exists
        // takes its mask along.
        if mask.absent != Placeholder::Nothing {
            pins.parents(root, &mask.path, LINKS).step(what())?;
        }
        match root.follow(&mask.path) {
            Ok(place) => root.blank(place.as_fd()).step(what())?,
            Err(e) if absent(e) => {}
            Err(e) => return Err(e).step(what()),
        }
    }
    for protected in &spec.claim.protected {
        pins.pin(root, &protected.path, true, LINKS)
            .step(format_args!("protecting {}", protected.path.display()))?;
    }
    Ok(())
}

/// Errors that mean that the payload can not reach the path either.
fn absent(e: Errno) -> bool {
    matches!(
        e,
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS
    )
}

/// The entry of the mount table that decides what is seen at a path inside.
pub(super) fn governing<'m>(table: &[&'m Mount], path: &Path) -> Option<&'m Mount> {
    table
        .iter()
        .rev()
        .find(|m| path.starts_with(&m.target))
        .copied()
}

/// The writable grant that a path lies strictly below, if one decides about it.
pub(super) fn writable_grant<'m>(table: &[&'m Mount], path: &Path) -> Option<&'m Mount> {
    governing(table, path)
        .filter(|m| matches!(m.source, Source::Bind { writable: true, .. }) && m.target != path)
}

struct Pins<'a> {
    table: &'a [&'a Mount],
    /// Paths bound over themselves, and whether read-only.
    done: HashMap<PathBuf, bool>,
}

impl Pins<'_> {
    /// Pins every directory between the grant and `path`.
    fn parents(&mut self, root: &mut Root, path: &Path, links: u32) -> io::Result<()> {
        let Some(grant) = writable_grant(self.table, path) else {
            return Ok(());
        };
        let between: Vec<PathBuf> = path
            .ancestors()
            .skip(1)
            .take_while(|p| *p != grant.target)
            .map(Path::to_owned)
            .collect();
        between
            .iter()
            .rev()
            .try_for_each(|parent| self.cover(root, parent, false, links))
    }

    /// Pins `path`, read-only or as it is, and everything above it up to the grant.
    fn pin(&mut self, root: &mut Root, path: &Path, read_only: bool, links: u32) -> io::Result<()> {
        if writable_grant(self.table, path).is_none() {
            return Ok(());
        }
        self.parents(root, path, links)?;
        self.cover(root, path, read_only, links)
    }

    /// Binds one path over itself.
    fn cover(
        &mut self,
        root: &mut Root,
        path: &Path,
        read_only: bool,
        links: u32,
    ) -> io::Result<()> {
        if path.ancestors().any(|p| self.done.get(p) == Some(&true))
            || (!read_only && self.done.contains_key(path))
        {
            return Ok(());
        }
        let place = match root.locate_link(path) {
            Ok(place) => place,
            Err(e) if absent(e) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        let stat = rustix::fs::fstat(&place)?;
        if FileType::from_raw_mode(stat.st_mode).is_symlink() {
            let Some(rest) = links.checked_sub(1) else {
                return Err(Errno::LOOP.into());
            };
            match root.follow(path) {
                Ok(end) => {
                    // What it leads to is what the host would obey as well.
                    let end = std::fs::read_link(format!("/proc/self/fd/{}", end.as_raw_fd()))?;
                    self.pin(root, &end, read_only, rest)?;
                    self.bind(root.follow(path)?, &place, read_only)?;
                }
                // It leads nowhere inside; an empty file keeps its place.
                Err(e) if absent(e) => root.blank_file(place.as_fd())?,
                Err(e) => return Err(e.into()),
            }
        } else {
            self.bind(root.locate(path)?, &place, read_only)?;
        }
        self.done.insert(path.to_owned(), read_only);
        Ok(())
    }

    fn bind(
        &self,
        what: std::os::fd::OwnedFd,
        place: &impl AsFd,
        read_only: bool,
    ) -> io::Result<()> {
        let tree = detached(what.as_fd())?;
        if read_only {
            change(
                tree.as_fd(),
                Change {
                    set: libc::MOUNT_ATTR_RDONLY,
                    recursive: true,
                    ..Change::default()
                },
            )?;
        }
        Ok(attach(tree.as_fd(), place.as_fd())?)
    }
}
