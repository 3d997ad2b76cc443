//! The values of a header's keys.

use super::Source;
use super::error::{Fault, GgufError, quoted};
use super::source::Cursor;
use crate::limits;

/// Fewest bytes of a pair: the length of the key, one byte of it, a type, one byte of value.
pub(super) const SMALLEST_PAIR: u64 = 8 + 1 + 4 + 1;

/// A value.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the format's own types")]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    F32(f32),
    F64(f64),
    Bool(bool),
    /// Mostly UTF-8; tokens may be any bytes.
    String(Vec<u8>),
    Array(Array),
}

/// An array. Numbers stay as they are in the file, little-endian: most are only counted here.
#[derive(Debug, Clone, PartialEq)]
pub enum Array {
    /// Numbers or truth values of one type.
    Numbers {
        /// Their type.
        kind: Kind,
        /// Their bytes.
        bytes: Vec<u8>,
    },
    /// Strings.
    Strings(Vec<Vec<u8>>),
    /// Arrays.
    Arrays(Vec<Array>),
}

/// Types of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the format's own types")]
pub enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    U64,
    I64,
    F64,
}

impl Kind {
    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::U8,
            1 => Self::I8,
            2 => Self::U16,
            3 => Self::I16,
            4 => Self::U32,
            5 => Self::I32,
            6 => Self::F32,
            7 => Self::Bool,
            10 => Self::U64,
            11 => Self::I64,
            12 => Self::F64,
            _ => return None,
        })
    }

    /// Bytes of one.
    pub fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

const STRING: u32 = 8;
const ARRAY: u32 = 9;

impl Value {
    /// An integer of any width that is not negative.
    pub fn unsigned(&self) -> Option<u64> {
        match *self {
            Self::U8(n) => Some(n.into()),
            Self::U16(n) => Some(n.into()),
            Self::U32(n) => Some(n.into()),
            Self::U64(n) => Some(n),
            Self::I8(n) => n.try_into().ok(),
            Self::I16(n) => n.try_into().ok(),
            Self::I32(n) => n.try_into().ok(),
            Self::I64(n) => n.try_into().ok(),
            _ => None,
        }
    }

    /// For errors.
    pub(super) fn brief(&self) -> String {
        match self {
            Self::String(bytes) => format!("the string {:?}", quoted(bytes)),
            Self::Array(array) => format!("an array of {}", array.len()),
            number => format!("{number:?}"),
        }
    }
}

impl Array {
    /// How many elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers { kind, bytes } => bytes.len() / kind.size(),
            Self::Strings(all) => all.len(),
            Self::Arrays(all) => all.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, where they are integers of 32 bits.
    pub fn integers(&self) -> Option<impl Iterator<Item = i64>> {
        let (kind, bytes) = match self {
            Self::Numbers {
                kind: kind @ (Kind::I32 | Kind::U32),
                bytes,
            } => (*kind, bytes),
            _ => return None,
        };
        Some(bytes.chunks_exact(4).map(move |chunk| {
            let number = u32::from_le_bytes(chunk.try_into().unwrap_or_default());
            match kind {
                Kind::I32 => i64::from(number.cast_signed()),
                _ => i64::from(number),
            }
        }))
    }
}

/// A type and a value of it.
pub(super) fn read<S: Source>(cursor: &mut Cursor<'_, S>, key: &str) -> Result<Value, GgufError> {
    let start = cursor.position();
    let number = cursor.u32()?;
    let kind = match number {
        STRING => {
            return Ok(Value::String(
                cursor.string("a string", limits::STRING_BYTES)?,
            ));
        }
        ARRAY => return Ok(Value::Array(array(cursor, key, limits::NESTING)?)),
        other => Kind::from_number(other).ok_or_else(|| unknown(start, key, number))?,
    };
    let start = cursor.position();
    Ok(match kind {
        Kind::U8 => Value::U8(u8::from_le_bytes(cursor.bytes()?)),
        Kind::I8 => Value::I8(i8::from_le_bytes(cursor.bytes()?)),
        Kind::U16 => Value::U16(u16::from_le_bytes(cursor.bytes()?)),
        Kind::I16 => Value::I16(i16::from_le_bytes(cursor.bytes()?)),
        Kind::U32 => Value::U32(cursor.u32()?),
        Kind::I32 => Value::I32(i32::from_le_bytes(cursor.bytes()?)),
        Kind::F32 => Value::F32(f32::from_le_bytes(cursor.bytes()?)),
        Kind::U64 => Value::U64(cursor.u64()?),
        Kind::I64 => Value::I64(i64::from_le_bytes(cursor.bytes()?)),
        Kind::F64 => Value::F64(f64::from_le_bytes(cursor.bytes()?)),
        Kind::Bool => {
            let [byte] = cursor.bytes()?;
            truth(start, key, byte)?;
            Value::Bool(byte == 1)
        }
    })
}

fn unknown(start: u64, key: &str, number: u32) -> GgufError {
    let key = quoted(key.as_bytes());
    GgufError::at(start, Fault::ValueType { key, number })
}

fn truth(start: u64, key: &str, byte: u8) -> Result<(), GgufError> {
    if byte > 1 {
        let key = quoted(key.as_bytes());
        return Err(GgufError::at(start, Fault::Bool { key, byte }));
    }
    Ok(())
}

/// `depth` is how many levels are still allowed, this one included.
fn array<S: Source>(cursor: &mut Cursor<'_, S>, key: &str, depth: u32) -> Result<Array, GgufError> {
    let start = cursor.position();
    let Some(below) = depth.checked_sub(1) else {
        return Err(GgufError::at(start, Fault::Nesting(quoted(key.as_bytes()))));
    };
    let number = cursor.u32()?;
    let what = "elements of an array";
    let at = cursor.position();
    let count = cursor.u64()?;
    if count > limits::ELEMENTS {
        let limit = limits::ELEMENTS;
        return Err(GgufError::at(at, Fault::Count { what, count, limit }));
    }
    // A string takes at least its length, an array its type and its count.
    let least = match number {
        STRING => 8,
        ARRAY => 12,
        other => Kind::from_number(other)
            .ok_or_else(|| unknown(start, key, number))?
            .size() as u64,
    };
    if count > cursor.left() / least {
        return Err(GgufError::at(at, Fault::NoRoom { what, count }));
    }
    match number {
        STRING => (0..count)
            .map(|_| cursor.string("a string", limits::STRING_BYTES))
            .collect::<Result<_, _>>()
            .map(Array::Strings),
        ARRAY => (0..count)
            .map(|_| array(cursor, key, below))
            .collect::<Result<_, _>>()
            .map(Array::Arrays),
        other => {
            let kind = Kind::from_number(other).ok_or_else(|| unknown(start, key, number))?;
            let first = cursor.position();
            // No overflow: both factors are small.
            let bytes = cursor.block("an array", count * kind.size() as u64)?;
            if kind == Kind::Bool {
                for (byte, place) in bytes.iter().zip(first..) {
                    truth(place, key, *byte)?;
                }
            }
            Ok(Array::Numbers { kind, bytes })
        }
    }
}
