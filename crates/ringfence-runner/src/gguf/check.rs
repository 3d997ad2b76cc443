//! What the parts of a well-formed file have to agree on before an engine may load it. Each of these was, in some engine, a
//! division by zero, an assertion or a read past an end.

use std::collections::HashSet;

use super::{Array, Gguf, GgufError, Kind, Value};

/// Checks vocabulary, tensors and hyperparameters against each other.
pub(super) fn consistent(gguf: &Gguf) -> Result<(), GgufError> {
    architecture(gguf)?;
    strings(gguf)?;
    vocabulary(gguf)?;
    hyperparameters(gguf)?;
    embedding(gguf)
}

fn architecture(gguf: &Gguf) -> Result<(), GgufError> {
    let key = "general.architecture";
    let name = gguf
        .text(key)
        .ok_or_else(|| GgufError::about(key, "missing, or not text"))?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(GgufError::about(
            key,
            format!("{name:?}; letters, digits, `-`, `_` and `.`, at most 64"),
        ));
    }
    // One part of several is never the whole model.
    match gguf.unsigned("split.count") {
        Some(count) if count > 1 => Err(GgufError::about(
            "split.count",
            format!("one of {count} parts; join them with `llama-gguf-split --merge`"),
        )),
        _ => Ok(()),
    }
}

/// Text that engines hand to C ends at the first NUL there: what comes after it would be seen by one side only.
fn strings(gguf: &Gguf) -> Result<(), GgufError> {
    for (key, value) in &gguf.pairs {
        let texts = match value {
            Value::String(bytes) => {
                if std::str::from_utf8(bytes).is_err() {
                    return Err(GgufError::about(key, "text that is not UTF-8"));
                }
                std::slice::from_ref(bytes)
            }
            Value::Array(Array::Strings(texts)) => texts,
            _ => continue,
        };
        if texts.iter().any(|text| text.contains(&0)) {
            return Err(GgufError::about(key, "a NUL in text"));
        }
    }
    Ok(())
}

fn vocabulary(gguf: &Gguf) -> Result<(), GgufError> {
    let key = "tokenizer.ggml.tokens";
    let model = gguf.text("tokenizer.ggml.model");
    let tokens = match gguf.pairs.get(key) {
        None if model.is_none() || model == Some("no_vocab") => return Ok(()),
        Some(Value::Array(Array::Strings(tokens))) if !tokens.is_empty() => tokens,
        None => {
            return Err(GgufError::about(
                key,
                "missing, though there is a tokenizer",
            ));
        }
        Some(other) => {
            return Err(GgufError::about(
                key,
                format!("{}; it has to be an array of strings", other.brief()),
            ));
        }
    };
    if model != Some("hybriddna") {
        let mut seen = HashSet::with_capacity(tokens.len());
        // Empty ones are named by the engine.
        for (index, token) in tokens.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
            if !seen.insert(token.as_slice()) {
                let token = super::error::quoted(token);
                return Err(GgufError::about(
                    key,
                    format!("token {index}, {token:?}, is there twice"),
                ));
            }
        }
    }
    for (key, kinds) in [
        ("tokenizer.ggml.scores", [Kind::F32, Kind::F32]),
        ("tokenizer.ggml.token_type", [Kind::I32, Kind::U32]),
    ] {
        match gguf.pairs.get(key) {
            None => {}
            Some(Value::Array(array @ Array::Numbers { kind, .. }))
                if kinds.contains(kind) && array.len() == tokens.len() => {}
            Some(other) => {
                return Err(GgufError::about(
                    key,
                    format!(
                        "{}; it has to be one number for each of {} tokens",
                        other.brief(),
                        tokens.len()
                    ),
                ));
            }
        }
    }
    if let Some(Value::Array(types)) = gguf.pairs.get("tokenizer.ggml.token_type")
        && let Some(bad) = types
            .integers()
            .and_then(|mut all| all.find(|n| !(0..=6).contains(n)))
    {
        return Err(GgufError::about(
            "tokenizer.ggml.token_type",
            format!("type {bad}; there are 0 to 6"),
        ));
    }
    merges(gguf)?;
    special(gguf, tokens.len() as u64)
}

fn merges(gguf: &Gguf) -> Result<(), GgufError> {
    let key = "tokenizer.ggml.merges";
    match gguf.pairs.get(key) {
        None => {
            if gguf.text("tokenizer.ggml.model") == Some("gpt2") {
                return Err(GgufError::about(
                    key,
                    "missing, and a BPE tokenizer is made of them",
                ));
            }
            Ok(())
        }
        Some(Value::Array(Array::Strings(merges))) => {
            let halves = |merge: &[u8]| {
                let space = merge.iter().skip(1).position(|b| *b == b' ');
                space.is_some_and(|at| at + 2 < merge.len())
            };
            match merges.iter().position(|merge| !halves(merge)) {
                None => Ok(()),
                Some(index) => Err(GgufError::about(
                    key,
                    format!("merge {index} is not two parts with a space between"),
                )),
            }
        }
        Some(Value::Array(array)) if array.is_empty() => Ok(()),
        Some(other) => Err(GgufError::about(
            key,
            format!("{}; it has to be an array of strings", other.brief()),
        )),
    }
}

