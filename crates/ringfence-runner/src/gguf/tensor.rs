//! Tensors: their types, sizes and places in the file.

use super::error::{Fault, GgufError, quoted};
use super::source::Cursor;
use super::{Gguf, Source};
use crate::limits;

/// Fewest bytes of a description: length and one byte of the name, the number of dimensions, one dimension, type, offset.
pub(super) const SMALLEST: u64 = 8 + 1 + 4 + 8 + 4 + 8;

/// Where a tensor's numbers are, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// UTF-8, at most 63 bytes, no NUL.
    pub name: String,
    /// Elements in each dimension, 1 to 4 of them, none zero; the first is the one that lies contiguously.
    pub dimensions: Vec<u64>,
    /// How they are stored.
    pub kind: TensorType,
    /// Bytes from the start of the tensor data.
    pub offset: u64,
    /// Bytes.
    pub bytes: u64,
    /// Where its description stands, bytes from the start of the file.
    described_at: u64,
}

/// A type of the ggml library by its number, with the elements and the bytes of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TensorType {
    /// The library's name.
    pub name: &'static str,
    /// The number in the file.
    pub number: u32,
    /// Elements of a block.
    pub block: u64,
    /// Bytes of a block.
    pub bytes: u64,
}

/// name, number, elements of a block, bytes of a block. Numbers that are missing were withdrawn by the library.
const TYPES: [(&str, u32, u64, u64); 35] = [
    ("F32", 0, 1, 4),
    ("F16", 1, 1, 2),
    ("Q4_0", 2, 32, 18),
    ("Q4_1", 3, 32, 20),
    ("Q5_0", 6, 32, 22),
    ("Q5_1", 7, 32, 24),
    ("Q8_0", 8, 32, 34),
    ("Q8_1", 9, 32, 36),
    ("Q2_K", 10, 256, 84),
    ("Q3_K", 11, 256, 110),
    ("Q4_K", 12, 256, 144),
    ("Q5_K", 13, 256, 176),
    ("Q6_K", 14, 256, 210),
    ("Q8_K", 15, 256, 292),
    ("IQ2_XXS", 16, 256, 66),
    ("IQ2_XS", 17, 256, 74),
    ("IQ3_XXS", 18, 256, 98),
    ("IQ1_S", 19, 256, 50),
    ("IQ4_NL", 20, 32, 18),
    ("IQ3_S", 21, 256, 110),
    ("IQ2_S", 22, 256, 82),
    ("IQ4_XS", 23, 256, 136),
    ("I8", 24, 1, 1),
    ("I16", 25, 1, 2),
    ("I32", 26, 1, 4),
    ("I64", 27, 1, 8),
    ("F64", 28, 1, 8),
    ("IQ1_M", 29, 256, 56),
    ("BF16", 30, 1, 2),
    ("TQ1_0", 34, 256, 54),
    ("TQ2_0", 35, 256, 66),
    ("MXFP4", 39, 32, 17),
    ("NVFP4", 40, 64, 36),
    ("Q1_0", 41, 128, 18),
    ("Q2_0", 42, 64, 18),
];

impl TensorType {
    pub(super) fn from_number(wanted: u32) -> Option<Self> {
        TYPES.iter().find(|(_, number, ..)| *number == wanted).map(
            |&(name, number, block, bytes)| Self {
                name,
                number,
                block,
                bytes,
            },
        )
    }
}

/// One description.
pub(super) fn read<S: Source>(
    cursor: &mut Cursor<'_, S>,
    alignment: u64,
) -> Result<Tensor, GgufError> {
    let described_at = cursor.position();
    let name = cursor.string("the name of a tensor", limits::TENSOR_NAME_BYTES)?;
    let name = match String::from_utf8(name) {
        Ok(name) if !name.is_empty() && !name.contains('\0') => name,
        Ok(name) => return Err(bad_name(described_at, name.as_bytes())),
        Err(broken) => return Err(bad_name(described_at, broken.as_bytes())),
    };
    let wrong = |why: String| {
        let name = quoted(name.as_bytes());
        Err(GgufError::at(described_at, Fault::Tensor { name, why }))
    };
    let count = cursor.u32()?;
    if count == 0 || count > limits::DIMENSIONS {
        return wrong(format!(
            "{count} dimensions; there are 1 to {}",
            limits::DIMENSIONS
        ));
    }
    let mut dimensions = Vec::new();
    for _ in 0..count {
        dimensions.push(cursor.u64()?);
    }
    let number = cursor.u32()?;
    let offset = cursor.u64()?;
    let Some(kind) = TensorType::from_number(number) else {
        return wrong(format!("unknown type {number}"));
    };
    if !offset.is_multiple_of(alignment) {
        return wrong(format!(
            "its offset {offset} is not a multiple of {alignment}"
        ));
    }
    let row = dimensions.first().copied().unwrap_or_default();
    if !row.is_multiple_of(kind.block) {
        return wrong(format!(
            "{row} elements in a row; {} is stored in blocks of {}",
            kind.name, kind.block
        ));
    }
    let Some(bytes) = size(&dimensions, kind) else {
        return wrong(format!(
            "{dimensions:?} elements of {} are more than 63 bits of bytes, or none",
            kind.name
        ));
    };
    Ok(Tensor {
        name,
        dimensions,
        kind,
        offset,
        bytes,
        described_at,
    })
}

fn bad_name(at: u64, name: &[u8]) -> GgufError {
    GgufError::at(at, Fault::TensorName(quoted(name)))
}

/// Bytes of a tensor; `None` where it is empty or its elements or bytes do not fit into a signed 64-bit number, which the
/// engine counts with.
fn size(dimensions: &[u64], kind: TensorType) -> Option<u64> {
    let fits = |n: &u64| *n > 0 && i64::try_from(*n).is_ok();
    let elements = dimensions
        .iter()
        .try_fold(1_u64, |all, n| all.checked_mul(*n).filter(fits))?;
    (elements / kind.block).checked_mul(kind.bytes).filter(fits)
}

/// Every tensor lies within the file, and none over another.
pub(super) fn placed(gguf: &Gguf, header_end: u64) -> Result<(), GgufError> {
    let room = gguf.file_bytes.saturating_sub(gguf.data_start);
    let mut order: Vec<&Tensor> = gguf.tensors.iter().collect();
    order.sort_by_key(|tensor| tensor.offset);
    let mut free = 0;
    for tensor in order {
        let wrong = |why| {
            let name = quoted(tensor.name.as_bytes());
            Err(GgufError::at(
                tensor.described_at,
                Fault::Tensor { name, why },
            ))
        };
        let end = tensor.offset.checked_add(tensor.bytes);
        match end {
            Some(end) if end <= room => {}
            _ => {
                return wrong(format!(
                    "{} bytes at offset {}, and the file has {room} of data",
                    tensor.bytes, tensor.offset
                ));
            }
        }
        if tensor.offset < free {
            return wrong(format!(
                "at offset {}, where another tensor lies until {free}",
                tensor.offset
            ));
        }
        free = end.unwrap_or(free);
    }
    if gguf.tensors.is_empty() {
        let fault = Fault::Count {
            what: "tensors",
            count: 0,
            limit: limits::TENSORS,
        };
        return Err(GgufError::at(header_end, fault));
    }
    Ok(())
}
