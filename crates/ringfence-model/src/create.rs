//! A Modelfile and a model or a GGUF file become another model.

use std::path::{Path, PathBuf};

use ringfence_inference::{Digest, Layer, LayerKind, Manifest, ModelName, Modelfile, Options};
use ringfence_runner::gguf::Gguf;
use serde::Serialize;

use crate::import::{ImportError, config, gguf_blob};
use crate::store::{Adding, Store, StoreError, Stored};

/// Why no model was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// FROM is neither a path nor a name.
    #[error(
        "FROM {from:?}: {error}; write a model's name, or a path that starts with `/`, `./`, `../` or `~/`, or ends with `.gguf`"
    )]
    From {
        /// As written.
        from: String,
        /// Why it is no name.
        error: ringfence_inference::NameError,
    },
    /// FROM names a model that is not here.
    #[error(
        "FROM {0}: there is no such model in the store; fetch it (`ringfence model pull {0}`) or import it first"
    )]
    NoBase(String),
    /// ADAPTER.
    #[error(
        "ADAPTER {0:?}: adapters are not supported; merge it into the model before you import that"
    )]
    Adapter(String),
    /// A file that was to be uploaded before is not here.
    #[error("there is no blob {0} in the store")]
    NoBlob(Digest),
    /// A part of the base model that has to be read is not as expected.
    #[error("the {what} of the model in FROM can not be used: {reason}")]
    Base {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The file of FROM, or the store.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        Self::Import(error.into())
    }
}

/// What a model is made from.
pub(crate) enum Base<'a> {
    /// Another model.
    Model(&'a ModelName),
    /// A GGUF file that is in the store already.
    Blob(&'a Digest),
}

/// A message as it is stored.
#[derive(Serialize)]
struct StoredMessage<'a> {
    role: ringfence_inference::Role,
    content: &'a str,
}

/// Makes a model. Relative paths in the Modelfile are relative to `directory`, `~/` to `home`. `told` hears of bytes copied. What the
/// Modelfile does not say stays as it is in the model of FROM; options are merged one by one. Returns the new model's id.
///
/// # Errors
/// See [`CreateError`]; then nothing was added.
pub fn create(
    store: &Store,
    modelfile: &Modelfile,
    places: (&Path, &Path),
    name: &ModelName,
    told: &mut dyn FnMut(u64, u64),
) -> Result<Digest, CreateError> {
    if let Some(adapter) = modelfile.adapters.first() {
        return Err(CreateError::Adapter(adapter.clone()));
    }
    let adding = store.adding()?;
    let base = match path(&modelfile.from, places) {
        Some(path) => {
            let (model, gguf) = gguf_blob(&adding, &path, told)?;
            (gguf, vec![model.as_layer(LayerKind::Model)])
        }
        None => {
            let name = modelfile.from.parse();
            base(
                store,
                &name.map_err(|error| CreateError::From {
                    from: modelfile.from.clone(),
                    error,
                })?,
            )?
        }
    };
    dress(store, &adding, base, modelfile, name)
}

/// Makes a model of what is in the store. FROM of the Modelfile is not looked at. `step` hears what is done, in the words of the API.
///
/// # Errors
/// See [`CreateError`]; then nothing was added.
pub(crate) fn create_from(
    store: &Store,
    from: Base<'_>,
    modelfile: &Modelfile,
    name: &ModelName,
    step: &mut dyn FnMut(&str),
) -> Result<Digest, CreateError> {
    let adding = store.adding()?;
    let base = match from {
        Base::Model(from) => base(store, from)?,
        Base::Blob(digest) => blob(store, digest)?,
    };
    step("parsing GGUF");
    for layer in &base.1 {
        step(&format!("using existing layer {}", layer.digest));
    }
    let id = dress(store, &adding, base, modelfile, name)?;
    step("writing manifest");
    Ok(id)
}

