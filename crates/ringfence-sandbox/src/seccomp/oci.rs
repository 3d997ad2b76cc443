//! Profiles in the format of the OCI runtime specification (`linux.seccomp`), as users write them and as those for code are
//! shipped: read with a line and a column for whatever is wrong.
//!
//! A profile of this kind is installed on top of the base filter ([`super::base`]), never instead of it. The kernel takes
//! the strictest answer of all filters, so a profile can only take rights away. Two additions to the
//! format: `comment` at the top and in each entry. What the format leaves open is decided here: where several entries match a
//! call the strictest action counts; conditions of one entry on different arguments all have to hold, of those on the same
//! argument one (as in runc). `SCMP_ACT_NOTIFY` and `SCMP_ACT_TRACE` need somebody who answers, and are refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::SeccompError;
use super::table;
use crate::bounds::PROFILE_BYTES;

/// What is done about a system call, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    Allow,
    Log,
    Errno(u16),
    Trap,
    KillThread,
    KillProcess,
}

/// A profile ready to be compiled.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) default: Action,
    /// Rules by system call number.
    pub(super) calls: BTreeMap<u32, Vec<Rule>>,
}

/// An action and when it applies: when all conditions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) action: Action,
    pub(super) when: Vec<Condition>,
}

/// A condition on one argument, all 64 bits of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) arg: u8,
    pub(super) test: Test,
}

/// How an argument is compared, unsigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Equal(u64),
    NotEqual(u64),
    Less(u64),
    AtMost(u64),
    AtLeast(u64),
    Above(u64),
    /// (mask, value)
    Masked(u64, u64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Written {
    default_action: WrittenAction,
    #[serde(default)]
    default_errno_ret: Option<Errno>,
    #[serde(default, rename = "architectures")]
    _architectures: Vec<Architecture>,
    /// Only what makes no difference here, where the process has one thread and nothing is notified.
    #[serde(default, rename = "flags")]
    _flags: Vec<Flag>,
    #[serde(default)]
    pub(super) syscalls: Vec<Entry>,
    #[serde(default, rename = "comment")]
    _comment: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) names: Vec<Call>,
    action: WrittenAction,
    #[serde(default)]
    errno_ret: Option<Errno>,
    #[serde(default)]
    args: Vec<Argument>,
    #[serde(default)]
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader of the file; tests want it there")
    )]
    pub(super) comment: String,
}

/// A system call; without a number where this architecture does not have it.
#[derive(Debug)]
pub(super) struct Call {
    #[cfg_attr(not(test), expect(dead_code, reason = "tests name what they try"))]
    pub(super) name: String,
    number: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
enum WrittenAction {
    Errno,
    Other(Action),
}

#[derive(Debug, Clone, Copy)]
struct Errno(u16);

#[derive(Debug)]
struct Architecture;

#[derive(Debug)]
struct Flag;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Argument {
    index: Index,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: Op,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Index(u8);

#[derive(Debug, Clone, Copy, Deserialize)]
enum Op {
    #[serde(rename = "SCMP_CMP_NE")]
    NotEqual,
    #[serde(rename = "SCMP_CMP_LT")]
    Less,
    #[serde(rename = "SCMP_CMP_LE")]
    AtMost,
    #[serde(rename = "SCMP_CMP_EQ")]
    Equal,
    #[serde(rename = "SCMP_CMP_GE")]
    AtLeast,
    #[serde(rename = "SCMP_CMP_GT")]
    Above,
    #[serde(rename = "SCMP_CMP_MASKED_EQ")]
    Masked,
}

const ACTIONS: &str = "SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_ERRNO, SCMP_ACT_TRAP, SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL_PROCESS";

impl<'de> Deserialize<'de> for WrittenAction {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        Ok(Self::Other(match name.as_str() {
            "SCMP_ACT_ERRNO" => return Ok(Self::Errno),
            "SCMP_ACT_ALLOW" => Action::Allow,
            "SCMP_ACT_LOG" => Action::Log,
            "SCMP_ACT_TRAP" => Action::Trap,
            "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
            "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
            "SCMP_ACT_NOTIFY" | "SCMP_ACT_TRACE" => {
                return Err(D::Error::custom(format_args!(
                    "action `{name}` needs somebody who answers, and there is nobody; use SCMP_ACT_ERRNO"
                )));
            }
            _ => {
                return Err(D::Error::custom(format_args!(
                    "unknown action `{}`; there are {ACTIONS}",
                    short(&name)
                )));
            }
        }))
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        match table::number(&name) {
            Some(number) => Ok(Self { name, number }),
            None => {
                let hint = table::similar(&name).map(|other| format!("; did you mean `{other}`?"));
                Err(D::Error::custom(format_args!(
                    "unknown system call `{}`{}",
                    short(&name),
                    hint.unwrap_or_default()
                )))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Errno {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(from)?;
        u16::try_from(number)
            .ok()
            .filter(|errno| *errno <= ERRNO_MAX)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format_args!("errno {number} is above {ERRNO_MAX}")))
    }
}

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(from)?;
        u8::try_from(number)
            .ok()
            .filter(|index| *index <= 5)
            .map(Self)
            .ok_or_else(|| {
                D::Error::custom(format_args!(
                    "argument {number}; system calls have the arguments 0 to 5"
                ))
            })
    }
}

