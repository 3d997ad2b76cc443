//! `ringfence model import`: a GGUF file becomes a model.

use super::progress::Progress;
use crate::arguments::model::Import;
use crate::command::output_failed;
use crate::error::Failure;

/// Imports.
pub fn run(arguments: &Import) -> Result<(), Failure> {
    let store = super::open()?;
    let mut progress = Progress::new();
    let done = ringfence_model::import(
        &store,
        &arguments.file,
        &arguments.name,
        &mut |done, all| {
            progress.show("copying", done, all);
        },
    );
    progress.end();
    let id = done.map_err(super::imported)?;
    super::say(&mut std::io::stdout().lock(), &arguments.name, &id).map_err(output_failed)
}
