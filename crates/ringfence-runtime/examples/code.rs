//! Runs Python code in a sandbox and prints what it wrote: `cargo run --example code -- 'print(6 * 7)'`.

use std::io::Read;

use ringfence_policy::code::{CodeOptions, Language, Run};
use ringfence_runtime::code::prepare::{Invocation, prepare};
use ringfence_runtime::code::{Input, launch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // First of all: this forks the process that builds sandboxes, before there is a thread or a secret.
    let spawner = ringfence_sandbox::start()?;
    let text = std::env::args().nth(1).unwrap_or("print(6 * 7)".into());
    let options = CodeOptions {
        run: Run::Code {
            language: Language::Python,
            text,
        },
        ..CodeOptions::default()
    };
    let mut prepared = prepare(&Invocation {
        options,
        ..Invocation::default()
    })?;
    prepared.plan.spec.claim.session = "example".into();
    let child = launch(&spawner, &prepared.plan, Input::Null)?;
    let mut output = String::new();
    std::fs::File::from(child.stdout.try_clone()?).read_to_string(&mut output)?;
    let mut e = String::new();
    std::fs::File::from(child.stderr.try_clone()?).read_to_string(&mut e)?;
    let exit = child.wait()?;
    print!("{output}{e}");
    println!("{exit:?} {:?}", child.started);
    Ok(())
}
