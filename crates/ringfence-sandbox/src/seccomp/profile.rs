//! Profiles as written (JSON) and as meant (numbers of this architecture).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::SeccompError;
use super::table;

/// The data file.
pub(super) const AGENT: &str = include_str!("agent.json");

/// A profile ready to be compiled.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    /// Highest system call number that was reviewed; above it `ENOSYS`.
    pub(super) newest: u32,
    /// Rules by system call number, in the order of the file.
    pub(super) calls: BTreeMap<u32, Vec<Rule>>,
}

/// One reason to refuse a system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// What the caller gets, 1–4095.
    pub(super) errno: u16,
    /// When it applies.
    pub(super) when: When,
}

/// Condition of a [`Rule`]; alternatives of conjunctions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum When {
    /// Whatever the arguments.
    Always,
    /// When one alternative holds.
    Any(Vec<Vec<Test>>),
    /// When no alternative holds.
    Unless(Vec<Vec<Test>>),
}

/// A test of the low 32 bits of one argument: every call named in a profile takes 32 bits there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    /// Which argument, 0–5.
    pub(super) arg: u8,
    /// Applied before the comparison.
    pub(super) mask: u32,
    /// What it is compared with.
    pub(super) values: Vec<u32>,
    /// Whether the value has to be among them or must not be.
    pub(super) among: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(rename = "profile")]
    _profile: String,
    #[serde(rename = "why")]
    _why: String,
    newest: u32,
    pub(super) entries: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEntry {
    pub(super) calls: Vec<String>,
    pub(super) errno: String,
    #[serde(default)]
    when: Option<Vec<Vec<WrittenTest>>>,
    #[serde(default)]
    unless: Option<Vec<Vec<WrittenTest>>>,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader of the file; tests want it there")
    )]
    pub(super) why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTest {
    arg: u8,
    #[serde(default)]
    mask: Option<Number>,
    #[serde(default, rename = "in")]
    among: Option<Vec<Number>>,
    #[serde(default)]
    not_in: Option<Vec<Number>>,
}

/// JSON has no hexadecimal numbers, so they are written as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u32),
    Hex(String),
}

/// Reads the base for this architecture. Names that the architecture does not have are left out.
pub(super) fn base() -> Result<Profile, SeccompError> {
    parse(AGENT)
}

/// Reads a profile.
pub(super) fn parse(text: &str) -> Result<Profile, SeccompError> {
    let written = read(text)?;
    let mut calls: BTreeMap<u32, Vec<Rule>> = BTreeMap::new();
    for entry in &written.entries {
        let rule = Rule {
            errno: errno(&entry.errno)?,
            when: when(entry)?,
        };
        for name in &entry.calls {
            let number = table::number(name)
                .ok_or_else(|| broken(format!("unknown system call `{name}`")))?;
            if let Some(number) = number {
                calls.entry(number).or_default().push(rule.clone());
            }
        }
    }
    Ok(Profile {
        newest: written.newest,
        calls,
    })
}

/// Reads the file without resolving it.
pub(super) fn read(text: &str) -> Result<Written, SeccompError> {
    serde_json::from_str(text).map_err(|error| broken(error.to_string()))
}

fn when(entry: &WrittenEntry) -> Result<When, SeccompError> {
    match (&entry.when, &entry.unless) {
        (None, None) => Ok(When::Always),
        (Some(any), None) => Ok(When::Any(alternatives(any)?)),
        (None, Some(unless)) => Ok(When::Unless(alternatives(unless)?)),
        (Some(_), Some(_)) => Err(broken(format!(
            "{}: `when` and `unless` in one entry",
            entry.calls.join(", ")
        ))),
    }
}

fn alternatives(written: &[Vec<WrittenTest>]) -> Result<Vec<Vec<Test>>, SeccompError> {
    written
        .iter()
        .map(|all| all.iter().map(test).collect())
        .collect()
}

fn test(written: &WrittenTest) -> Result<Test, SeccompError> {
    let (values, among) = match (&written.among, &written.not_in) {
        (Some(values), None) => (values, true),
        (None, Some(values)) => (values, false),
        _ => return Err(broken("a test needs one of `in` and `not_in`".into())),
    };
    if written.arg > 5 || values.is_empty() {
        return Err(broken(format!("argument {}", written.arg)));
    }
    Ok(Test {
        arg: written.arg,
        mask: written.mask.as_ref().map_or(Ok(u32::MAX), number)?,
        values: values.iter().map(number).collect::<Result<_, _>>()?,
        among,
    })
}

fn number(written: &Number) -> Result<u32, SeccompError> {
    match written {
        Number::Plain(value) => Ok(*value),
        Number::Hex(text) => text
            .strip_prefix("0x")
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| broken(format!("`{text}` is no number"))),
    }
}

fn errno(name: &str) -> Result<u16, SeccompError> {
    let value = match name {
        "EPERM" => libc::EPERM,
        "EACCES" => libc::EACCES,
        "ENOSYS" => libc::ENOSYS,
        "EAFNOSUPPORT" => libc::EAFNOSUPPORT,
        "EPROTONOSUPPORT" => libc::EPROTONOSUPPORT,
        _ => return Err(broken(format!("unknown errno {name}"))),
    };
    u16::try_from(value).map_err(|_| broken(format!("errno {name}")))
}

pub(super) fn broken(text: String) -> SeccompError {
    SeccompError::Profile(text)
}
