//! `/api/create`: a model of another one or of an uploaded file, with what a Modelfile would say about it.

use std::str::FromStr;
use std::sync::Arc;

use http::header::HeaderMap;
use hyper::body::Incoming;
use ringfence_inference::api::metadata::CreateRequest;
use ringfence_inference::api::{read_messages, read_options};
use ringfence_inference::{
    ChatTemplate, Failure, FailureKind, Json, Message, ModelName, Modelfile, limits as wire,
};

use super::body::{self, Reply};
use super::change::{self, words};
use super::state::Server;
use super::warnings::{About, warn};
use super::{about, catalog};
use crate::create::{Base, CreateError, create_from};
use crate::import::ImportError;

/// Fields that would change the model and that nothing here can do: refused by name, with the reason.
const REFUSED: [(&str, &str); 9] = [
    (
        "quantize",
        "models are not requantised here; upload a file that is",
    ),
    (
        "modelfile",
        "the text of a Modelfile is read by `ringfence model create`; send its parts as fields",
    ),
    (
        "path",
        "no file of this machine is read for a client; upload it to /api/blobs and name its digest in `files`",
    ),
    (
        "renderer",
        "the model's own chat template says how it speaks",
    ),
    ("parser", "the model's own chat template says how it speaks"),
    ("draft", "draft models are not supported"),
    ("draft_quantize", "draft models are not supported"),
    (
        "remote_host",
        "models of other machines are not served here",
    ),
    ("info", "what a model is, its own file says"),
];

/// Makes one.
///
/// # Errors
/// What is wrong with the request, and why no model was made of it.
pub(crate) async fn create(
    server: &Arc<Server>,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let whole = body::read(headers, incoming, &server.bodies).await?;
    let asked = read(&whole.bytes)?;
    drop(whole);
    let stream = asked.stream.unwrap_or(true);
    let (name, base, modelfile) = meant(asked)?;
    let kept = Arc::clone(server);
    change::make(server, stream, move |store, told| {
        let base = match &base {
            Written::Model(name) => Base::Model(name),
            Written::Blob(digest) => Base::Blob(digest),
        };
        let mut step = |status: &str| {
            told.say(words(status));
        };
        let id = create_from(store, base, &modelfile, &name, &mut step)
            .map_err(|error| failure(&error))?;
        kept.changed("create", &name, Some(id))
    })
    .await
}

/// What the new model is made from.
enum Written {
    Model(ModelName),
    Blob(ringfence_inference::Digest),
}

fn read(bytes: &[u8]) -> Result<CreateRequest, Failure> {
    let wrong = |why: String| Failure::new(FailureKind::Invalid, format!("the request: {why}"));
    let json = Json::parse(bytes, wire::BODY_BYTES).map_err(|error| wrong(error.to_string()))?;
    for (field, why) in REFUSED {
        let asks = |value: &Json| match value {
            Json::Null => false,
            Json::String(text) => !text.is_empty(),
            _ => true,
        };
        if json.get(field).is_some_and(asks) {
            return Err(Failure::field(
                field,
                format!("{field} is not supported: {why}"),
            ));
        }
    }
    // What nobody sends but to say nothing, and what is only a note.
    let ignored = |name: &str| {
        name == "requires" || name == "insecure" || REFUSED.iter().any(|(field, _)| *field == name)
    };
    let members = match json {
        Json::Object(members) => members
            .into_iter()
            .filter(|(name, value)| !ignored(name) && *value != Json::Null)
            .collect(),
        other => {
            return Err(wrong(format!(
                "an object is expected, not {}",
                other.kind()
            )));
        }
    };
    about::read(Json::Object(members).to_string().as_bytes())
}

