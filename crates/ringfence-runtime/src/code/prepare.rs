//! From a command line for code to a plan: finds the files, gathers the few facts that code needs, resolves.

use std::path::PathBuf;

use ringfence_policy::HostFacts;
use ringfence_policy::code::{CodeOptions, CodePlan, CodePlanner};

use super::limits::PROFILE_BYTES;
use super::{inputs, interpreter};
use crate::config_files;
use crate::error::RunError;
use crate::facts;
use crate::paths::Paths;

/// What the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Everything else.
    pub options: CodeOptions,
}

/// A plan and what it was made from.
#[derive(Debug)]
pub struct Prepared {
    /// What will be built.
    pub plan: CodePlan,
    /// What the host is like.
    pub facts: HostFacts,
    /// Where state goes.
    pub paths: Paths,
}

/// Makes the plan; starts nothing.
///
/// # Errors
/// See [`RunError`]: files, facts, configuration.
pub fn prepare(invocation: &Invocation) -> Result<Prepared, RunError> {
    let place = facts::place()?;
    let paths = Paths::of(&place.home, &place.env);
    paths.prepare()?;
    let (sources, _) = config_files::sources(
        invocation.config.as_deref(),
        &place.home,
        &place.cwd,
        &paths,
    )?;
    let options = &invocation.options;
    let planner = CodePlanner::new(&sources, options)?;
    let program = match planner.language() {
        Some(language) => interpreter::find(language, &place.cwd, &place.env),
        None => {
            let path = place
                .env
                .get("PATH")
                .map(String::as_str)
                .unwrap_or_default();
            let name = options
                .arguments
                .first()
                .map(String::as_str)
                .unwrap_or_default();
            facts::find_program(name, &place.cwd, path)
        }
    };
    let program = program.map_err(facts::FactsError::from)?;
    let mut facts = facts::for_code(place, program);
    if planner.has_network(&facts)? {
        let sets = crate::prepare::named_sets(&sources, None, &options.allow);
        facts::add_network(&mut facts, &sets);
    }
    facts::look_at(&mut facts, planner.candidate_paths());
    let profile = planner
        .profile_file(&facts.cwd)?
        .map(|file| inputs::text(&file, PROFILE_BYTES))
        .transpose()?;
    let plan = planner.resolve(&facts, profile)?;
    Ok(Prepared { plan, facts, paths })
}
