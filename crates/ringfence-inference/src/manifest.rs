//! Manifests of models: which blobs make one up. Docker's image manifest, version 2, as model registries use it.

use std::collections::HashMap;

use crate::json::object;
use crate::{Digest, DigestError, Json, JsonError, limits};

const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const PREFIX: &str = "application/vnd.ollama.image.";

/// What a model is made of. A value of this type names blobs by digest only, each and all within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What the registry says about the model.
    pub config: Layer,
    /// The model's parts, in order.
    pub layers: Vec<Layer>,
}

/// One blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What it holds.
    pub kind: LayerKind,
    /// What its bytes hash to.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
}

/// What a blob holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// What the registry says about the model.
    Config,
    /// The model itself (GGUF).
    Model,
    /// What turns images into tokens.
    Projector,
    /// A LoRA adapter.
    Adapter,
    /// The chat template.
    Template,
    /// The system prompt.
    System,
    /// Options, as JSON.
    Params,
    /// Messages to start with, as JSON.
    Messages,
    /// A licence.
    License,
    /// Anything else, by its media type.
    Other(String),
}

/// A manifest that is not used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, or too much of it.
    #[error("the manifest is {0}")]
    Json(#[from] JsonError),
    /// Of another kind or version.
    #[error("the manifest is not one of version 2: {0}")]
    Kind(String),
    /// Something is missing or of the wrong kind.
    #[error("the manifest is broken at {place}: {reason}")]
    Field {
        /// Where.
        place: String,
        /// What is expected there.
        reason: String,
    },
    /// A digest that is none.
    #[error("the manifest is broken at {place}: {error}")]
    Digest {
        /// Where.
        place: String,
        /// What is wrong with it.
        error: DigestError,
    },
    /// More or larger blobs than a model has.
    #[error("the manifest is not believable at {place}: {reason}")]
    TooLarge {
        /// Where.
        place: String,
        /// Which limit it is above.
        reason: String,
    },
}

impl LayerKind {
    fn of(media_type: &str) -> Self {
        match media_type.strip_prefix(PREFIX) {
            _ if media_type == CONFIG => LayerKind::Config,
            Some("model") => LayerKind::Model,
            Some("projector") => LayerKind::Projector,
            Some("adapter") => LayerKind::Adapter,
            Some("template") => LayerKind::Template,
            Some("system") => LayerKind::System,
            Some("params") => LayerKind::Params,
            Some("messages") => LayerKind::Messages,
            Some("license") => LayerKind::License,
            _ => LayerKind::Other(media_type.to_owned()),
        }
    }

    /// As it stands in a manifest.
    pub fn media_type(&self) -> String {
        let name = match self {
            LayerKind::Config => return CONFIG.into(),
            LayerKind::Other(media_type) => return media_type.clone(),
            LayerKind::Model => "model",
            LayerKind::Projector => "projector",
            LayerKind::Adapter => "adapter",
            LayerKind::Template => "template",
            LayerKind::System => "system",
            LayerKind::Params => "params",
            LayerKind::Messages => "messages",
            LayerKind::License => "license",
        };
        format!("{PREFIX}{name}")
    }

    /// Bytes that such a blob may have.
    fn most(&self) -> u64 {
        match self {
            LayerKind::Model | LayerKind::Projector | LayerKind::Adapter | LayerKind::Other(_) => {
                limits::LAYER_BYTES
            }
            LayerKind::Config
            | LayerKind::Template
            | LayerKind::System
            | LayerKind::Params
            | LayerKind::Messages
            | LayerKind::License => limits::TEXT_LAYER_BYTES,
        }
    }
}

