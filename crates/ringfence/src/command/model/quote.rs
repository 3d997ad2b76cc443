//! `ringfence model quote`: what a client has to want of this machine's TPM, to be carried over by hand.

use std::path::Path;

use ringfence_model::quote::{Quoter, Registers};
use ringfence_runtime::facts;
use ringfence_runtime::paths::Paths;

use crate::arguments::model::QuoteOf;
use crate::command::{failure, print_json};
use crate::error::Failure;
use crate::exit::Exit;

/// Prints it.
pub fn run(arguments: &QuoteOf) -> Result<(), Failure> {
    let place = facts::place().map_err(|e| failure(e.into()))?;
    let paths = Paths::of(&place.home, &place.env);
    paths.prepare().map_err(|e| failure(e.into()))?;
    let quoter = open(&paths.state, &arguments.quote_registers)?;
    print_json(&mut std::io::stdout().lock(), quoter.wanted())
}

/// This machine's TPM, seen to quote these registers.
pub(super) fn open(state: &Path, registers: &Registers) -> Result<Quoter, Failure> {
    Quoter::open(&state.join("model"), registers).map_err(|error| Failure::new(Exit::Keys, error))
}
