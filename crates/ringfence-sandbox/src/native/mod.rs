//! Sandboxes made by this binary itself, with namespaces and the new mount API.
