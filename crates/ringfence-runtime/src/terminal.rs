//! Relays the terminal.
