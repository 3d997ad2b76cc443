//! A strict reader in front of hyper's HTTP/1 parser: every request head and every chunk header of a connection is
//! checked before hyper sees it, because hyper accepts some texts that the next server may understand differently
//! (bare LF, `Transfer-Encoding: gzip, chunked`, a Content-Length beside a Transfer-Encoding).
//!
//! A refused request is replaced by a request of ours with the method [`MARKER`], so that the refusal is answered in
//! order; nothing after it is read. A client that sends the marker itself only gets the same refusal.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, Take};
use tokio::time::Sleep;

use super::head::{self, Bad, Framing};
use crate::limits;

/// Method of the request that stands in for a refused one; its path is the [`Bad::code`].
pub(crate) const MARKER: &str = "X-RINGFENCE-MALFORMED";

/// `S`, read strictly.
pub(crate) struct Guard<S> {
    /// With a limit only while a body of known length is read.
    inner: Take<S>,
    /// Read from `inner`, not yet understood.
    pending: BytesMut,
    /// How far `pending` was searched for the end of the head.
    searched: usize,
    /// Understood, to be delivered next.
    ready: Bytes,
    state: State,
    upgraded: Arc<AtomicBool>,
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug)]
enum State {
    Head,
    Length(u64),
    Chunked(Chunks),
    /// After the protocol switch: bytes as they come.
    Raw,
    /// A request was refused; the connection delivers nothing more.
    Refused,
}

impl<S: AsyncRead> Guard<S> {
    /// Reads `inner` strictly until the returned flag is set (protocol switched) and a new head would begin.
    pub(crate) fn new(inner: S) -> (Self, Arc<AtomicBool>) {
        let upgraded = Arc::new(AtomicBool::new(false));
        let guard = Self {
            inner: inner.take(0),
            pending: BytesMut::new(),
            searched: 0,
            ready: Bytes::new(),
            state: State::Head,
            upgraded: Arc::clone(&upgraded),
            timer: None,
        };
        (guard, upgraded)
    }

    fn refuse(&mut self, bad: Bad) {
        self.ready = Bytes::from(format!(
            "{MARKER} /{} HTTP/1.1\r\nhost: refused.invalid\r\nconnection: close\r\n\r\n",
            bad.code()
        ));
        self.pending.clear();
        self.timer = None;
        self.state = State::Refused;
    }

    /// Looks for a whole head in `pending`; true when there is something to deliver.
    fn take_head(&mut self) -> bool {
        while let Some(at) = self.pending[self.searched..]
            .iter()
            .position(|b| *b == b'\n')
        {
            let end = self.searched + at;
            if end == 0 || self.pending[end - 1] != b'\r' {
                self.refuse(Bad::BareLf);
                return true;
            }
            self.searched = end + 1;
            if end >= 3 && self.pending[end - 3..end] == *b"\r\n\r" {
                let head = self.pending.split_to(end + 1).freeze();
                self.searched = 0;
                self.timer = None;
                match head::check(&head) {
                    Ok(framing) => {
                        self.ready = head;
                        self.state = match framing {
                            Framing::None => State::Head,
                            Framing::Length(n) => State::Length(n),
                            Framing::Chunked => State::Chunked(Chunks::default()),
                        };
                    }
                    Err(bad) => self.refuse(bad),
                }
                return true;
            }
        }
        // Everything up to here was searched, but a CR at the end may still belong to a CRLF.
        self.searched = self.pending.len();
        if self.pending.len() > limits::HEAD_BYTES {
            self.refuse(Bad::TooLarge);
            return true;
        }
        false
    }
}

