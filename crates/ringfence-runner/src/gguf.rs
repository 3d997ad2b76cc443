//! A reader for GGUF files (versions 2 and 3, little-endian) that believes nothing: every count, length, type and offset is checked
//! with 64-bit checked arithmetic against what is really there, before an engine that is written in C++ sees the file.
//!
//! It reads the header only and never the weights. What it returns is bounded by [`limits`](crate::limits); what it refuses is
//! refused with the place in the file and the reason. The format: `docs/gguf.md` of the ggml project.

mod check;
mod error;
mod source;
mod tensor;
mod value;

use std::collections::{BTreeMap, BTreeSet};

pub use error::{Fault, GgufError};
use source::Cursor;
pub use source::Source;
pub use tensor::{Tensor, TensorType};
pub use value::{Array, Kind, Value};

use crate::limits;

/// A GGUF file's header, whole and consistent.
#[derive(Debug, Clone)]
pub struct Gguf {
    /// 2 or 3.
    pub version: u32,
    /// Key-value pairs.
    pub pairs: BTreeMap<String, Value>,
    /// In the order of the file.
    pub tensors: Vec<Tensor>,
    /// Where the tensor data begins, bytes from the start of the file.
    pub data_start: u64,
    /// Bytes of the whole file.
    pub file_bytes: u64,
}

const MAGIC: [u8; 4] = *b"GGUF";

impl Gguf {
    /// Reads and checks a header.
    ///
    /// # Errors
    /// The first thing that is wrong, with its offset in bytes; I/O errors of the source.
    pub fn read(source: &impl Source) -> Result<Self, GgufError> {
        let file_bytes = source
            .length()
            .map_err(|source| GgufError::Io { offset: 0, source })?;
        let mut cursor = Cursor::new(source, file_bytes);
        let (version, tensor_count, pair_count) = preamble(&mut cursor)?;
        let pairs = read_pairs(&mut cursor, pair_count)?;
        let alignment = alignment(&pairs)?;
        let mut tensors = Vec::new();
        let mut names = BTreeSet::new();
        for _ in 0..tensor_count {
            let start = cursor.position();
            let tensor = tensor::read(&mut cursor, alignment)?;
            if !names.insert(tensor.name.clone()) {
                return Err(GgufError::at(start, Fault::DuplicateTensor(tensor.name)));
            }
            tensors.push(tensor);
        }
        let header_end = cursor.position();
        let data_start = header_end
            .checked_next_multiple_of(alignment)
            .ok_or(GgufError::at(header_end, Fault::Overflow("data start")))?;
        let gguf = Self {
            version,
            pairs,
            tensors,
            data_start,
            file_bytes,
        };
        tensor::placed(&gguf, header_end)?;
        check::consistent(&gguf)?;
        Ok(gguf)
    }

    /// `general.architecture`; it is checked to be there.
    pub fn architecture(&self) -> &str {
        self.text("general.architecture").unwrap_or_default()
    }

    /// The chat template, in Jinja. It is code of whoever made the file.
    pub fn chat_template(&self) -> Option<&str> {
        self.text("tokenizer.chat_template")
    }

    /// A string value.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.pairs.get(key) {
            Some(Value::String(bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// An integer value of any width that is not negative.
    pub fn unsigned(&self, key: &str) -> Option<u64> {
        self.pairs.get(key).and_then(Value::unsigned)
    }

    /// A value under the architecture's own name: `of_architecture("context_length")` looks up `llama.context_length`.
    pub fn of_architecture(&self, key: &str) -> Option<u64> {
        self.unsigned(&format!("{}.{key}", self.architecture()))
    }

    /// How many tokens the vocabulary has; 0 without one.
    pub fn vocabulary(&self) -> usize {
        match self.pairs.get("tokenizer.ggml.tokens") {
            Some(Value::Array(Array::Strings(tokens))) => tokens.len(),
            _ => 0,
        }
    }
}

fn preamble<S: Source>(cursor: &mut Cursor<'_, S>) -> Result<(u32, u64, u64), GgufError> {
    let magic = cursor.bytes::<4>()?;
    if magic != MAGIC {
        return Err(GgufError::at(0, Fault::Magic(magic)));
    }
    let version = cursor.u32()?;
    if !matches!(version, 2 | 3) {
        return Err(GgufError::at(4, Fault::Version(version)));
    }
    let mut counted = |what, least: u64, limit| {
        let start = cursor.position();
        let count = cursor.u64()?;
        // What can not fit into the rest of the file is not looped over.
        let room = cursor.left() / least;
        match count {
            count if count > limit => {
                Err(GgufError::at(start, Fault::Count { what, count, limit }))
            }
            count if count > room => Err(GgufError::at(start, Fault::NoRoom { what, count })),
            count => Ok(count),
        }
    };
    let tensors = counted("tensors", tensor::SMALLEST, limits::TENSORS)?;
    let pairs = counted("key-value pairs", value::SMALLEST_PAIR, limits::PAIRS)?;
    Ok((version, tensors, pairs))
}

fn read_pairs<S: Source>(
    cursor: &mut Cursor<'_, S>,
    count: u64,
) -> Result<BTreeMap<String, Value>, GgufError> {
    let mut pairs = BTreeMap::new();
    for _ in 0..count {
        let start = cursor.position();
        let key = cursor.string("key", limits::KEY_BYTES)?;
        let key = String::from_utf8(key)
            .map_err(|broken| GgufError::at(start, Fault::Key(error::quoted(broken.as_bytes()))))?;
        if key.is_empty() || key.contains('\0') {
            return Err(GgufError::at(
                start,
                Fault::Key(error::quoted(key.as_bytes())),
            ));
        }
        let value = value::read(cursor, &key)?;
        if pairs.contains_key(&key) {
            return Err(GgufError::at(
                start,
                Fault::DuplicateKey(error::quoted(key.as_bytes())),
            ));
        }
        pairs.insert(key, value);
    }
    Ok(pairs)
}

/// `general.alignment`, 32 without it.
fn alignment(pairs: &BTreeMap<String, Value>) -> Result<u64, GgufError> {
    match pairs.get("general.alignment") {
        None => Ok(32),
        Some(Value::U32(n))
            if n.is_power_of_two() && (8..=limits::ALIGNMENT).contains(&u64::from(*n)) =>
        {
            Ok(u64::from(*n))
        }
        Some(other) => Err(GgufError::about(
            "general.alignment",
            format!(
                "{}; it has to be a u32, a power of two from 8 to {}",
                other.brief(),
                limits::ALIGNMENT
            ),
        )),
    }
}

#[cfg(test)]
mod tests;
