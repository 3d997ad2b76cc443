//! What a model is: from its manifest and the header of its file.

use std::collections::BTreeMap;

use ringfence_inference::{Digest, Layer, LayerKind, ModelName};
use ringfence_runner::gguf::Gguf;
use serde::Serialize;

use crate::import::ImportError;
use crate::store::{Store, StoreError};

/// What `show` shows. Texts come from strangers: whoever prints them takes control characters out.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// The name.
    pub name: String,
    /// What the manifest hashes to.
    pub id: Digest,
    /// What the model file hashes to; it was hashed just now.
    pub digest: Digest,
    /// Bytes of all parts.
    pub size: u64,
    /// As engines know it: `llama`, `qwen2`.
    pub architecture: String,
    /// Numbers in all tensors.
    pub parameters: u64,
    /// The kind that most of them are stored as: `Q4_K`, `F16`.
    pub quantization: String,
    /// Tokens of context that it was made for.
    pub context_length: Option<u64>,
    /// Numbers that stand for a token.
    pub embedding_length: Option<u64>,
    /// Tokens that it knows.
    pub vocabulary: usize,
    /// The chat template. It is code that turns every conversation into the prompt, written by whoever made the model.
    pub template: Option<String>,
    /// Where the template is from: `manifest` or `model file`.
    pub template_from: Option<&'static str>,
    /// What the template hashes to: the same model with another template is another model.
    pub template_digest: Option<Digest>,
    /// The system prompt.
    pub system: Option<String>,
    /// Options that requests go over.
    pub options: Option<serde_json::Value>,
    /// Messages that every chat starts with.
    pub messages: Option<serde_json::Value>,
    /// Licences.
    pub license: Vec<String>,
}

/// Looks at a model. The whole file is hashed, as it is before it is loaded.
///
/// # Errors
/// When there is no such model, or a part of it is missing or damaged.
pub fn show(store: &Store, name: &ModelName) -> Result<Shown, ImportError> {
    let opened = store.open_model(name)?;
    let gguf = Gguf::read(&opened.file).map_err(|source| ImportError::Gguf {
        path: name.short().into(),
        source,
    })?;
    let text = |kind: &LayerKind| -> Result<Option<String>, StoreError> {
        let layer = opened.manifest.layer(kind);
        layer.map(|l| store.text(&l.digest, l.size)).transpose()
    };
    let own = text(&LayerKind::Template)?;
    let template_from = match (&own, gguf.chat_template()) {
        (Some(_), _) => Some("manifest"),
        (None, Some(_)) => Some("model file"),
        (None, None) => None,
    };
    let template = own.or_else(|| gguf.chat_template().map(str::to_owned));
    let json = |kind: &LayerKind| -> Result<Option<serde_json::Value>, StoreError> {
        Ok(text(kind)?.and_then(|text| serde_json::from_str(&text).ok()))
    };
    let licenses = opened.manifest.layers.iter();
    let license = licenses
        .filter(|layer| layer.kind == LayerKind::License)
        .map(|Layer { digest, size, .. }| store.text(digest, *size))
        .collect::<Result<_, _>>()?;
    Ok(Shown {
        name: name.short(),
        id: opened.id,
        digest: opened.digest,
        size: opened.manifest.size(),
        architecture: gguf.architecture().to_owned(),
        parameters: parameters(&gguf),
        quantization: quantization(&gguf),
        context_length: gguf.of_architecture("context_length"),
        embedding_length: gguf.of_architecture("embedding_length"),
        vocabulary: gguf.vocabulary(),
        template_digest: template
            .as_ref()
            .map(|t| crate::store::hash_of(t.as_bytes())),
        template,
        template_from,
        system: text(&LayerKind::System)?,
        options: json(&LayerKind::Params)?,
        messages: json(&LayerKind::Messages)?,
        license,
    })
}

fn parameters(gguf: &Gguf) -> u64 {
    let elements = |dimensions: &[u64]| dimensions.iter().fold(1u64, |n, d| n.saturating_mul(*d));
    gguf.tensors
        .iter()
        .fold(0, |n, t| n.saturating_add(elements(&t.dimensions)))
}

/// The type that most numbers are stored as.
pub(crate) fn quantization(gguf: &Gguf) -> String {
    let mut bytes: BTreeMap<&str, u64> = BTreeMap::new();
    for tensor in &gguf.tensors {
        *bytes.entry(tensor.kind.name).or_default() += tensor.bytes;
    }
    let most = bytes.into_iter().max_by_key(|(_, bytes)| *bytes);
    most.map(|(name, _)| name.to_owned()).unwrap_or_default()
}
