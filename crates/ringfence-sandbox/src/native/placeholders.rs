//! Which placeholders a spec needs on the host, worked out from the mount table. Serves every backend; runs in the
//! supervisor, as the invoking user, before anything of the sandbox exists.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Mount, Placeholder, Protected, Source};

use super::masks::writable_grant;
use crate::error::LaunchError;
use crate::protect::Journal;

/// Makes and journals the placeholders. The spec comes back with a protected directory more for each one that had
/// to stand in for the missing parents of a path.
pub(crate) fn hold<'s>(
    spec: &'s SandboxSpec,
    state: Option<&Path>,
) -> Result<(Cow<'s, SandboxSpec>, Option<Journal>), LaunchError> {
    let table: Vec<&Mount> = spec.shape.root.iter().chain(&spec.claim.mounts).collect();
    let masks = spec.claim.masks.iter().map(|m| (&m.path, &m.absent));
    let protected = spec.claim.protected.iter().map(|p| (&p.path, &p.absent));
    let mut journal: Option<Journal> = None;
    let mut extra: Vec<Protected> = Vec::new();
    let mut not_for_git: Vec<String> = Vec::new();
    for (inside, placeholder) in masks.chain(protected) {
        if *placeholder == Placeholder::Nothing {
            continue;
        }
        let Some((host, inside, stand_in)) = place(&table, inside) else {
            continue;
        };
        let placeholder = if stand_in {
            &Placeholder::Directory
        } else {
            placeholder
        };
        if journal.is_none() {
            let state = state.ok_or_else(|| {
                LaunchError::Spec("placeholders need a state directory for their journal".into())
            })?;
            journal = Some(Journal::open(state, &spec.claim.session)?);
        }
        if let Some(journal) = &mut journal {
            let stands = journal.hold(&host, placeholder)?;
            if stands && matches!(placeholder, Placeholder::File(_)) {
                not_for_git.extend(below_grant(&table, &inside));
            }
        }
        if stand_in && !extra.iter().any(|p| p.path == inside) {
            extra.push(Protected {
                path: inside,
                absent: Placeholder::Directory,
                why: "stands in for the missing parent of a protected path".into(),
            });
        }
    }
    if extra.is_empty() && not_for_git.is_empty() {
        return Ok((Cow::Borrowed(spec), journal));
    }
    let mut spec = spec.clone();
    spec.claim.protected.extend(extra);
    crate::protect::ignore_in_git(&mut spec, &not_for_git);
    Ok((Cow::Owned(spec), journal))
}

/// A path inside, relative to the writable grant that it lies in.
fn below_grant(table: &[&Mount], inside: &Path) -> Option<String> {
    let grant = writable_grant(table, inside)?;
    Some(
        inside
            .strip_prefix(&grant.target)
            .ok()?
            .to_str()?
            .to_owned(),
    )
}

/// Where a placeholder for this path would stand: on the host, inside, and whether it stands in for a missing parent.
/// `None` when the path is not below a writable grant, or leads out of it.
fn place(table: &[&Mount], inside: &Path) -> Option<(PathBuf, PathBuf, bool)> {
    let grant = writable_grant(table, inside)?;
    let Source::Bind { path: source, .. } = &grant.source else {
        return None;
    };
    let rest = inside.strip_prefix(&grant.target).ok()?;
    let (mut host, mut seen) = (source.clone(), grant.target.clone());
    let mut names = rest.components().peekable();
    while let Some(name) = names.next() {
        // A symlink on the way is pinned inside together with what it leads to, so the placeholder belongs there.
        host = std::fs::canonicalize(&host).ok()?;
        if !host.starts_with(source) {
            return None;
        }
        host.push(name);
        seen.push(name);
        if names.peek().is_some() && host.symlink_metadata().is_err() {
            return Some((host, seen, true));
        }
    }
    Some((host, seen, false))
}
