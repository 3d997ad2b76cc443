//! Which host paths appear inside: the workspace, what configuration and command line grant, the program.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::compile::Layers;
use crate::config::Document;
use crate::config::written::List;
use crate::plan::{HostFacts, RunOptions};
use crate::resolve::ResolveError;
use crate::spec::{Mount, Source};

/// One granted path.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// As written, absolute and lexically normal.
    pub written: PathBuf,
    /// Where it really is.
    pub path: PathBuf,
    pub writable: bool,
    /// Left out when it does not exist.
    pub optional: bool,
    /// A project directory: files that the host runs later are looked for in it.
    pub project: bool,
    /// The user named exactly this path, on the command line or in a file.
    pub explicit: bool,
    pub why: String,
}

/// A path as a grant shows it.
pub(super) struct Shown<'g> {
    pub grant: &'g Grant,
    /// The spelling of the grant that the path starts with.
    pub base: &'g Path,
}

impl Shown<'_> {
    /// Where it is inside: grants appear where they really are.
    pub fn inside(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(self.base) {
            Ok(rest) if !rest.as_os_str().is_empty() => self.grant.path.join(rest),
            _ => self.grant.path.clone(),
        }
    }
}

/// All grants of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Grants {
    pub list: Vec<Grant>,
    /// Variables that a grant needs (display sockets).
    pub env: BTreeMap<String, String>,
    pub remarks: Vec<String>,
}

/// Directories that are shared by everything on a machine: no workspace, unless granted by name.
const SHARED: &[&str] = &[
    "/home",
    "/tmp",
    "/var",
    "/var/tmp",
    "/srv",
    "/mnt",
    "/media",
    "/opt",
    "/root",
    "/boot",
    "/usr",
    "/etc",
    "/usr/local",
];

/// Never granted, by nobody.
const NEVER: &[&str] = &["/", "/proc", "/dev", "/sys", "/run"];

/// Never granted writable.
const NEVER_WRITABLE: &[&str] = &[
    "/usr", "/etc", "/boot", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/var",
    "/nix", "/gnu",
];

/// Expands `$HOME`, `${HOME}` and `~`, makes it absolute (relative: below the workspace) and lexically normal.
pub(super) fn expand_path(text: &str, facts: &HostFacts) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("this is no path".into());
    }
    let rest_of = |prefix: &str| {
        text.strip_prefix(prefix)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let path = match rest_of("$HOME")
        .or_else(|| rest_of("${HOME}"))
        .or_else(|| rest_of("~"))
    {
        Some(rest) => facts.home.join(rest.trim_start_matches('/')),
        None if text.contains('$') || text.starts_with('~') => {
            return Err("only $HOME and ~ are understood in a path".into());
        }
        None => facts.cwd.join(text),
    };
    Ok(normal(&path))
}

/// Without `.`, `..`, doubled and trailing slashes.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// What was asked for, before looking at the host: the caller stats these paths.
pub(super) fn wanted(
    layers: &Layers,
    options: &RunOptions,
    facts: &HostFacts,
) -> Result<Grants, ResolveError> {
    let mut grants = Grants::default();
    let mut problems = Vec::new();
    let mut from_list = |document: &Document, list: &List, writable: bool| {
        for text in list {
            match expand_path(text.get_ref(), facts) {
                Ok(path) => grants.list.push(Grant {
                    path: path.clone(),
                    written: path,
                    writable,
                    optional: true,
                    project: false,
                    explicit: true,
                    why: format!(
                        "{}, {}",
                        if writable { "bind_rw" } else { "bind_ro" },
                        document.place(&text.span())
                    ),
                }),
                Err(why) => {
                    let mut found = document.problems();
                    found.push(text.span(), why, None);
                    problems.extend(found.take());
                }
            }
        }
    };
    for (list, writable) in [
        (layers.of_tool(|tool| tool.bind_ro.as_ref()), false),
        (layers.of_tool(|tool| tool.bind_rw.as_ref()), true),
        (
            layers.user_list(|d| d.written.filesystem.bind_ro.as_ref()),
            false,
        ),
        (
            layers.user_list(|d| d.written.filesystem.bind_rw.as_ref()),
            true,
        ),
    ] {
        if let Some((document, list)) = list {
            from_list(document, list, writable);
        }
    }
    if !problems.is_empty() {
        return Err(ResolveError::config(problems));
    }
    for (paths, writable) in [(&options.ro, false), (&options.rw, true)] {
        for path in paths {
            let path = normal(&facts.cwd.join(path));
            let why = if writable { "--rw" } else { "--ro" }.to_owned();
            grants.list.push(Grant {
                path: path.clone(),
                written: path,
                writable,
                optional: false,
                project: writable,
                explicit: true,
                why,
            });
        }
    }
    grants.finish(facts)?;
    Ok(grants)
}

