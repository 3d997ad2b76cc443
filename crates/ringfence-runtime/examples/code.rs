//! Runs Python code in a sandbox and prints what it wrote.
#![allow(clippy::print_stdout)]

use ringfence_policy::code::{CodeOptions, Language, Run};
use ringfence_runtime::code::prepare::{Invocation, prepare};
use ringfence_runtime::code::{Io, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // First of all: this forks the process that builds sandboxes, before there is a thread or a secret.
    let spawner = ringfence_sandbox::start()?;
    let request = Invocation {
        options: CodeOptions {
            run: Run::Code {
                language: Language::Python,
                text: std::env::args().nth(1).unwrap_or("print(6 * 7)".into()),
            },
            limits: vec!["time=10s,output=1m".into()],
            ..CodeOptions::default()
        },
        ..Invocation::default()
    };
    let outcome = run(spawner, prepare(&request)?, Io::memory())?;
    let output = outcome.output.unwrap_or_default();
    print!("{}{}", output.stdout, output.stderr);
    println!(
        "{:?} by {} in {} ms",
        outcome.status, outcome.backend, outcome.usage.wall_ms
    );
    Ok(())
}