/// Ids of special tokens lie within the vocabulary; `u32::MAX` says "none".
fn special(gguf: &Gguf, tokens: u64) -> Result<(), GgufError> {
    for (key, value) in &gguf.pairs {
        let Some(rest) = key.strip_prefix("tokenizer.ggml.") else {
            continue;
        };
        if !rest.ends_with("_token_id") {
            continue;
        }
        match value.unsigned() {
            Some(id) if id < tokens || id == u64::from(u32::MAX) => {}
            _ if *value == Value::I32(-1) => {}
            _ => {
                return Err(GgufError::about(
                    key,
                    format!("{}; the vocabulary has {tokens} tokens", value.brief()),
                ));
            }
        }
    }
    Ok(())
}

/// Counts that are divided by, multiplied or allocated for.
fn hyperparameters(gguf: &Gguf) -> Result<(), GgufError> {
    // name, largest value that any model comes near to
    const COUNTS: [(&str, u64); 8] = [
        ("context_length", 1 << 27),
        ("embedding_length", 1 << 20),
        ("block_count", 4_096),
        ("vocab_size", 1 << 22),
        ("rope.dimension_count", 1 << 16),
        ("attention.key_length", 1 << 16),
        ("attention.value_length", 1 << 16),
        ("expert_count", 1 << 16),
    ];
    let name = |key: &str| format!("{}.{key}", gguf.architecture());
    for (key, limit) in COUNTS {
        let key = name(key);
        let Some(value) = gguf.pairs.get(&key) else {
            continue;
        };
        // No experts is how some dense models say it.
        let least = u64::from(!key.ends_with("expert_count"));
        match value.unsigned() {
            Some(n) if (least..=limit).contains(&n) => {}
            _ => {
                return Err(GgufError::about(
                    &key,
                    format!("{}; a count from {least} to {limit}", value.brief()),
                ));
            }
        }
    }
    for key in [
        "attention.head_count",
        "attention.head_count_kv",
        "feed_forward_length",
    ] {
        let key = name(key);
        let each = match gguf.pairs.get(&key) {
            None => continue,
            Some(Value::Array(array)) => array
                .integers()
                .map(Iterator::collect::<Vec<_>>)
                .filter(|all| Some(all.len() as u64) >= gguf.of_architecture("block_count")),
            Some(value) => value
                .unsigned()
                .and_then(|n| n.try_into().ok())
                .map(|n| vec![n]),
        };
        // In a file with one value a layer some layers have no attention; one value for all can not be zero.
        let fits = |all: &Vec<i64>| {
            let least = i64::from(all.len() == 1);
            all.iter().all(|n| (least..=1 << 20).contains(n))
        };
        if !each.is_some_and(|all| fits(&all)) {
            return Err(GgufError::about(
                &key,
                "not a count from 1 to 1048576, nor one for each layer",
            ));
        }
    }
    let heads = gguf.of_architecture("attention.head_count");
    let heads_kv = gguf.of_architecture("attention.head_count_kv");
    if let (Some(heads), Some(heads_kv)) = (heads, heads_kv)
        && !heads.is_multiple_of(heads_kv)
    {
        return Err(GgufError::about(
            &name("attention.head_count_kv"),
            format!("{heads} heads can not share {heads_kv}"),
        ));
    }
    Ok(())
}

/// The table of embeddings is as wide as the model and as long as its vocabulary.
fn embedding(gguf: &Gguf) -> Result<(), GgufError> {
    let vocabulary = gguf.vocabulary() as u64;
    let said = gguf.of_architecture("vocab_size");
    if let Some(said) = said
        && vocabulary != 0
        && said < vocabulary
    {
        return Err(GgufError::about(
            &format!("{}.vocab_size", gguf.architecture()),
            format!("{said}, and there are {vocabulary} tokens"),
        ));
    }
    let width = gguf.of_architecture("embedding_length");
    for name in ["token_embd.weight", "output.weight"] {
        let Some(tensor) = gguf.tensors.iter().find(|tensor| tensor.name == name) else {
            continue;
        };
        let [columns, rows] = tensor.dimensions.as_slice() else {
            return Err(GgufError::about(
                name,
                format!("{:?}; it has two dimensions", tensor.dimensions),
            ));
        };
        if width.is_some_and(|width| width != *columns) {
            return Err(GgufError::about(
                name,
                format!(
                    "{columns} wide, and the model {}",
                    width.unwrap_or_default()
                ),
            ));
        }
        if *rows < vocabulary {
            return Err(GgufError::about(
                name,
                format!("{rows} rows for {vocabulary} tokens"),
            ));
        }
    }
    Ok(())
}
