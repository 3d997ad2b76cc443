//! The tokenizer that a file brings along: byte-level BPE, as GPT-2 and Llama 3 have it. It is made of the file's own vocabulary and
//! merges; of the kinds of splitting text before that, those that are known are taken and every other is refused.

use std::collections::BTreeMap;

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, Tokenizer};

use crate::gguf::{Array, Gguf, Kind, Value};

/// How Llama 3 splits text before it is merged; the pattern is part of that model's published tokenizer.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Tokens that end an answer by their name, whatever else a file says.
const ENDS: [&str; 8] = [
    "<|eot_id|>",
    "<|eom_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<EOT>",
];

/// Kinds of tokens as the format numbers them.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const OF_USER: i32 = 4;

/// A vocabulary.
pub(super) struct Vocabulary {
    tokenizer: Tokenizer,
    /// What each token says.
    pieces: Vec<Vec<u8>>,
    ends: Vec<u32>,
    /// Put before a text where that is asked for, and after it.
    before: Option<i32>,
    after: Option<i32>,
    first: i32,
}

impl Vocabulary {
    pub(super) fn of(header: &Gguf) -> Result<Self, String> {
        let model = header.text("tokenizer.ggml.model").unwrap_or_default();
        if model != "gpt2" {
            return Err(format!(
                "the engine candle knows the tokenizer \"gpt2\" (byte-level BPE) and not {model:?}"
            ));
        }
        let pre = header.text("tokenizer.ggml.pre").unwrap_or_default();
        let llama3 = match pre {
            "gpt-2" => false,
            "llama3" | "llama-v3" | "llama-bpe" => true,
            other => {
                return Err(format!(
                    "the engine candle does not know the way {other:?} of splitting text"
                ));
            }
        };
        let names = strings(header, "tokenizer.ggml.tokens")?;
        let kinds = kinds(header, names.len())?;
        let merges = strings(header, "tokenizer.ggml.merges")?
            .into_iter()
            .map(|merge| match merge.split_once(' ') {
                Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
                None => Err(format!("the merge {merge:?} has no space in it")),
            })
            .collect::<Result<Vec<_>, String>>()?;
        let tokenizer = tokenizer(&names, &kinds, merges, llama3)?;

        let bytes = bytes_of_letters();
        let piece = |(name, kind): (&String, &i32)| match *kind {
            NORMAL => name
                .chars()
                .filter_map(|letter| bytes.get(&letter).copied())
                .collect(),
            OF_USER => name.clone().into_bytes(),
            _ => Vec::new(),
        };
        let pieces = names.iter().zip(&kinds).map(piece).collect();

        let id = |key: &str| {
            let id = header.unsigned(&format!("tokenizer.ggml.{key}_token_id"))?;
            u32::try_from(id)
                .ok()
                .filter(|id| (*id as usize) < names.len())
        };
        let mut ends: Vec<u32> = ["eos", "eot", "eom"].into_iter().filter_map(id).collect();
        let named = |(index, name): (usize, &String)| {
            ENDS.contains(&name.as_str())
                .then(|| u32::try_from(index).ok())
                .flatten()
        };
        ends.extend(names.iter().enumerate().filter_map(named));
        let asked = |key: &str, default: bool| match header.pairs.get(key) {
            Some(Value::Bool(yes)) => *yes,
            _ => default,
        };
        let signed = |id: u32| i32::try_from(id).ok();
        let (bos, eos) = (id("bos").and_then(signed), id("eos").and_then(signed));
        Ok(Self {
            tokenizer,
            pieces,
            ends,
            before: bos.filter(|_| asked("tokenizer.ggml.add_bos_token", llama3)),
            after: eos.filter(|_| asked("tokenizer.ggml.add_eos_token", false)),
            first: bos.or(eos).unwrap_or(0),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// A token to begin with where there is no other.
    pub(super) fn first(&self) -> i32 {
        self.first
    }

    /// The tokens of a text.
    pub(super) fn tokens(&self, text: &str, add_special: bool) -> Result<Vec<i32>, String> {
        let found = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| error.to_string())?;
        let own = found.get_ids().iter().map(|id| id.cast_signed());
        let around = |token: Option<i32>| token.filter(|_| add_special).into_iter();
        Ok(around(self.before)
            .chain(own)
            .chain(around(self.after))
            .collect())
    }

    /// What a token says; nothing for one that has only a meaning.
    pub(super) fn piece(&self, token: usize) -> &[u8] {
        self.pieces.get(token).map_or(&[], Vec::as_slice)
    }

    /// Whether a token ends an answer.
    pub(super) fn ends(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }
}

fn tokenizer(
    names: &[String],
    kinds: &[i32],
    merges: Vec<(String, String)>,
    llama3: bool,
) -> Result<Tokenizer, String> {
    let failed = |error: tokenizers::Error| format!("its vocabulary can not be used: {error}");
    let mut numbers = Vocab::default();
    numbers.extend(names.iter().cloned().zip(0..));
    if numbers.len() != names.len() {
        return Err("two of its tokens have the same text".into());
    }
    let merging = BPE::builder()
        .vocab_and_merges(numbers, merges)
        .ignore_merges(llama3)
        .build()
        .map_err(failed)?;
    let mut tokenizer = Tokenizer::new(merging);
    let split: PreTokenizerWrapper = if llama3 {
        let pattern = SplitPattern::Regex(LLAMA3.into());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(failed)?;
        let parts = vec![split.into(), ByteLevel::new(false, true, false).into()];
        Sequence::new(parts).into()
    } else {
        ByteLevel::new(false, true, true).into()
    };
    tokenizer.with_pre_tokenizer(Some(split));
    let whole = |(name, kind): (&String, &i32)| {
        matches!(*kind, UNKNOWN | CONTROL | OF_USER)
            .then(|| AddedToken::from(name.clone(), *kind != OF_USER).normalized(false))
    };
    let whole: Vec<AddedToken> = names.iter().zip(kinds).filter_map(whole).collect();
    tokenizer.add_special_tokens(whole).map_err(failed)?;
    Ok(tokenizer)
}

fn strings(header: &Gguf, key: &str) -> Result<Vec<String>, String> {
    let Some(Value::Array(Array::Strings(found))) = header.pairs.get(key) else {
        return Err(format!("`{key}` is missing"));
    };
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone());
    found
        .iter()
        .map(text)
        .collect::<Result<_, _>>()
        .map_err(|_| format!("`{key}` has text that is no UTF-8"))
}

fn kinds(header: &Gguf, count: usize) -> Result<Vec<i32>, String> {
    let key = "tokenizer.ggml.token_type";
    let kinds = match header.pairs.get(key) {
        None => vec![NORMAL; count],
        Some(Value::Array(Array::Numbers {
            kind: Kind::I32 | Kind::U32,
            bytes,
        })) => bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|four| i32::from_le_bytes(*four))
            .collect(),
        Some(_) => return Err(format!("`{key}` is no array of numbers")),
    };
    match kinds.len() == count {
        true => Ok(kinds),
        false => Err(format!(
            "`{key}` has {} entries for {count} tokens",
            kinds.len()
        )),
    }
}

/// Vocabularies of the GPT-2 kind write every byte as a letter: printable ones as themselves, the others as letters from U+0100 on.
fn bytes_of_letters() -> BTreeMap<char, u8> {
    let mut hidden = '\u{100}'..=char::MAX;
    (0..=u8::MAX)
        .filter_map(|byte| match byte {
            33..=126 | 161..=172 | 174..=255 => Some((char::from(byte), byte)),
            _ => Some((hidden.next()?, byte)),
        })
        .collect()
}