impl Manifest {
    /// Reads a manifest. Nothing in it is believed before this returns.
    pub fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        let manifest = Json::parse(text, limits::MANIFEST_BYTES)?;
        if manifest.as_object().is_none() {
            return Err(field("the start", "an object is expected"));
        }
        match manifest.get("schemaVersion") {
            Some(Json::Number(version)) if version.as_u64() == Some(2) => {}
            Some(other) => {
                return Err(ManifestError::Kind(format!(
                    "schemaVersion is {}",
                    shorten(&other.to_string())
                )));
            }
            None => return Err(ManifestError::Kind("schemaVersion is missing".into())),
        }
        match manifest.get("mediaType") {
            None => {}
            Some(Json::String(kind)) if kind == DOCKER || kind == OCI => {}
            Some(other) => {
                return Err(ManifestError::Kind(format!(
                    "mediaType is {}",
                    shorten(&other.to_string())
                )));
            }
        }
        let config = match manifest.get("config") {
            Some(config) => layer("config", config)?,
            None => return Err(field("config", "it is missing")),
        };
        let written = manifest
            .get("layers")
            .and_then(Json::as_array)
            .ok_or_else(|| field("layers", "an array is expected"))?;
        if written.is_empty() {
            return Err(field("layers", "there are none"));
        }
        if written.len() > limits::LAYERS {
            return Err(ManifestError::TooLarge {
                place: "layers".into(),
                reason: format!("{} layers; at most {}", written.len(), limits::LAYERS),
            });
        }
        let mut layers = Vec::with_capacity(written.len());
        let mut sizes = HashMap::from([(config.digest, config.size)]);
        let mut total = config.size;
        for (n, value) in written.iter().enumerate() {
            let place = format!("layers[{n}]");
            let layer = layer(&place, value)?;
            if *sizes.entry(layer.digest).or_insert(layer.size) != layer.size {
                return Err(field(&place, "the same digest has two sizes"));
            }
            total = total.saturating_add(layer.size);
            if total > limits::MANIFEST_TOTAL_BYTES {
                return Err(ManifestError::TooLarge {
                    place,
                    reason: format!("more than {} bytes in all", limits::MANIFEST_TOTAL_BYTES),
                });
            }
            layers.push(layer);
        }
        Ok(Self { config, layers })
    }

    /// As JSON, to be stored and hashed.
    pub fn to_json(&self) -> String {
        let layer = |layer: &Layer| {
            object! {
                "mediaType": layer.kind.media_type(),
                "digest": layer.digest.to_string(),
                "size": layer.size,
            }
        };
        let manifest = object! {
            "schemaVersion": 2u64,
            "mediaType": DOCKER,
            "config": layer(&self.config),
            "layers": self.layers.iter().map(layer).collect::<Vec<_>>(),
        };
        manifest.to_string()
    }

    /// The first layer of this kind.
    pub fn layer(&self, kind: &LayerKind) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.kind == *kind)
    }

    /// Bytes of all blobs; a blob that is named twice counts once.
    pub fn size(&self) -> u64 {
        let sizes: HashMap<Digest, u64> = self
            .layers
            .iter()
            .chain([&self.config])
            .map(|layer| (layer.digest, layer.size))
            .collect();
        sizes.values().sum()
    }
}

fn layer(place: &str, value: &Json) -> Result<Layer, ManifestError> {
    let text = |name: &str| {
        value
            .get(name)
            .and_then(Json::as_str)
            .ok_or_else(|| field(&format!("{place}.{name}"), "a string is expected"))
    };
    let media_type = text("mediaType")?;
    if media_type.is_empty()
        || media_type.len() > 255
        || !media_type.chars().all(|c| c.is_ascii_graphic())
    {
        return Err(field(
            &format!("{place}.mediaType"),
            "a media type is expected",
        ));
    }
    let kind = LayerKind::of(media_type);
    let digest = text("digest")?
        .parse()
        .map_err(|error| ManifestError::Digest {
            place: format!("{place}.digest"),
            error,
        })?;
    let size = match value.get("size") {
        Some(Json::Number(size)) => size.as_u64(),
        _ => None,
    };
    let Some(size) = size else {
        return Err(field(
            &format!("{place}.size"),
            "a whole number from 0 on is expected",
        ));
    };
    if size > kind.most() {
        return Err(ManifestError::TooLarge {
            place: format!("{place}.size"),
            reason: format!("{size} bytes; at most {} for this kind", kind.most()),
        });
    }
    Ok(Layer { kind, digest, size })
}

