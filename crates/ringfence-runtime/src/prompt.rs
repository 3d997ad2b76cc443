//! Asks a person.
