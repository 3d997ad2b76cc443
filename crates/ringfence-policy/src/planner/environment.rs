//! The environment inside: an allow-list of the caller's, what the fence needs, what the user wrote.

use std::collections::BTreeMap;

use super::credentials::is_variable_name;
use crate::compile::Compiler;
use crate::config::Document;
use crate::config::written::{Map, Text};
use crate::data::Data;
use crate::limits::HTTP_PROXY_PORT;
use crate::plan::{CA_PATH, Credential, HostFacts, RunOptions};
use crate::resolve::ResolveError;
use crate::spec::Identity;

/// What the user wrote, expanded.
pub(super) struct Written {
    values: BTreeMap<String, String>,
    pass: Vec<String>,
}

/// Expands `[sandbox.env]` and the tool's `env`, and collects the names to pass.
pub(super) fn templates(compiler: &mut Compiler<'_>, options: &RunOptions) -> Written {
    let layers = compiler.layers;
    let variables = variables(compiler.facts, options);
    let mut written = Written {
        values: BTreeMap::new(),
        pass: Vec::new(),
    };
    // The later wins: global, then the preset's, then the user's section of the tool.
    let global = layers
        .user
        .iter()
        .map(|document| (document, &document.written.sandbox.env));
    let mut of_tool: Vec<(&Document, &Map<Text>)> = layers
        .tool_sections()
        .map(|(document, tool)| (document, &tool.env))
        .collect();
    of_tool.reverse();
    for (document, map) in global.chain(of_tool) {
        for (name, text) in map {
            if !is_variable_name(name.get_ref()) {
                compiler.problem(document, name.span(), "this is no name of a variable", None);
            }
            match expand(text.get_ref(), &variables) {
                Ok(value) => {
                    written.values.insert(name.get_ref().clone(), value);
                }
                Err(why) => compiler.problem(document, text.span(), why, Some("`${…}` expands SANDBOX_PROXY, SANDBOX_CA_CERT, HOME and the names given with --env".into())),
            }
        }
    }
    let pass = [
        layers.of_tool(|tool| tool.env_pass.as_ref()),
        layers.user_list(|d| d.written.sandbox.env_pass.as_ref()),
    ];
    for (document, list) in pass.into_iter().flatten() {
        for name in list {
            if !is_variable_name(name.get_ref()) {
                compiler.problem(document, name.span(), "this is no name of a variable", None);
            }
            written.pass.push(name.get_ref().clone());
        }
    }
    written
}

/// What `--env` may say.
///
/// # Errors
/// A name that is none, and one whose real value a credential keeps out.
pub(super) fn check_options(
    options: &RunOptions,
    credentials: &[Credential],
) -> Result<(), ResolveError> {
    for (name, value) in &options.env {
        if !is_variable_name(name) || value.as_ref().is_some_and(|value| value.contains('\0')) {
            let message = format!("--env {} names no variable", name.escape_debug());
            return Err(ResolveError::usage(
                message,
                Some("--env NAME or --env NAME=VALUE".into()),
            ));
        }
        if let Some(credential) = credentials
            .iter()
            .find(|credential| credential.env.as_ref() == Some(name))
        {
            return Err(ResolveError::usage(
                format!("--env {name} would put the real value of credential {} into the sandbox", credential.name),
                Some("leave it out: the sandbox sees a placeholder, which is replaced on the way to its hosts".into()),
            ));
        }
    }
    Ok(())
}

/// What `${…}` may name.
fn variables(facts: &HostFacts, options: &RunOptions) -> BTreeMap<String, String> {
    let given: BTreeMap<String, String> = options
        .env
        .iter()
        .filter_map(|(name, value)| {
            Some((
                name.clone(),
                value.clone().or_else(|| facts.env.get(name).cloned())?,
            ))
        })
        .collect();
    let mut variables = fence(given);
    variables.insert("HOME".into(), facts.home.display().to_string());
    variables
}

/// What the fence itself offers to templates.
fn fence(mut variables: BTreeMap<String, String>) -> BTreeMap<String, String> {
    variables.insert(
        "SANDBOX_PROXY".into(),
        format!("http://127.0.0.1:{HTTP_PROXY_PORT}"),
    );
    variables.insert("SANDBOX_CA_CERT".into(), CA_PATH.into());
    variables
}

/// Expands `${NAME}`; a `$` without a brace stays.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after.split_once('}').ok_or("`${` is not closed")?;
        let value = variables
            .get(name)
            .ok_or_else(|| format!("`${{{name}}}` is not known here"))?;
        out.push_str(before);
        out.push_str(value);
        rest = behind;
    }
    out.push_str(rest);
    if out.contains('\0') {
        Err("a variable can not hold a NUL".into())
    } else {
        Ok(out)
    }
}

/// The whole environment, credentials excepted.
pub(super) fn build(
    data: &Data,
    written: &Written,
    identity: &Identity,
    facts: &HostFacts,
    options: &RunOptions,
) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    let passed = |name: &str| {
        data.environment.pass.iter().any(|entry| {
            entry
                .name
                .strip_suffix('*')
                .map_or(entry.name == name, |prefix| name.starts_with(prefix))
        })
    };
    for (name, value) in &facts.env {
        if passed(name) || written.pass.contains(name) {
            env.insert(name.clone(), value.clone());
        }
    }
    env.insert(
        "PATH".into(),
        path(facts.env.get("PATH").map_or("", String::as_str)),
    );
    env.insert("HOME".into(), identity.home.display().to_string());
    env.insert("USER".into(), identity.user.clone());
    env.insert("LOGNAME".into(), identity.user.clone());
    env.insert("TMPDIR".into(), "/tmp".into());
    env.extend(fence_variables(data));
    env.extend(written.values.clone());
    for (name, value) in &options.env {
        if let Some(value) = value.as_ref().or_else(|| facts.env.get(name)) {
            env.insert(name.clone(), value.clone());
        }
    }
    env
}

/// What points programs at the proxy and at the trust anchors.
pub(crate) fn fence_variables(data: &Data) -> Vec<(String, String)> {
    let variables = fence(BTreeMap::new());
    // The templates of the data file name nothing but what the test checks.
    let proxy = data.environment.proxy.iter().map(|entry| {
        let value = expand(entry.value, &variables).unwrap_or_default();
        (entry.name.to_owned(), value)
    });
    let ca = data.environment.ca.iter();
    proxy
        .chain(ca.map(|entry| (entry.name.to_owned(), CA_PATH.to_owned())))
        .collect()
}

/// Absolute entries only: an empty or relative one means the current directory, wherever the agent goes.
fn path(written: &str) -> String {
    let kept: Vec<&str> = written
        .split(':')
        .filter(|entry| entry.starts_with('/'))
        .collect();
    if kept.is_empty() {
        "/usr/local/bin:/usr/bin:/bin".to_owned()
    } else {
        kept.join(":")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_expand() {
        let variables = BTreeMap::from([("A".to_owned(), "x".to_owned())]);
        assert_eq!(
            expand("a ${A} $B ${A}", &variables).as_deref(),
            Ok("a x $B x")
        );
        for bad in ["${B}", "${", "${A", "${}", "${A:-x}", "${${A}}"] {
            assert!(expand(bad, &variables).is_err(), "{bad}");
        }
    }

    #[test]
    fn path_keeps_absolute_entries() {
        assert_eq!(path("/a::.:b:/c"), "/a:/c");
        assert_eq!(path(""), "/usr/local/bin:/usr/bin:/bin");
    }
}
