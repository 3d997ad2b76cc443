//! The store as the server sees it: what to load, what to tell clients, and errors that name no path.

use std::collections::BTreeMap;
use std::fs::File;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_inference::api::metadata::{self, Details, OpenAiModel, Show, ShownTensor, Tag};
use ringfence_inference::{
    ChatTemplate, Digest, Failure, FailureKind, Json, Layer, LayerKind, Manifest, Message,
    ModelName, Modelfile, Options, TemplateError,
};
use ringfence_runner::Manner;
use ringfence_runner::gguf::{Gguf, Value};
use serde::Deserialize;

use super::warnings::{About, warn};
use crate::store::{Entry, Store, StoreError};

/// A model, ready to be handed to a runner, which hashes it.
#[derive(Debug)]
pub(crate) struct Source {
    /// What its manifest hashes to: another one is another model.
    pub(crate) id: Digest,
    /// What the file has to hash to.
    pub(crate) digest: Digest,
    /// The model's file.
    pub(crate) file: File,
    /// Bytes of it.
    pub(crate) bytes: u64,
    /// What its Modelfile says.
    pub(crate) manner: Manner,
    /// For `ps`.
    pub(crate) details: Details,
}

/// What the manifest's configuration says; all of it may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    model_family: String,
    model_families: Option<Vec<String>>,
    model_type: String,
    file_type: String,
}

/// A sentence for the client; what it leaves out is in the log.
pub(crate) fn failure(error: &StoreError) -> Failure {
    match error {
        StoreError::NoModel(name) => Failure::new(
            FailureKind::NotFound,
            format!("model '{}' not found", name.short()),
        ),
        StoreError::WrongDigest { found, wanted } => Failure::field(
            "digest",
            format!("the bytes hash to {found}, not to {wanted}; nothing was kept"),
        ),
        StoreError::Full { .. } => Failure::new(
            FailureKind::Internal,
            "the disk with the models is full; nothing was kept",
        ),
        StoreError::Room {
            bytes, free, floor, ..
        } => Failure::new(
            FailureKind::Internal,
            format!(
                "the disk with the models has no room for {bytes} more bytes: {free} are free, and {floor} stay free; nothing was kept. Delete a model"
            ),
        ),
        StoreError::Names | StoreError::Uploaded => {
            Failure::new(FailureKind::Overloaded, error.to_string())
        }
        other => {
            warn(About::Store, || tracing::warn!("the model store: {other}"));
            Failure::new(
                FailureKind::Internal,
                "the model store could not do it, or the model in it is damaged; the log says what and where",
            )
        }
    }
}

/// The name in a request.
pub(crate) fn name(text: &str) -> Result<ModelName, Failure> {
    text.parse()
        .map_err(|error| Failure::field("model", format!("model: {error}")))
}

/// The parts of a model, if its manifest can be read.
pub(crate) fn manifest(entry: &Entry) -> Result<&Manifest, Failure> {
    entry.manifest.as_ref().map_err(|reason| {
        Failure::new(
            FailureKind::Internal,
            format!(
                "the manifest of '{}' is damaged: {reason}; remove the model and add it again",
                entry.name.short()
            ),
        )
    })
}

/// Opens a model. Its file is not hashed here: the runner does that, on the very descriptor that it loads.
pub(crate) fn open(store: &Store, name: &ModelName) -> Result<Source, Failure> {
    let entry = store.entry(name).map_err(|e| failure(&e))?;
    let manifest = manifest(&entry)?;
    let (layer, file) = model(store, manifest)?;
    let manner = manner(store, manifest, &file)?;
    Ok(Source {
        id: entry.id,
        digest: layer.digest,
        bytes: layer.size,
        file,
        manner,
        details: details(store, manifest),
    })
}

fn model<'a>(store: &Store, manifest: &'a Manifest) -> Result<(&'a Layer, File), Failure> {
    let internal = |why: &str| Failure::new(FailureKind::Internal, why);
    for (kind, what) in [
        (LayerKind::Adapter, "an adapter"),
        (LayerKind::Projector, "a part for images"),
    ] {
        if manifest.layer(&kind).is_some() {
            return Err(internal(&format!(
                "the model has {what}, which is not supported"
            )));
        }
    }
    let layer = manifest
        .layer(&LayerKind::Model)
        .ok_or_else(|| internal("the model has no file; it can not be run here"))?;
    let file = store
        .blob(&layer.digest)
        .map_err(|e| failure(&e))?
        .ok_or_else(|| internal("the model's file is missing; add the model again"))?;
    Ok((layer, file))
}

