//! The scanner: finds tokens and keywords in a text, joins what was split, and judges each token when it closes.
//!
//! It runs over the stream itself and, the same, over each text that was decoded out of it.
pub(crate) mod chain;
pub(crate) mod class;
pub(crate) mod judge;
pub(crate) mod machine;
pub(crate) mod mark;
pub(crate) mod pem;
pub(crate) mod prefilter;
pub(crate) mod rules;
pub(crate) mod skip;
