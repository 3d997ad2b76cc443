//! Synthetic addresses for names.

/// The session's table of synthetic addresses.
pub(crate) struct Names {}

impl Names {
    pub(crate) fn new() -> Self {
        Self {}
    }
}
