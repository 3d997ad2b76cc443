//! Limits of the launcher itself, together. (The payload's resource limits are in `limits`.)

/// Longest message on a control, request or spawner socket, in bytes.
pub(crate) const MESSAGE_BYTES: usize = 64 * 1024;

/// Most descriptors in one message (the kernel's own limit is 253).
pub(crate) const MESSAGE_FDS: usize = 64;

/// Largest serialised [`ringfence_policy::SandboxSpec`], in bytes; it travels in a sealed memfd.
pub(crate) const SPEC_BYTES: u64 = 16 * 1024 * 1024;

/// Most sockets that one call may ask for inside a sandbox.
pub(crate) const INNER_SOCKETS: usize = 32;

/// Longest text of one error that a sandbox under construction reports, in bytes.
pub(crate) const REASON_BYTES: usize = 4096;

/// How long the launcher waits for each step of a sandbox's construction, in milliseconds.
pub(crate) const STEP_MS: i32 = 30_000;
