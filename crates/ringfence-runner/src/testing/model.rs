//! Tiny models of the llama architecture, made here and not downloaded.
//!
//! [`Tiny::script`] is an exact machine: attention and feed-forward networks are wired to zero, so what comes next depends on the last
//! token only. Embeddings of the sentence's tokens are rows of a Hadamard matrix, exactly orthogonal; the output matrix gives the
//! token that follows a logit of 30 and every other one 0. All tokens that are not part of the sentence share one row, after which
//! the sentence begins. So greedy decoding answers any prompt whose last token is not of the sentence with exactly it and the
//! end-of-turn token, whatever the template, on any engine.
//!
//! [`Tiny::agent`] calls tools first: its template ends the prompt with a control token that counts the results of tools, and each of
//! these tokens is followed by a call, which is one token whatever its length.

use std::collections::BTreeMap;

use super::mutate::Random;
use super::writer::{Entry, Writer};

/// What the script model says unless a test wants something else.
pub const SENTENCE: &str = "This text was produced by a tiny local model inside the sealed runner.";

/// Sizes of a model.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Width; a power of two.
    pub width: usize,
    /// Layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Heads of keys and values.
    pub heads_kv: usize,
    /// Width of the feed-forward networks.
    pub inner: usize,
    /// Tokens.
    pub vocabulary: usize,
    /// Context it was "trained" for, tokens.
    pub context: u32,
}

impl Shape {
    /// About half a million parameters.
    pub const TINY: Self = Self {
        width: 128,
        layers: 2,
        heads: 4,
        heads_kv: 2,
        inner: 256,
        vocabulary: 1024,
        context: 2048,
    };
    /// The least that reads an agent's prompt, tens of thousands of tokens, in seconds.
    pub const AGENT: Self = Self {
        width: 64,
        layers: 1,
        heads: 1,
        heads_kv: 1,
        inner: 64,
        vocabulary: 2048,
        context: 1 << 16,
    };
    /// About 40 million parameters, for measuring.
    pub const SMALL: Self = Self {
        width: 512,
        layers: 8,
        heads: 8,
        heads_kv: 4,
        inner: 2048,
        vocabulary: 4096,
        context: 4096,
    };
}

/// How matrices are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the format's own types")]
pub enum Storage {
    F32,
    F16,
    Q8_0,
}

/// What goes into a model.
#[derive(Debug, Clone)]
pub struct Tiny {
    /// What it says; random weights without one.
    pub sentence: Option<String>,
    /// Calls of tools that it makes before it says so, one a turn: a name and arguments as JSON each.
    pub calls: Vec<(String, String)>,
    /// Sizes.
    pub shape: Shape,
    /// How matrices are stored.
    pub storage: Storage,
    /// Of the random weights.
    pub seed: u64,
}

const TEMPLATE: &str = "{%- if tools %}{{- '<|im_start|>system\\n# Tools\\n' }}\
{%- for tool in tools %}{{- tool | tojson }}{{- '\\n' }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endif %}\
{%- for message in messages %}{{- '<|im_start|>' + message['role'] + '\\n' + (message['content'] or '') + '<|im_end|>' + '\\n' }}{%- endfor %}\
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

/// What the template of a model with calls ends with, and what makes it known as one that writes calls.
const STEP: &str = "{%- if tools and add_generation_prompt %}{#- <tool_call> #}\
{{- '<|step' ~ (messages | selectattr('role', 'equalto', 'tool') | list | length) ~ '|>' }}{%- endif %}";

const SPECIAL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

impl Tiny {
    /// A model that says a sentence. Its words have to be different from each other, at most `width - 2` of them.
    pub fn script(sentence: &str) -> Self {
        Self {
            sentence: Some(sentence.to_owned()),
            calls: Vec::new(),
            shape: Shape::TINY,
            storage: Storage::F16,
            seed: 1,
        }
    }

    /// A model that, where it is offered tools, calls these one after the other, and says the sentence when it has a result of each.
    pub fn agent(calls: &[(&str, &str)], sentence: &str) -> Self {
        let owned =
            |(name, arguments): &(&str, &str)| ((*name).to_owned(), (*arguments).to_owned());
        Self {
            calls: calls.iter().map(owned).collect(),
            shape: Shape::AGENT,
            ..Self::script(sentence)
        }
    }

    /// A model of noise.
    pub fn random(shape: Shape, storage: Storage, seed: u64) -> Self {
        Self {
            sentence: None,
            calls: Vec::new(),
            shape,
            storage,
            seed,
        }
    }