/// What is asked, as a Modelfile would have it.
fn meant(asked: CreateRequest) -> Result<(ModelName, Written, Modelfile), Failure> {
    let name = catalog::name(&asked.model)?;
    if !asked.adapters.is_empty() {
        return Err(Failure::field(
            "adapters",
            "adapters are not supported; merge them into the model before you upload it",
        ));
    }
    let from = asked.from.filter(|from| !from.is_empty());
    let mut files = asked.files.values();
    let base = match (from, files.next(), files.next()) {
        (Some(from), None, _) => Written::Model(ModelName::from_str(&from).map_err(|error| {
            Failure::field(
                "from",
                format!(
                    "from: {error}; it is a model's name, files are uploaded and named in `files`"
                ),
            )
        })?),
        (None, Some(digest), None) => Written::Blob(*digest),
        (None, Some(_), Some(_)) => {
            return Err(Failure::field(
                "files",
                "files: a model is made of one GGUF file here; convert others before you upload them",
            ));
        }
        (Some(_), Some(_), _) => {
            return Err(Failure::field("from", "from and files: say one of them"));
        }
        (None, None, _) => {
            return Err(Failure::field(
                "from",
                "from is required: the model that this one is made from; or files, with what was uploaded",
            ));
        }
    };
    if let Some(template) = &asked.template {
        ChatTemplate::new(template)
            .map_err(|error| Failure::field("template", format!("template: {error}")))?;
    }
    let modelfile = Modelfile {
        template: asked.template,
        system: asked.system,
        license: licenses(asked.license)?,
        parameters: match asked.parameters {
            None => ringfence_inference::Options::default(),
            Some(options) => read_options(options)?,
        },
        messages: messages(asked.messages)?,
        ..Modelfile::default()
    };
    Ok((name, base, modelfile))
}

fn licenses(written: Option<Json>) -> Result<Vec<String>, Failure> {
    let wrong = || Failure::field("license", "license: a text or several texts are expected");
    match written {
        None => Ok(Vec::new()),
        Some(Json::String(text)) => Ok(vec![text]),
        Some(Json::Array(texts)) if texts.len() <= super::limits::LICENSES => texts
            .into_iter()
            .map(|text| match text {
                Json::String(text) => Ok(text),
                _ => Err(wrong()),
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

/// Messages to start with hold a role and a text, as those of a Modelfile do.
fn messages(written: Option<Json>) -> Result<Vec<Message>, Failure> {
    let messages = written.map(read_messages).transpose()?.unwrap_or_default();
    let plain = |message: &Message| {
        message.thinking.is_none()
            && message.tool_calls.is_empty()
            && message.tool_call_id.is_none()
    };
    match messages.iter().position(|message| !plain(message)) {
        None => Ok(messages),
        Some(at) => Err(Failure::field(
            format!("messages[{at}]"),
            format!("messages[{at}]: a message to start with is a role and a text, nothing else"),
        )),
    }
}

fn failure(error: &CreateError) -> Failure {
    match error {
        CreateError::NoBase(name) => Failure::new(
            FailureKind::NotFound,
            format!("model '{name}' not found; pull it or make it first"),
        ),
        CreateError::NoBlob(digest) => Failure::field(
            "files",
            format!("there is no blob {digest} here; upload it to /api/blobs/{digest} first"),
        ),
        CreateError::Import(ImportError::Store(error)) => catalog::failure(error),
        CreateError::Import(ImportError::Gguf { source, .. }) => Failure::field(
            "files",
            format!("the file is no model that may be loaded: {source}"),
        ),
        CreateError::Base { .. } | CreateError::From { .. } | CreateError::Adapter(_) => {
            Failure::new(FailureKind::Invalid, error.to_string())
        }
        CreateError::Import(ImportError::Read { .. }) => {
            warn(About::Store, || tracing::warn!("{error}"));
            Failure::new(FailureKind::Internal, "the model's file can not be read")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_says_nothing_is_not_refused() {
        let body = br#"{"model":"x","from":"tiny","quantize":"","adapters":{},"renderer":null,"requires":"0.5","system":null}"#;
        let (name, base, modelfile) = meant(read(body).unwrap()).unwrap();
        assert_eq!(name.short(), "x:latest");
        assert!(matches!(base, Written::Model(from) if from.short() == "tiny:latest"));
        assert_eq!(modelfile, Modelfile::default());
    }

    #[test]
    fn licences_are_one_or_some() {
        let one = licenses(Some(Json::from("a"))).unwrap();
        assert_eq!(one, ["a"]);
        let many = vec![Json::from("a"); super::super::limits::LICENSES + 1];
        assert!(licenses(Some(Json::Array(many))).is_err());
        assert!(licenses(Some(Json::Array(vec![Json::Null]))).is_err());
        assert!(licenses(None).unwrap().is_empty());
    }

    /// What the server's log may hold and a client may not.
    #[test]
    fn errors_name_no_path() {
        let source = std::io::Error::other("x");
        let path = "/home/me/models/blobs/sha256-1".into();
        let said = failure(&CreateError::Import(ImportError::Read { path, source })).message;
        assert!(!said.contains('/'), "{said}");
    }
}
