//! Whether a file is one that is computed here as it was meant: by lists of what is known. A key or a tensor that is not in them would
//! be passed over, and the answers be those of another model; so it is refused.

use candle_core::quantized::GgmlDType;

use crate::gguf::{Gguf, TensorType, Value};

/// Sizes of a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Layers.
    pub layers: u64,
    /// Heads of queries, and of keys and values.
    pub heads: usize,
    pub shared: usize,
    /// Width of a head; even.
    pub head: usize,
    /// Added to mean squares.
    pub epsilon: f64,
    /// Of the angles by which pairs are turned.
    pub base: f64,
}

/// Keys under `llama.` that are gone by, or that say nothing about how to compute.
const KEYS: [&str; 12] = [
    // Sizes.
    "context_length",
    "embedding_length",
    "block_count",
    "feed_forward_length",
    "vocab_size",
    // Attention; the widths of keys and values are compared with what they are taken for.
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    // Rotary positions.
    "rope.dimension_count",
    "rope.freq_base",
];

/// Tensors outside of layers.
const TENSORS: [&str; 3] = ["token_embd.weight", "output_norm.weight", "output.weight"];

/// Tensors of a layer, `blk.N.….weight`.
const LAYER: [&str; 9] = [
    "attn_norm",
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_output",
    "ffn_norm",
    "ffn_gate",
    "ffn_up",
    "ffn_down",
];

/// How the library calls a kind of storage that it computes with.
pub(super) fn stored(kind: &TensorType) -> Option<GgmlDType> {
    Some(match kind.name {
        "F32" => GgmlDType::F32,
        "F16" => GgmlDType::F16,
        "BF16" => GgmlDType::BF16,
        "Q4_0" => GgmlDType::Q4_0,
        "Q4_1" => GgmlDType::Q4_1,
        "Q5_0" => GgmlDType::Q5_0,
        "Q5_1" => GgmlDType::Q5_1,
        "Q8_0" => GgmlDType::Q8_0,
        "Q2_K" => GgmlDType::Q2K,
        "Q3_K" => GgmlDType::Q3K,
        "Q4_K" => GgmlDType::Q4K,
        "Q5_K" => GgmlDType::Q5K,
        "Q6_K" => GgmlDType::Q6K,
        _ => return None,
    })
}

/// The sizes of a network that is understood as a whole, or what is not, in words for a person.
pub(super) fn sizes(header: &Gguf) -> Result<Sizes, String> {
    if header.architecture() != "llama" {
        return Err(format!(
            "the engine candle knows the architecture \"llama\" and not {:?}",
            header.architecture()
        ));
    }
    let unknown = header.pairs.keys().find(|key| {
        key.strip_prefix("llama.")
            .is_some_and(|key| !KEYS.contains(&key))
    });
    if let Some(key) = unknown {
        return Err(format!("the engine candle does not know the key {key:?}"));
    }
    for tensor in &header.tensors {
        let name = &tensor.name;
        let of_layer = || {
            let (number, part) = name.strip_prefix("blk.")?.split_once('.')?;
            number.parse::<u32>().ok()?;
            LAYER.contains(&part.strip_suffix(".weight")?).then_some(())
        };
        if !TENSORS.contains(&name.as_str()) && of_layer().is_none() {
            return Err(format!(
                "the engine candle does not know the tensor {name:?}"
            ));
        }
        if stored(&tensor.kind).is_none() {
            return Err(format!(
                "the engine candle does not compute with {}, which {name:?} is stored as",
                tensor.kind.name
            ));
        }
    }
    widths(header)
}

/// The width of a head is taken for the model's width by its heads, and all of a head is turned by position.
fn widths(header: &Gguf) -> Result<Sizes, String> {
    let number = |key: &str| header.of_architecture(key);
    let width = number("embedding_length").unwrap_or(0);
    let heads = number("attention.head_count").unwrap_or(0);
    let shared = number("attention.head_count_kv").unwrap_or(0);
    if width == 0
        || heads == 0
        || shared == 0
        || !width.is_multiple_of(heads)
        || !heads.is_multiple_of(shared)
    {
        return Err(format!(
            "{heads} heads, {shared} of them for keys, do not divide a width of {width}"
        ));
    }
    let head = width / heads;
    for key in [
        "attention.key_length",
        "attention.value_length",
        "rope.dimension_count",
    ] {
        if let Some(found) = number(key).filter(|found| *found != head) {
            return Err(format!(
                "`llama.{key}` is {found}; the engine candle takes it for {head}, the width of a head"
            ));
        }
    }
    if !head.is_multiple_of(2) {
        return Err(format!("a head of width {head} can not be turned in pairs"));
    }
    let float = |key: &str| match header.pairs.get(&format!("llama.{key}")) {
        Some(Value::F32(number)) if number.is_finite() => Some(f64::from(*number)),
        _ => None,
    };
    let key = "attention.layer_norm_rms_epsilon";
    let size = |n: u64| usize::try_from(n).map_err(|error| error.to_string());
    Ok(Sizes {
        layers: number("block_count").unwrap_or(0),
        heads: size(heads)?,
        shared: size(shared)?,
        head: size(head)?,
        epsilon: float(key).ok_or_else(|| format!("`llama.{key}` is missing"))?,
        base: float("rope.freq_base").unwrap_or(10_000.0),
    })
}