impl<S: AsyncRead + Unpin> Guard<S> {
    /// Reads more into `pending`. `Ready(Ok(0))` is the end of the stream.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.pending.reserve(4096);
        tokio_util::io::poll_read_buf(Pin::new(self.inner.get_mut()), cx, &mut self.pending)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limits::REQUEST_HEAD)));
        timer.as_mut().poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.ready.is_empty() {
                let n = this.ready.len().min(out.remaining());
                out.put_slice(&this.ready[..n]);
                this.ready.advance(n);
                if this.ready.is_empty() {
                    // An empty slice would keep the whole head in memory while the connection is idle.
                    this.ready = Bytes::new();
                }
                return Poll::Ready(Ok(()));
            }
            match &mut this.state {
                State::Refused => return Poll::Ready(Ok(())),
                State::Raw => {
                    if this.pending.is_empty() {
                        return Pin::new(this.inner.get_mut()).poll_read(cx, out);
                    }
                    this.ready = this.pending.split().freeze();
                }
                State::Head => {
                    if this.upgraded.load(Ordering::Acquire) {
                        this.state = State::Raw;
                        this.timer = None;
                        continue;
                    }
                    if !this.pending.is_empty() && this.take_head() {
                        continue;
                    }
                    match this.fill(cx) {
                        Poll::Ready(read) => {
                            if read? == 0 {
                                return Poll::Ready(Ok(()));
                            }
                        }
                        Poll::Pending => {
                            if !this.pending.is_empty() && this.poll_timer(cx).is_ready() {
                                this.refuse(Bad::Timeout);
                                continue;
                            }
                            return Poll::Pending;
                        }
                    }
                }
                State::Length(0) => this.state = State::Head,
                State::Length(left) => {
                    let before = out.filled().len();
                    if this.pending.is_empty() {
                        this.inner.set_limit(*left);
                        ready!(Pin::new(&mut this.inner).poll_read(cx, out))?;
                    } else {
                        let n = usize::try_from(*left)
                            .unwrap_or(usize::MAX)
                            .min(out.remaining())
                            .min(this.pending.len());
                        out.put_slice(&this.pending[..n]);
                        this.pending.advance(n);
                    }
                    *left -= (out.filled().len() - before) as u64;
                    return Poll::Ready(Ok(()));
                }
                State::Chunked(chunks) => {
                    if this.pending.is_empty() {
                        if ready!(this.fill(cx))? == 0 {
                            return Poll::Ready(Ok(()));
                        }
                        continue;
                    }
                    match chunks.scan(&this.pending) {
                        Ok((n, finished)) => {
                            this.ready = this.pending.split_to(n).freeze();
                            if finished {
                                this.state = State::Head;
                            }
                        }
                        Err(bad) => {
                            return Poll::Ready(Err(io::Error::new(
                                io::ErrorKind::InvalidData,
                                bad.code(),
                            )));
                        }
                    }
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.inner.get_mut()).poll_write(cx, buf)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.inner.get_mut()).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.get_ref().is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.inner.get_mut()).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.inner.get_mut()).poll_shutdown(cx)
    }
}

/// Follows a chunked body.
#[derive(Debug, Default)]
struct Chunks {
    at: At,
    size: u64,
    digits: u32,
    line: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// First byte of a trailer line, or the CR that ends the body.
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
}

impl Chunks {
    /// Goes over `bytes`; returns how many belong to this body and whether it ended there.
    fn scan(&mut self, bytes: &[u8]) -> Result<(usize, bool), Bad> {
        let mut i = 0;
        while i < bytes.len() {
            if self.at == At::Data {
                let n = usize::try_from(self.size)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len() - i);
                i += n;
                self.size -= n as u64;
                if self.size == 0 {
                    self.at = At::DataCr;
                }
                continue;
            }
            let byte = bytes[i];
            i += 1;
            if self.step(byte)? {
                return Ok((i, true));
            }
        }
        Ok((i, false))
    }

    /// One byte outside the data. True at the end of the body.
    fn step(&mut self, byte: u8) -> Result<bool, Bad> {
        self.line += 1;
        let trailer = matches!(
            self.at,
            At::Trailer | At::TrailerStart | At::TrailerLf | At::EndLf
        );
        if self.line
            > if trailer {
                limits::TRAILER_BYTES
            } else {
                limits::CHUNK_LINE_BYTES
            }
        {
            return Err(Bad::TooLarge);
        }
        self.at = match (self.at, byte) {
            (At::Size, b'\r') if self.digits > 0 => At::SizeLf,
            (At::Size, b';') if self.digits > 0 => At::Extension,
            (At::Size, _) if self.digits < 16 => {
                let digit = (byte as char).to_digit(16).ok_or(Bad::Chunk)?;
                self.size = self.size << 4 | u64::from(digit);
                self.digits += 1;
                At::Size
            }
            (At::Extension, b'\r') => At::SizeLf,
            (At::Extension, 0x20..=0x7e | b'\t') => At::Extension,
            (At::SizeLf, b'\n') => {
                self.line = 0;
                self.digits = 0;
                if self.size == 0 {
                    At::TrailerStart
                } else {
                    At::Data
                }
            }
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => {
                self.line = 0;
                At::Size
            }
            (At::TrailerStart, b'\r') => At::EndLf,
            (At::TrailerStart, 0x21..=0x7e) => At::Trailer,
            (At::Trailer, b'\r') => At::TrailerLf,
            (At::Trailer, b'\t' | 0x20..=0x7e | 0x80..=0xff) => At::Trailer,
            (At::TrailerLf, b'\n') => At::TrailerStart,
            (At::EndLf, b'\n') => return Ok(true),
            _ => return Err(Bad::Chunk),
        };
        Ok(false)
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
