//! A TCP stream with the bytes that were already read from it in front.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::dispatch::Slot;

/// A connection from the sandbox.
pub(crate) type Conn = Prefixed<TcpStream>;

/// `S` with read-ahead bytes put back.
#[derive(Debug)]
pub(crate) struct Prefixed<S> {
    prefix: Bytes,
    inner: S,
    /// The connection's place among those allowed at once; it goes wherever the stream goes, upgrades included.
    _slot: Option<Slot>,
}

impl<S> Prefixed<S> {
    /// Puts `prefix` in front of what `inner` will deliver.
    pub(crate) fn new(prefix: Bytes, inner: S) -> Self {
        Self {
            prefix,
            inner,
            _slot: None,
        }
    }

    /// Keeps `slot` for as long as the stream lives.
    pub(crate) fn hold(self, slot: Slot) -> Self {
        Self {
            _slot: Some(slot),
            ..self
        }
    }

    /// Puts bytes that were read from it back in front.
    pub(crate) fn put_back(mut self, mut bytes: BytesMut) -> Self {
        bytes.extend_from_slice(&self.prefix);
        self.prefix = bytes.freeze();
        self
    }

    /// The stream itself.
    pub(crate) fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.inner).poll_read(cx, buf);
        }
        let n = self.prefix.len().min(buf.remaining());
        buf.put_slice(&self.prefix[..n]);
        self.prefix.advance(n);
        if self.prefix.is_empty() {
            // An empty slice would keep the whole read-ahead in memory for as long as the connection lives.
            self.prefix = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
