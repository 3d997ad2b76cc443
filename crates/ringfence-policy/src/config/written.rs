//! The file as serde sees it: everything optional, everything with its place. What it means is decided in `plan`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::units::Quantity;
use crate::code::CodeNetwork;
use crate::decision::Scheme;
use crate::filter::{FilterAction, FilterPlan};
use crate::policy::DefaultAction;
use crate::rules::Action;
use crate::spec::{Level, Requirement};

pub(crate) type Text = Spanned<String>;
pub(crate) type List = Vec<Text>;
/// Keyed by a spanned name, so that a bad name can be shown in its place.
pub(crate) type Map<T> = BTreeMap<Text, T>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Written {
    pub general: General,
    pub gateway: Option<Gateway>,
    pub sandbox: Sandbox,
    pub network: Network,
    pub filesystem: Filesystem,
    pub limits: Limits,
    pub prompts: Prompts,
    pub audit: Audit,
    pub filter: Filter,
    pub exec: Exec,
    pub profiles: BTreeMap<String, Profile>,
    pub credentials: Map<Credential>,
    pub tools: BTreeMap<String, Tool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct General {
    pub prompt_timeout: Option<Spanned<Quantity>>,
    pub log_level: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gateway {
    pub url: Text,
    #[serde(default)]
    pub timeout_ms: Option<Spanned<i64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sandbox {
    pub level: Option<Level>,
    pub backend: Option<String>,
    pub landlock: Option<Requirement>,
    pub env: Map<Text>,
    pub env_pass: Option<List>,
    pub display: Option<List>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Network {
    pub default: Option<Spanned<DefaultAction>>,
    pub allowlist: Option<List>,
    pub blocklist: Option<List>,
    pub graylist: Option<List>,
    pub rules: Option<Vec<Spanned<Rule>>>,
    pub host_rewrite: Map<Text>,
    pub resolver: Option<List>,
    pub examples: Examples,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub host: OneOrMany,
    #[serde(default)]
    pub ports: Option<Spanned<Vec<i64>>>,
    #[serde(default)]
    pub methods: List,
    #[serde(default)]
    pub paths: List,
    pub action: Spanned<Action>,
    #[serde(default)]
    pub private: bool,
    #[serde(default = "yes")]
    pub inspect: bool,
}

fn yes() -> bool {
    true
}

/// `"x"` or `["x", "y"]`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct OneOrMany(pub Spanned<OneOrManyText>);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrManyText {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let texts: &[String] = match self.0.get_ref() {
            OneOrManyText::One(text) => std::slice::from_ref(text),
            OneOrManyText::Many(texts) => texts,
        };
        texts.iter().map(String::as_str)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Examples {
    pub r#match: List,
    pub ask: List,
    pub not_match: List,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Filesystem {
    pub denylist: Option<List>,
    pub bind_ro: Option<List>,
    pub bind_rw: Option<List>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    pub memory: Option<Spanned<Quantity>>,
    pub pids: Option<Spanned<i64>>,
    pub cpus: Option<Spanned<Quantity>>,
    pub cpuset: Option<Spanned<Vec<i64>>>,
    pub wall_time: Option<Spanned<Quantity>>,
    pub file_size: Option<Spanned<Quantity>>,
    pub open_files: Option<Spanned<i64>>,
    pub tmp_size: Option<Spanned<Quantity>>,
    pub best_effort: Option<List>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Prompts {
    pub ask_for: Option<List>,
    pub upload_over: Option<Spanned<Quantity>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Audit {
    pub sinks: Option<List>,
    pub required: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Filter {
    pub output: Option<FilterAction>,
    pub url: Option<FilterAction>,
    pub headers: Option<FilterAction>,
    pub body: Option<FilterAction>,
    pub responses: Option<FilterAction>,
    pub warn: Option<FilterAction>,
    pub echo: Option<FilterAction>,
}

impl Filter {
    /// What was written, over what holds without it.
    pub fn over(&self, defaults: FilterPlan) -> FilterPlan {
        FilterPlan {
            output: self.output.unwrap_or(defaults.output),
            url: self.url.unwrap_or(defaults.url),
            headers: self.headers.unwrap_or(defaults.headers),
            body: self.body.unwrap_or(defaults.body),
            responses: self.responses.unwrap_or(defaults.responses),
            warn: self.warn.unwrap_or(defaults.warn),
            echo: self.echo.unwrap_or(defaults.echo),
        }
    }
}

/// How code runs (`exec`, `repl`).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exec {
    pub level: Option<Level>,
    pub backend: Option<String>,
    pub profile: Option<String>,
    pub network: Option<CodeNetwork>,
    pub allow_fallback: Option<bool>,
    pub image: Option<String>,
    pub context_budget: Option<Spanned<Quantity>>,
    pub limits: ExecLimits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ExecLimits {
    pub memory: Option<Spanned<Quantity>>,
    pub pids: Option<Spanned<Quantity>>,
    pub cpus: Option<Spanned<Quantity>>,
    pub wall_time: Option<Spanned<Quantity>>,
    pub file_size: Option<Spanned<Quantity>>,
    pub open_files: Option<Spanned<Quantity>>,
    pub disk: Option<Spanned<Quantity>>,
    pub output: Option<Spanned<Quantity>>,
    pub best_effort: Option<List>,
}

/// A profile of the user's own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Profile {
    pub seccomp: Option<String>,
    pub processes: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    pub hosts: List,
    pub source: Spanned<CredentialSource>,
    #[serde(default)]
    pub env: Option<Text>,
    #[serde(default)]
    pub placeholder: Option<Text>,
    #[serde(default)]
    pub header: Option<Text>,
    #[serde(default)]
    pub query: Option<Text>,
    #[serde(default)]
    pub optional: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SourceTable {
    pub env: Option<String>,
    pub file: Option<String>,
    pub command: Option<Vec<String>>,
    pub keys: Option<String>,
}

/// `{ env = "NAME" }` and its like, or `"keys:NAME"`.
#[derive(Debug)]
pub(crate) enum CredentialSource {
    Table(SourceTable),
    Text(String),
}

impl<'de> Deserialize<'de> for CredentialSource {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `untagged`, which would hide what is wrong with a table.
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = CredentialSource;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a table with one source, or \"keys:NAME\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(CredentialSource::Text(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<Self::Value, A::Error> {
                let table = serde::de::value::MapAccessDeserializer::new(map);
                SourceTable::deserialize(table).map(CredentialSource::Table)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tool {
    pub binary: Option<Text>,
    pub args: Option<Vec<String>>,
    pub display_name: Option<String>,
    pub default: Option<Spanned<DefaultAction>>,
    pub allowlist: Option<List>,
    pub blocklist: Option<List>,
    pub graylist: Option<List>,
    pub rules: Option<Vec<Spanned<Rule>>>,
    pub host_rewrite: Map<Text>,
    pub examples: Examples,
    pub denylist: Option<List>,
    pub bind_ro: Option<List>,
    pub bind_rw: Option<List>,
    pub env: Map<Text>,
    pub env_pass: Option<List>,
    pub display: Option<List>,
    pub level: Option<Level>,
    pub backend: Option<String>,
    pub limits: Limits,
    pub credentials: Map<Credential>,
}

/// A request as an example writes it: `[METHOD ]URL`, `host`, or `host:port` for any protocol.
pub(crate) struct Example<'a> {
    pub method: &'a str,
    pub scheme: Option<Scheme>,
    pub host: &'a str,
    pub port: Option<&'a str>,
    pub path: &'a str,
}

impl<'a> Example<'a> {
    pub fn parse(text: &'a str) -> Self {
        let (method, rest) = text.split_once(' ').unwrap_or(("GET", text));
        let (scheme, rest) = match rest.split_once("://") {
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some((_, rest)) => (Some(Scheme::Https), rest),
            None => (None, rest),
        };
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = crate::pattern::split_port(authority);
        Self {
            method,
            scheme,
            host,
            port,
            path,
        }
    }
}