fn text(store: &Store, manifest: &Manifest, kind: &LayerKind) -> Result<Option<String>, Failure> {
    let layer = manifest.layer(kind);
    layer
        .map(|layer| store.text(&layer.digest, layer.size))
        .transpose()
        .map_err(|e| failure(&e))
}

fn manner(store: &Store, manifest: &Manifest, file: &File) -> Result<Manner, Failure> {
    let damaged = |what: &str, error: serde_json::Error| {
        Failure::new(
            FailureKind::Internal,
            format!("the model's {what} can not be used: {error}; add the model again"),
        )
    };
    let template = text(store, manifest, &LayerKind::Template)?.filter(|template| {
        // Registries still hand out Go's templates; the model file's own says the same in Jinja.
        let go = matches!(ChatTemplate::new(template), Err(TemplateError::Go(_)));
        !(go && Gguf::read(file).is_ok_and(|header| header.chat_template().is_some()))
    });
    let parameters = text(store, manifest, &LayerKind::Params)?
        .map(|text| options(&text))
        .transpose()
        .map_err(|error| damaged("options", error))?;
    let messages: Vec<Message> = text(store, manifest, &LayerKind::Messages)?
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| damaged("messages", error))?
        .unwrap_or_default();
    Ok(Manner {
        template,
        system: text(store, manifest, &LayerKind::System)?,
        messages,
        parameters: parameters.unwrap_or_default(),
    })
}

/// Options of a manifest. Names that are not known are passed over, as in a request; a value of the wrong kind is an error.
fn options(text: &str) -> Result<Options, serde_json::Error> {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)?;
    let one = |name: &str, value: serde_json::Value| {
        let member = serde_json::Map::from_iter([(name.to_owned(), value)]);
        serde_json::from_value::<Options>(member.into())
    };
    let mut options = Options::default();
    for (name, value) in members {
        if one(&name, serde_json::Value::Null).is_err() {
            tracing::debug!(option = name, "not known");
            continue;
        }
        let value = match value {
            serde_json::Value::String(stop) if name == "stop" => vec![stop].into(),
            value => value,
        };
        options = one(&name, value)?.over(options);
    }
    Ok(options)
}

fn details(store: &Store, manifest: &Manifest) -> Details {
    let config = store
        .text(&manifest.config.digest, manifest.config.size)
        .ok()
        .and_then(|text| serde_json::from_str::<Config>(&text).ok())
        .unwrap_or_default();
    Details {
        format: "gguf".into(),
        families: config
            .model_families
            .or_else(|| Some(vec![config.model_family.clone()])),
        family: config.model_family,
        parameter_size: config.model_type,
        quantization_level: config.file_type,
        ..Details::default()
    }
}

/// All models that can be read, as `/api/tags` shows them.
pub(crate) fn tags(store: &Store) -> Result<Vec<Tag>, Failure> {
    let entries = store.list().map_err(|e| failure(&e))?;
    let tag = |entry: &Entry| {
        let manifest = entry.manifest.as_ref().ok()?;
        let name = entry.name.short();
        Some(Tag {
            model: name.clone(),
            name,
            modified_at: metadata::time(since_epoch(entry.modified)),
            size: manifest.size(),
            digest: entry.id.hex(),
            details: details(store, manifest),
        })
    };
    Ok(entries.iter().filter_map(tag).collect())
}

/// All models, as `/v1/models` shows them.
pub(crate) fn openai(store: &Store) -> Result<Vec<OpenAiModel>, Failure> {
    let entries = store.list().map_err(|e| failure(&e))?;
    let readable = entries.iter().filter(|entry| entry.manifest.is_ok());
    Ok(readable
        .map(|entry| openai_model(entry, entry.name.short()))
        .collect())
}

/// One of them, by the name that it was asked for.
pub(crate) fn openai_one(store: &Store, asked: &str) -> Result<OpenAiModel, Failure> {
    let entry = store.entry(&name(asked)?).map_err(|e| failure(&e))?;
    Ok(openai_model(&entry, asked.to_owned()))
}

fn openai_model(entry: &Entry, id: String) -> OpenAiModel {
    OpenAiModel::new(id, since_epoch(entry.modified), entry.name.namespace())
}

