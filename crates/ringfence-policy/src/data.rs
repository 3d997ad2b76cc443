//! The lists that ship as data files: what enters the environment, what is mounted, what is masked, what is protected.

use std::path::PathBuf;

use serde::Deserialize;

use crate::resolve::ResolveError;
use crate::spec::Placeholder;

/// `data/environment.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    pub pass: Vec<Variable>,
    pub ca: Vec<Variable>,
    pub proxy: Vec<Variable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    pub name: String,
    #[serde(default)]
    pub value: String,
    #[allow(dead_code)] // read by people and by the test that every entry says why
    pub why: String,
}

/// `data/system.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    pub mount: Vec<SystemMount>,
    pub root: Vec<RootEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemMount {
    pub target: PathBuf,
    pub kind: SystemKind,
    #[serde(default = "yes")]
    pub optional: bool,
    #[serde(default)]
    pub mode: u32,
    #[serde(default)]
    pub size: Option<String>,
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SystemKind {
    Ro,
    Tmpfs,
    Proc,
    Dev,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RootEntry {
    pub path: PathBuf,
    pub why: String,
}

fn yes() -> bool {
    true
}

/// `data/sensitive.toml` and `data/hostrun.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    pub entry: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub at: At,
    pub path: PathBuf,
    absent: String,
    #[serde(default)]
    pub report: Option<PathBuf>,
    pub why: String,
}

/// What the path of an entry is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum At {
    Home,
    Root,
    Runtime,
    Workspace,
    Git,
}

impl Entry {
    pub fn placeholder(&self) -> Placeholder {
        match (self.absent.as_str(), self.absent.strip_prefix("file:")) {
            ("dir", _) => Placeholder::Directory,
            ("file", _) => Placeholder::File(String::new()),
            (_, Some(text)) => Placeholder::File(text.to_owned()),
            _ => Placeholder::Nothing,
        }
    }
}

/// All data files, parsed once per plan.
#[derive(Debug)]
pub(crate) struct Data {
    pub environment: Environment,
    pub system: System,
    pub sensitive: Paths,
    pub host_run: Paths,
}

impl Data {
    /// # Errors
    /// Never with the files that ship; a test parses them. A broken file stops the run instead of leaving a list empty.
    pub fn load() -> Result<Self, ResolveError> {
        fn parse<T: serde::de::DeserializeOwned>(
            name: &str,
            text: &str,
        ) -> Result<T, ResolveError> {
            toml::from_str(text).map_err(|error| {
                ResolveError::refused(
                    format!("the built-in {name} is broken: {error}"),
                    "this is a defect of this build",
                )
            })
        }
        Ok(Self {
            environment: parse("environment.toml", include_str!("../data/environment.toml"))?,
            system: parse("system.toml", include_str!("../data/system.toml"))?,
            sensitive: parse("sensitive.toml", include_str!("../data/sensitive.toml"))?,
            host_run: parse("hostrun.toml", include_str!("../data/hostrun.toml"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_parses_says_why_and_stands_once() {
        let data = Data::load().unwrap();
        let mut seen = BTreeSet::new();
        for entry in data.sensitive.entry.iter().chain(&data.host_run.entry) {
            assert!(
                !entry.why.is_empty()
                    && seen.insert((format!("{:?}", entry.at), entry.path.clone())),
                "{entry:?}"
            );
            assert_eq!(entry.path.is_absolute(), entry.at == At::Root, "{entry:?}");
            let known = ["dir", "file", "nothing"].contains(&entry.absent.as_str())
                || entry.absent.starts_with("file:");
            assert!(known, "{entry:?}");
        }
        let environment = &data.environment;
        let mut names = BTreeSet::new();
        for variable in environment
            .pass
            .iter()
            .chain(&environment.ca)
            .chain(&environment.proxy)
        {
            assert!(
                !variable.why.is_empty() && names.insert(&variable.name),
                "{variable:?}"
            );
        }
    }

    #[test]
    fn nothing_that_carries_a_secret_or_an_agent_is_passed() {
        let data = Data::load().unwrap();
        for variable in &data.environment.pass {
            let name = variable.name.to_ascii_uppercase();
            for bad in [
                "TOKEN", "KEY", "SECRET", "PASS", "AUTH", "SOCK", "DBUS", "DISPLAY", "XDG", "LD_",
                "GPG",
            ] {
                assert!(!name.contains(bad), "{name}");
            }
        }
    }
}
