//! Credentials as written become credentials as meant, and the hosts that each belongs to become rules.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::compile::Compiler;
use crate::config::Document;
use crate::config::written::{
    Credential as Written, CredentialSource as WrittenSource, SourceTable, Text,
};
use crate::pattern::HostPattern;
use crate::plan::{Credential, CredentialSource, Inject};
use crate::planner::grants::expand_path;
use crate::policy::Rules;

/// Compiles every credential that is active; with `check_environment`, a variable that is not set is a problem
/// (or, for an optional one, leaves it out).
pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    rules: &mut Rules,
    check_environment: bool,
) -> Vec<Credential> {
    let layers = compiler.layers;
    // What the user wrote, for the tool or for all, comes before what a preset ships under the same name.
    let (of_user, of_preset): (Vec<_>, Vec<_>) = layers
        .tool_sections()
        .map(|(document, tool)| (document, &tool.credentials))
        .partition(|(document, _)| {
            layers
                .user
                .as_ref()
                .is_some_and(|user| std::ptr::eq(*document, user))
        });
    let global = layers
        .user
        .iter()
        .map(|document| (document, &document.written.credentials));
    let mut seen = BTreeSet::new();
    let mut credentials = Vec::new();
    for (document, map) in of_user.into_iter().chain(global).chain(of_preset) {
        for (name, written) in map {
            if !seen.insert(name.get_ref().clone()) {
                continue;
            }
            let Some(source) = source(compiler, document, written) else {
                continue;
            };
            if check_environment && let CredentialSource::Env(variable) = &source {
                let set = compiler
                    .facts
                    .env
                    .get(variable)
                    .is_some_and(|value| !value.is_empty());
                if !set && written.optional {
                    continue;
                }
                if !set {
                    compiler.problem(
                        document,
                        written.source.span(),
                        format!("the variable {variable} is not set"),
                        Some("set it, or add `optional = true`".into()),
                    );
                    continue;
                }
            }
            if let Some((credential, hosts)) = credential(compiler, document, name, written, source)
            {
                rules.credentials.insert(credential.name.clone(), hosts);
                credentials.push(credential);
            }
        }
    }
    for (index, credential) in credentials.iter().enumerate() {
        if credential.env.is_some()
            && credentials[..index]
                .iter()
                .any(|other: &Credential| other.env == credential.env)
        {
            compiler.remarks.push(format!(
                "two credentials use the variable {}",
                credential.env.as_deref().unwrap_or_default()
            ));
        }
    }
    credentials
}

fn credential(
    compiler: &mut Compiler<'_>,
    document: &Document,
    name: &Text,
    written: &Written,
    source: CredentialSource,
) -> Option<(Credential, Vec<HostPattern>)> {
    let before = compiler.found.len();
    let valid_name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if !valid_name(name.get_ref()) {
        compiler.problem(
            document,
            name.span(),
            "a credential's name is letters, digits, `-` and `_`",
            None,
        );
    }
    let mut hosts = Vec::new();
    for text in &written.hosts {
        match HostPattern::parse(text.get_ref()) {
            Ok(pattern) => hosts.push(pattern),
            Err(error) => compiler.problem(document, text.span(), error.why, error.hint),
        }
    }
    let placeholder = written.placeholder.as_ref().map_or_else(
        || format!("ringfence-{}-{{}}", name.get_ref()),
        |text| text.get_ref().clone(),
    );
    if let Some(text) = &written.placeholder {
        let plain = text.get_ref().bytes().all(|b| b.is_ascii_graphic());
        if text.get_ref().matches("{}").count() != 1 || !plain {
            compiler.problem(
                document,
                text.span(),
                "a placeholder holds `{}` once, and otherwise plain characters without spaces",
                Some("for example \"sk-ant-api03-{}\"".into()),
            );
        }
    }
    if let Some(text) = &written.env
        && !is_variable_name(text.get_ref())
    {
        compiler.problem(document, text.span(), "this is no name of a variable", None);
    }
    let inject = inject(compiler, document, written);
    if compiler.found.len() > before {
        return None;
    }
    let credential = Credential {
        name: name.get_ref().clone(),
        hosts: hosts.iter().map(HostPattern::to_string).collect(),
        env: written.env.as_ref().map(|text| text.get_ref().clone()),
        placeholder,
        inject,
        source,
    };
    Some((credential, hosts))
}

