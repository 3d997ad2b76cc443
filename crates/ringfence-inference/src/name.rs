//! The name of a model: `[host/][namespace/]model[:tag]`, of parts that are safe as path components.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits;

const HOST: &str = "registry.ollama.ai";
const NAMESPACE: &str = "library";
const TAG: &str = "latest";

/// A model's full name. What is not written gets its default: `registry.ollama.ai`, `library`, `latest`.
///
/// Every part starts with a letter, a digit or `_`, so none is `.`, `..` or hidden, and none holds a separator. Names are compared
/// without regard to case by [`ModelName::same`], because the file systems that hold them may do so.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName {
    host: String,
    namespace: String,
    model: String,
    tag: String,
}

/// Text that is no model name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing where the model's name should be.
    #[error("a model name is missing")]
    Missing,
    /// More than host, namespace and model.
    #[error("a model name is [host/][namespace/]model[:tag], with at most two slashes")]
    Parts,
    /// A scheme other than http and https.
    #[error("a model name takes no scheme but http:// or https://")]
    Scheme,
    /// A name by digest.
    #[error("a model is not named by its digest (`@`)")]
    ByDigest,
    /// A part without characters.
    #[error("the {0} of a model name is empty")]
    Empty(&'static str),
    /// A part that is too long.
    #[error("the {part} of a model name has at most {most} bytes, not {length}")]
    TooLong {
        /// Which part.
        part: &'static str,
        /// Its bytes.
        length: usize,
        /// Bytes that are allowed.
        most: usize,
    },
    /// A part that starts with something else than a letter, a digit or an underscore.
    #[error("the {0} of a model name starts with a letter, a digit or `_`")]
    First(&'static str),
    /// A character that the part does not take.
    #[error("the {part} of a model name has no {character:?} in it")]
    Character {
        /// Which part.
        part: &'static str,
        /// The first such character.
        character: char,
    },
}

impl ModelName {
    /// The registry's host, with its port if it was written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The owner at the registry.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The variant.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Host, namespace, model and tag, each one path component that is neither `.` nor `..`.
    pub fn components(&self) -> [&str; 4] {
        [&self.host, &self.namespace, &self.model, &self.tag]
    }

    /// The same name but for the case of its letters.
    pub fn same(&self, other: &Self) -> bool {
        self.components()
            .iter()
            .zip(other.components())
            .all(|(a, b)| a.eq_ignore_ascii_case(b))
    }

    /// Without the host and namespace that a name has by default: what `list` shows and clients send.
    pub fn short(&self) -> String {
        let Self {
            host,
            namespace,
            model,
            tag,
        } = self;
        if !host.eq_ignore_ascii_case(HOST) {
            self.to_string()
        } else if namespace.eq_ignore_ascii_case(NAMESPACE) {
            format!("{model}:{tag}")
        } else {
            format!("{namespace}/{model}:{tag}")
        }
    }
}

impl FromStr for ModelName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let bare = match text.split_once("://") {
            Some(("http" | "https", rest)) => rest,
            Some(_) => return Err(NameError::Scheme),
            None => text,
        };
        if bare.is_empty() {
            return Err(NameError::Missing);
        }
        if bare.contains('@') {
            return Err(NameError::ByDigest);
        }
        let (path, last) = match bare.rsplit_once('/') {
            Some((path, last)) => (Some(path), last),
            None => (None, bare),
        };
        let (model, tag) = last.split_once(':').unwrap_or((last, TAG));
        let (host, namespace) = match path {
            None => (HOST, NAMESPACE),
            Some(path) => path.split_once('/').unwrap_or((HOST, path)),
        };
        if namespace.contains('/') {
            return Err(NameError::Parts);
        }
        check("host", host, limits::NAME_HOST_BYTES, ".-_:")?;
        check("namespace", namespace, limits::NAME_PART_BYTES, "-_")?;
        check("model", model, limits::NAME_PART_BYTES, ".-_")?;
        check("tag", tag, limits::NAME_PART_BYTES, ".-_")?;
        Ok(Self {
            host: host.to_owned(),
            namespace: namespace.to_owned(),
            model: model.to_owned(),
            tag: tag.to_owned(),
        })
    }
}

