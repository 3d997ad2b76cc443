//! A bounded, strict reader of the TLS ClientHello: just enough to learn the server name before anything is decided.
//!
//! The bytes are never changed: on a pass-through connection the same bytes are replayed to the origin. So anything
//! that the origin could read differently from us (a second server name, a length that disagrees) is refused.

/// Longest run of TLS records looked at before the ClientHello must be complete, in bytes. Post-quantum key shares make
/// about 1.8 KiB; session tickets and ECH a few more.
pub const MAX_HELLO: usize = 32 * 1024;

/// First byte of a TLS handshake record.
pub const RECORD_HANDSHAKE: u8 = 0x16;

const HANDSHAKE_CLIENT_HELLO: u8 = 1;
const RECORD_HEADER: usize = 5;
const MAX_RECORD: usize = 16 * 1024;
const EXT_SERVER_NAME: u16 = 0;
const EXT_ALPN: u16 = 16;
const EXT_ECH: u16 = 0xfe0d;

/// What a ClientHello says in clear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientHello {
    /// The `server_name`, as sent; not checked to be a host yet.
    pub server_name: Option<String>,
    /// Protocol names offered by ALPN, in order; at most [`MAX_HELLO`] bytes together.
    pub alpn: Vec<Vec<u8>>,
    /// An encrypted ClientHello extension is there, real or GREASE: they look alike, and the outer name counts.
    pub ech: bool,
}

/// Why some bytes are no ClientHello that we let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// Not a TLS handshake record, or not a ClientHello in it.
    #[error("not a TLS ClientHello")]
    NotTls,
    /// Longer than [`MAX_HELLO`].
    #[error("the ClientHello is longer than {MAX_HELLO} bytes")]
    TooLong,
    /// Lengths disagree or something is there twice.
    #[error("malformed ClientHello: {0}")]
    Malformed(&'static str),
}

/// Reads a ClientHello out of the first bytes of a connection, which may be split over any number of records and reads.
///
/// `Ok(None)` asks for more bytes. Handshake bytes after the ClientHello in the same record are refused.
///
/// # Errors
/// [`HelloError`]; no later bytes can mend it.
pub fn parse(bytes: &[u8]) -> Result<Option<ClientHello>, HelloError> {
    let mut handshake = Vec::new();
    let mut rest = bytes;
    loop {
        let Some(&kind) = rest.first() else {
            return more(bytes);
        };
        if kind != RECORD_HANDSHAKE {
            return Err(HelloError::NotTls);
        }
        if rest.get(1).is_some_and(|major| *major != 3) {
            return Err(HelloError::NotTls);
        }
        let Some(header) = rest.get(..RECORD_HEADER) else {
            return more(bytes);
        };
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        if length == 0 || length > MAX_RECORD {
            return Err(HelloError::Malformed("record length"));
        }
        let have = rest.len().min(RECORD_HEADER + length);
        handshake.extend_from_slice(&rest[RECORD_HEADER..have]);
        let body = complete(&handshake)?;
        // Not before the record is whole: what else it holds must not depend on how the bytes arrived.
        if have < RECORD_HEADER + length {
            return more(bytes);
        }
        if let Some(body) = body {
            return client_hello(body).map(Some);
        }
        rest = &rest[have..];
    }
}

fn more(bytes: &[u8]) -> Result<Option<ClientHello>, HelloError> {
    if bytes.len() >= MAX_HELLO {
        Err(HelloError::TooLong)
    } else {
        Ok(None)
    }
}

