//! `ringfence model cp`: another name for the same model.

use crate::arguments::model::Copy;
use crate::error::Failure;

/// Copies the name; the blobs are the same.
pub fn run(arguments: &Copy) -> Result<(), Failure> {
    super::open()?
        .copy(&arguments.from, &arguments.to)
        .map_err(super::stored)
}
