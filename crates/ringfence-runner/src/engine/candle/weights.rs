//! The network of the llama architecture, in tensors: embeddings, layers of attention and of gated feed-forward, and an output.
//!
//! Root-mean-square norms; heads of keys and values that several heads share; positions by turning pairs of neighbours (RoPE, arXiv
//! 2104.09864); SwiGLU (arXiv 2002.05202).

use std::fs::File;
use std::io::BufReader;

use candle_core::quantized::gguf_file::TensorInfo;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{D, Device, Module, Result, Shape, Tensor};

use super::fits::{Sizes, stored};
use crate::gguf::Gguf;

const CPU: Device = Device::Cpu;

/// A network, and the keys and values of what it has read.
pub(super) struct Weights {
    embeddings: Tensor,
    layers: Vec<Layer>,
    norm: Tensor,
    output: QMatMul,
    sizes: Sizes,
    /// Cosines and sines of every place and pair.
    turns: (Tensor, Tensor),
}

struct Layer {
    attention_norm: Tensor,
    queries: QMatMul,
    keys: QMatMul,
    values: QMatMul,
    attention: QMatMul,
    inner_norm: Tensor,
    gate: QMatMul,
    up: QMatMul,
    down: QMatMul,
    /// Keys and values of what was read, each (shared heads, tokens, width of a head).
    past: Option<(Tensor, Tensor)>,
}

impl Weights {
    /// Reads the tensors of a file whose header was found to fit, for so many tokens of context.
    pub(super) fn read(model: File, header: &Gguf, sizes: Sizes, context: usize) -> Result<Self> {
        let mut file = Reader {
            file: BufReader::new(model),
            header,
        };
        let embeddings = file.tensor("token_embd.weight")?;
        let has_output = header.tensors.iter().any(|t| t.name == "output.weight");
        let output = match has_output {
            true => file.matrix("output.weight")?,
            // Some models say what they read with the same matrix.
            false => file.matrix("token_embd.weight")?,
        };
        let mut layers = Vec::new();
        for number in 0..sizes.layers {
            let name = |part: &str| format!("blk.{number}.{part}.weight");
            layers.push(Layer {
                attention_norm: file.vector(&name("attn_norm"))?,
                queries: file.matrix(&name("attn_q"))?,
                keys: file.matrix(&name("attn_k"))?,
                values: file.matrix(&name("attn_v"))?,
                attention: file.matrix(&name("attn_output"))?,
                inner_norm: file.vector(&name("ffn_norm"))?,
                gate: file.matrix(&name("ffn_gate"))?,
                up: file.matrix(&name("ffn_up"))?,
                down: file.matrix(&name("ffn_down"))?,
                past: None,
            });
        }
        Ok(Self {
            embeddings: embeddings.dequantize(&CPU)?,
            norm: file.vector("output_norm.weight")?,
            output,
            layers,
            turns: turns(&sizes, context)?,
            sizes,
        })
    }

    /// Reads tokens after the `at` that were read before; what the last of them is followed by, a number for each token.
    pub(super) fn follow(&mut self, tokens: &[u32], at: usize) -> Result<Vec<f32>> {
        let count = tokens.len();
        let mut x = self
            .embeddings
            .index_select(&Tensor::new(tokens, &CPU)?, 0)?;
        let mask = mask(count, at)?;
        let turns = (
            self.turns.0.narrow(0, at, count)?,
            self.turns.1.narrow(0, at, count)?,
        );
        for layer in &mut self.layers {
            let normed = norm(&x, &layer.attention_norm, self.sizes.epsilon)?;
            x = (x + layer.attend(&normed, &self.sizes, &turns, &mask)?)?;
            let normed = norm(&x, &layer.inner_norm, self.sizes.epsilon)?;
            let gated = (layer.gate.forward(&normed)?.silu()? * layer.up.forward(&normed)?)?;
            x = (x + layer.down.forward(&gated)?)?;
        }
        let last = x.narrow(0, count.saturating_sub(1), 1)?.contiguous()?;
        let last = norm(&last, &self.norm, self.sizes.epsilon)?;
        self.output.forward(&last)?.squeeze(0)?.to_vec1()
    }

    /// Forgets what comes from a place on.
    pub(super) fn forget_from(&mut self, place: usize) -> Result<()> {
        for layer in &mut self.layers {
            layer.past = match layer.past.take() {
                Some((keys, values)) if place > 0 => Some((
                    keys.narrow(1, 0, place)?.contiguous()?,
                    values.narrow(1, 0, place)?.contiguous()?,
                )),
                _ => None,
            };
        }
        Ok(())
    }
}

