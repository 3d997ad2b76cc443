//! Every number that bounds something in the server.

use std::time::Duration;

/// Connections at once; one more is told so and closed.
pub const CONNECTIONS: usize = 768;
/// Questions that wait or are being answered, of all models together; one more gets status 503.
pub const QUEUE: usize = 512;
/// Models that somebody waits for or that are loaded, a thread each; a question to one more gets status 503.
pub const MODELS: usize = 32;
/// Models that are loaded at once unless the configuration says otherwise; the one not used for longest goes for another.
pub const LOADED: usize = 3;
/// Bytes of a request's head, all headers together.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Headers of a request.
pub const HEADERS: usize = 100;
/// Bytes of all request bodies that are in memory at once, in KiB; one more gets status 503.
pub const BODIES_KIB: usize = 256 * 1024;
/// How long a request's head may take, and how long a connection stays without one.
pub const HEAD_TIME: Duration = Duration::from_secs(20);
/// How long a request's body may take in all.
pub const BODY_TIME: Duration = Duration::from_secs(60);
/// How long nothing of a body may come.
pub const BODY_GAP: Duration = Duration::from_secs(15);
/// Bytes of a refused request's body that are read all the same, so that its connection can go on.
pub const REST_BYTES: usize = 256 * 1024;
/// How long they may take.
pub const REST_TIME: Duration = Duration::from_secs(2);
/// How long a client may take no step of its answer, while the model waits for it.
pub const STALL: Duration = Duration::from_secs(60);
/// Steps of an answer that wait for the client before the model does.
pub const STEPS: usize = 64;
/// How long requests may take to end when the server stops.
pub const STOPPING: Duration = Duration::from_secs(5);
/// Bytes of a file of tokens.
pub const TOKENS_BYTES: u64 = 64 * 1024;
/// Tokens in it.
pub const TOKENS: usize = 256;
/// Warnings of one kind that are written in [`WARNINGS_TIME`]; of those that follow only the count is.
pub const WARNINGS: u64 = 20;
/// See [`WARNINGS`].
pub const WARNINGS_TIME: Duration = Duration::from_secs(60);
/// Threads that read the store for requests.
pub const READERS: usize = 8;
/// Bytes of an uploaded blob; models have up to a terabyte.
pub const BLOB_BYTES: u64 = 1 << 40;
/// Seconds for which a statement about a runner holds; a client asks for another one then.
pub const STATEMENT_S: u64 = 3600;
/// Seconds for which one that the TPM quoted is handed out again, so that asking often is not asking the TPM often.
pub const QUOTED_S: u64 = STATEMENT_S / 2;
/// Statements with quotes that are remembered; one more makes the others be quoted again.
pub const QUOTED: usize = 64;
/// How long a client waits for the TPM while it quotes other statements; then it gets status 503.
pub const QUOTE_WAIT: Duration = Duration::from_secs(60);
/// Blobs that are uploaded at once; one more gets status 503.
pub const UPLOADS: usize = 4;
/// Parts of an upload that wait for the disk before the client does.
pub const UPLOAD_PARTS: usize = 8;
/// Bytes a second that an upload has to come with, over [`BODY_TIME`] for its start.
pub const UPLOAD_RATE: u64 = 32 * 1024;
/// Models that are made or pulled at once; one more gets status 503.
pub const CHANGES: usize = 4;
/// How long two lines about bytes of a pull are apart at least.
pub const PROGRESS: Duration = Duration::from_millis(50);
/// Licences of a model.
pub const LICENSES: usize = 64;
/// How long a model whose key was asked for stays for the sealed question that is to follow, when another model waits for its place.
pub const PROMISE: Duration = Duration::from_secs(2);
