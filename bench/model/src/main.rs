//! Measures a model's process and the server in front of it beside the bare engine, in one run with interleaved rounds, and prints
//! the tables of `docs/benchmarks.md`. The bare engine is the same llama.cpp, called from Rust with nothing around it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // A measuring program, not a product.

mod client;
mod figures;
mod model;
mod speed;
mod start;

use std::process::ExitCode;
use std::sync::Arc;

use ringfence_runner::testing::{SENTENCE, Tiny};

/// Starts of each kind; the first word of the command line says otherwise. `--write PATH` writes the tiny model instead.
const STARTS: usize = 100;

fn main() -> ExitCode {
    // A runner of this program's own, inside its sandbox; or the same work in a process without one.
    if let Some(code) = ringfence_runner::serve() {
        return code;
    }
    if let Some(code) = start::plain() {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [what, path] = words.as_slice()
        && what == "--write"
    {
        std::fs::write(path, Tiny::script(SENTENCE).file()).expect("model");
        return ExitCode::SUCCESS;
    }
    let spawner = Arc::new(ringfence_sandbox::start().expect("the spawner"));
    let starts = words.first().map_or(STARTS, |word| word.parse().unwrap());
    let quick = starts < STARTS;
    start::measure(&spawner, starts);
    println!();
    speed::measure(&spawner, quick);
    ExitCode::SUCCESS
}
