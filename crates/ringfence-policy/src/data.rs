//! The lists that ship as data files: what enters the environment, what is mounted, what is masked, what is protected.
//!
//! The files are TOML, of which they use so little (lists of flat tables) that a few lines read it without copying; every
//! start of a sandbox pays for this. A test compares what is read here with what a TOML parser reads.

use std::sync::OnceLock;

use crate::resolve::ResolveError;
use crate::spec::Placeholder;

#[cfg(test)]
mod tests;

/// `data/environment.toml`.
#[derive(Debug)]
pub(crate) struct Environment {
    pub pass: Vec<Variable>,
    pub ca: Vec<Variable>,
    pub proxy: Vec<Variable>,
}

#[derive(Debug)]
pub(crate) struct Variable {
    pub name: &'static str,
    pub value: &'static str,
}

/// `data/system.toml`.
#[derive(Debug)]
pub(crate) struct System {
    pub mount: Vec<SystemMount>,
    pub root: Vec<RootEntry>,
}

#[derive(Debug)]
pub(crate) struct SystemMount {
    pub target: &'static str,
    pub kind: SystemKind,
    pub optional: bool,
    pub mode: u32,
    /// Its size is the one that `limits.tmp_size` sets.
    pub large: bool,
    pub why: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SystemKind {
    Ro,
    Tmpfs,
    Proc,
    Dev,
}

#[derive(Debug)]
pub(crate) struct RootEntry {
    pub path: &'static str,
    pub why: &'static str,
}

/// One entry of `data/sensitive.toml` or `data/hostrun.toml`.
#[derive(Debug)]
pub(crate) struct Entry {
    pub at: At,
    pub path: &'static str,
    absent: &'static str,
    pub report: Option<&'static str>,
    pub why: &'static str,
}

/// What the path of an entry is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Home,
    Root,
    Runtime,
    Workspace,
    Git,
}

impl Entry {
    pub fn placeholder(&self) -> Placeholder {
        match (self.absent, self.absent.strip_prefix("file:")) {
            ("dir", _) => Placeholder::Directory,
            ("file", _) => Placeholder::File(String::new()),
            (_, Some(text)) => Placeholder::File(unescaped(text)),
            _ => Placeholder::Nothing,
        }
    }
}

/// The two escapes that the files use.
fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\\"", "\"")
}

/// All data files.
#[derive(Debug)]
pub(crate) struct Data {
    pub environment: Environment,
    pub system: System,
    pub sensitive: Vec<Entry>,
    pub host_run: Vec<Entry>,
}

/// Name and text of each file.
const FILES: [(&str, &str); 4] = [
    ("environment.toml", include_str!("../data/environment.toml")),
    ("system.toml", include_str!("../data/system.toml")),
    ("sensitive.toml", include_str!("../data/sensitive.toml")),
    ("hostrun.toml", include_str!("../data/hostrun.toml")),
];

impl Data {
    /// The data files, read once.
    ///
    /// # Errors
    /// Never with the files that ship; a test reads them. A broken file stops the run instead of leaving a list empty.
    pub fn get() -> Result<&'static Self, ResolveError> {
        static DATA: OnceLock<Result<Data, String>> = OnceLock::new();
        let data = DATA.get_or_init(|| {
            let [environment, system, sensitive, host_run] = FILES.map(|(name, text)| {
                read(text).map_err(|line| format!("line {line} of the built-in {name} is broken"))
            });
            let broken = |name: &str| format!("an entry of the built-in {name} is broken");
            Ok(Self {
                environment: environment_of(&environment?)
                    .ok_or_else(|| broken("environment.toml"))?,
                system: system_of(&system?).ok_or_else(|| broken("system.toml"))?,
                sensitive: entries_of(&sensitive?).ok_or_else(|| broken("sensitive.toml"))?,
                host_run: entries_of(&host_run?).ok_or_else(|| broken("hostrun.toml"))?,
            })
        });
        data.as_ref()
            .map_err(|why| ResolveError::refused(why.clone(), "this is a defect of this build"))
    }
}

/// One `[[name]]` with its keys.
struct Table {
    name: &'static str,
    pairs: Vec<(&'static str, &'static str)>,
}

impl Table {
    fn get(&self, key: &str) -> Option<&'static str> {
        self.pairs
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| *value)
    }
}

/// Reads comments, `[[name]]` and `key = value`; text loses its quotes and keeps its escapes. The error is a line number.
fn read(text: &'static str) -> Result<Vec<Table>, usize> {
    let mut tables: Vec<Table> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line
            .strip_prefix("[[")
            .and_then(|rest| rest.strip_suffix("]]"))
        {
            tables.push(Table {
                name,
                pairs: Vec::with_capacity(5),
            });
            continue;
        }
        let (key, value) = line.split_once(" = ").ok_or(index + 1)?;
        let quoted = value
            .strip_prefix('"')
            .map(|rest| rest.strip_suffix('"').ok_or(index + 1));
        let value = quoted.transpose()?.unwrap_or(value);
        tables.last_mut().ok_or(index + 1)?.pairs.push((key, value));
    }
    Ok(tables)
}

fn environment_of(tables: &[Table]) -> Option<Environment> {
    let variables = |section: &str| {
        let of_section = tables.iter().filter(|table| table.name == section);
        let variable = |table: &Table| {
            Some(Variable {
                name: table.get("name")?,
                value: table.get("value").unwrap_or_default(),
            })
        };
        of_section.map(variable).collect::<Option<Vec<_>>>()
    };
    Some(Environment {
        pass: variables("pass")?,
        ca: variables("ca")?,
        proxy: variables("proxy")?,
    })
}

fn system_of(tables: &[Table]) -> Option<System> {
    let mut system = System {
        mount: Vec::new(),
        root: Vec::new(),
    };
    for table in tables {
        let why = table.get("why")?;
        if table.name == "root" {
            system.root.push(RootEntry {
                path: table.get("path")?,
                why,
            });
            continue;
        }
        let kind = match table.get("kind")? {
            "ro" => SystemKind::Ro,
            "tmpfs" => SystemKind::Tmpfs,
            "proc" => SystemKind::Proc,
            "dev" => SystemKind::Dev,
            _ => return None,
        };
        let octal = |text: &str| u32::from_str_radix(text.strip_prefix("0o")?, 8).ok();
        let mode = match table.get("mode") {
            Some(text) => octal(text)?,
            None => 0,
        };
        system.mount.push(SystemMount {
            target: table.get("target")?,
            kind,
            optional: table.get("optional") != Some("false"),
            mode,
            large: table.get("size") == Some("large"),
            why,
        });
    }
    Some(system)
}

fn entries_of(tables: &[Table]) -> Option<Vec<Entry>> {
    let entry = |table: &Table| {
        let at = match table.get("at")? {
            "home" => At::Home,
            "root" => At::Root,
            "runtime" => At::Runtime,
            "workspace" => At::Workspace,
            "git" => At::Git,
            _ => return None,
        };
        Some(Entry {
            at,
            path: table.get("path")?,
            absent: table.get("absent")?,
            report: table.get("report"),
            why: table.get("why")?,
        })
    };
    tables.iter().map(entry).collect()
}
