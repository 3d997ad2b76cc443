use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::{ConfigKind, ProjectTrust};
use crate::plan::{CredentialSource, Fill, Inject, Program};
use crate::resolve::ErrorKind;
use crate::spec::{Level, Placeholder, Source};

mod grants;
mod guards;
mod inside;
mod layers;

const SECURE_LLM: &str = include_str!("../../tests/data/secure-llm.toml");

/// A host with the given paths; those that end in `/` are directories, the others files.
fn host(paths: &[&str]) -> HostFacts {
    let mut facts = HostFacts {
        uid: 1000,
        gid: 1000,
        user: "dev".into(),
        home: "/home/dev".into(),
        cwd: "/home/dev/work".into(),
        program: Some(Program {
            path: "/usr/bin/true".into(),
            needs: vec![],
        }),
        root_links: BTreeMap::from([("/bin".into(), "usr/bin".into())]),
        ..HostFacts::default()
    };
    for path in paths.iter().chain(&[
        "/home/dev/work/",
        "/usr/",
        "/etc/passwd",
        "/etc/hosts",
        "/etc/resolv.conf",
    ]) {
        for ancestor in Path::new(path)
            .ancestors()
            .skip(1)
            .filter(|a| a.components().count() > 1)
        {
            facts.existing.insert(ancestor.to_owned());
        }
        facts
            .existing
            .insert(PathBuf::from(path.trim_end_matches('/')));
        if !path.ends_with('/') {
            facts.files.insert(PathBuf::from(path));
        }
    }
    facts
}

fn run(tool: Option<&str>) -> RunOptions {
    RunOptions {
        tool: tool.map(str::to_owned),
        argv: if tool.is_some() {
            vec![]
        } else {
            vec!["true".into()]
        },
        ..RunOptions::default()
    }
}

fn plan(text: &str, options: &RunOptions, facts: &HostFacts) -> Result<Plan, ResolveError> {
    resolve(&[ConfigSource::user("/c.toml", text)], options, facts)
}

fn good(text: &str, options: &RunOptions, facts: &HostFacts) -> Plan {
    plan(text, options, facts).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str, options: &RunOptions, facts: &HostFacts) -> String {
    match plan(text, options, facts) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("not refused: {text}"),
    }
}

fn binds(plan: &Plan) -> Vec<(String, bool)> {
    let bind = |mount: &crate::spec::Mount| match &mount.source {
        Source::Bind { writable, .. } => Some((mount.target.display().to_string(), *writable)),
        _ => None,
    };
    plan.spec.claim.mounts.iter().filter_map(bind).collect()
}

fn masked(plan: &Plan, path: &str) -> bool {
    plan.spec
        .claim
        .masks
        .iter()
        .any(|mask| mask.path == Path::new(path))
}

fn kept(plan: &Plan, path: &str) -> Option<Placeholder> {
    plan.spec
        .claim
        .protected
        .iter()
        .find(|entry| entry.path == Path::new(path))
        .map(|entry| entry.absent.clone())
}
