//! What is hidden below a grant (masks) and what stays as it is below a writable one (protections).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::grants::{Grants, Shown, expand_path, fence_directories, normal};
use super::host_run;
use crate::compile::Layers;
use crate::config::written::CredentialSource as WrittenSource;
use crate::config::{ConfigSource, Document};
use crate::data::{At, Data};
use crate::plan::{Credential, CredentialSource, HostFacts};
use crate::resolve::ResolveError;
use crate::spec::{Mask, Placeholder, Protected};

pub(super) struct Guards {
    pub masks: Vec<Mask>,
    pub protected: Vec<Protected>,
    pub remarks: Vec<String>,
}

/// A path that must be hidden or kept, before looking at what exists.
pub(super) struct Wanted {
    pub path: PathBuf,
    pub absent: Placeholder,
    pub why: String,
    /// A grant at or below it is refused, whoever wrote it.
    pub strict: bool,
}

/// Plans masks and protections for the given grants.
pub(super) fn plan(
    data: &Data,
    layers: &Layers,
    sources: &[ConfigSource],
    grants: &Grants,
    credentials: &[Credential],
    facts: &HostFacts,
) -> Result<Guards, ResolveError> {
    let mut guards = Guards {
        masks: Vec::new(),
        protected: Vec::new(),
        remarks: Vec::new(),
    };
    for wanted in sensitive(data, layers, facts)? {
        mask(wanted, grants, facts, &mut guards)?;
    }
    for credential in credentials {
        guard_source(credential, grants, facts, &mut guards)?;
    }
    for wanted in host_run::wanted(data, sources, grants, facts) {
        host_run::protect(wanted, grants, facts, &mut guards);
    }
    let masked: Vec<PathBuf> = guards.masks.iter().map(|mask| mask.path.clone()).collect();
    guards
        .protected
        .retain(|protected| !masked.iter().any(|mask| protected.path.starts_with(mask)));
    dedup(&mut guards);
    Ok(guards)
}

/// Paths to look at: everything that may be hidden or kept, and the directories on the way to it.
pub(super) fn candidates(
    data: &Data,
    layers: &Layers,
    sources: &[ConfigSource],
    grants: &Grants,
    facts: &HostFacts,
) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = grants
        .list
        .iter()
        .flat_map(|grant| [grant.written.clone(), grant.path.clone()])
        .collect();
    // What is hidden may be a symlink into a grant, so each is looked at; the way to it only matters below a grant.
    for wanted in sensitive(data, layers, facts).unwrap_or_default() {
        paths.extend(way_to(&wanted.path, grants));
        paths.push(wanted.path);
    }
    for wanted in host_run::wanted(data, sources, grants, facts) {
        let writable = grants
            .covering(&wanted.path)
            .is_some_and(|grant| grant.writable);
        if writable {
            paths.extend(way_to(&wanted.path, grants));
            paths.push(wanted.path);
        }
    }
    let of_tool = layers
        .tool_sections()
        .flat_map(|(_, tool)| tool.credentials.values());
    let global = layers
        .user
        .iter()
        .flat_map(|document| document.written.credentials.values());
    for credential in of_tool.chain(global) {
        let WrittenSource::Table(source) = credential.source.get_ref() else {
            continue;
        };
        let program = source.command.as_ref().and_then(|argv| argv.first());
        paths.extend(
            [&source.file.as_ref(), &program]
                .into_iter()
                .flatten()
                .filter_map(|path| expand_path(path, facts).ok()),
        );
    }
    paths
}

/// The directories between a grant and a path in it.
fn way_to(path: &Path, grants: &Grants) -> Vec<PathBuf> {
    let Some(shown) = grants.showing(path) else {
        return Vec::new();
    };
    let above = path.ancestors().skip(1);
    above
        .take_while(|above| above.starts_with(shown.base))
        .map(Path::to_owned)
        .collect()
}

