//! What can be wrong with a GGUF file, and where.

use std::io;

use ringfence_policy::visible;

use crate::limits;

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// It is not well-formed.
    #[error(
        "byte {offset}: {fault}; the file is damaged or not a GGUF model, fetch or convert it again"
    )]
    Malformed {
        /// Bytes from the start of the file.
        offset: u64,
        /// What is wrong there.
        fault: Fault,
    },
    /// It is well-formed, and its parts contradict each other or what an engine needs.
    #[error("`{about}`: {why}; convert the model again, or take it from where it was made")]
    Inconsistent {
        /// The key or tensor.
        about: String,
        /// What is wrong with it.
        why: String,
    },
    /// It could not be read.
    #[error("byte {offset}: reading the model: {source}")]
    Io {
        /// Bytes from the start of the file.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
}

/// What is wrong at one place of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It begins with something else.
    #[error("it begins with {0:02x?}, a GGUF file with the letters GGUF")]
    Magic([u8; 4]),
    /// A version that is not read.
    #[error("format version {0}; read are 2 and 3, little-endian")]
    Version(u32),
    /// It ends too early.
    #[error("{what} needs {wanted} bytes, and {left} are left")]
    Short {
        /// What was being read.
        what: &'static str,
        /// Bytes that it needs.
        wanted: u64,
        /// Bytes that there are.
        left: u64,
    },
    /// More than is taken.
    #[error("{count} {what}, the limit is {limit}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many.
        count: u64,
        /// How many may be.
        limit: u64,
    },
    /// More than could stand in the rest of the file.
    #[error("{count} {what} do not fit into the rest of the file")]
    NoRoom {
        /// Of what.
        what: &'static str,
        /// How many.
        count: u64,
    },
    /// A number that leaves 64 bits.
    #[error("{0} is more than 64 bits hold")]
    Overflow(&'static str),
    /// The header is larger than is read.
    #[error("the header is larger than {} bytes", limits::HEADER_BYTES)]
    Header,
    /// Not a key.
    #[error("{0:?} is no key")]
    Key(String),
    /// A key that stands there twice.
    #[error("the key {0:?} stands here for the second time")]
    DuplicateKey(String),
    /// A type of value that does not exist.
    #[error("key {key:?}: value type {number}; there are 0 to 12")]
    ValueType {
        /// The key.
        key: String,
        /// The type.
        number: u32,
    },
    /// A truth value that is neither 0 nor 1.
    #[error("key {key:?}: {byte} as a truth value; there are 0 and 1")]
    Bool {
        /// The key.
        key: String,
        /// What stands there.
        byte: u8,
    },
    /// Arrays in arrays in arrays.
    #[error("key {0:?}: arrays nested deeper than {limit}", limit = limits::NESTING)]
    Nesting(String),
    /// Not a tensor's name.
    #[error("{0:?} is no name of a tensor")]
    TensorName(String),
    /// A name that two tensors have.
    #[error("the tensor {0:?} stands here for the second time")]
    DuplicateTensor(String),
    /// A tensor of an impossible shape.
    #[error("tensor {name:?}: {why}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is impossible.
        why: String,
    },
}

impl GgufError {
    pub(super) fn at(offset: u64, fault: Fault) -> Self {
        Self::Malformed { offset, fault }
    }

    pub(super) fn about(about: &str, why: impl Into<String>) -> Self {
        Self::Inconsistent {
            about: quoted(about.as_bytes()),
            why: why.into(),
        }
    }
}

/// The start of what a file says, fit to be shown: no control character of it reaches a terminal.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let short = bytes.get(..limits::QUOTED_BYTES);
    let text = String::from_utf8_lossy(short.unwrap_or(bytes));
    let clean: String = text.chars().map(visible).collect();
    match short {
        Some(_) if bytes.len() > limits::QUOTED_BYTES => clean + "…",
        _ => clean,
    }
}