impl Grants {
    /// Follows symlinks, adds the workspace, drops duplicates, and refuses what would open the fence.
    fn finish(&mut self, facts: &HostFacts) -> Result<(), ResolveError> {
        for grant in &mut self.list {
            if let Some(real) = facts.resolved.get(&grant.written) {
                grant.path = real.clone();
            }
            let below_home = grant.path.strip_prefix(&facts.home).ok();
            let in_dot_directory = below_home
                .and_then(|rest| rest.components().next())
                .is_some_and(|first| first.as_os_str().as_encoded_bytes().starts_with(b"."));
            grant.project |= grant.writable && !in_dot_directory;
        }
        self.add_workspace(facts)?;
        for git_dir in &facts.git_dirs {
            let shared = SHARED.iter().any(|path| Path::new(path) == git_dir);
            if shared || facts.home.starts_with(git_dir) {
                return Err(ResolveError::refused(
                    format!(
                        "this worktree claims that its repository is {}",
                        git_dir.display()
                    ),
                    "look at the file .git of the working directory",
                ));
            }
            self.add(git_dir.clone(), true, "the repository of this worktree");
        }
        for grant in &self.list {
            refuse_open_fence(grant, facts)?;
        }
        self.sort();
        Ok(())
    }

    fn add_workspace(&mut self, facts: &HostFacts) -> Result<(), ResolveError> {
        let cwd = &facts.cwd;
        let granted = self
            .list
            .iter()
            .any(|grant| grant.writable && cwd.starts_with(&grant.path));
        let shared = SHARED.iter().any(|path| Path::new(path) == cwd)
            || NEVER.iter().any(|path| Path::new(path) == cwd);
        if (shared || facts.home.starts_with(cwd)) && !granted {
            return Err(ResolveError::refused(
                format!(
                    "the working directory {} is no workspace: everything in it would be writable inside",
                    cwd.display()
                ),
                "change into a project directory, or grant this one by name with --rw",
            ));
        }
        self.list.push(Grant {
            written: cwd.clone(),
            path: cwd.clone(),
            writable: true,
            optional: false,
            project: true,
            explicit: false,
            why: "the workspace".into(),
        });
        Ok(())
    }

    /// Adds a path that nobody wrote but that is needed.
    pub fn add(&mut self, path: PathBuf, writable: bool, why: &str) {
        self.list.push(Grant {
            written: path.clone(),
            path,
            writable,
            optional: false,
            project: false,
            explicit: true,
            why: why.to_owned(),
        });
    }

    /// Parents before children; of two grants of one path the writable one stays.
    pub fn sort(&mut self) {
        self.list
            .sort_by(|a, b| a.path.cmp(&b.path).then(b.writable.cmp(&a.writable)));
        let mut kept: Vec<Grant> = Vec::new();
        for grant in self.list.drain(..) {
            match kept.last_mut() {
                Some(last) if last.path == grant.path => {
                    last.project |= grant.project;
                    last.explicit |= grant.explicit;
                    last.optional &= grant.optional;
                    if grant.why == "the workspace" {
                        last.why = grant.why;
                    }
                }
                _ => kept.push(grant),
            }
        }
        self.list = kept;
    }

    /// What the command line grants has to be there.
    pub fn check_existence(&self, facts: &HostFacts) -> Result<(), ResolveError> {
        let on_command_line = |grant: &&Grant| grant.why == "--ro" || grant.why == "--rw";
        let is_there = |grant: &Grant| {
            facts.existing.contains(&grant.written) || facts.existing.contains(&grant.path)
        };
        match self
            .list
            .iter()
            .filter(on_command_line)
            .find(|grant| !is_there(grant))
        {
            Some(grant) => Err(ResolveError::usage(
                format!("{} {} does not exist", grant.why, grant.written.display()),
                Some(
                    "make it first: nothing outside of the workspace is created from inside".into(),
                ),
            )),
            None => Ok(()),
        }
    }

