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
/// Between two looks for upstream connections that were idle for too long.
pub(crate) const UPSTREAM_SWEEP: Duration = Duration::from_secs(10);
/// An HTTP/2 connection that is in use is pinged this often, either side, so that dead peers are noticed.
pub(crate) const H2_PING: Duration = Duration::from_secs(30);
/// For the answer to such a ping.
pub(crate) const H2_PING_ANSWER: Duration = Duration::from_secs(20);
/// After a 401 a revealed credential that is older than this is asked for again.
pub(crate) const SECRET_DOUBT: Duration = Duration::from_secs(5);
/// A revealed credential is asked for again after this long, so that rotated values are noticed.
pub(crate) const SECRET_AGE: Duration = Duration::from_secs(300);

/// Session certificates are valid from this long before the session, for clients whose clock is behind.
pub(crate) const CERTIFICATE_BACKDATE: Duration = Duration::from_secs(24 * 3600);
/// Session certificates are valid for this long; below the 398 days that strict clients accept.
pub(crate) const CERTIFICATE_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// For the body of a refused request to be read away.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);

/// Bytes of the body of a refused request that are read away.
pub(crate) const DRAIN_BYTES: usize = 16 * 1024 * 1024;
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
/// HTTP/2 flow-control window per stream of the sandbox. Small: there is no distance, and the sandbox chooses how many.
pub(crate) const H2_STREAM_WINDOW: u32 = 128 * 1024;
/// HTTP/2 flow-control window per connection of the sandbox.
pub(crate) const H2_CONNECTION_WINDOW: u32 = 256 * 1024;
/// What may wait to be sent on one HTTP/2 stream of the sandbox.
pub(crate) const H2_SEND_BYTES: usize = 128 * 1024;
/// HTTP/2 flow-control window per stream towards an upstream: 40 MiB/s at a distance of 100 ms.
pub(crate) const H2_UPSTREAM_STREAM_WINDOW: u32 = 4 * 1024 * 1024;
/// HTTP/2 flow-control window per upstream connection, of which there is one a host.
pub(crate) const H2_UPSTREAM_CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;
/// Buffer of a WebSocket, per direction.
pub(crate) const WEBSOCKET_BUFFER_BYTES: usize = 16 * 1024;

/// One event of a streamed answer that the egress filter puts together; a longer one is searched as plain text.
pub(crate) const ANSWER_EVENT_BYTES: usize = 1024 * 1024;
/// Texts that one streamed answer may have open at once; a further one is searched piece by piece.
pub(crate) const ANSWER_TEXTS: usize = 64;
/// Findings that only were reported and are told no second time.
pub(crate) const FINDINGS_TOLD: usize = 4096;

/// Header fields of one request.
pub(crate) const HEADERS: usize = 100;
/// Streams that a client may have open on one HTTP/2 connection.
pub(crate) const H2_STREAMS: u32 = 128;
/// Reset streams that may wait to be accepted (rapid reset, CVE-2023-44487) before the connection is closed.
pub(crate) const H2_PENDING_RESETS: usize = 20;
/// Idle HTTP/1 connections kept per upstream.
pub(crate) const IDLE_PER_UPSTREAM: usize = 32;
/// Kept connections tried for one request before a new one is dialled.
pub(crate) const KEPT_ATTEMPTS: usize = 3;
/// Upstreams whose connections are kept.
pub(crate) const UPSTREAMS: usize = 256;
/// Leaf certificates kept.
pub(crate) const LEAVES: usize = 1024;

// DNS, dispatch, tunnels and the explicit proxy endpoints.

/// For a client to say something before its connection is taken for one where the server speaks first.
pub(crate) const FIRST_BYTE: Duration = Duration::from_millis(500);
/// For the handshake of an explicit proxy (CONNECT or SOCKS5) to be complete.
pub(crate) const PROXY_HANDSHAKE: Duration = Duration::from_secs(10);
/// For a TCP connection to an upstream to be made, when the gateway sets no time of its own; over all its addresses.
pub(crate) const CONNECT: Duration = Duration::from_secs(15);
/// For one name to be resolved.
pub(crate) const RESOLVE: Duration = Duration::from_secs(10);
/// A tunnel with no byte in either direction is closed after this long.
pub(crate) const TUNNEL_IDLE: Duration = Duration::from_secs(4 * 3600);
/// After one side of a tunnel has closed, the other may stay silent this long.
pub(crate) const TUNNEL_HALF_OPEN: Duration = Duration::from_secs(600);
/// A DNS connection over TCP without a query is closed after this long.
pub(crate) const DNS_TCP_IDLE: Duration = Duration::from_secs(10);
/// For a client to read a refusal before its connection is closed.
pub(crate) const LINGER: Duration = Duration::from_secs(1);
/// Between two audit events about the same exhausted limit.
pub(crate) const LIMIT_EVENT: Duration = Duration::from_secs(60);
/// For connections to finish once the session ends.
pub(crate) const SHUTDOWN: Duration = Duration::from_secs(2);

/// Buffer of a tunnel, per direction.
pub(crate) const TUNNEL_BUFFER_BYTES: usize = 64 * 1024;
/// A DNS query, over UDP or TCP. Queries are small; EDNS padding and cookies fit.
pub(crate) const DNS_MESSAGE_BYTES: usize = 4096;

/// Names that get a synthetic address in one session; about 12 MiB when every name is as long as can be.
pub(crate) const NAMES: usize = 32 * 1024;
/// Addresses of one host that are checked; a host with more is refused.
pub(crate) const ADDRESSES: usize = 64;
/// Resolved names that are remembered.
pub(crate) const RESOLVED: usize = 512;
/// Seconds that a resolved name is remembered at most, whatever its TTL says.
pub(crate) const RESOLVED_TTL_S: u64 = 300;
/// Connections beyond the limit that are told so at the same time; the rest are reset.
pub(crate) const REFUSALS: usize = 32;
/// Seconds that the sandbox may remember a synthetic address. It never changes within the session.
pub(crate) const DNS_TTL_S: u32 = 60;
/// Queries answered on one DNS connection over TCP.
pub(crate) const DNS_TCP_QUERIES: usize = 1000;
/// Different DNS events remembered, so that a repeated question is recorded once.
pub(crate) const DNS_EVENTS_SEEN: usize = 4096;
/// DNS events recorded in one minute; what is beyond is counted and recorded as one event.
pub(crate) const DNS_EVENTS_PER_MINUTE: u32 = 600;
/// Secrets shorter than this are not looked for in answers: they would be found by chance.
pub(crate) const SCRUB_MIN_BYTES: usize = 8;
/// Values of one credential that are remembered for scrubbing, so that a rotated one is still found.
pub(crate) const SECRETS_REMEMBERED: usize = 8;
/// Pairs of credential and host of which it is remembered that the placeholder was seen in a body.
pub(crate) const BODY_NOTES: usize = 256;
/// Threads that connections are spread over.
pub(crate) const LANES: usize = 4;
