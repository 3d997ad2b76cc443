//! Two cells of Python in one sandbox: `cargo run --example repl`.
#![allow(clippy::print_stdout)]

use ringfence_runtime::code::prepare::{Invocation, prepare};
use ringfence_runtime::repl::{Driver, Event, Repl, Setup};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // First of all: this forks the process that builds sandboxes, before there is a thread or a secret.
    let spawner = ringfence_sandbox::start()?;
    let mut invocation = Invocation::default();
    Driver::Python.invoke(&mut invocation);
    let (setup, _) = Setup::sandboxed(Driver::Python, spawner, prepare(&invocation)?)?;
    let mut repl = Repl::start(setup)?;
    let mut sink = |event| {
        if let Event::Stream { data, .. } = event {
            print!("{}", String::from_utf8_lossy(&data));
        }
    };
    repl.run("x = 6; print('hello')", &mut sink)?;
    let result = repl.run("x * 7", &mut sink)?;
    println!("{:?} {:?}", result.status, result.value);
    repl.close(&mut sink);
    Ok(())
}
