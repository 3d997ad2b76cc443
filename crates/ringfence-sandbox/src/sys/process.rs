//! Process attributes.
