//! Whole exchanges: what works, what is detected, what others make of it.

mod attacks;
mod exchanges;
mod interop;
pub(crate) mod support;
