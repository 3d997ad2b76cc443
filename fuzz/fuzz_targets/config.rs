//! A configuration text never panics the reader, and its errors always render.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_policy::config::{ConfigKind, ConfigSource, ProjectTrust};
use ringfence_policy::{HostFacts, Policy, RunOptions};

fuzz_target!(|text: &str| {
    match Policy::from_toml(text, Some("claude")) {
        Ok(policy) => drop(policy.canonical()),
        Err(error) => drop(error.to_string()),
    }
    let project = ConfigSource {
        name: ".ringfence.toml".into(),
        text: text.into(),
        kind: ConfigKind::Project(ProjectTrust::Unknown),
    };
    let options = RunOptions {
        argv: vec!["true".into()],
        ..RunOptions::default()
    };
    if let Err(error) = ringfence_policy::resolve(&[project], &options, &HostFacts::default()) {
        drop(error.to_string());
    }
});
