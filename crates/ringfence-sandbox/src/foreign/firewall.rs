//! Rules of the Windows firewall for a model's runner, as argument vectors of `netsh advfirewall`: its program may neither connect
//! nor be connected to.
//!
//! A rule goes by the path of a program. So the runner has to be a file of its own there (a copy, `ringfence-runner.exe`), or the
//! server would be locked out with it. Rules are made and removed by an administrator, do nothing while the firewall is off (which
//! [`Rules::check`] shows), and do not see the loopback interface.

use std::ffi::OsString;
use std::path::Path;

use ringfence_policy::spec::SandboxSpec;
use serde::Serialize;

use super::{ForeignError, Room, not_held, text};
use crate::bounds;

/// Characters of a path besides letters and digits. What is not here has a meaning to `netsh` (`%` names a variable, `"` and `*`),
/// or to one of the shells that a printed line may be pasted into (`$`, `` ` ``, `!`, `^`, `&`, `;`), or is no part of a name.
const PLAIN: &str = r" \_-.()+=@#[]{}";

/// Rules, and what they do not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Show whether the firewall is on, in every profile: it has to be.
    pub check: Vec<String>,
    /// Make the rules; one command a rule. All of them have to succeed before the runner starts.
    pub add: Vec<Vec<String>>,
    /// Remove them.
    pub remove: Vec<Vec<String>>,
    /// What the spec asks for and a firewall rule does not hold.
    pub not_held: Vec<String>,
}

/// The rules of a runner's sandbox. The program's path in the spec is one of Windows: a drive and backslashes.
///
/// # Errors
/// [`ForeignError`] when the spec wants more than a runner has, or a path can not be written down.
pub fn rules(spec: &SandboxSpec) -> Result<Rules, ForeignError> {
    let room = Room::of(spec, "Windows")?;
    let program = value(room.program)?;
    let session = session(&spec.claim.session)?;
    let name = |direction| format!("name=ringfence-runner-{session}-{direction}");
    let netsh = |rest: Vec<String>| -> Vec<String> {
        let start = ["netsh", "advfirewall", "firewall"].map(String::from);
        start.into_iter().chain(rest).collect()
    };
    let directions = ["out", "in"];
    let add = directions.map(|direction| {
        netsh(vec![
            "add".into(),
            "rule".into(),
            name(direction),
            format!("dir={direction}"),
            "action=block".into(),
            format!("program={program}"),
            "protocol=any".into(),
            "profile=any".into(),
            "interfacetype=any".into(),
            "enable=yes".into(),
        ])
    });
    let remove = directions.map(|direction| {
        netsh(vec![
            "delete".into(),
            "rule".into(),
            name(direction),
            format!("program={program}"),
        ])
    });
    let mut missing: Vec<String> = [
        "what it reads and writes: a firewall knows no files",
        "loopback connections: the firewall does not see them",
    ]
    .map(String::from)
    .to_vec();
    if room.single {
        missing.push("one process only".into());
    }
    missing.extend(not_held(spec));
    Ok(Rules {
        check: ["netsh", "advfirewall", "show", "allprofiles", "state"]
            .map(String::from)
            .to_vec(),
        add: add.to_vec(),
        remove: remove.to_vec(),
        not_held: missing,
    })
}

/// An argument vector for [`super::start`].
pub fn command(argv: &[String]) -> Vec<OsString> {
    argv.iter().map(OsString::from).collect()
}

/// An argument vector as a line for a shell of Windows. Every argument stands between quotes; none of them can hold one, nor end
/// in a backslash.
pub fn line(argv: &[String]) -> String {
    let mut line = String::new();
    for (index, argument) in argv.iter().enumerate() {
        let bare = argument
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "=-_.".contains(c));
        if index > 0 {
            line.push(' ');
        }
        match bare {
            true => line.push_str(argument),
            false => line.extend(["\"", argument, "\""]),
        }
    }
    line
}

/// A path as the value of `program=`.
fn value(path: &Path) -> Result<&str, ForeignError> {
    let wrong = |why| ForeignError::Path {
        path: path.to_string_lossy().into_owned(),
        why,
    };
    let text = text(path, '\\')?;
    let mut start = text.chars();
    let drive = start.next().is_some_and(|c| c.is_ascii_alphabetic());
    let Some(rest) = start.as_str().strip_prefix(":\\").filter(|_| drive) else {
        return Err(wrong(
            r"a program of Windows is named by its drive and its path, as in C:\Tools\ringfence-runner.exe",
        ));
    };
    if rest
        .chars()
        .any(|c| !c.is_alphanumeric() && !PLAIN.contains(c))
    {
        return Err(wrong(
            "it has a character that a firewall rule or a shell could read as more than a name; rename it",
        ));
    }
    let file = rest.rsplit('\\').next().unwrap_or_default();
    let is_program = file.len() > 4
        && file
            .get(file.len() - 4..)
            .is_some_and(|end| end.eq_ignore_ascii_case(".exe"));
    match is_program {
        true => Ok(text),
        false => Err(wrong("it does not end in `.exe`")),
    }
}

fn session(name: &str) -> Result<&str, ForeignError> {
    let fits = !name.is_empty()
        && name.len() <= bounds::FOREIGN_SESSION_BYTES
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match fits {
        true => Ok(name),
        false => Err(ForeignError::Session(name.to_owned())),
    }
}
