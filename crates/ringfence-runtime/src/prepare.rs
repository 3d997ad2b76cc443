//! From a command line to a plan: finds the files, gathers the facts, resolves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ringfence_policy::config::ConfigSource;
use ringfence_policy::plan::{self, Planner, Policy};
use ringfence_policy::{RunOptions, presets};

use crate::config_files;
use crate::error::RunError;
use crate::facts::{self, Wanted};
use crate::paths::Paths;
use crate::session::Prepared;

/// What the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Everything else.
    pub options: RunOptions,
}

/// Makes the plan; starts nothing. The state and runtime directories are made first: what is to be hidden has to exist
/// when planning looks, or a grant above it would hide a placeholder and show the approvals socket.
///
/// # Errors
/// See [`RunError`]: files, facts, configuration.
pub fn prepare(invocation: &Invocation) -> Result<Prepared, RunError> {
    let place = facts::place()?;
    let paths = Paths::of(&place.home, &place.env);
    paths.prepare()?;
    // What a killed session left would look like the user's own files.
    ringfence_sandbox::protect::sweep(&paths.state)
        .map_err(ringfence_sandbox::LaunchError::from)?;
    let (sources, found) = config_files::sources(
        invocation.config.as_deref(),
        &place.home,
        &place.cwd,
        &paths,
    )?;
    let options = &invocation.options;
    let planner = Planner::new(&sources, options)?;
    let wanted = Wanted {
        program: Some(planner.wanted_program()?),
        named_sets: named_sets(&sources, options.tool.as_deref(), &options.allow),
    };
    let mut facts = facts::gather(place, &wanted)?;
    let candidates = planner.candidate_paths(&facts);
    facts::look_at(&mut facts, candidates);
    let plan = planner.resolve(&facts)?;
    Ok(Prepared {
        config: writable_config(invocation, found, &paths),
        tool: options.tool.clone(),
        no_prompt: options.no_prompt,
        plan,
        facts,
        paths,
    })
}

/// Where "always" is written: the file that was read, or a new one where it will be found the next time. Never beside a
/// file of the system's, which the new one would shadow whole: the answer then holds for the session.
fn writable_config(
    invocation: &Invocation,
    found: Option<PathBuf>,
    paths: &Paths,
) -> Option<PathBuf> {
    match found {
        Some(path) if invocation.config.is_some() || !path.starts_with("/etc") => Some(path),
        Some(_) => None,
        None => Some(paths.config.join("config.toml")),
    }
}

/// The sets that the policy mentions. Looked for in the text: a set in a comment costs one look-up and changes nothing.
pub(crate) fn named_sets(
    sources: &[ConfigSource],
    tool: Option<&str>,
    allow: &[String],
) -> BTreeSet<String> {
    let preset = tool.and_then(presets::of).map(|(_, text)| text);
    let texts = sources
        .iter()
        .map(|s| s.text.as_str())
        .chain(preset)
        .chain(allow.iter().map(String::as_str));
    let joined: Vec<&str> = texts.collect();
    ["pip", "npm", "cargo", "apt", "git"]
        .into_iter()
        .filter(|name| joined.iter().any(|text| text.contains(&format!("@{name}"))))
        .map(str::to_owned)
        .collect()
}

/// The policy alone, for `policy show` and `policy explain`: neither the tool nor a workspace has to exist.
///
/// # Errors
/// See [`RunError`]: files and configuration.
pub fn policy_only(invocation: &Invocation) -> Result<Policy, RunError> {
    let place = facts::place()?;
    let paths = Paths::of(&place.home, &place.env);
    let (sources, _) = config_files::sources(
        invocation.config.as_deref(),
        &place.home,
        &place.cwd,
        &paths,
    )?;
    let wanted = Wanted {
        program: None,
        named_sets: named_sets(
            &sources,
            invocation.options.tool.as_deref(),
            &invocation.options.allow,
        ),
    };
    let facts = facts::gather(place, &wanted)?;
    Ok(plan::resolve_policy(&sources, &invocation.options, &facts)?)
}

/// Checks files and their own examples, all tools of them. Returns the names of the files and of the tools in them.
///
/// # Errors
/// Everything that is wrong with them.
pub fn check_files(
    named: &[PathBuf],
    config: Option<&Path>,
) -> Result<(Vec<String>, Vec<String>), RunError> {
    let place = facts::place()?;
    let paths = Paths::of(&place.home, &place.env);
    let cwd = place.cwd.clone();
    let mut groups = Vec::new();
    if named.is_empty() {
        groups.push(config_files::sources(config, &place.home, &cwd, &paths)?.0);
    }
    for file in named {
        groups.push(vec![config_files::one(file, &paths)?]);
    }
    let (mut files, mut tools) = (Vec::new(), Vec::new());
    for sources in groups {
        let wanted = Wanted {
            program: None,
            named_sets: named_sets(&sources, None, &[]),
        };
        let facts = facts::gather(place.clone(), &wanted)?;
        tools.extend(plan::check(&sources, &facts)?);
        files.extend(sources.into_iter().map(|s| s.name));
    }
    Ok((files, tools))
}
