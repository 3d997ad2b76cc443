//! A Seatbelt profile (SBPL, the language of `sandbox-exec`) for a model's runner: everything denied, no network, its own program
//! and its libraries readable, and the model by the descriptor that it gets.
//!
//! The profile language has no published standard. What is used of it here is what Apple's own profiles in
//! `/System/Library/Sandbox/Profiles` use; of several rules that match, the last one counts.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;

use ringfence_policy::spec::SandboxSpec;
use serde::Serialize;

use super::{ForeignError, Room, not_held, text};

/// Where the loader of programs keeps what every program on macOS is linked with. Data: one comment per entry.
const SYSTEM: [&str; 4] = [
    // libSystem, libc++ and the loader itself, where they are files.
    "/usr/lib",
    // The cache that holds them all, up to macOS 12.
    "/System/Library/dyld",
    // The same since macOS 13.
    "/System/Volumes/Preboot/Cryptexes/OS/System/Library/dyld",
    // Accelerate and the few frameworks that an engine on the processor is linked with.
    "/System/Library/Frameworks",
];

/// What is asked of the system before the first line of a program runs, and by an engine that chooses code for the processor.
const SYSCTLS: [&str; 7] = [
    // How many processors there are.
    "hw.ncpu",
    "hw.activecpu",
    "hw.logicalcpu_max",
    // Sizes that an allocator and an engine go by.
    "hw.pagesize",
    "hw.memsize",
    // Which instructions there are.
    "machdep.cpu.brand_string",
    // The version, which the loader asks for.
    "kern.osproductversion",
];

/// A profile, and what is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The text, for `sandbox-exec -p`.
    pub text: String,
    /// What the spec asks for and a profile does not hold.
    pub not_held: Vec<String>,
}

/// The profile of a runner's sandbox.
///
/// # Errors
/// [`ForeignError`] when the spec wants more than a runner has, or a path can not be written down.
pub fn profile(spec: &SandboxSpec) -> Result<Profile, ForeignError> {
    let room = Room::of(spec, "macOS")?;
    let program = string(room.program)?;
    let mut out = String::from(concat!(
        "(version 1)\n",
        "; The process of a model. Of several rules that match, the last one counts.\n",
        "(deny default)\n",
        "\n; its own program\n",
    ));
    let mut rule = |text: std::fmt::Arguments<'_>| {
        // Writing to a String does not fail.
        let _ = writeln!(out, "{text}");
    };
    rule(format_args!("(allow process-exec (literal {program}))"));
    rule(format_args!(
        "(allow file-read* file-map-executable (literal {program}))"
    ));
    if !room.files.is_empty() {
        rule(format_args!("\n; its libraries"));
    }
    for path in &room.files {
        rule(format_args!(
            "(allow file-read* file-map-executable (literal {}))",
            string(path)?
        ));
    }
    rule(format_args!("\n; what every program is linked with"));
    for path in SYSTEM {
        rule(format_args!(
            "(allow file-read* file-map-executable (subpath \"{path}\"))"
        ));
    }
    rule(format_args!("(allow file-read-metadata (literal \"/\"))"));
    for name in SYSCTLS {
        rule(format_args!("(allow sysctl-read (sysctl-name \"{name}\"))"));
    }
    if room.null {
        rule(format_args!("\n; streams that end nowhere"));
        rule(format_args!(
            "(allow file-read* file-write-data (literal \"/dev/null\"))"
        ));
    }
    if room.random {
        rule(format_args!(
            "(allow file-read* (literal \"/dev/urandom\"))"
        ));
    }
    rule(format_args!(
        "\n; the model comes as an open descriptor, orders and answers over a socket pair: no rule is needed"
    ));
    rule(format_args!("; last, so that nothing above can open it"));
    if room.single {
        rule(format_args!("(deny process-fork)"));
    }
    rule(format_args!("(deny network*)"));
    Ok(Profile {
        text: out,
        not_held: not_held(spec),
    })
}

/// The argument vector that starts the runner's program under a profile. The profile goes in as an argument, never as a file that
/// somebody could change.
pub fn command(profile: &Profile, program: &Path, arguments: &[String]) -> Vec<OsString> {
    let mut argv: Vec<OsString> = ["/usr/bin/sandbox-exec", "-p", &profile.text]
        .map(OsString::from)
        .to_vec();
    argv.push(program.into());
    argv.extend(arguments.iter().map(OsString::from));
    argv
}

/// A path as a string of the profile's language, which is Scheme's: between quotes, with quotes and backslashes behind a
/// backslash.
fn string(path: &Path) -> Result<String, ForeignError> {
    let wrong = |why| ForeignError::Path {
        path: path.to_string_lossy().into_owned(),
        why,
    };
    let plain = text(path, '/')?;
    if !plain.starts_with('/') {
        return Err(wrong("it does not begin with `/`; give the whole path"));
    }
    let mut quoted = String::with_capacity(plain.len() + 2);
    quoted.push('"');
    for c in plain.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                return Err(wrong(
                    "it has a control character that a profile can not name; rename it",
                ));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(quoted)
}