impl Layer {
    fn attend(
        &mut self,
        x: &Tensor,
        sizes: &Sizes,
        turns: &(Tensor, Tensor),
        mask: &Tensor,
    ) -> Result<Tensor> {
        let count = x.dim(0)?;
        let Sizes {
            heads,
            shared,
            head,
            ..
        } = *sizes;
        let group = heads / shared;
        // (tokens, heads × width) to (heads, tokens, width)
        let split = |x: Tensor, heads: usize| {
            x.reshape((count, heads, head))?
                .transpose(0, 1)?
                .contiguous()
        };
        let queries = turned(&split(self.queries.forward(x)?, heads)?, turns)?;
        let mut keys = turned(&split(self.keys.forward(x)?, shared)?, turns)?;
        let mut values = split(self.values.forward(x)?, shared)?;
        if let Some((old_keys, old_values)) = &self.past {
            keys = Tensor::cat(&[old_keys, &keys], 1)?;
            values = Tensor::cat(&[old_values, &values], 1)?;
        }
        self.past = Some((keys.clone(), values.clone()));
        let total = keys.dim(1)?;

        // Heads that share keys stand next to each other.
        let queries = queries.reshape((shared, group * count, head))?;
        let scale = 1.0 / (head as f64).sqrt();
        let scores = (queries.matmul(&keys.transpose(1, 2)?.contiguous()?)? * scale)?
            .reshape((heads, count, total))?
            .broadcast_add(mask)?;
        let shares = shares(&scores)?.reshape((shared, group * count, total))?;
        let mixed = shares
            .matmul(&values)?
            .reshape((heads, count, head))?
            .transpose(0, 1)?
            .contiguous()?
            .reshape((count, heads * head))?;
        self.attention.forward(&mixed)
    }
}

/// Each row divided by the root of its mean square, and weighed.
fn norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    let size = (x.sqr()?.mean_keepdim(D::Minus1)? + epsilon)?.sqrt()?;
    x.broadcast_div(&size)?.broadcast_mul(weight)
}

/// Softmax of the last dimension.
fn shares(scores: &Tensor) -> Result<Tensor> {
    let raised = scores
        .broadcast_sub(&scores.max_keepdim(D::Minus1)?)?
        .exp()?;
    raised.broadcast_div(&raised.sum_keepdim(D::Minus1)?)
}

/// What is added to scores so that no token looks at a later one.
fn mask(count: usize, at: usize) -> Result<Tensor> {
    let total = at + count;
    let mask: Vec<f32> = (0..count)
        .flat_map(|row| {
            (0..total).map(move |column| match column > at + row {
                true => f32::NEG_INFINITY,
                false => 0.0,
            })
        })
        .collect();
    Tensor::from_vec(mask, (1, count, total), &CPU)
}

/// Cosine and sine of the angle of each pair at each place, (places, pairs).
fn turns(sizes: &Sizes, context: usize) -> Result<(Tensor, Tensor)> {
    let pairs = sizes.head / 2;
    let angles: Vec<f64> = (0..context)
        .flat_map(|place| {
            (0..pairs).map(move |pair| {
                place as f64 * sizes.base.powf(-2.0 * pair as f64 / sizes.head as f64)
            })
        })
        .collect();
    let table = |of: fn(f64) -> f64| {
        let numbers: Vec<f32> = angles.iter().map(|angle| of(*angle) as f32).collect();
        Tensor::from_vec(numbers, (context, pairs), &CPU)
    };
    Ok((table(f64::cos)?, table(f64::sin)?))
}

/// (heads, tokens, width) with each pair of neighbours turned by the angle of its place.
fn turned(x: &Tensor, (cos, sin): &(Tensor, Tensor)) -> Result<Tensor> {
    let (heads, count, head) = x.dims3()?;
    let pairs = x.reshape((heads, count, head / 2, 2))?;
    let one = pairs.narrow(3, 0, 1)?.squeeze(3)?;
    let other = pairs.narrow(3, 1, 1)?.squeeze(3)?;
    let first = (one.broadcast_mul(cos)? - other.broadcast_mul(sin)?)?;
    let second = (one.broadcast_mul(sin)? + other.broadcast_mul(cos)?)?;
    Tensor::stack(&[first, second], 3)?.reshape((heads, count, head))
}

/// Tensors by their descriptions in the header that was checked.
struct Reader<'a> {
    file: BufReader<File>,
    header: &'a Gguf,
}

impl Reader<'_> {
    fn tensor(&mut self, name: &str) -> Result<QTensor> {
        let missing = || candle_core::Error::Msg(format!("the tensor {name:?} is missing"));
        let found = self.header.tensors.iter().find(|t| t.name == name);
        let found = found.ok_or_else(missing)?;
        let kind: GgmlDType = stored(&found.kind).ok_or_else(missing)?;
        let mut dimensions = Vec::new();
        for n in found.dimensions.iter().rev() {
            dimensions.push(usize::try_from(*n).map_err(candle_core::Error::wrap)?);
        }
        let info = TensorInfo {
            ggml_dtype: kind,
            shape: Shape::from(dimensions),
            offset: found.offset,
        };
        info.read(&mut self.file, self.header.data_start, &CPU)
    }

    fn vector(&mut self, name: &str) -> Result<Tensor> {
        self.tensor(name)?.dequantize(&CPU)
    }

    fn matrix(&mut self, name: &str) -> Result<QMatMul> {
        QMatMul::from_qtensor(self.tensor(name)?)
    }
}
