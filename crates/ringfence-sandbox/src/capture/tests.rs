//! Capture in real network namespaces.
