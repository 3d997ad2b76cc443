//! What a client asks for, in whatever API it asked.

use serde::{Deserialize, Serialize};

use crate::{Json, KeepAlive, ModelName, Options, Settings};

/// One request to a model, whichever API it came in by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Which model.
    pub model: ModelName,
    /// The name as the client wrote it, for the answer to repeat.
    pub model_as_written: String,
    /// What it is to do.
    pub prompt: Prompt,
    /// How it samples, as far as the client says; a Modelfile's options go under it.
    pub options: Options,
    /// What the API takes for options that neither the client nor the Modelfile says.
    #[serde(default)]
    pub api_defaults: Options,
    /// What form the answer has.
    pub format: Format,
    /// `Some(n)`: the log probability of each token, with those of the `n` likeliest alternatives.
    pub logprobs: Option<u8>,
    /// What happens to the model afterwards; `None` is the server's default.
    pub keep_alive: Option<KeepAlive>,
    /// Whether the answer comes piece by piece.
    pub stream: bool,
    /// Whether a thinking model thinks; `None` is the model's default.
    pub think: Option<Think>,
    /// Whether a model that can not think is refused when `think` asks for it; otherwise that was a hint.
    #[serde(default)]
    pub think_required: bool,
    /// Whether a prompt that is longer than the context is cut rather than refused.
    pub truncate: bool,
    /// Whether the oldest tokens make room when the context is full, rather than the answer ending.
    pub shift: bool,
}

/// What a model is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Prompt {
    /// Answer a conversation, through the model's chat template.
    Chat {
        /// In order.
        messages: Vec<Message>,
        /// What the model may call.
        tools: Vec<Tool>,
        /// Whether it must.
        tool_choice: ToolChoice,
    },
    /// Continue a text, as it is.
    Raw {
        /// The text.
        text: String,
        /// What follows the gap, for models that fill one in.
        suffix: Option<String>,
    },
    /// Turn texts into vectors.
    Embed {
        /// One vector each.
        inputs: Vec<String>,
        /// Only the first numbers of each vector, normalised again.
        dimensions: Option<u32>,
    },
    /// Load the model, or unload it when `keep_alive` is [`KeepAlive::Unload`]; answer nothing.
    Load,
}

/// One message of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub content: String,
    /// What the model thought before it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// What the model called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Which tool a tool's message is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The one who set the model up (`developer` as well).
    System,
    /// The person.
    #[default]
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

impl Role {
    /// As chat templates and all APIs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }
}

/// Something that a model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON schema of its arguments.
    pub parameters: Json,
}

/// A call that a model makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// What a tool's message refers to.
    pub id: String,
    /// The tool.
    pub name: String,
    /// An object.
    pub arguments: Json,
}

/// Whether a model must call a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// It must not.
    None,
    /// It must call one.
    Required,
    /// It must call this one.
    Named(String),
}

/// What form an answer has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Any.
    #[default]
    Text,
    /// Any JSON object.
    Json,
    /// JSON of this schema.
    Schema(Json),
}

/// How much a model thinks before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Think {
    /// Not at all.
    Off,
    /// As much as it likes.
    On,
    /// A little.
    Low,
    /// More.
    Medium,
    /// Much.
    High,
    /// As much as it can.
    Max,
}

impl Request {
    /// How to sample: what the client says, over the options of the Modelfile, over what the API takes by default.
    pub fn settings(&self, modelfile: Options) -> Settings {
        let stop_of_modelfile = modelfile.stop.clone();
        let mut settings = self
            .options
            .clone()
            .over(modelfile)
            .over(self.api_defaults.clone())
            .resolve();
        // A model's own stop strings end its turns. A client that adds one does not mean to take those away.
        for stop in stop_of_modelfile.unwrap_or_default() {
            if !settings.stop.contains(&stop) {
                settings.stop.push(stop);
            }
        }
        settings
    }

    /// A request with nothing asked for but this.
    pub fn new(model: ModelName, prompt: Prompt) -> Self {
        Self {
            model_as_written: model.short(),
            model,
            prompt,
            options: Options::default(),
            api_defaults: Options::default(),
            format: Format::Text,
            logprobs: None,
            keep_alive: None,
            stream: true,
            think: None,
            think_required: false,
            truncate: true,
            shift: true,
        }
    }
}
