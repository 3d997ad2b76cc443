//! `ringfence model import`: a GGUF file becomes a model.

use std::io::Write;

use super::progress::Progress;
use crate::arguments::model::Import;
use crate::command::output_failed;
use crate::error::Failure;

/// Imports.
pub fn run(arguments: &Import) -> Result<(), Failure> {
    let store = super::open()?;
    let mut progress = Progress::new();
    let done = ringfence_model::import(&store, &arguments.file, &arguments.name, &mut |done, all| {
        progress.show("copying", done, all);
    });
    progress.end();
    let id = done.map_err(super::imported)?;
    let short: String = id.hex().chars().take(12).collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}  {short}", arguments.name.short()).map_err(output_failed)
}