fn check(part: &'static str, text: &str, most: usize, besides: &str) -> Result<(), NameError> {
    let first = text.chars().next().ok_or(NameError::Empty(part))?;
    if text.len() > most {
        return Err(NameError::TooLong {
            part,
            length: text.len(),
            most,
        });
    }
    if let Some(character) = text
        .chars()
        .find(|&c| !c.is_ascii_alphanumeric() && !besides.contains(c))
    {
        return Err(NameError::Character { part, character });
    }
    if !first.is_ascii_alphanumeric() && first != '_' {
        return Err(NameError::First(part));
    }
    Ok(())
}

impl TryFrom<String> for ModelName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for ModelName {
    /// All four parts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            namespace,
            model,
            tag,
        } = self;
        write!(f, "{host}/{namespace}/{model}:{tag}")
    }
}

impl fmt::Debug for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ModelName {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_is_not_written_has_a_default() {
        for (text, full, short) in [
            (
                "tiny",
                "registry.ollama.ai/library/tiny:latest",
                "tiny:latest",
            ),
            (
                "tiny:1b-q4_0",
                "registry.ollama.ai/library/tiny:1b-q4_0",
                "tiny:1b-q4_0",
            ),
            (
                "me/tiny",
                "registry.ollama.ai/me/tiny:latest",
                "me/tiny:latest",
            ),
            (
                "localhost:5000/me/tiny:x",
                "localhost:5000/me/tiny:x",
                "localhost:5000/me/tiny:x",
            ),
            (
                "hf.co/me/Some-GGUF:Q4_K_M",
                "hf.co/me/Some-GGUF:Q4_K_M",
                "hf.co/me/Some-GGUF:Q4_K_M",
            ),
            (
                "https://example.com/a/b:c",
                "example.com/a/b:c",
                "example.com/a/b:c",
            ),
        ] {
            let name = name(text);
            assert_eq!(name.to_string(), full);
            assert_eq!(name.short(), short);
            assert_eq!(full.parse::<ModelName>().unwrap(), name);
            assert_eq!(short.parse::<ModelName>().unwrap(), name);
        }
        assert!(name("Tiny").same(&name("tiny:LATEST")));
    }

    #[test]
    fn what_could_be_a_path_is_refused() {
        let long = "a".repeat(81);
        for bad in [
            "",
            ":",
            "/",
            "//",
            "a//b",
            "/a",
            "a/",
            "..",
            ".",
            "../a",
            "../../etc/passwd",
            "a/../b",
            "a/..",
            "a/b/../c",
            "../../../a:b",
            "a:..",
            "a:../../x",
            "a:/etc",
            ".hidden",
            "-a",
            "a:-b",
            "a:.b",
            "me.you/a",
            "a b",
            "a\0",
            "a\\b",
            "a:b:c",
            "a/b/c/d",
            "a@sha256:00",
            "file:///etc/passwd",
            "ä",
            "a:",
            "%2e%2e/a",
            "host/na.me/a",
            "a\n",
            &long,
            &format!("a:{long}"),
            &format!("{long}/a"),
        ] {
            assert!(bad.parse::<ModelName>().is_err(), "{bad:?}");
        }
        let host = |n: usize| format!("{}/a/b", "h".repeat(n)).parse::<ModelName>();
        assert!(host(350).is_ok() && host(351).is_err());
        assert!("a".repeat(80).parse::<ModelName>().is_ok());
    }

    proptest::proptest! {
        #[test]
        fn a_name_is_four_plain_components(text in "[a-zA-Z0-9._/:~\\\\-]{0,40}") {
            if let Ok(name) = text.parse::<ModelName>() {
                for part in name.components() {
                    proptest::prop_assert!(!part.is_empty() && !part.starts_with('.'));
                    proptest::prop_assert!(!part.contains(['/', '\\', '\0']));
                }
                proptest::prop_assert_eq!(name.to_string().parse::<ModelName>().unwrap(), name);
            }
        }
    }
}
