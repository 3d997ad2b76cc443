//! The session CA.