pub(super) fn is_variable_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn inject(compiler: &mut Compiler<'_>, document: &Document, written: &Written) -> Option<Inject> {
    let (text, separator, example) = match (&written.header, &written.query) {
        (None, None) => return None,
        (Some(header), None) => (header, ':', "\"Authorization: Bearer {}\""),
        (None, Some(query)) => (query, '=', "\"key={}\""),
        (Some(_), Some(query)) => {
            compiler.problem(
                document,
                query.span(),
                "a credential is put into a header or into the query, not both",
                None,
            );
            return None;
        }
    };
    let is_token = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match text.get_ref().split_once(separator) {
        Some((name, template))
            if is_token(name)
                && template.matches("{}").count() == 1
                && !template.chars().any(char::is_control) =>
        {
            let (name, template) = (name.to_owned(), template.trim_start().to_owned());
            Some(if separator == ':' {
                Inject::Header(name, template)
            } else {
                Inject::Query(name, template)
            })
        }
        _ => {
            compiler.problem(
                document,
                text.span(),
                "this template needs a name and `{}` once",
                Some(format!("for example {example}")),
            );
            None
        }
    }
}

/// What a credential may come from.
const SOURCES: &str =
    "\"keys:NAME\", { env = \"NAME\" }, { file = \"/path\" } or { command = [\"/path\", …] }";

/// The name of a secret; whether there is one of that name is known when the vault is opened.
fn named_secret(
    compiler: &mut Compiler<'_>,
    document: &Document,
    span: std::ops::Range<usize>,
    name: &str,
) -> Option<CredentialSource> {
    let valid = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !valid {
        compiler.problem(
            document,
            span,
            "the name of a secret is 1 to 64 letters, digits, `-`, `_` and `.`",
            Some("`ringfence keys list` prints those that are kept".into()),
        );
        return None;
    }
    Some(CredentialSource::Keys(name.to_owned()))
}

fn source(
    compiler: &mut Compiler<'_>,
    document: &Document,
    written: &Written,
) -> Option<CredentialSource> {
    let span = written.source.span();
    let SourceTable {
        env,
        file,
        command,
        keys,
    } = match written.source.get_ref() {
        WrittenSource::Table(table) => table,
        WrittenSource::Text(text) => {
            return match text.strip_prefix("keys:") {
                Some(name) => named_secret(compiler, document, span, name),
                None => {
                    compiler.problem(
                        document,
                        span,
                        "a source that is a text is \"keys:NAME\"",
                        Some(SOURCES.into()),
                    );
                    None
                }
            };
        }
    };
    match (env, file, command) {
        (None, None, None) if keys.is_some() => named_secret(
            compiler,
            document,
            span,
            keys.as_deref().unwrap_or_default(),
        ),
        (Some(variable), None, None) if keys.is_none() && is_variable_name(variable) => {
            Some(CredentialSource::Env(variable.clone()))
        }
        (None, Some(file), None) if keys.is_none() => match expand_path(file, compiler.facts) {
            Ok(path) => Some(CredentialSource::File(path)),
            Err(why) => {
                compiler.problem(document, span, why, None);
                None
            }
        },
        (None, None, Some(argv))
            if keys.is_none()
                && argv
                    .first()
                    .is_some_and(|program| PathBuf::from(program).is_absolute()) =>
        {
            Some(CredentialSource::Command(argv.clone()))
        }
        (None, None, Some(_)) if keys.is_none() => {
            compiler.problem(
                document,
                span,
                "the program of a credential is an absolute path",
                Some("for example [\"/usr/bin/pass\", \"show\", \"example\"]".into()),
            );
            None
        }
        _ => {
            compiler.problem(
                document,
                span,
                "a credential has one source",
                Some(SOURCES.into()),
            );
            None
        }
    }
}
