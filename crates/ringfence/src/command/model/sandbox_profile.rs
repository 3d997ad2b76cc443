//! `ringfence model sandbox-profile`: a runner's sandbox in the words of macOS or Windows, to be read.

use std::io::Write;
use std::path::Path;

use ringfence_policy::spec::{SandboxSpec, Source};
use ringfence_runner::Config;
use ringfence_sandbox::foreign::{ForeignError, firewall, seatbelt};

use crate::arguments::model::{SandboxProfile, System};
use crate::command::{output_failed, print_json};
use crate::error::Failure;
use crate::exit::Exit;

/// Prints.
pub fn run(arguments: &SandboxProfile) -> Result<(), Failure> {
    let mut spec = ringfence_runner::sandbox("preview", &Config::default(), 0)
        .map_err(|error| Failure::new(Exit::Fence, error))?;
    if let Some(program) = &arguments.program {
        elsewhere(&mut spec, program);
    }
    let mut out = std::io::stdout().lock();
    let not_held = match arguments.system {
        System::Macos => {
            let made = seatbelt::profile(&spec).map_err(failure)?;
            if arguments.json {
                return print_json(&mut out, &made);
            }
            write!(out, "{}", made.text).map_err(output_failed)?;
            made.not_held
        }
        System::Windows => {
            let made = firewall::rules(&spec).map_err(failure)?;
            if arguments.json {
                return print_json(&mut out, &made);
            }
            for argv in std::iter::once(&made.check).chain(&made.add) {
                writeln!(out, "{}", firewall::line(argv)).map_err(output_failed)?;
            }
            made.not_held
        }
    };
    // Whoever pipes the text into a file is to see this all the same.
    let mut err = std::io::stderr().lock();
    let note = "ringfence does not run a model on that system yet, and this was not tried there";
    let _ = writeln!(err, "note: {note}");
    for what in not_held {
        let _ = writeln!(err, "note: not held by it: {what}");
    }
    Ok(())
}

/// The same sandbox for a program in another place, without the libraries of this system.
fn elsewhere(spec: &mut SandboxSpec, program: &Path) {
    let own = spec.claim.program.clone();
    spec.shape.root.retain_mut(|mount| match &mut mount.source {
        Source::Bind { path, .. } if mount.target == own => {
            *path = program.to_owned();
            true
        }
        Source::Bind { .. } => false,
        _ => true,
    });
}

fn failure(error: ForeignError) -> Failure {
    let help = "`--program PATH` names the runner's program on that system";
    Failure::with_help(Exit::Usage, error, Some(help))
}
