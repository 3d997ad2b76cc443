//! Carries bytes both ways between two sockets that nobody looks into, with half-close, counts and idle limits.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::limits::{TUNNEL_BUFFER_BYTES, TUNNEL_HALF_OPEN, TUNNEL_IDLE};

/// How a tunnel ended.
#[derive(Debug)]
pub(crate) struct Carried {
    /// Bytes from the sandbox, read-ahead included.
    pub(crate) bytes_out: u64,
    /// Bytes to the sandbox.
    pub(crate) bytes_in: u64,
    /// From the start to the end.
    pub(crate) took: Duration,
    /// Why it ended early; `None` after both sides closed in order.
    pub(crate) error: Option<String>,
}

/// Limits that tests shorten.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Without a byte in either direction.
    pub(crate) idle: Duration,
    /// The same, once one side has closed.
    pub(crate) half_open: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: TUNNEL_IDLE,
            half_open: TUNNEL_HALF_OPEN,
        }
    }
}

#[derive(Debug)]
struct Progress {
    start: Instant,
    out: AtomicU64,
    into: AtomicU64,
    /// Milliseconds from `start` to the last byte.
    last: AtomicU64,
    half_open: AtomicBool,
}

impl Progress {
    fn touch(&self) {
        self.last.store(self.elapsed_ms(), Ordering::Relaxed);
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Sends `ahead` to `upstream` and then carries bytes both ways until both sides have closed, something fails or `end` comes.
/// After a failure both sockets are reset, so that neither side takes a cut stream for a whole one.
pub(crate) async fn carry(
    mut client: TcpStream,
    mut upstream: TcpStream,
    ahead: Bytes,
    patience: Patience,
    end: &CancellationToken,
) -> Carried {
    let progress = Progress {
        start: Instant::now(),
        out: AtomicU64::new(0),
        into: AtomicU64::new(0),
        last: AtomicU64::new(0),
        half_open: AtomicBool::new(false),
    };
    let error = tokio::select! {
        error = both_ways(&mut client, &mut upstream, ahead, &progress, patience) => error,
        () = end.cancelled() => Some("the session ended".to_owned()),
    };
    if error.is_some() {
        let _ = client.set_zero_linger();
        let _ = upstream.set_zero_linger();
    }
    Carried {
        bytes_out: progress.out.into_inner(),
        bytes_in: progress.into.into_inner(),
        took: progress.start.elapsed(),
        error,
    }
}

async fn both_ways(
    client: &mut TcpStream,
    upstream: &mut TcpStream,
    ahead: Bytes,
    progress: &Progress,
    patience: Patience,
) -> Option<String> {
    let (client_read, client_write) = client.split();
    let (upstream_read, upstream_write) = upstream.split();
    let out = pump(client_read, upstream_write, ahead, &progress.out, progress);
    let into = pump(
        upstream_read,
        client_write,
        Bytes::new(),
        &progress.into,
        progress,
    );
    tokio::select! {
        ended = async { tokio::try_join!(out, into) } => ended.err().map(|error| error.to_string()),
        why = watch(progress, patience) => Some(why.to_owned()),
    }
}

/// One direction, until the reader's end; then the writer's end is told.
async fn pump(
    reader: ReadHalf<'_>,
    mut writer: WriteHalf<'_>,
    ahead: Bytes,
    count: &AtomicU64,
    progress: &Progress,
) -> io::Result<()> {
    if !ahead.is_empty() {
        writer.write_all(&ahead).await?;
        count.fetch_add(ahead.len() as u64, Ordering::Relaxed);
        drop(ahead);
    }
    'idle: loop {
        reader.readable().await?;
        // The buffer lives only while bytes flow: an idle tunnel holds none.
        let mut buffer = Vec::with_capacity(TUNNEL_BUFFER_BYTES);
        loop {
            match reader.try_read_buf(&mut buffer) {
                Ok(0) => break 'idle,
                Ok(read) => {
                    writer.write_all(&buffer).await?;
                    buffer.clear();
                    count.fetch_add(read as u64, Ordering::Relaxed);
                    progress.touch();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
    }
    progress.half_open.store(true, Ordering::Relaxed);
    match writer.shutdown().await {
        // The other side is gone altogether: nobody is left to be told.
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        ended => ended,
    }
}

/// Returns once nothing has moved for too long.
async fn watch(progress: &Progress, patience: Patience) -> &'static str {
    let tick = patience.idle.min(patience.half_open) / 4;
    loop {
        sleep(tick).await;
        let last = progress.last.load(Ordering::Relaxed);
        let quiet = Duration::from_millis(progress.elapsed_ms().saturating_sub(last));
        if progress.half_open.load(Ordering::Relaxed) && quiet >= patience.half_open {
            return "one side closed and the other went silent";
        }
        if quiet >= patience.idle {
            return "idle for too long";
        }
    }
}

#[cfg(test)]
mod tests;