/// What `/api/show` shows.
pub(crate) fn show(store: &Store, name: &ModelName, verbose: bool) -> Result<Show, Failure> {
    let entry = store.entry(name).map_err(|e| failure(&e))?;
    let manifest = manifest(&entry)?;
    let (_, file) = model(store, manifest)?;
    let header = Gguf::read(&file).map_err(|error| {
        Failure::new(
            FailureKind::Internal,
            format!("the model's file can not be used: {error}"),
        )
    })?;
    let manner = manner(store, manifest, &file)?;
    let mut license = Vec::new();
    for layer in &manifest.layers {
        if layer.kind == LayerKind::License {
            license.push(
                store
                    .text(&layer.digest, layer.size)
                    .map_err(|e| failure(&e))?,
            );
        }
    }
    let template = manner
        .template
        .clone()
        .or_else(|| header.chat_template().map(str::to_owned));
    let modelfile = Modelfile {
        from: entry.name.short(),
        template: manner.template.clone(),
        system: manner.system.clone(),
        license: license.clone(),
        parameters: manner.parameters.clone(),
        messages: manner.messages.clone(),
        ..Modelfile::default()
    };
    let traits = ringfence_runner::traits(&header, manner.clone());
    Ok(Show {
        license: license.join("\n"),
        modelfile: modelfile.to_string(),
        parameters: parameters(&manner.parameters),
        template: template.unwrap_or_default(),
        system: manner.system.unwrap_or_default(),
        details: details(store, manifest),
        model_info: info(&header, verbose),
        tensors: verbose.then(|| tensors(&header)),
        // A template that can not be parsed makes a model that answers nothing; what it could do is not known then.
        capabilities: traits
            .map(|traits| {
                traits
                    .capabilities()
                    .iter()
                    .map(|c| (*c).to_owned())
                    .collect()
            })
            .unwrap_or_default(),
        modified_at: metadata::time(since_epoch(entry.modified)),
    })
}

fn parameters(options: &Options) -> String {
    let Ok(serde_json::Value::Object(members)) = serde_json::to_value(options) else {
        return String::new();
    };
    let mut lines = Vec::new();
    for (name, value) in members {
        match value {
            serde_json::Value::Array(all) => {
                lines.extend(all.iter().map(|one| format!("{name:<30} {one}")));
            }
            value => lines.push(format!("{name:<30} {value}")),
        }
    }
    lines.join("\n")
}

fn tensors(header: &Gguf) -> Vec<ShownTensor> {
    let shown = header.tensors.iter().map(|tensor| ShownTensor {
        name: tensor.name.clone(),
        kind: tensor.kind.name.to_owned(),
        shape: tensor.dimensions.clone(),
    });
    shown.collect()
}

fn info(header: &Gguf, verbose: bool) -> BTreeMap<String, Json> {
    let value = |value: &Value| match value {
        Value::Bool(yes) => Json::from(*yes),
        Value::F32(number) => Json::from(*number),
        Value::F64(number) => Json::from(*number),
        Value::String(bytes) => Json::from(String::from_utf8_lossy(bytes).into_owned()),
        Value::Array(array) if verbose => Json::from(format!("{} values", array.len())),
        Value::Array(_) => Json::Null,
        number => match (number.unsigned(), number) {
            (Some(number), _) => Json::from(number),
            (None, Value::I8(n)) => Json::Number((*n).into()),
            (None, Value::I16(n)) => Json::Number((*n).into()),
            (None, Value::I32(n)) => Json::Number((*n).into()),
            (None, Value::I64(n)) => Json::Number((*n).into()),
            _ => Json::Null,
        },
    };
    let mut info: BTreeMap<String, Json> = header
        .pairs
        .iter()
        // Shown in a place of its own.
        .filter(|(key, _)| key.as_str() != "tokenizer.chat_template")
        .map(|(key, pair)| (key.clone(), value(pair)))
        .collect();
    let count = header.tensors.iter().fold(0_u64, |sum, tensor| {
        let elements = tensor.dimensions.iter();
        sum.saturating_add(elements.fold(1_u64, |n, d| n.saturating_mul(*d)))
    });
    info.insert("general.parameter_count".into(), Json::from(count));
    info
}

/// The time since 1970.
pub(crate) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn options_of_manifests_are_read_with_what_is_not_known() {
        let read = options(r#"{"stop":"x","temperature":1,"mirostat":2,"top_k":3}"#).unwrap();
        assert_eq!(read.stop, Some(vec!["x".into()]));
        assert_eq!((read.temperature, read.top_k), (Some(1.0), Some(3)));
        assert!(options(r#"{"temperature":"hot"}"#).is_err());
        assert!(options("[]").is_err());
        assert!(parameters(&read).contains("stop                           \"x\""));
    }
}