fn field(place: &str, reason: &str) -> ManifestError {
    ManifestError::Field {
        place: place.into(),
        reason: reason.into(),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(layers: &str) -> String {
        let digest = "a".repeat(64);
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{DOCKER}","config":{{"mediaType":"{CONFIG}","digest":"sha256:{digest}","size":485}},"layers":[{layers}]}}"#
        )
    }

    fn layer(kind: &str, digest: &str, size: &str) -> String {
        format!(r#"{{"mediaType":"{PREFIX}{kind}","digest":"{digest}","size":{size}}}"#)
    }

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(text.as_bytes())
    }

    #[test]
    fn a_manifest_is_read_and_written_the_same() {
        let model = format!("sha256:{}", "b".repeat(64));
        let text = text(
            &[
                layer("model", &model, "4661211424"),
                layer("license", &format!("sha256:{}", "c".repeat(64)), "12403"),
            ]
            .join(","),
        );
        let manifest = parse(&text).unwrap();
        assert_eq!(manifest.to_json(), text);
        assert_eq!(
            manifest.layer(&LayerKind::Model).unwrap().size,
            4_661_211_424
        );
        assert_eq!(manifest.size(), 4_661_211_424 + 12403 + 485);
        assert_eq!(parse(&manifest.to_json()).unwrap(), manifest);
    }

    #[test]
    fn hostile_manifests_are_refused() {
        let good = format!("sha256:{}", "b".repeat(64));
        for (layers, why) in [
            (
                layer("model", &good, "18446744073709551615"),
                "not believable at layers[0].size",
            ),
            (
                layer("model", &good, "1e30"),
                "layers[0].size: a whole number",
            ),
            (
                layer("model", &good, "-1"),
                "layers[0].size: a whole number",
            ),
            (
                layer("model", &good, "\"5\""),
                "layers[0].size: a whole number",
            ),
            (
                layer("template", &good, "5000000"),
                "not believable at layers[0].size",
            ),
            (
                layer("model", "sha256:../../../../etc/passwd", "5"),
                "layers[0].digest: a sha256 digest has 64",
            ),
            (
                layer("model", "../../x", "5"),
                "layers[0].digest: a digest starts with",
            ),
            (
                layer("model", &format!("sha256:{}", "B".repeat(64)), "5"),
                "layers[0].digest: character 1",
            ),
            (
                r#"{"digest":"x"}"#.to_owned(),
                "layers[0].mediaType: a string",
            ),
            ("7".to_owned(), "layers[0].mediaType: a string"),
            (String::new(), "layers: there are none"),
            (
                [layer("model", &good, "5"), layer("model", &good, "6")].join(","),
                "layers[1]: the same digest has two sizes",
            ),
            (
                vec![layer("x", &good, "4398046511104"); 3].join(","),
                "more than",
            ),
            (
                vec![layer("model", &good, "1"); limits::LAYERS + 1].join(","),
                "4097 layers",
            ),
        ] {
            let error = parse(&text(&layers)).unwrap_err().to_string();
            assert!(error.contains(why), "{layers:.200}: {error}");
        }
        for (text, why) in [
            (r#"{"schemaVersion":1}"#, "schemaVersion is 1"),
            ("{}", "schemaVersion is missing"),
            (
                r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json"}"#,
                "mediaType is",
            ),
            (r#"{"schemaVersion":2}"#, "config: it is missing"),
            ("[]", "an object is expected"),
            ("<html>", "not usable as JSON"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(parse(&" ".repeat(limits::MANIFEST_BYTES + 1)).is_err());
    }
}
