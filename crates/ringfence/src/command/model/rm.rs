//! `ringfence model rm`: takes models out of the store.

use std::io::Write;

use crate::arguments::model::Remove;
use crate::command::output_failed;
use crate::error::Failure;

/// Removes each, and says what that freed.
pub fn run(arguments: &Remove) -> Result<(), Failure> {
    let store = super::open()?;
    let mut out = std::io::stdout().lock();
    for name in &arguments.names {
        let removed = store.remove(name).map_err(super::stored)?;
        let freed = if removed.postponed {
            "another process is adding a model; the space is freed by the next removal".to_owned()
        } else {
            format!("{} freed", super::bytes(removed.bytes))
        };
        writeln!(out, "removed {}, {freed}", name.short()).map_err(output_failed)?;
    }
    Ok(())
}