/// The body of the handshake message once all of it is there.
fn complete(handshake: &[u8]) -> Result<Option<&[u8]>, HelloError> {
    if handshake
        .first()
        .is_some_and(|kind| *kind != HANDSHAKE_CLIENT_HELLO)
    {
        return Err(HelloError::NotTls);
    }
    let Some(header) = handshake.get(..4) else {
        return Ok(None);
    };
    let length =
        usize::from(header[1]) << 16 | usize::from(header[2]) << 8 | usize::from(header[3]);
    if length > MAX_HELLO {
        return Err(HelloError::TooLong);
    }
    match handshake.len() - 4 {
        have if have < length => Ok(None),
        have if have == length => Ok(Some(&handshake[4..])),
        _ => Err(HelloError::Malformed(
            "bytes after the ClientHello in its record",
        )),
    }
}

fn client_hello(body: &[u8]) -> Result<ClientHello, HelloError> {
    let mut cursor = Cursor(body);
    cursor.take(2 + 32)?; // legacy_version, random
    if cursor.vec8()?.len() > 32 {
        return Err(HelloError::Malformed("session id"));
    }
    let suites = cursor.vec16()?;
    if suites.is_empty() || suites.len() % 2 != 0 {
        return Err(HelloError::Malformed("cipher suites"));
    }
    if cursor.vec8()?.is_empty() {
        return Err(HelloError::Malformed("compression methods"));
    }
    let mut hello = ClientHello::default();
    if cursor.0.is_empty() {
        return Ok(hello); // no extensions at all: TLS 1.0 style, still a hello
    }
    let mut extensions = Cursor(cursor.vec16()?);
    cursor.end("after the extensions")?;
    let mut seen_alpn = false;
    while !extensions.0.is_empty() {
        let kind = extensions.u16()?;
        let data = extensions.vec16()?;
        match kind {
            EXT_SERVER_NAME if hello.server_name.is_some() => {
                return Err(HelloError::Malformed("two server_name extensions"));
            }
            EXT_SERVER_NAME => hello.server_name = Some(host_name(data)?),
            EXT_ALPN if seen_alpn => return Err(HelloError::Malformed("two ALPN extensions")),
            EXT_ALPN => {
                seen_alpn = true;
                hello.alpn = protocols(data)?;
            }
            EXT_ECH => hello.ech = true,
            _ => {}
        }
    }
    Ok(hello)
}

fn host_name(data: &[u8]) -> Result<String, HelloError> {
    let mut outer = Cursor(data);
    let mut list = Cursor(outer.vec16()?);
    outer.end("after the server name list")?;
    if list.take(1)? != [0] {
        return Err(HelloError::Malformed("server name type"));
    }
    let name = list.vec16()?;
    // RFC 6066 allows one name per type and there is only one type.
    list.end("second server name")?;
    if name.is_empty() || name.len() > 255 || !name.iter().all(u8::is_ascii_graphic) {
        return Err(HelloError::Malformed("server name"));
    }
    String::from_utf8(name.to_vec()).map_err(|_| HelloError::Malformed("server name"))
}

fn protocols(data: &[u8]) -> Result<Vec<Vec<u8>>, HelloError> {
    let mut outer = Cursor(data);
    let mut list = Cursor(outer.vec16()?);
    outer.end("after the protocol list")?;
    let mut names = Vec::new();
    while !list.0.is_empty() {
        let name = list.vec8()?;
        if name.is_empty() {
            return Err(HelloError::Malformed("empty protocol name"));
        }
        names.push(name.to_vec());
    }
    Ok(names)
}

/// A slice that is eaten from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], HelloError> {
        let (head, tail) = self
            .0
            .split_at_checked(count)
            .ok_or(HelloError::Malformed("length runs past the end"))?;
        self.0 = tail;
        Ok(head)
    }

    fn u16(&mut self) -> Result<u16, HelloError> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn vec8(&mut self) -> Result<&'a [u8], HelloError> {
        let length = self.take(1)?[0];
        self.take(usize::from(length))
    }

    fn vec16(&mut self) -> Result<&'a [u8], HelloError> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    fn end(&self, what: &'static str) -> Result<(), HelloError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(HelloError::Malformed(what))
        }
    }
}

#[cfg(test)]
mod tests;
