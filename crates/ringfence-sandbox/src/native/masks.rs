//! Masked and protected paths, applied when every grant is in place.
//!
//! What has to be fixed in place [`crate::protect::layout`] says, having looked at the grants on the host. Here each
//! of those paths is bound over itself: a mount point can be neither renamed nor removed (`EBUSY`), so the
//! path keeps its meaning, and read-only it keeps its contents. That holds for a symlink too.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use ringfence_policy::spec::{Claim, Mount, Source};
use rustix::io::Errno;

use super::root::Root;
use crate::error::{Fault, Step};
use crate::protect::{Fixed, How};
use crate::stage::{attach, detached};
use crate::sys::mount::{Change, change};

/// Applies the masks of the claim and what has to be fixed in place.
pub(super) fn apply(root: &mut Root, claim: &Claim, fixed: &[Fixed]) -> Result<(), Fault> {
    for one in fixed {
        fix(root, one).step(format_args!("protecting {}", one.path.display()))?;
    }
    for mask in &claim.masks {
        // What lies below a grant is in the list; this is for the rest of the table.
        let listed = |one: &Fixed| mask.path.starts_with(&one.path) && blank(one.how);
        if fixed.iter().any(listed) {
            continue;
        }
        match root.follow(&mask.path) {
            Ok(place) => root.blank(place.as_fd()),
            // The payload can not reach it either.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => Ok(()),
            Err(e) => Err(e.into()),
        }
        .step(format_args!("masking {}", mask.path.display()))?;
    }
    Ok(())
}

fn blank(how: How) -> bool {
    matches!(how, How::BlankFile | How::BlankDirectory)
}

fn fix(root: &mut Root, fixed: &Fixed) -> io::Result<()> {
    match fixed.how {
        How::Pin => over_itself(root.locate(&fixed.path)?.as_fd(), false),
        How::Link => over_itself(root.locate_link(&fixed.path)?.as_fd(), false),
        How::ReadOnly => over_itself(root.locate(&fixed.path)?.as_fd(), true),
        How::BlankFile | How::BlankDirectory => {
            let place = root.locate(&fixed.path)?;
            root.blank(place.as_fd())
        }
    }
}

fn over_itself(place: BorrowedFd<'_>, read_only: bool) -> io::Result<()> {
    let tree = detached(place)?;
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
    Ok(attach(tree.as_fd(), place)?)
}

/// The writable grant that a path lies strictly below, if the table's entry that decides about it is one.
pub(super) fn writable_grant<'m>(table: &[&'m Mount], path: &Path) -> Option<&'m Mount> {
    let governing = table
        .iter()
        .rev()
        .find(|m| path.starts_with(&m.target))
        .copied();
    governing
        .filter(|m| matches!(m.source, Source::Bind { writable: true, .. }) && m.target != path)
}
