//! `clone3`.