fn sensitive(data: &Data, layers: &Layers, facts: &HostFacts) -> Result<Vec<Wanted>, ResolveError> {
    let mut wanted = Vec::new();
    for entry in &data.sensitive {
        let path = match entry.at {
            At::Home => facts.home.join(entry.path),
            At::Root => PathBuf::from(entry.path),
            At::Runtime => match facts
                .env
                .get("XDG_RUNTIME_DIR")
                .filter(|path| path.starts_with('/'))
            {
                Some(runtime) => normal(Path::new(runtime)),
                None => continue,
            },
            At::Workspace | At::Git => continue,
        };
        wanted.push(Wanted {
            path,
            absent: entry.placeholder(),
            why: entry.why.to_owned(),
            strict: false,
        });
    }
    for path in fence_directories(facts) {
        wanted.push(Wanted {
            path,
            absent: Placeholder::Directory,
            why: "the fence's own files".into(),
            strict: true,
        });
    }
    let lists = [
        layers.of_tool(|tool| tool.denylist.as_ref()),
        layers.user_list(|d| d.written.filesystem.denylist.as_ref()),
        layers
            .project
            .as_ref()
            .and_then(|d| d.written.filesystem.denylist.as_ref().map(|list| (d, list))),
    ];
    let mut problems = Vec::new();
    for (document, list) in lists.into_iter().flatten() {
        for text in list {
            match expand_path(text.get_ref(), facts) {
                Ok(path) => wanted.push(Wanted {
                    path,
                    absent: Placeholder::File(String::new()),
                    why: format!("denylist, {}", document.place(&text.span())),
                    strict: true,
                }),
                Err(why) => problem(document, text.span(), why, &mut problems),
            }
        }
    }
    if problems.is_empty() {
        Ok(wanted)
    } else {
        Err(ResolveError::config(problems))
    }
}

fn problem(
    document: &Document,
    span: std::ops::Range<usize>,
    why: String,
    into: &mut Vec<crate::config::Problem>,
) {
    let mut found = document.problems();
    found.push(span, why, None);
    into.extend(found.take());
}

