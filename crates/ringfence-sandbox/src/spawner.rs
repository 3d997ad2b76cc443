//! The single-threaded process that clones sandboxes.
