//! The stated limits of this crate: what is larger is refused with an error, never cut.

/// Bytes of one configuration file.
pub const CONFIG_BYTES: usize = 1 << 20;
/// Entries of one list in a configuration file.
pub const LIST_ENTRIES: usize = 10_000;
/// Problems reported for one configuration file before the rest is only counted.
pub const PROBLEMS: usize = 50;
/// Bytes of a host name without its trailing dot (RFC 1035 §2.3.4).
pub const HOST_BYTES: usize = 253;
/// Bytes of one label of a host name (RFC 1035 §2.3.4).
pub const LABEL_BYTES: usize = 63;
/// Bytes of a host as a client may spell it, before IDNA shortens it.
pub const HOST_SPELLING_BYTES: usize = 1024;
/// Bytes of a request path.
pub const PATH_BYTES: usize = 16 * 1024;
/// Segments of a request path.
pub const PATH_SEGMENTS: usize = 512;
/// Levels of percent-encoding that are looked through before a path counts as ambiguous.
pub const PATH_DECODE_LEVELS: usize = 3;
/// Seconds until a prompt counts as denied, when the configuration does not say.
pub const PROMPT_TIMEOUT_S: u64 = 30;
/// Longest prompt timeout in seconds that a configuration may set.
pub const PROMPT_TIMEOUT_MAX_S: u64 = 3600;
/// Milliseconds to connect to a gateway, when the configuration does not say.
pub const GATEWAY_TIMEOUT_MS: u64 = 5_000;
/// Port on the sandbox's own 127.0.0.1 where the HTTP proxy listens.
pub const HTTP_PROXY_PORT: u16 = 3128;
/// Port on the sandbox's own 127.0.0.1 where the SOCKS5 proxy listens.
pub const SOCKS_PORT: u16 = 1080;
/// Bytes of the private home and of `/tmp`, when the configuration does not say.
pub const TMP_BYTES: u64 = 2 << 30;
/// Bytes of the small private tmpfs mounts (`/run`, `/var`).
pub const SMALL_TMPFS_BYTES: u64 = 64 << 20;
/// Tasks of a sandbox, when the configuration does not say.
pub const PIDS: u64 = 4096;
/// Bytes of memory for code, when nothing says otherwise.
pub const CODE_MEMORY: u64 = 512 << 20;
/// Tasks for code, when nothing says otherwise.
pub const CODE_PIDS: u64 = 50;
/// Thousandths of a CPU for code, when nothing says otherwise.
pub const CODE_CPU_MILLIS: u64 = 1000;
/// Bytes that the scratch directories of code hold together, when nothing says otherwise.
pub const CODE_DISK: u64 = 256 << 20;
/// Bytes of output of code, when nothing says otherwise.
pub const CODE_OUTPUT: u64 = 10 << 20;
/// Open files for each process of code, when nothing says otherwise.
pub const CODE_OPEN_FILES: u64 = 256;
/// Milliseconds that `ringfence exec` lets code run, when nothing says otherwise.
pub const CODE_WALL_MS: u64 = 30_000;