fn mask(
    wanted: Wanted,
    grants: &Grants,
    facts: &HostFacts,
    guards: &mut Guards,
) -> Result<(), ResolveError> {
    let real = facts
        .resolved
        .get(&wanted.path)
        .cloned()
        .unwrap_or_else(|| wanted.path.clone());
    for path in [&wanted.path, &real] {
        let inside = grants
            .list
            .iter()
            .find(|grant| grant.path.starts_with(path) || grant.written.starts_with(path));
        // A parent that shows it all.
        let around = path.parent().and_then(|parent| grants.covering(parent));
        match inside {
            Some(grant) if wanted.strict => return Err(conflict(&wanted, &grant.path)),
            // The user named exactly this path; the workspace does not count as that.
            Some(grant) if (grant.path == *path || grant.written == *path) && grant.explicit => {
                let remark = format!("{} is granted by name: {}", path.display(), wanted.why);
                guards.remarks.push(remark);
                return Ok(());
            }
            Some(grant) if !grant.explicit || around.is_some() => {
                return Err(conflict(&wanted, &grant.path));
            }
            Some(_) | None => {}
        }
    }
    let exists = facts.existing.contains(&wanted.path);
    for path in [&wanted.path, &real] {
        let why = wanted.why.clone();
        match grants.showing(path) {
            None if exists && path.starts_with("/etc") => {
                let absent = Placeholder::Nothing;
                guards.masks.push(Mask {
                    path: path.clone(),
                    absent,
                    why,
                });
            }
            None => {}
            Some(shown) if exists => {
                let absent = wanted.absent.clone();
                guards.masks.push(Mask {
                    path: shown.inside(path),
                    absent,
                    why,
                });
            }
            Some(shown) if shown.grant.writable && wanted.absent != Placeholder::Nothing => {
                let (path, absent) = first_missing(path, &shown, &wanted.absent, facts);
                guards.protected.push(Protected { path, absent, why });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn conflict(wanted: &Wanted, grant: &Path) -> ResolveError {
    ResolveError::refused(
        format!(
            "{} lies in {}, which is hidden from every sandbox ({})",
            grant.display(),
            wanted.path.display(),
            wanted.why
        ),
        "work elsewhere, or take one of the two out of the configuration",
    )
}

/// The outermost directory on the way to an absent path that is absent too: what must not be created.
pub(super) fn first_missing(
    path: &Path,
    shown: &Shown<'_>,
    absent: &Placeholder,
    facts: &HostFacts,
) -> (PathBuf, Placeholder) {
    let below = |path: &&Path| path.starts_with(shown.base) && *path != shown.base;
    let mut missing = path;
    for ancestor in path.ancestors().skip(1).take_while(below) {
        // Nothing can stand for what is absent behind a symlink: the symlink is kept, and what it leads to with it.
        // (A grant that was written through a symlink has every path below it resolved; that link is outside of it.)
        if shown.base == shown.grant.path && facts.resolved.contains_key(ancestor) {
            let links = path.ancestors().take_while(below);
            let link = links
                .filter(|path| facts.resolved.contains_key(*path))
                .last();
            return (link.unwrap_or(ancestor).to_owned(), Placeholder::Nothing);
        }
        if facts.existing.contains(ancestor) {
            break;
        }
        missing = ancestor;
    }
    let placeholder = if missing == path {
        absent.clone()
    } else {
        Placeholder::Directory
    };
    (shown.inside(missing), placeholder)
}

/// Neither the file nor the program that a secret comes from may be written from inside, nor the file read.
fn guard_source(
    credential: &Credential,
    grants: &Grants,
    facts: &HostFacts,
    guards: &mut Guards,
) -> Result<(), ResolveError> {
    let (path, is_file) = match &credential.source {
        // The vault lies in the state directory, which no sandbox sees.
        CredentialSource::Env(_) | CredentialSource::Keys(_) => return Ok(()),
        CredentialSource::File(path) => (path.clone(), true),
        CredentialSource::Command(argv) => (
            PathBuf::from(argv.first().map(String::as_str).unwrap_or_default()),
            false,
        ),
    };
    let real = facts
        .resolved
        .get(&path)
        .cloned()
        .unwrap_or_else(|| path.clone());
    for path in [&path, &real] {
        match grants.covering(path) {
            Some(grant) if grant.writable => {
                return Err(ResolveError::refused(
                    format!(
                        "the source of credential {} could be written from inside: {}",
                        credential.name,
                        path.display()
                    ),
                    "keep it outside of the workspace and of every writable grant",
                ));
            }
            Some(_) if is_file => guards.masks.push(Mask {
                path: real.clone(),
                absent: Placeholder::Nothing,
                why: format!("the value of credential {}", credential.name),
            }),
            _ => {}
        }
    }
    Ok(())
}

/// One entry a path, parents first; what lies below a protected directory is protected by it.
fn dedup(guards: &mut Guards) {
    let mut masks: BTreeMap<PathBuf, Mask> = BTreeMap::new();
    for mask in guards.masks.drain(..) {
        masks.entry(mask.path.clone()).or_insert(mask);
    }
    for mask in masks.into_values() {
        if !guards
            .masks
            .iter()
            .any(|outer| mask.path.starts_with(&outer.path))
        {
            guards.masks.push(mask);
        }
    }
    let mut protected: BTreeMap<PathBuf, Protected> = BTreeMap::new();
    for entry in guards.protected.drain(..) {
        protected.entry(entry.path.clone()).or_insert(entry);
    }
    for entry in protected.into_values() {
        if !guards
            .protected
            .iter()
            .any(|outer| entry.path.starts_with(&outer.path))
        {
            guards.protected.push(entry);
        }
    }
}
