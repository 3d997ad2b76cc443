//! Writes binary HTTP. What is written was checked by the same rules as what is read.

use super::{
    BinaryError, Field, REQUEST, RESPONSE, check_method, check_name, check_path, check_status,
    check_value,
};
use crate::limits::{MAX_FIELDS, MAX_HEAD};
use crate::secret::{Secret, append};
use crate::varint;

/// Appends the head of a request. The scheme is always `https` and the authority empty: the key says who is meant.
pub(crate) fn request_head<'a>(
    out: &mut Secret,
    method: &str,
    path: &str,
    fields: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), BinaryError> {
    check_method(method.as_bytes())?;
    check_path(path.as_bytes())?;
    integer(REQUEST, out);
    for part in [method, "https", "", path] {
        string(part.as_bytes(), out);
    }
    section(method.len() + path.len(), fields, out)
}

/// Appends the head of a response.
pub(crate) fn response_head(
    out: &mut Secret,
    status: u16,
    fields: &[Field],
) -> Result<(), BinaryError> {
    check_status(u64::from(status))?;
    integer(RESPONSE, out);
    integer(u64::from(status), out);
    section(
        0,
        fields.iter().map(|field| (&*field.name, &*field.value)),
        out,
    )
}

/// Appends a piece of the body. An empty piece would be its end, so nothing is written for it.
pub(crate) fn content(out: &mut Secret, data: &[u8]) {
    if !data.is_empty() {
        string(data, out);
    }
}

/// Appends the end of the body and the empty trailers.
pub(crate) fn end(out: &mut Secret) {
    append(out, &[0, 0]);
}

fn section<'a>(
    before: usize,
    fields: impl Iterator<Item = (&'a str, &'a [u8])>,
    out: &mut Secret,
) -> Result<(), BinaryError> {
    let mut bytes = before;
    for (count, (name, value)) in fields.enumerate() {
        check_name(name.as_bytes())?;
        check_value(value)?;
        bytes += name.len() + value.len();
        if bytes > MAX_HEAD || count >= MAX_FIELDS {
            return Err(BinaryError::HeadSize);
        }
        string(name.as_bytes(), out);
        string(value, out);
    }
    integer(0, out);
    Ok(())
}

fn string(bytes: &[u8], out: &mut Secret) {
    integer(bytes.len() as u64, out);
    append(out, bytes);
}

fn integer(value: u64, out: &mut Secret) {
    let mut bytes = Vec::with_capacity(8);
    varint::write(value, &mut bytes);
    append(out, &bytes);
}