    /// The innermost grant that a path lies in.
    pub fn covering(&self, path: &Path) -> Option<&Grant> {
        self.showing(path).map(|shown| shown.grant)
    }

    /// How a host path is seen inside, whether it is spelled as a grant was written or as it really is.
    pub fn showing(&self, path: &Path) -> Option<Shown<'_>> {
        let bases = self
            .list
            .iter()
            .flat_map(|grant| [(grant, &grant.path), (grant, &grant.written)]);
        let covering = bases.filter(|(_, base)| path.starts_with(base));
        let (grant, base) = covering.max_by_key(|(_, base)| base.components().count())?;
        Some(Shown { grant, base })
    }

    /// The mount table of the claim.
    pub fn mounts(&self) -> Vec<Mount> {
        let mut mounts = Vec::new();
        for grant in &self.list {
            // What its parent shows already, in the same way, needs no mount of its own.
            let parent = grant.path.parent().and_then(|parent| self.covering(parent));
            if parent.is_none_or(|parent| parent.writable != grant.writable) {
                let source = Source::Bind {
                    path: grant.path.clone(),
                    writable: grant.writable,
                    optional: grant.optional,
                };
                mounts.push(Mount {
                    target: grant.path.clone(),
                    source,
                    why: grant.why.clone(),
                });
            }
            let link_is_visible = grant
                .written
                .parent()
                .is_some_and(|parent| self.covering(parent).is_some());
            if grant.written != grant.path && !link_is_visible {
                let source = Source::Symlink(grant.path.clone());
                mounts.push(Mount {
                    target: grant.written.clone(),
                    source,
                    why: format!("{}, as it was written", grant.why),
                });
            }
        }
        mounts
    }
}

/// The fence's own directories: whoever writes there, or reads the approvals socket, is outside.
pub(super) fn fence_directories(facts: &HostFacts) -> Vec<PathBuf> {
    let base = |variable: &str, default: &str| match facts.env.get(variable) {
        Some(path) if path.starts_with('/') => normal(Path::new(path)),
        _ => facts.home.join(default),
    };
    let config = base("XDG_CONFIG_HOME", ".config");
    let mut paths = vec![
        base("XDG_STATE_HOME", ".local/state").join("ringfence"),
        config.join("ringfence"),
        config.join("secure-llm"),
        facts.home.join(".config/ringfence"),
        facts.home.join(".config/secure-llm"),
        PathBuf::from("/etc/ringfence"),
        PathBuf::from("/etc/secure-llm"),
    ];
    if let Some(runtime) = facts
        .env
        .get("XDG_RUNTIME_DIR")
        .filter(|path| path.starts_with('/'))
    {
        paths.push(normal(Path::new(runtime)).join("ringfence"));
    }
    paths.sort();
    paths.dedup();
    paths
}

fn refuse_open_fence(grant: &Grant, facts: &HostFacts) -> Result<(), ResolveError> {
    let shown = grant.path.display();
    let is = |list: &[&str]| list.iter().any(|path| Path::new(path) == grant.path);
    if is(NEVER)
        || ["/proc", "/dev", "/sys"]
            .iter()
            .any(|path| grant.path.starts_with(path))
    {
        return Err(ResolveError::refused(
            format!("{shown} can not be granted ({})", grant.why),
            "grant the directories that are needed, one by one",
        ));
    }
    if grant.writable && is(NEVER_WRITABLE) {
        return Err(ResolveError::refused(
            format!("{shown} can not be granted writable ({})", grant.why),
            "system directories are read-only inside",
        ));
    }
    for own in fence_directories(facts) {
        let real = facts.resolved.get(&own).unwrap_or(&own);
        if grant.path.starts_with(&own) || grant.path.starts_with(real) {
            return Err(ResolveError::refused(
                format!("{shown} belongs to the fence itself ({})", grant.why),
                "work in another directory",
            ));
        }
    }
    Ok(())
}
