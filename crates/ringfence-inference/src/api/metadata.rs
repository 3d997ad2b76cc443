//! Bodies about models rather than from them: lists, details, versions, progress. Plain data for a server to fill in.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::civil::Civil;
use crate::{Digest, Json};

/// What `GET /` and `HEAD /` answer; clients look for exactly this.
pub const ROOT: &str = "Ollama is running";

/// A time as these bodies write it (RFC 3339, UTC), from the time since 1970.
pub fn time(since_epoch: Duration) -> String {
    Civil::new(since_epoch).rfc3339()
}

/// `/api/version`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Of the API that is spoken.
    pub version: String,
    /// Ringfence's own, and which protections are off; not in the real server's answer, which clients do not mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringfence: Option<Json>,
}

/// What a model is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The model that this one was made from, if any.
    pub parent_model: String,
    /// `gguf`
    pub format: String,
    /// The architecture.
    pub family: String,
    /// All architectures in it.
    pub families: Option<Vec<String>>,
    /// Such as `7.6B`.
    pub parameter_size: String,
    /// Such as `Q4_K_M`.
    pub quantization_level: String,
}

/// `/api/tags`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tags {
    /// All models.
    pub models: Vec<Tag>,
}

/// One model of `/api/tags`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// Its short name.
    pub name: String,
    /// The same again.
    pub model: String,
    /// When it was made or pulled ([`time`]).
    pub modified_at: String,
    /// Bytes of all its layers.
    pub size: u64,
    /// Of its manifest: 64 hexadecimal digits.
    pub digest: String,
    /// What it is made of.
    pub details: Details,
}

/// `/api/ps`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// All models that are loaded.
    pub models: Vec<RunningModel>,
}

/// One model of `/api/ps`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningModel {
    /// Its short name.
    pub name: String,
    /// The same again.
    pub model: String,
    /// Bytes in memory.
    pub size: u64,
    /// Of its manifest: 64 hexadecimal digits.
    pub digest: String,
    /// What it is made of.
    pub details: Details,
    /// When it goes ([`time`]).
    pub expires_at: String,
    /// Bytes in the memory of the GPU.
    pub size_vram: u64,
    /// Tokens of context.
    pub context_length: u64,
    /// How it is fenced; not in the real server's answer, which clients do not mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringfence: Option<Json>,
}

/// What `/api/show` is asked with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShowRequest {
    /// The model.
    #[serde(alias = "name")]
    pub model: String,
    /// With all tensors.
    #[serde(default)]
    pub verbose: bool,
}

/// `/api/show`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Show {
    /// Licences, one after the other.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub license: String,
    /// As a Modelfile.
    #[serde(default)]
    pub modelfile: String,
    /// A line each.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parameters: String,
    /// The chat template.
    #[serde(default)]
    pub template: String,
    /// The system prompt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub system: String,
    /// What it is made of.
    pub details: Details,
    /// Metadata of the model file.
    pub model_info: BTreeMap<String, Json>,
    /// All tensors, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensors: Option<Vec<ShownTensor>>,
    /// `completion`, `tools`, `insert`, `embedding`, `thinking`.
    pub capabilities: Vec<String>,
    /// When it was made or pulled ([`time`]).
    pub modified_at: String,
}

/// One tensor of `/api/show`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownTensor {
    /// Its name.
    pub name: String,
    /// How its numbers are stored: `F16`, `Q4_K`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Numbers in each dimension.
    pub shape: Vec<u64>,
}

/// `/api/create`, the fields that are known; others are refused, because each would change the model that is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRequest {
    /// The name of the new model.
    #[serde(alias = "name")]
    pub model: String,
    /// The model that it is made from.
    #[serde(default)]
    pub from: Option<String>,
    /// Files that were uploaded, by name.
    #[serde(default)]
    pub files: BTreeMap<String, Digest>,
    /// Adapters that were uploaded, by name.
    #[serde(default)]
    pub adapters: BTreeMap<String, Digest>,
    /// The chat template.
    #[serde(default)]
    pub template: Option<String>,
    /// The system prompt.
    #[serde(default)]
    pub system: Option<String>,
    /// One licence or several.
    #[serde(default)]
    pub license: Option<Json>,
    /// Options.
    #[serde(default)]
    pub parameters: Option<Json>,
    /// A conversation to start with.
    #[serde(default)]
    pub messages: Option<Json>,
    /// Whether progress comes line by line.
    #[serde(default)]
    pub stream: Option<bool>,
}

/// `/api/copy`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyRequest {
    /// The model.
    pub source: String,
    /// Its second name.
    pub destination: String,
}

/// `/api/delete`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteRequest {
    /// The model.
    #[serde(alias = "name")]
    pub model: String,
}

/// `/api/pull`. `insecure` is refused by whoever performs it; it would turn off the check of the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    /// The model.
    #[serde(alias = "name")]
    pub model: String,
    /// Without TLS.
    #[serde(default)]
    pub insecure: bool,
    /// Whether progress comes line by line; yes unless it says no.
    #[serde(default)]
    pub stream: Option<bool>,
}

/// A line of progress of `/api/pull` and `/api/create`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done; `success` is the last one.
    pub status: String,
    /// Which blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Of them, those that are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<u64>,
}

/// `/v1/models`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenAiModels {
    /// `list`
    pub object: String,
    /// All models.
    pub data: Vec<OpenAiModel>,
}

/// `/v1/models/NAME`, and one of `/v1/models`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenAiModel {
    /// Its short name.
    pub id: String,
    /// `model`
    pub object: String,
    /// Seconds since 1970.
    pub created: u64,
    /// Its namespace.
    pub owned_by: String,
}

impl OpenAiModels {
    /// Of these.
    pub fn new(data: Vec<OpenAiModel>) -> Self {
        Self {
            object: "list".into(),
            data,
        }
    }
}

impl OpenAiModel {
    /// With this name, made at this time since 1970.
    pub fn new(id: impl Into<String>, created: Duration, owned_by: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            object: "model".into(),
            created: created.as_secs(),
            owned_by: owned_by.into(),
        }
    }
}
