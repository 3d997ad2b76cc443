//! Reads binary HTTP as it arrives, item by item, whatever pieces it comes in. Each byte is looked at once.

use zeroize::{Zeroize, Zeroizing};

use super::{
    BinaryError, Field, REQUEST, RESPONSE, RequestHead, ResponseHead, check_method, check_name,
    check_path, check_status, check_value,
};
use crate::error::Half;
use crate::limits::{MAX_FIELDS, MAX_HEAD};
use crate::secret::{Secret, append};
use crate::varint::Partial;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Request(RequestHead),
    Response(ResponseHead),
    Body(&'a [u8]),
}

/// Reads one message.
pub(crate) struct Reader {
    half: Half,
    step: Step,
    integer: Partial,
    /// Length of the string that is being read; `None` while it is read itself.
    length: Option<usize>,
    string: Secret,
    /// Bytes of the head so far, as the limit counts them.
    size: usize,
    status: u16,
    method: String,
    path: String,
    name: String,
    fields: Vec<Field>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Framing,
    Status,
    Method,
    Scheme,
    Authority,
    Path,
    Name,
    Value,
    PieceLength,
    Piece(u64),
    Trailers,
    End,
}

impl Reader {
    pub fn new(half: Half) -> Self {
        Self {
            half,
            step: Step::Framing,
            integer: Partial::default(),
            length: None,
            string: Zeroizing::default(),
            size: 0,
            status: 0,
            method: String::new(),
            path: String::new(),
            name: String::new(),
            fields: Vec::new(),
        }
    }

    /// Reads from the front of `input` until there is a part. `None` means that all was read.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Part<'a>>, BinaryError> {
        loop {
            match self.step {
                Step::Framing | Step::Status | Step::PieceLength | Step::Trailers => {
                    let Some(value) = self.integer(input)? else {
                        return Ok(None);
                    };
                    self.step = match self.step {
                        Step::Framing => match (self.half, value) {
                            (Half::Request, REQUEST) => Step::Method,
                            (Half::Response, RESPONSE) => Step::Status,
                            _ => return Err(BinaryError::Framing),
                        },
                        Step::Status => {
                            self.status = check_status(value)?;
                            Step::Name
                        }
                        Step::PieceLength if value > 0 => Step::Piece(value),
                        Step::PieceLength => Step::Trailers,
                        _ if value > 0 => return Err(BinaryError::Trailers),
                        _ => Step::End,
                    };
                }
                Step::Piece(left) => {
                    if input.is_empty() {
                        return Ok(None);
                    }
                    let now =
                        usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
                    let (piece, rest) = input.split_at(now);
                    *input = rest;
                    let left = left - now as u64;
                    self.step = if left == 0 {
                        Step::PieceLength
                    } else {
                        Step::Piece(left)
                    };
                    return Ok(Some(Part::Body(piece)));
                }
                Step::End => {
                    // RFC 9292 §3.8: a message may be padded with zeros.
                    if input.iter().any(|byte| *byte != 0) {
                        return Err(BinaryError::AfterEnd);
                    }
                    *input = &[];
                    return Ok(None);
                }
                _ => {
                    if !self.string(input)? {
                        return Ok(None);
                    }
                    let head = self.string_read()?;
                    self.string.zeroize();
                    if head.is_some() {
                        return Ok(head);
                    }
                }
            }
        }
    }

    /// Whether the message was read to its end.
    pub fn is_at_end(&self) -> bool {
        self.step == Step::End
    }

    fn integer(&mut self, input: &mut &[u8]) -> Result<Option<u64>, BinaryError> {
        self.integer.take(input).map_err(|_| BinaryError::Integer)
    }

    /// Whether a whole string is in `self.string`.
    fn string(&mut self, input: &mut &[u8]) -> Result<bool, BinaryError> {
        let length = match self.length {
            Some(length) => length,
            None => {
                let Some(length) = self.integer(input)? else {
                    return Ok(false);
                };
                let length = usize::try_from(length).map_err(|_| BinaryError::HeadSize)?;
                self.size = self.size.saturating_add(length);
                if self.size > MAX_HEAD {
                    return Err(BinaryError::HeadSize);
                }
                *self.length.insert(length)
            }
        };
        let missing = (length - self.string.len()).min(input.len());
        let (now, rest) = input.split_at(missing);
        append(&mut self.string, now);
        *input = rest;
        let whole = self.string.len() == length;
        if whole {
            self.length = None;
        }
        Ok(whole)
    }

    /// What the string is for; a part when it was the end of the head.
    fn string_read(&mut self) -> Result<Option<Part<'static>>, BinaryError> {
        let string = &**self.string;
        self.step = match self.step {
            Step::Method => {
                check_method(string)?;
                self.method = text(string).ok_or(BinaryError::Method)?;
                Step::Scheme
            }
            Step::Scheme if string == b"https" || string == b"http" => Step::Authority,
            Step::Scheme => return Err(BinaryError::Scheme),
            Step::Authority if string.is_empty() => Step::Path,
            Step::Authority => return Err(BinaryError::Authority),
            Step::Path => {
                check_path(string)?;
                self.path = text(string).ok_or(BinaryError::Path)?;
                Step::Name
            }
            Step::Name if string.is_empty() => {
                self.step = Step::PieceLength;
                let fields = std::mem::take(&mut self.fields);
                return Ok(Some(match self.half {
                    Half::Request => Part::Request(RequestHead {
                        method: std::mem::take(&mut self.method),
                        path: std::mem::take(&mut self.path),
                        fields,
                    }),
                    Half::Response => Part::Response(ResponseHead {
                        status: self.status,
                        fields,
                    }),
                }));
            }
            Step::Name => {
                check_name(string)?;
                if self.fields.len() == MAX_FIELDS {
                    return Err(BinaryError::HeadSize);
                }
                self.name = text(string).ok_or(BinaryError::FieldName)?;
                Step::Value
            }
            _ => {
                check_value(string)?;
                self.fields.push(Field {
                    name: std::mem::take(&mut self.name),
                    value: string.to_vec(),
                });
                Step::Name
            }
        };
        Ok(None)
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}