impl<'de> Deserialize<'de> for Architecture {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        match name
            .strip_prefix("SCMP_ARCH_")
            .filter(|rest| ARCHITECTURES.contains(rest))
        {
            Some(_) => Ok(Self),
            None => Err(D::Error::custom(format_args!(
                "unknown architecture `{}`",
                short(&name)
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        match name.strip_prefix("SECCOMP_FILTER_FLAG_") {
            Some("TSYNC" | "LOG" | "SPEC_ALLOW" | "WAIT_KILLABLE_RECV") => Ok(Self),
            _ => Err(D::Error::custom(format_args!(
                "unknown flag `{}`",
                short(&name)
            ))),
        }
    }
}

/// The largest that the kernel passes on.
const ERRNO_MAX: u16 = 4095;

/// Those of the specification. The filter is made for the one that it runs on; every foreign one is refused by the base.
const ARCHITECTURES: &[&str] = &[
    "X86",
    "X86_64",
    "X32",
    "ARM",
    "AARCH64",
    "MIPS",
    "MIPS64",
    "MIPS64N32",
    "MIPSEL",
    "MIPSEL64",
    "MIPSEL64N32",
    "PPC",
    "PPC64",
    "PPC64LE",
    "S390",
    "S390X",
    "PARISC",
    "PARISC64",
    "RISCV64",
    "LOONGARCH64",
    "M68K",
    "SH",
    "SHEB",
];

/// Long names come from broken files.
fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Reads a profile; `name` is the file for errors.
pub(super) fn parse(name: &str, text: &str) -> Result<Profile, SeccompError> {
    let written = read(name, text)?;
    let default = action(written.default_action, written.default_errno_ret, None);
    let mut calls: BTreeMap<u32, Vec<Rule>> = BTreeMap::new();
    for entry in &written.syscalls {
        let action = action(entry.action, entry.errno_ret, written.default_errno_ret);
        let alternatives = alternatives(&entry.args);
        for number in entry.names.iter().filter_map(|call| call.number) {
            let rules = calls.entry(number).or_default();
            rules.extend(alternatives.iter().map(|when| Rule {
                action,
                when: when.clone(),
            }));
        }
    }
    for rules in calls.values_mut() {
        // The strictest first; the first that matches counts.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.action));
        // Nothing after an unconditional rule is ever reached.
        let last = rules.iter().position(|rule| rule.when.is_empty());
        rules.truncate(last.map_or(rules.len(), |index| index + 1));
    }
    Ok(Profile { default, calls })
}

/// Reads the file without resolving it.
pub(super) fn read(name: &str, text: &str) -> Result<Written, SeccompError> {
    if text.len() > PROFILE_BYTES {
        return Err(SeccompError::Profile(format!(
            "{name}: {} bytes, the limit is {PROFILE_BYTES}",
            text.len()
        )));
    }
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let said = error.to_string();
        // serde_json says the place at the end, we at the beginning.
        let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
        let hint = match docker_only(what) {
            true => "; this is Docker's own format, of which the conditional parts mean nothing here: keep what is in the OCI runtime specification",
            false => "",
        };
        SeccompError::Profile(format!("{name}:{line}:{column}: {what}{hint}"))
    })
}

fn docker_only(what: &str) -> bool {
    ["`archMap`", "`includes`", "`excludes`", "`minKernel`"]
        .iter()
        .any(|field| {
            what.starts_with("unknown field")
                && what
                    .split(',')
                    .next()
                    .is_some_and(|first| first.contains(field))
        })
}

fn action(written: WrittenAction, own: Option<Errno>, default: Option<Errno>) -> Action {
    match written {
        WrittenAction::Other(action) => action,
        WrittenAction::Errno => {
            Action::Errno(own.or(default).map_or(libc::EPERM as u16, |errno| errno.0))
        }
    }
}

/// Conditions on different arguments all have to hold; where one argument has several, each makes an alternative.
fn alternatives(args: &[Argument]) -> Vec<Vec<Condition>> {
    let conditions: Vec<Condition> = args.iter().map(Argument::resolve).collect();
    let twice = args.iter().enumerate().any(|(n, arg)| {
        args.iter()
            .skip(n + 1)
            .any(|other| other.index == arg.index)
    });
    if twice {
        conditions.into_iter().map(|one| vec![one]).collect()
    } else {
        vec![conditions]
    }
}

impl Argument {
    fn resolve(&self) -> Condition {
        let value = self.value;
        Condition {
            arg: self.index.0,
            test: match self.op {
                Op::NotEqual => Test::NotEqual(value),
                Op::Less => Test::Less(value),
                Op::AtMost => Test::AtMost(value),
                Op::Equal => Test::Equal(value),
                Op::AtLeast => Test::AtLeast(value),
                Op::Above => Test::Above(value),
                Op::Masked => Test::Masked(value, self.value_two & value),
            },
        }
    }
}

impl Profile {
    /// Refuses a profile under which no program could run: one that refuses to execute, to write or to end.
    pub(super) fn usable(self, name: &str) -> Result<Self, SeccompError> {
        for call in ["execve", "write", "exit_group"] {
            let Some(Some(number)) = table::number(call) else {
                continue;
            };
            let rules = self
                .calls
                .get(&number)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut actions = rules.iter().map(|rule| rule.action);
            let decided = rules.iter().any(|rule| rule.when.is_empty());
            let default = (!decided).then_some(self.default);
            if !actions
                .by_ref()
                .chain(default)
                .any(|action| action <= Action::Log)
            {
                return Err(SeccompError::Profile(format!(
                    "{name}: `{call}` is refused, so no program could run; allow it"
                )));
            }
        }
        Ok(self)
    }
}