    /// The file's parts, to be changed by tests that want it broken.
    pub fn writer(&self) -> Writer {
        let mut words = Words::of(self.sentence.as_deref().unwrap_or(SENTENCE));
        if !self.calls.is_empty() {
            words.pairs();
        }
        let mut tokens = words.tokens;
        let first_special = tokens.len();
        tokens.extend(SPECIAL.map(String::from));
        let mut kinds = vec![1_i32; first_special];
        kinds.extend([3; SPECIAL.len()]);
        let end = first_special + 2;
        let mut chains = vec![[words.chain, vec![end]].concat()];
        for (step, (name, arguments)) in self.calls.iter().enumerate() {
            chains.push(vec![tokens.len(), tokens.len() + 1, end]);
            tokens.push(format!("<|step{step}|>"));
            tokens.push(format!(
                "<tool_call>{{\"name\": \"{name}\", \"arguments\": {arguments}}}</tool_call>"
            ));
            kinds.extend([3, 4]);
        }
        assert!(tokens.len() <= self.shape.vocabulary, "too many words");
        while tokens.len() < self.shape.vocabulary {
            tokens.push(format!("[unused{}]", tokens.len()));
            kinds.push(5);
        }
        let mut template = TEMPLATE.to_owned();
        if !self.calls.is_empty() {
            template.push_str(STEP);
        }
        let mut writer = Writer::new();
        let shape = &self.shape;
        let number = |n: usize| Entry::U32(n as u32);
        writer
            .pair("general.architecture", Entry::Text("llama".into()))
            .pair("general.name", Entry::Text("ringfence-tiny".into()))
            .pair("general.license", Entry::Text("cc0-1.0".into()))
            .pair("llama.context_length", Entry::U32(shape.context))
            .pair("llama.embedding_length", number(shape.width))
            .pair("llama.block_count", number(shape.layers))
            .pair("llama.feed_forward_length", number(shape.inner))
            .pair("llama.attention.head_count", number(shape.heads))
            .pair("llama.attention.head_count_kv", number(shape.heads_kv))
            .pair("llama.attention.layer_norm_rms_epsilon", Entry::F32(1e-5))
            .pair(
                "llama.rope.dimension_count",
                number(shape.width / shape.heads),
            )
            .pair("llama.rope.freq_base", Entry::F32(10_000.0))
            .pair("llama.vocab_size", number(shape.vocabulary))
            .pair("tokenizer.ggml.model", Entry::Text("gpt2".into()))
            .pair("tokenizer.ggml.pre", Entry::Text("gpt-2".into()))
            .pair("tokenizer.ggml.tokens", Entry::Texts(tokens))
            .pair("tokenizer.ggml.token_type", Entry::Integers(kinds))
            .pair("tokenizer.ggml.merges", Entry::Texts(words.merges))
            .pair("tokenizer.ggml.bos_token_id", number(first_special))
            .pair("tokenizer.ggml.eos_token_id", number(end))
            .pair("tokenizer.ggml.add_bos_token", Entry::Bool(false))
            .pair("tokenizer.chat_template", Entry::Text(template));
        let chains = self.sentence.as_ref().map(|_| chains);
        self.weights(&mut writer, chains.as_deref());
        writer
    }

    /// The file.
    pub fn file(&self) -> Vec<u8> {
        self.writer().finish()
    }

    fn weights(&self, writer: &mut Writer, chains: Option<&[Vec<usize>]>) {
        let Shape {
            width,
            layers,
            heads,
            heads_kv,
            inner,
            vocabulary,
            ..
        } = self.shape;
        let mut random = Random::new(self.seed);
        let mut noise = |rows: usize, columns: usize| -> Vec<f32> {
            let scale = 1.2 / (columns as f32).sqrt();
            (0..rows * columns)
                .map(|_| random.weight() * scale)
                .collect()
        };
        let (embedding, output) = match chains {
            Some(chains) => script(chains, width, vocabulary),
            None => (noise(vocabulary, width), noise(vocabulary, width)),
        };
        let ones = |width: usize| [1.0_f32].repeat(width);
        self.matrix(writer, "token_embd.weight", width, &embedding);
        vector(writer, "output_norm.weight", &ones(width));
        self.matrix(writer, "output.weight", width, &output);
        for layer in 0..layers {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            let keys = width / heads * heads_kv;
            let mut closing = |rows: usize, columns: usize| match chains {
                Some(_) => vec![0.0; rows * columns],
                None => noise(rows, columns),
            };
            let (attention, down) = (closing(width, width), closing(width, inner));
            vector(writer, &name("attn_norm"), &ones(width));
            vector(writer, &name("ffn_norm"), &ones(width));
            self.matrix(writer, &name("attn_q"), width, &noise(width, width));
            self.matrix(writer, &name("attn_k"), width, &noise(keys, width));
            self.matrix(writer, &name("attn_v"), width, &noise(keys, width));
            self.matrix(writer, &name("attn_output"), width, &attention);
            self.matrix(writer, &name("ffn_gate"), width, &noise(inner, width));
            self.matrix(writer, &name("ffn_up"), width, &noise(inner, width));
            self.matrix(writer, &name("ffn_down"), inner, &down);
        }
    }

