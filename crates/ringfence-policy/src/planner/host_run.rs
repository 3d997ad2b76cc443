//! Files below a writable grant that the host runs or obeys later: what is kept as it is, and what is reported at exit.

use std::path::Path;

use super::grants::{Grants, normal};
use super::guards::{Guards, Wanted, first_missing};
use crate::config::ConfigSource;
use crate::data::{At, Data, Entry};
use crate::plan::HostFacts;
use crate::spec::{Placeholder, Protected};

pub(super) fn wanted(
    data: &Data,
    sources: &[ConfigSource],
    grants: &Grants,
    facts: &HostFacts,
) -> Vec<Wanted> {
    let entries = &data.host_run;
    let wanted = |root: &Path, entry: &Entry| Wanted {
        path: root.join(entry.path),
        absent: entry.placeholder(),
        why: entry.why.to_owned(),
        strict: false,
    };
    let mut out = Vec::new();
    let mut git_directories = facts.git_dirs.clone();
    for grant in grants
        .list
        .iter()
        .filter(|grant| grant.writable && grant.project && !facts.files.contains(&grant.path))
    {
        out.extend(
            entries
                .iter()
                .filter(|entry| entry.at == At::Workspace)
                .map(|entry| wanted(&grant.path, entry)),
        );
        let dot_git = grant.path.join(".git");
        if facts.files.contains(&dot_git) {
            out.push(Wanted {
                path: dot_git,
                absent: Placeholder::Nothing,
                why: "says where the repository is".into(),
                strict: false,
            });
        } else {
            git_directories.push(dot_git);
        }
        // A directory that is a bare repository itself.
        if facts.existing.contains(&grant.path.join("HEAD"))
            && facts.existing.contains(&grant.path.join("objects"))
        {
            git_directories.push(grant.path.clone());
        }
        for marker in ["HEAD", "objects"] {
            out.push(Wanted {
                path: grant.path.join(marker),
                absent: Placeholder::Nothing,
                why: String::new(),
                strict: false,
            });
        }
    }
    for git in &git_directories {
        out.extend(
            entries
                .iter()
                .filter(|entry| entry.at == At::Git)
                .map(|entry| wanted(git, entry)),
        );
        for nested in ["worktrees", "modules"] {
            let path = git.join(nested);
            if facts.git_linked.is_none() {
                out.push(Wanted {
                    path,
                    absent: Placeholder::Nothing,
                    why: "repositories inside the repository".into(),
                    strict: false,
                });
            }
        }
    }
    for linked in facts.git_linked.iter().flatten() {
        for name in [
            "commondir",
            "gitdir",
            "config",
            "config.worktree",
            "hooks",
            "info/attributes",
        ] {
            out.push(Wanted {
                path: linked.join(name),
                absent: Placeholder::Nothing,
                why: "points a linked worktree or submodule at its repository, or configures it"
                    .into(),
                strict: false,
            });
        }
    }
    out.extend(
        entries
            .iter()
            .filter(|entry| entry.at == At::Home)
            .map(|entry| wanted(&facts.home, entry)),
    );
    for source in sources {
        let path = normal(&facts.cwd.join(&source.name));
        out.push(Wanted {
            path,
            absent: Placeholder::Nothing,
            why: "the rules of this run".into(),
            strict: false,
        });
    }
    // Markers are only looked at; nothing is kept there.
    out
}

pub(super) fn protect(wanted: Wanted, grants: &Grants, facts: &HostFacts, guards: &mut Guards) {
    if wanted.why.is_empty() {
        return;
    }
    let Some(shown) = grants
        .showing(&wanted.path)
        .filter(|shown| shown.grant.writable && shown.base != wanted.path)
    else {
        return;
    };
    // A symlink on the way is the backend's to hold in place, with what it leads to.
    let why = wanted.why;
    if facts.existing.contains(&wanted.path) {
        let path = shown.inside(&wanted.path);
        guards.protected.push(Protected {
            path,
            absent: wanted.absent,
            why,
        });
    } else if wanted.absent != Placeholder::Nothing {
        let (path, absent) = first_missing(&wanted.path, &shown, &wanted.absent, facts);
        guards.protected.push(Protected { path, absent, why });
    }
}

/// Whether a file made anywhere in a project is of a kind that the host runs later, and why: for the report at exit.
/// Cheap enough to be asked for every file of a tree.
pub fn host_run_kind(path: &Path) -> Option<String> {
    if let Some(why) = stands_for_a_directory(path) {
        return Some(why.into());
    }
    if configures_linked_repository(path) {
        return Some("configures a submodule or linked worktree, or runs in it".into());
    }
    // Without the list nothing is known to be harmless; a plan could not have been made either.
    let entries = Data::get().map_or(&[][..], |data| &data.host_run);
    entries.iter().find_map(|entry| {
        let suffix = entry.report?;
        path.ancestors()
            .any(|above| above.ends_with(suffix))
            .then(|| entry.why.to_owned())
    })
}

/// As [`host_run_kind`], for a path relative to the home directory: what shells, desktops and tools run from there. Some
/// of it can not be held by a placeholder (an empty `.bash_profile` would put `.profile` out of use).
pub fn home_run_kind(below_home: &Path) -> Option<String> {
    let entries = Data::get().map_or(&[][..], |data| &data.host_run);
    entries
        .iter()
        .find(|entry| entry.at == At::Home && below_home.starts_with(entry.path))
        .map(|entry| entry.why.to_owned())
}

/// A file or a symlink with the name of a directory that the host looks into. (Directories are not asked about.) With
/// an entry in the index that says "submodule", `git status` of the outer repository enters what a `.git` names.
fn stands_for_a_directory(path: &Path) -> Option<&'static str> {
    match path.file_name()?.to_str()? {
        ".git" => Some("git obeys the configuration and hooks of the repository that it names"),
        ".claude" => Some("Claude Code: leads to settings with hooks"),
        _ => None,
    }
}

/// What git obeys in `.git/modules/NAME` and `.git/worktrees/NAME`; their other files are data.
fn configures_linked_repository(path: &Path) -> bool {
    let obeyed = ["config", "config.worktree", "commondir"]
        .iter()
        .any(|name| path.ends_with(name))
        || path.ends_with("info/attributes");
    path.ancestors().any(|above| {
        let inside = above.ends_with(".git/modules") || above.ends_with(".git/worktrees");
        let below = || path.strip_prefix(above).ok();
        inside && (obeyed || below().is_some_and(|below| below.iter().any(|part| part == "hooks")))
    })
}
