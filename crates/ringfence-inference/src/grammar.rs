//! JSON schemas as grammars, so that an answer can have no other form: GBNF, the notation that llama.cpp reads.
//!
//! What is supported is what can be said exactly. A grammar may allow less than its schema (members come in the order in which they
//! are declared, none that are not declared), so every answer it allows is valid. A keyword that would need more is an error with its
//! place; `docs/model-api.md` lists them.

mod number;
mod schema;

use crate::{Format, Json, ThinkTags, Tool, ToolChoice, ToolForm, limits};
use schema::Builder;

/// A schema that can not be turned into a grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("JSON schema, at {path}: {reason}")]
pub struct SchemaError {
    /// Where: `$` is the schema itself, then `.member` and `[index]`.
    pub path: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// The rules that others are made of. White space is bounded: a model that gets nothing else right would write it for ever.
const BASE: &str = r#"ws ::= ( " " | "\n" [ \t]{0,20} )?
char ::= [^"\\\x7F\x00-\x1F] | "\\" ( ["\\/bfnrt] | "u00" [01] [0-9a-fA-F] )
string ::= "\"" char* "\""
integral ::= "0" | [1-9] [0-9]{0,15}
integer ::= "-"? integral
number ::= "-"? integral ( "." [0-9]{1,16} )? ( [eE] [-+]? [0-9]{1,2} )?
boolean ::= "true" | "false"
null ::= "null"
value ::= object | array | string | number | boolean | null
object ::= "{" ws ( string ws ":" ws value ws ( "," ws string ws ":" ws value ws )* )? "}"
array ::= "[" ws ( value ws ( "," ws value ws )* )? "]"
"#;

/// The grammar, with the rule `root`, that answers of this format follow; `None` if they are free.
pub fn of_format(format: &Format) -> Result<Option<String>, SchemaError> {
    match format {
        Format::Text => Ok(None),
        Format::Json => Ok(Some(format!("root ::= object\n{BASE}"))),
        Format::Schema(schema) => {
            let mut builder = Builder::new();
            let root = builder.document(schema)?;
            builder.finish(&root).map(Some)
        }
    }
}

/// The grammar of an answer that calls one of the tools that `choice` asks for, in the form of the model; `None` if it asks for none.
pub fn of_tool_choice(
    choice: &ToolChoice,
    tools: &[Tool],
    form: ToolForm,
) -> Result<Option<String>, SchemaError> {
    let wanted = |tool: &&Tool| match choice {
        ToolChoice::Named(name) => tool.name == *name,
        ToolChoice::Required => true,
        ToolChoice::Auto | ToolChoice::None => false,
    };
    let mut builder = Builder::new();
    let mut calls = Vec::new();
    for tool in tools.iter().filter(wanted) {
        let arguments = builder.document(&tool.parameters)?;
        let name = Json::from(tool.name.as_str());
        let (before, after) = match form {
            ToolForm::Hermes => (
                format!("<tool_call>\n{{\"name\": {name}, \"arguments\": "),
                "}\n</tool_call>",
            ),
            ToolForm::Llama3 => (format!("{{\"name\": {name}, \"parameters\": "), "}"),
            ToolForm::Mistral => (
                format!("[TOOL_CALLS][{{\"name\": {name}, \"arguments\": "),
                "}]",
            ),
        };
        calls.push(format!(
            "{} {arguments} {}",
            literal(&before),
            literal(after)
        ));
    }
    if calls.is_empty() {
        return Ok(None);
    }
    builder.finish(&calls.join(" | ")).map(Some)
}

/// The grammar of an answer that comes after thinking; `open`: the prompt has opened it already.
///
/// What is thought is anything up to the closing tag.
pub fn after_thinking(answer: &str, tags: &ThinkTags, open: bool) -> String {
    let close: Vec<char> = tags.close.chars().collect();
    // Any start of the tag, followed by a character with which it does not go on.
    let ways: Vec<String> = close
        .iter()
        .enumerate()
        .map(|(n, c)| {
            let before: String = close[..n].iter().collect();
            let escaped = if matches!(c, '\\' | ']' | '[' | '^' | '-') {
                format!("\\{c}")
            } else {
                c.to_string()
            };
            if n == 0 {
                format!("[^{escaped}]")
            } else {
                format!("{} [^{escaped}]", literal(&before))
            }
        })
        .collect();
    let opening = if open {
        String::new()
    } else {
        format!("{} ", literal(&tags.open))
    };
    let answer = answer.strip_prefix("root ::=").unwrap_or(answer);
    format!(
        "root ::= {opening}thought {} [ \\t\\n]{{0,8}} answer\nthought ::= ( {} )*\nanswer ::={answer}",
        literal(&tags.close),
        ways.join(" | ")
    )
}

/// `text` as a literal of the notation.
fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn too_large(what: &str) -> SchemaError {
    SchemaError {
        path: "$".into(),
        reason: format!(
            "{what}; at most {} rules and {} bytes of grammar are made",
            limits::GRAMMAR_RULES,
            limits::GRAMMAR_BYTES
        ),
    }
}

#[cfg(test)]
mod tests;
