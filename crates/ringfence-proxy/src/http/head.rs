//! The strict grammar of a request head (RFC 9112), on raw bytes.

/// How the body of a request is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// No body.
    None,
    /// This many bytes.
    Length(u64),
    /// Chunked.
    Chunked,
}

/// Why a request head is refused. Each is a reason to answer 400 and close, because the next server may read it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bad {
    /// A line that ends in LF alone.
    BareLf,
    /// A CR, NUL or other control character inside a line.
    Control,
    /// Not `METHOD SP target SP HTTP/1.x`.
    RequestLine,
    /// A header line that is none: folded, no colon, space before the colon, odd characters in the name.
    Header,
    /// No Host in HTTP/1.1, or more than one.
    Host,
    /// Content-Length that is not one number.
    Length,
    /// Transfer-Encoding other than exactly `chunked`, twice, or in HTTP/1.0.
    Encoding,
    /// Content-Length and Transfer-Encoding together.
    Both,
    /// CONNECT inside a connection.
    Connect,
    /// A chunk header that is none.
    Chunk,
    /// Over a limit.
    TooLarge,
    /// Too slow.
    Timeout,
}

impl Bad {
    /// A short name, used as the path of the marker request.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Bad::BareLf => "bare-lf",
            Bad::Control => "control-character",
            Bad::RequestLine => "request-line",
            Bad::Header => "header-line",
            Bad::Host => "host-header",
            Bad::Length => "content-length",
            Bad::Encoding => "transfer-encoding",
            Bad::Both => "length-and-encoding",
            Bad::Connect => "connect",
            Bad::Chunk => "chunk",
            Bad::TooLarge => "too-large",
            Bad::Timeout => "timeout",
        }
    }
}

/// Checks a head that ends in CRLF CRLF.
pub(crate) fn check(head: &[u8]) -> Result<Framing, Bad> {
    let mut lines = Lines(head);
    let one_one = request_line(lines.next().ok_or(Bad::RequestLine)??)?;
    let (mut hosts, mut lengths, mut encodings, mut headers) = (0, 0, 0, 0);
    let mut length = 0;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        headers += 1;
        if headers > crate::limits::HEADERS {
            return Err(Bad::TooLarge);
        }
        let (name, value) = field(line)?;
        if name.eq_ignore_ascii_case(b"host") {
            hosts += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            lengths += 1;
            length = number(value)?;
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            encodings += 1;
            if !value.eq_ignore_ascii_case(b"chunked") || !one_one {
                return Err(Bad::Encoding);
            }
        }
    }
    match (hosts, lengths, encodings) {
        (2.., _, _) => Err(Bad::Host),
        (0, _, _) if one_one => Err(Bad::Host),
        (_, 1.., 1..) => Err(Bad::Both),
        (_, 2.., _) => Err(Bad::Length),
        (_, _, 2..) => Err(Bad::Encoding),
        (_, 1, _) => Ok(Framing::Length(length)),
        (_, _, 1) => Ok(Framing::Chunked),
        _ => Ok(Framing::None),
    }
}

/// Checks the request line; true for HTTP/1.1.
fn request_line(line: &[u8]) -> Result<bool, Bad> {
    let mut parts = line.split(|b| *b == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Bad::RequestLine);
    };
    if method.is_empty() || method.len() > 32 || !method.iter().all(|b| is_token(*b)) {
        return Err(Bad::RequestLine);
    }
    if method == b"CONNECT" {
        return Err(Bad::Connect);
    }
    // `#` would be cut off by one parser and kept by another.
    if target.is_empty()
        || !target
            .iter()
            .all(|b| matches!(b, 0x21..=0x7e | 0x80..=0xff) && *b != b'#')
    {
        return Err(Bad::RequestLine);
    }
    if target.len() > crate::limits::TARGET_BYTES {
        return Err(Bad::TooLarge);
    }
    match version {
        b"HTTP/1.1" => Ok(true),
        b"HTTP/1.0" => Ok(false),
        _ => Err(Bad::RequestLine),
    }
}

/// Splits a header line into name and trimmed value.
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), Bad> {
    let colon = line.iter().position(|b| *b == b':').ok_or(Bad::Header)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.is_empty() || !name.iter().all(|b| is_token(*b)) {
        return Err(Bad::Header);
    }
    if !value
        .iter()
        .all(|b| matches!(b, b'\t' | 0x20..=0x7e | 0x80..=0xff))
    {
        return Err(Bad::Control);
    }
    Ok((name, trim(value)))
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn number(value: &[u8]) -> Result<u64, Bad> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return Err(Bad::Length);
    }
    Ok(value.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

/// RFC 9110 `tchar`.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Lines that end in CRLF; a CR or LF anywhere else is an error.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = Result<&'a [u8], Bad>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let Some(end) = self.0.iter().position(|b| *b == b'\r' || *b == b'\n') else {
            return Some(Err(Bad::Control));
        };
        let (line, rest) = self.0.split_at(end);
        if rest.starts_with(b"\r\n") {
            self.0 = &rest[2..];
            Some(Ok(line))
        } else {
            self.0 = &[];
            Some(Err(if rest[0] == b'\n' {
                Bad::BareLf
            } else {
                Bad::Control
            }))
        }
    }
}