/// Puts what the Modelfile says over the parts of the base, and names the result.
fn dress(
    store: &Store,
    adding: &Adding<'_>,
    (gguf, mut layers): (Gguf, Vec<Layer>),
    modelfile: &Modelfile,
    name: &ModelName,
) -> Result<Digest, CreateError> {
    let mut replace = |kind: LayerKind, texts: &[String]| -> Result<(), StoreError> {
        layers.retain(|layer| layer.kind != kind);
        for text in texts {
            layers.push(adding.small(text.as_bytes())?.as_layer(kind.clone()));
        }
        Ok(())
    };
    for (kind, text) in [
        (LayerKind::Template, &modelfile.template),
        (LayerKind::System, &modelfile.system),
    ] {
        if let Some(text) = text {
            replace(kind, std::slice::from_ref(text))?;
        }
    }
    if !modelfile.license.is_empty() {
        replace(LayerKind::License, &modelfile.license)?;
    }
    if !modelfile.messages.is_empty() {
        let messages: Vec<StoredMessage<'_>> = modelfile
            .messages
            .iter()
            .map(|m| StoredMessage {
                role: m.role,
                content: &m.content,
            })
            .collect();
        replace(LayerKind::Messages, &[json("messages", &messages)?])?;
    }
    options(adding, store, &modelfile.parameters, &mut layers)?;
    let parts: Vec<Stored> = layers
        .iter()
        .map(|layer| Stored {
            digest: layer.digest,
            size: layer.size,
        })
        .collect();
    let config = adding.small(config(&gguf, &parts).as_bytes())?;
    let manifest = Manifest {
        config: config.as_layer(LayerKind::Config),
        layers,
    };
    Ok(adding.name(name, &manifest)?)
}

/// The model of FROM, verified, and its parts.
fn base(store: &Store, from: &ModelName) -> Result<(Gguf, Vec<Layer>), CreateError> {
    let opened = store.open_model(from).map_err(|error| match error {
        StoreError::NoModel(name) => CreateError::NoBase(name.short()),
        other => other.into(),
    })?;
    let gguf = Gguf::read(&opened.file).map_err(|source| ImportError::Gguf {
        path: from.short().into(),
        source,
    })?;
    Ok((gguf, opened.manifest.layers))
}

/// A file of the store, verified, as the only part of a model.
fn blob(store: &Store, digest: &Digest) -> Result<(Gguf, Vec<Layer>), CreateError> {
    let file = store.blob(digest)?.ok_or(CreateError::NoBlob(*digest))?;
    let unread = |source| ImportError::Read {
        path: digest.to_string().into(),
        source,
    };
    let size = file.metadata().map_err(unread)?.len();
    // Hashed on the descriptor that is read.
    let file = store.verified(digest, size)?;
    let gguf = Gguf::read(&file).map_err(|source| ImportError::Gguf {
        path: digest.to_string().into(),
        source,
    })?;
    let model = Stored {
        digest: *digest,
        size,
    };
    Ok((gguf, vec![model.as_layer(LayerKind::Model)]))
}

/// The options of the base, those of the Modelfile over them.
fn options(
    adding: &Adding<'_>,
    store: &Store,
    written: &Options,
    layers: &mut Vec<Layer>,
) -> Result<(), CreateError> {
    if *written == Options::default() {
        return Ok(());
    }
    let unusable = |reason: String| CreateError::Base {
        what: "options",
        reason,
    };
    let object = |text: &str| {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
            .map_err(|e| unusable(e.to_string()))
    };
    let mut merged = match layers.iter().find(|l| l.kind == LayerKind::Params) {
        Some(layer) => object(&store.text(&layer.digest, layer.size)?)?,
        None => serde_json::Map::new(),
    };
    merged.extend(object(&json("options", written)?)?);
    layers.retain(|layer| layer.kind != LayerKind::Params);
    let text = json("options", &merged)?;
    layers.push(adding.small(text.as_bytes())?.as_layer(LayerKind::Params));
    Ok(())
}

fn json(what: &'static str, value: &impl Serialize) -> Result<String, CreateError> {
    serde_json::to_string(value).map_err(|e| CreateError::Base {
        what,
        reason: e.to_string(),
    })
}

/// FROM as a path, if it is written as one.
fn path(from: &str, (directory, home): (&Path, &Path)) -> Option<PathBuf> {
    if let Some(rest) = from.strip_prefix("~/") {
        return Some(home.join(rest));
    }
    let is_path = ["/", "./", "../"].iter().any(|s| from.starts_with(s));
    (is_path || from.ends_with(".gguf")).then(|| directory.join(from))
}

#[cfg(test)]
mod tests;