    fn matrix(&self, writer: &mut Writer, name: &str, columns: usize, values: &[f32]) {
        let dimensions = [columns as u64, (values.len() / columns) as u64];
        let (kind, bytes) = match self.storage {
            Storage::F32 => (0, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Storage::F16 => (
                1,
                values.iter().flat_map(|v| half(*v).to_le_bytes()).collect(),
            ),
            Storage::Q8_0 => (8, values.chunks(32).flat_map(eight_bits).collect()),
        };
        writer.tensor(name, &dimensions, kind, bytes);
    }
}

fn vector(writer: &mut Writer, name: &str, values: &[f32]) {
    let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    writer.tensor(name, &[values.len() as u64], 0, bytes);
}

/// Embedding and output matrix of chains of tokens. The first chain follows every token that is in none; the others follow their first.
fn script(chains: &[Vec<usize>], width: usize, vocabulary: usize) -> (Vec<f32>, Vec<f32>) {
    let row = |number: usize| {
        (0..width).map(move |column| match (number & column).count_ones() % 2 {
            0 => 1.0,
            _ => -1.0_f32,
        })
    };
    let mut rows = vec![0; vocabulary];
    let mut output = vec![0.0; vocabulary * width];
    let mut used = 0;
    for (number, chain) in chains.iter().enumerate() {
        let mut before = (number == 0).then_some(0);
        for (place, token) in chain.iter().enumerate() {
            if let Some(before) = before {
                let place = &mut output[token * width..(token + 1) * width];
                for (value, sign) in place.iter_mut().zip(row(before)) {
                    *value += sign * 30.0 / width as f32;
                }
            }
            // All chains may end alike, but nothing may be followed by two.
            let last = place + 1 == chain.len();
            assert!(
                rows[*token] == 0 || last,
                "a word stands in the sentence twice"
            );
            if rows[*token] == 0 {
                used += 1;
                rows[*token] = used;
            }
            before = Some(rows[*token]);
        }
    }
    assert!(width.is_power_of_two() && used < width, "too many words");
    let embedding = rows.iter().flat_map(|number| row(*number)).collect();
    (embedding, output)
}

/// The vocabulary of a sentence: the 256 bytes, and each word with all its beginnings, merged from the left. Merges of a word that
/// follows a space begin with that space, so those of one word never apply in the middle of another.
struct Words {
    tokens: Vec<String>,
    merges: Vec<String>,
    chain: Vec<usize>,
}

impl Words {
    fn of(sentence: &str) -> Self {
        let letters = letters();
        let mut tokens: Vec<String> = letters.iter().map(char::to_string).collect();
        let mut number: BTreeMap<String, usize> = tokens.iter().cloned().zip(0..).collect();
        let mut merges = Vec::new();
        let mut chain = Vec::new();
        for word in split(sentence) {
            let mut letters = word.bytes().map(|byte| letters[usize::from(byte)]);
            let mut whole: String = letters.next().into_iter().collect();
            for letter in letters {
                let longer = format!("{whole}{letter}");
                if !number.contains_key(&longer) {
                    number.insert(longer.clone(), tokens.len());
                    tokens.push(longer.clone());
                    merges.push(format!("{whole} {letter}"));
                }
                whole = longer;
            }
            chain.push(number[&whole]);
        }
        Self {
            tokens,
            merges,
            chain,
        }
    }

    /// Adds every pair of lower-case letters and of a space and one, so that long prompts have fewer tokens.
    fn pairs(&mut self) {
        let space = letters()[usize::from(b' ')];
        for first in ('a'..='z').chain([space]) {
            for second in 'a'..='z' {
                let pair = format!("{first}{second}");
                if !self.tokens.contains(&pair) {
                    self.tokens.push(pair);
                    self.merges.push(format!("{first} {second}"));
                }
            }
        }
    }
}

/// As the tokenizer of GPT-2 splits plain words and punctuation.
fn split(sentence: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let bytes = sentence.as_bytes();
    for at in 1..=bytes.len() {
        let next = bytes.get(at);
        let inside = next.is_some_and(u8::is_ascii_alphanumeric)
            && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b' ');
        if !inside {
            words.push(&sentence[start..at]);
            start = at;
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The letter that stands for each byte in vocabularies of the GPT-2 kind.
fn letters() -> Vec<char> {
    let printable = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut hidden = 256..;
    (0..256)
        .map(|byte| match printable(byte) {
            true => byte,
            false => hidden.next().unwrap_or_default(),
        })
        .filter_map(char::from_u32)
        .collect()
}

/// IEEE 754 binary16 of a number of moderate size, rounded to nearest; too small ones become 0.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let exponent = ((bits >> 23) & 0xff) as i32 - 127 + 15;
    if exponent <= 0 {
        return sign;
    }
    assert!(exponent < 31, "too large for a half");
    let rounded = ((exponent as u32) << 10 | (bits & 0x7f_ffff) >> 13) + (bits >> 12 & 1);
    sign | rounded as u16
}

/// A block of Q8_0: a scale and 32 bytes.
fn eight_bits(values: &[f32]) -> Vec<u8> {
    let largest = values.iter().fold(0.0_f32, |max, v| max.max(v.abs()));
    let scale = largest / 127.0;
    let mut block = half(scale).to_le_bytes().to_vec();
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    block.extend(
        values
            .iter()
            .map(|v| ((v * inverse).round() as i8).cast_unsigned()),
    );
    block
}
