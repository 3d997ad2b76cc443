//! Every limit of this crate in one place: bytes, then counts.

/// A request body, before it is parsed.
pub const BODY_BYTES: usize = 32 * 1024 * 1024;
/// A JSON schema, a tool's parameters or tool-call arguments, as JSON text.
pub const SCHEMA_BYTES: usize = 256 * 1024;
/// The grammar made from a schema.
pub const GRAMMAR_BYTES: usize = 1024 * 1024;
/// One stop string.
pub const STOP_BYTES: usize = 256;
/// The source of a chat template.
pub const TEMPLATE_BYTES: usize = 256 * 1024;
/// What a chat template may produce.
pub const PROMPT_BYTES: usize = 64 * 1024 * 1024;
/// A Modelfile.
pub const MODELFILE_BYTES: usize = 4 * 1024 * 1024;
/// A manifest.
pub const MANIFEST_BYTES: usize = 4 * 1024 * 1024;
/// A layer that a manifest names: 4 TiB, above any model and far below where sums overflow.
pub const LAYER_BYTES: u64 = 4 << 40;
/// Everything that a manifest names, together.
pub const MANIFEST_TOTAL_BYTES: u64 = 8 << 40;
/// Output that is held back because it may still become a tool call.
pub const TOOL_CALL_BYTES: usize = 1024 * 1024;
/// Host of a model name.
pub const NAME_HOST_BYTES: usize = 350;
/// Namespace, model or tag of a model name.
pub const NAME_PART_BYTES: usize = 80;
/// A whole response that is not streamed.
pub const RESPONSE_BYTES: usize = 64 * 1024 * 1024;

/// Arrays and objects inside each other, in any JSON.
pub const JSON_DEPTH: usize = 64;
/// Values in one JSON document.
pub const JSON_NODES: usize = 1_000_000;
/// Messages of one chat.
pub const MESSAGES: usize = 10_000;
/// Tools of one chat.
pub const TOOLS: usize = 256;
/// Tool calls in one answer.
pub const TOOL_CALLS: usize = 128;
/// Stop strings of one request.
pub const STOPS: usize = 64;
/// Inputs of one embedding request.
pub const EMBED_INPUTS: usize = 2048;
/// Alternatives to each token that log probabilities are given for.
pub const TOP_LOGPROBS: u8 = 20;
/// Layers of a manifest.
pub const LAYERS: usize = 4096;
/// Instructions of a Modelfile.
pub const INSTRUCTIONS: usize = 10_000;
/// Rules of the grammar made from a schema.
pub const GRAMMAR_RULES: usize = 10_000;
/// What `minItems`, `maxItems`, `minLength` and `maxLength` may ask for: engines unroll repetitions, and refuse more.
pub const SCHEMA_REPEAT: u64 = 2000;
/// Steps of the template engine for one rendering.
pub const TEMPLATE_FUEL: u64 = 5_000_000;
/// A layer that is read into memory: template, system prompt, options, messages, licence, configuration.
pub const TEXT_LAYER_BYTES: u64 = 4 * 1024 * 1024;
