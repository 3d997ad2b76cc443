//! Every limit of the proxy in one place. Durations, then bytes, then counts.

use std::time::Duration;

/// For a TLS ClientHello to be complete.
pub(crate) const CLIENT_HELLO: Duration = Duration::from_secs(10);
/// For the head of a request to be complete once its first byte is there.
pub(crate) const REQUEST_HEAD: Duration = Duration::from_secs(30);
/// For a TLS handshake with an upstream server.
pub(crate) const UPSTREAM_HANDSHAKE: Duration = Duration::from_secs(15);
/// An upstream connection without a request is closed after this long.
pub(crate) const UPSTREAM_IDLE: Duration = Duration::from_secs(50);
/// A revealed credential is asked for again after this long, so that rotated values are noticed.
pub(crate) const SECRET_AGE: Duration = Duration::from_secs(300);

/// The head of a request: request line and header fields (also the size of an HTTP/2 header list).
pub(crate) const HEAD_BYTES: usize = 64 * 1024;
/// Path and query of a request.
pub(crate) const TARGET_BYTES: usize = 32 * 1024;
/// A chunk-size line with extensions.
pub(crate) const CHUNK_LINE_BYTES: usize = 256;
/// Trailers of a chunked request.
pub(crate) const TRAILER_BYTES: usize = 16 * 1024;
/// Read buffer of an HTTP/1 connection, either side.
pub(crate) const H1_BUFFER_BYTES: usize = 128 * 1024;
/// HTTP/2 flow-control window per stream.
pub(crate) const H2_STREAM_WINDOW: u32 = 1024 * 1024;
/// HTTP/2 flow-control window per connection.
pub(crate) const H2_CONNECTION_WINDOW: u32 = 2 * 1024 * 1024;

/// Header fields of one request.
pub(crate) const HEADERS: usize = 100;
/// Streams that a client may have open on one HTTP/2 connection.
pub(crate) const H2_STREAMS: u32 = 128;
/// Reset streams that may wait to be accepted (rapid reset, CVE-2023-44487) before the connection is closed.
pub(crate) const H2_PENDING_RESETS: usize = 20;
/// Idle HTTP/1 connections kept per upstream.
pub(crate) const IDLE_PER_UPSTREAM: usize = 32;
/// Upstreams whose connections are kept.
pub(crate) const UPSTREAMS: usize = 256;
/// Leaf certificates kept.
pub(crate) const LEAVES: usize = 1024;
