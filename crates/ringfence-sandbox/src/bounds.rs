//! Limits of the launcher itself, together. (The payload's resource limits are in `limits`.)

/// Longest message on a control, request or spawner socket, in bytes.
pub(crate) const MESSAGE_BYTES: usize = 64 * 1024;

/// Most descriptors in one message (the kernel's own limit is 253).
pub(crate) const MESSAGE_FDS: usize = 64;

/// Largest serialised [`ringfence_policy::SandboxSpec`], in bytes; it travels in a sealed memfd.
pub(crate) const SPEC_BYTES: u64 = 16 * 1024 * 1024;

/// Texts of made files up to this many bytes travel inside the JSON of the spec; longer ones behind it.
pub(crate) const PLAIN_TEXT_BYTES: usize = 4096;

/// Most sockets that one call may ask for inside a sandbox.
pub(crate) const INNER_SOCKETS: usize = 32;

/// Longest text of one error that a sandbox under construction reports, in bytes.
pub(crate) const REASON_BYTES: usize = 4096;

/// Largest seccomp profile that a user wrote, in bytes.
pub(crate) const PROFILE_BYTES: usize = 256 * 1024;

/// How long the launcher waits for each step of a sandbox's construction, in milliseconds.
pub(crate) const STEP_MS: i32 = 30_000;

/// Most placeholders that one session may keep on the host.
pub(crate) const PLACEHOLDERS: usize = 256;

/// Most journals of one session that may be open or unswept at a time.
pub(crate) const JOURNALS_PER_SESSION: u32 = 1024;

/// Largest journal that is read, in bytes.
pub(crate) const JOURNAL_BYTES: u64 = 4 * 1024 * 1024;

/// Most symlinks between a protected path and what it leads to.
pub(crate) const PROTECTED_LINKS: usize = 16;

/// Most entries that a walk over a granted tree looks at (new host files, other names of a protected file).
pub(crate) const WALK_ENTRIES: usize = 400_000;

/// Most files that such a walk tells of.
pub(crate) const REPORTED: usize = 1_000;

/// Deepest directory, below the granted root, that such a walk enters.
pub(crate) const WALK_DEPTH: usize = 64;

/// Longest such a walk takes, in milliseconds.
pub(crate) const WALK_MS: u64 = 3_000;

/// Most files and directories below all scratch directories of a sandbox together, for a limit of so many bytes: one a page,
/// and room for an ordinary tree of small files when the limit is small.
pub(crate) const fn scratch_inodes(disk: u64) -> u64 {
    let pages = disk / 4096;
    if pages < 1024 { 1024 } else { pages }
}

/// Shortest and longest pause between two looks at what no cgroup limits.
pub(crate) const WATCH_SHORTEST: std::time::Duration = std::time::Duration::from_millis(5);
/// See [`WATCH_SHORTEST`].
pub(crate) const WATCH_LONGEST: std::time::Duration = std::time::Duration::from_millis(50);

/// How fast a payload is taken to fill memory at most, in bytes a millisecond: it decides how long a pause may be.
pub(crate) const WATCH_BYTES_PER_MS: u64 = 8 << 20;

/// A pause is at least this many times as long as the look before it took.
pub(crate) const WATCH_SHARE: u32 = 8;
/// Most bytes that the keeper of a gVisor sandbox reads of what its guest says.
pub(crate) const WORDS_BYTES: usize = 32 * 1024;

/// Most files besides the program that a profile or a rule of another system names.
pub(crate) const FOREIGN_FILES: usize = 256;

/// Longest path in such a text, in bytes.
pub(crate) const FOREIGN_PATH_BYTES: usize = 4096;

/// Longest name of a session in the name of a firewall rule, in bytes.
pub(crate) const FOREIGN_SESSION_BYTES: usize = 64;
