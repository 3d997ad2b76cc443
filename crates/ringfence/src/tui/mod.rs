//! What is drawn on a terminal of its own.

pub mod approvals;
