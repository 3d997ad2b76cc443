//! A whole question goes in, the steps of its answer come out. The chat template, which is code of whoever made the model, runs
//! in the runner and nowhere else, and so do the grammar of a format and the search for tool calls.

use std::time::Duration;

use ringfence_inference::{
    ChatTemplate, ControlTokens, FillIn, Message, ModelTraits, Options, Request, TemplateError,
};
use serde::{Deserialize, Serialize};

use crate::gguf::{Array, Gguf, Value};

/// What a Modelfile adds to a model's file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manner {
    /// A chat template in place of the file's own.
    pub template: Option<String>,
    /// A system prompt for conversations without one.
    pub system: Option<String>,
    /// Messages before those of every conversation.
    pub messages: Vec<Message>,
    /// Options under those of requests.
    pub parameters: Options,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// As a client asked it.
    pub request: Request,
    /// What ids of tool calls start with.
    pub call_id: String,
    /// The time since 1970, for templates that tell the model the date.
    pub now: Duration,
}

/// What is known of a model from the header of its file and from its Modelfile. Parses the template, runs nothing.
///
/// # Errors
/// When the template is none.
pub fn traits(header: &Gguf, manner: Manner) -> Result<ModelTraits, TemplateError> {
    Voice::of(header).traits(manner)
}

/// What of a header an answer needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Voice {
    template: Option<String>,
    bos_token: String,
    eos_token: String,
    control_tokens: ControlTokens,
    fill_in: Option<FillIn>,
    embeds_only: bool,
}

impl Voice {
    pub(crate) fn of(header: &Gguf) -> Self {
        let tokens = match header.pairs.get("tokenizer.ggml.tokens") {
            Some(Value::Array(Array::Strings(tokens))) => tokens.as_slice(),
            _ => &[],
        };
        let token = |name: &str| -> Option<String> {
            let number = header.unsigned(&format!("tokenizer.ggml.{name}_token_id"))?;
            let text = tokens.get(usize::try_from(number).ok()?)?;
            String::from_utf8(text.clone()).ok()
        };
        // Files name these tokens in two ways, the older one second.
        let fill_in = || {
            Some(FillIn {
                prefix: token("fim_pre").or_else(|| token("prefix"))?,
                suffix: token("fim_suf").or_else(|| token("suffix"))?,
                middle: token("fim_mid").or_else(|| token("middle"))?,
            })
        };
        Self {
            template: header.chat_template().map(str::to_owned),
            bos_token: token("bos").unwrap_or_default(),
            eos_token: token("eos").unwrap_or_default(),
            control_tokens: control_tokens(header, tokens),
            fill_in: fill_in(),
            embeds_only: header.of_architecture("pooling_type").is_some(),
        }
    }

    pub(crate) fn traits(&self, manner: Manner) -> Result<ModelTraits, TemplateError> {
        let source = manner.template.as_deref().or(self.template.as_deref());
        Ok(ModelTraits {
            template: source.map(ChatTemplate::new).transpose()?,
            bos_token: self.bos_token.clone(),
            eos_token: self.eos_token.clone(),
            control_tokens: self.control_tokens.clone(),
            fill_in: self.fill_in.clone(),
            system: manner.system,
            messages: manner.messages,
            parameters: manner.parameters,
            embeds_only: self.embeds_only,
        })
    }
}

/// The tokens that the tokenizer takes for more than their text: control tokens (3), and those that an author added (4).
fn control_tokens(header: &Gguf, tokens: &[Vec<u8>]) -> ControlTokens {
    let Some(Value::Array(kinds)) = header.pairs.get("tokenizer.ggml.token_type") else {
        return ControlTokens::default();
    };
    let kinds = kinds.integers().into_iter().flatten();
    kinds
        .zip(tokens)
        .filter(|(kind, _)| matches!(kind, 3 | 4))
        .filter_map(|(_, token)| std::str::from_utf8(token).ok())
        .collect()
}

/// The first `dimensions` numbers of a vector, of length 1 again.
pub(crate) fn shortened(mut vector: Vec<f32>, dimensions: Option<u32>) -> Vec<f32> {
    let Some(most) = dimensions.and_then(|n| usize::try_from(n).ok()) else {
        return vector;
    };
    if most == 0 || most >= vector.len() {
        return vector;
    }
    vector.truncate(most);
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    vector
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::{Entry, SENTENCE, Tiny};

    #[test]
    fn a_header_tells_how_a_model_is_talked_to() {
        let file = Tiny::script(SENTENCE).file();
        let header = Gguf::read(&file).unwrap();
        let made = traits(&header, Manner::default()).unwrap();
        assert_eq!(
            (made.bos_token.as_str(), made.eos_token.as_str()),
            ("<|endoftext|>", "<|im_end|>")
        );
        assert_ne!(
            made.control_tokens.take_out_of("a<|im_end|>"),
            "a<|im_end|>"
        );
        assert_eq!(made.capabilities(), ["completion"]);
        let manner = Manner {
            template: Some("{{ tools }}<tool_call>".into()),
            ..Manner::default()
        };
        let made = traits(&header, manner).unwrap();
        assert_eq!(made.capabilities(), ["completion", "tools"]);
        let broken = Manner {
            template: Some("{% if %}".into()),
            ..Manner::default()
        };
        assert!(traits(&header, broken).is_err());

        let mut writer = Tiny::script(SENTENCE).writer();
        writer
            .pair("tokenizer.ggml.fim_pre_token_id", Entry::U32(1))
            .pair("tokenizer.ggml.suffix_token_id", Entry::U32(2))
            .pair("tokenizer.ggml.fim_mid_token_id", Entry::U32(u32::MAX));
        let file = writer.finish();
        let header = Gguf::read(&file).map(|header| Voice::of(&header));
        // A token that is not there: the file is refused, or it can not fill in.
        assert!(header.is_err() || header.unwrap().fill_in.is_none());
    }

    #[test]
    fn a_shorter_vector_has_length_one_again() {
        let vector = vec![0.6, 0.0, 0.8];
        assert_eq!(shortened(vector.clone(), None), vector);
        assert_eq!(shortened(vector.clone(), Some(9)), vector);
        assert_eq!(shortened(vector, Some(1)), [1.0]);
        assert_eq!(shortened(vec![0.0, 1.0], Some(1)), [0.0]);
    }
}
