//! Binary HTTP messages (RFC 9292): the indeterminate-length form, which can be written and read while it is made. Strict: one
//! way to write a message, no informational responses, no trailers, nothing after the end but zeros.

mod reader;
mod writer;

pub(crate) use reader::{Part, Reader};
pub(crate) use writer::{content, end, request_head, response_head};

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::limits::{MAX_FIELDS, MAX_HEAD, MAX_PATH, MAX_REQUEST_BODY};

/// Framing indicator of an indeterminate-length request.
const REQUEST: u64 = 2;
/// Framing indicator of an indeterminate-length response.
const RESPONSE: u64 = 3;

/// Names of header fields that begin so are this crate's own: they are sealed with a request and not shown to its handler.
pub const RESERVED_PREFIX: &str = "ringfence-";

/// A header field. The value may be a secret: it is cleared when dropped and not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Field {
    /// In lower case.
    pub name: String,
    /// Without a carriage return, line feed or NUL.
    pub value: Vec<u8>,
}

impl Field {
    /// A field from its parts.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} bytes", self.name, self.value.len())
    }
}

/// What a request says before its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// In upper case as a rule: `GET`, `POST`.
    pub method: String,
    /// Path and query, from the slash on.
    pub path: String,
    /// In the order in which they were written.
    pub fields: Vec<Field>,
}

/// What a response says before its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// 200 to 599.
    pub status: u16,
    /// In the order in which they were written.
    pub fields: Vec<Field>,
}

/// What is wrong with an HTTP message, to be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BinaryError {
    /// Another kind of message, or a form that is not used here.
    #[error("is not an indeterminate-length binary HTTP message of this half")]
    Framing,
    /// An integer is not in its shortest form.
    #[error("has an integer that is not in its shortest form")]
    Integer,
    /// No token of RFC 9110 §5.6.2.
    #[error("has a method that is not a token")]
    Method,
    /// Neither `http` nor `https`.
    #[error("has a scheme other than https")]
    Scheme,
    /// An authority is given; the key says who is meant.
    #[error("names an authority")]
    Authority,
    /// No path from the slash on, of visible ASCII.
    #[error("has a path that does not begin with a slash or holds spaces or control characters")]
    Path,
    /// No final status.
    #[error("has the status {0}, which is not from 200 to 599")]
    Status(u64),
    /// No token of RFC 9110 §5.6.2 in lower case.
    #[error("has a header field whose name is not a token in lower case")]
    FieldName,
    /// A carriage return, line feed or NUL.
    #[error("has a header field whose value holds a line end or NUL")]
    FieldValue,
    /// A name that this crate uses itself, or one of those missing, twice or unreadable.
    #[error("has a wrong set of header fields that begin with {RESERVED_PREFIX}")]
    Reserved,
    /// Trailers are not used here.
    #[error("has trailers")]
    Trailers,
    /// Something other than zeros after the end.
    #[error("goes on after its end")]
    AfterEnd,
    /// Over a limit.
    #[error(
        "has more than {MAX_HEAD} bytes or {MAX_FIELDS} header fields in its head, or a path of more than {MAX_PATH}"
    )]
    HeadSize,
    /// Over the limit for requests.
    #[error("has a body of more than {MAX_REQUEST_BODY} bytes")]
    BodySize,
}

impl BinaryError {
    pub(crate) const fn is_size(self) -> bool {
        matches!(self, Self::HeadSize | Self::BodySize)
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn check_method(method: &[u8]) -> Result<(), BinaryError> {
    if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
        return Err(BinaryError::Method);
    }
    Ok(())
}

fn check_path(path: &[u8]) -> Result<(), BinaryError> {
    if path.len() > MAX_PATH {
        return Err(BinaryError::HeadSize);
    }
    if path.first() != Some(&b'/') || !path.iter().all(u8::is_ascii_graphic) {
        return Err(BinaryError::Path);
    }
    Ok(())
}

fn check_status(status: u64) -> Result<u16, BinaryError> {
    match u16::try_from(status) {
        Ok(status @ 200..=599) => Ok(status),
        _ => Err(BinaryError::Status(status)),
    }
}

fn check_name(name: &[u8]) -> Result<(), BinaryError> {
    if name.is_empty()
        || !name
            .iter()
            .all(|byte| is_token(*byte) && !byte.is_ascii_uppercase())
    {
        return Err(BinaryError::FieldName);
    }
    Ok(())
}

fn check_value(value: &[u8]) -> Result<(), BinaryError> {
    if value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        return Err(BinaryError::FieldValue);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
