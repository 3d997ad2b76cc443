//! Level, backend and network: the command line over the seed's variables over `[exec]` over `[sandbox]`.

use super::{CodeNetwork, CodeOptions};
use crate::compile::Layers;
use crate::config::units::Quantity;
use crate::plan::HostFacts;
use crate::resolve::ResolveError;
use crate::spec::Level;

/// Backends that can be named.
const BACKENDS: &[&str] = &["auto", "native", "bubblewrap", "gvisor", "docker"];
/// The backend that is none. Only a variable chooses it, and only the command line allows it.
pub(super) const LOCAL: &str = "local";

/// What was chosen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub level: Level,
    pub backend: String,
    pub network: CodeNetwork,
    pub allow_fallback: bool,
    pub memory: Option<u64>,
}

/// What the seed's variables say.
#[derive(Debug, Default)]
struct Variables {
    backend: Option<&'static str>,
    level: Option<Level>,
    network: Option<CodeNetwork>,
    memory: Option<u64>,
}

pub(super) fn resolve(
    options: &CodeOptions,
    layers: &Layers,
    facts: &HostFacts,
) -> Result<Settings, ResolveError> {
    let variables = variables(facts)?;
    let user = layers.user.as_ref().map(|document| &document.written);
    let exec = user.map(|written| &written.exec);
    let level = options
        .level
        .or(variables.level)
        .or(exec.and_then(|exec| exec.level))
        .or(user.and_then(|written| written.sandbox.level));
    let backend = options
        .backend
        .clone()
        .or(variables.backend.map(str::to_owned))
        .or(exec.and_then(|exec| exec.backend.clone()))
        .or(user.and_then(|written| written.sandbox.backend.clone()));
    let backend = match backend.as_deref() {
        None => "auto".to_owned(),
        Some("bwrap") => "bubblewrap".to_owned(),
        Some("runsc") => "gvisor".to_owned(),
        Some(LOCAL) if options.backend.is_none() => LOCAL.to_owned(),
        Some(known) if BACKENDS.contains(&known) => known.to_owned(),
        Some(other) => {
            return Err(ResolveError::usage(
                format!("there is no backend `{}`", other.escape_debug()),
                Some(format!("backends: {}", BACKENDS.join(", "))),
            ));
        }
    };
    let settings = Settings {
        level: level.unwrap_or(Level::Standard),
        backend,
        network: options
            .network
            .or(variables.network)
            .or(exec.and_then(|exec| exec.network))
            .unwrap_or_default(),
        allow_fallback: options.allow_fallback
            || exec.and_then(|exec| exec.allow_fallback).unwrap_or(false),
        memory: variables.memory,
    };
    check_local(options, &settings, facts)?;
    check_level(&settings)?;
    Ok(settings)
}

/// `local` needs a variable and a word on the command line, and is not for root.
fn check_local(
    options: &CodeOptions,
    settings: &Settings,
    facts: &HostFacts,
) -> Result<(), ResolveError> {
    match (settings.backend == LOCAL, options.danger_no_isolation) {
        (false, false) => Ok(()),
        (false, true) => Err(ResolveError::usage(
            "--danger-no-isolation only allows what RLM_EXECUTION_MODE=local asks for, and that is not set",
            Some("leave it out: the code runs in a sandbox".into()),
        )),
        (true, false) => Err(ResolveError::refused(
            "RLM_EXECUTION_MODE=local runs the code on this machine without any isolation",
            "unset it; or add --danger-no-isolation to the command line, if you trust the code with everything you have",
        )),
        (true, true) if facts.uid == 0 => Err(ResolveError::refused(
            "without isolation, code never runs as root",
            "run it as an ordinary user, or in a sandbox",
        )),
        (true, true) if options.level.is_some() => Err(ResolveError::usage(
            "--level asks for isolation, RLM_EXECUTION_MODE=local for none",
            None,
        )),
        (true, true) => Ok(()),
    }
}

/// A backend that can not give the level is said before anything is started.
fn check_level(settings: &Settings) -> Result<(), ResolveError> {
    let Settings { level, backend, .. } = settings;
    if *level == Level::High
        && matches!(backend.as_str(), "native" | "bubblewrap")
        && !settings.allow_fallback
    {
        return Err(ResolveError::refused(
            format!("level high needs a second kernel, which the backend {backend} does not have"),
            "use --backend gvisor (install `runsc`), or --level standard, knowing that the host kernel is shared",
        ));
    }
    Ok(())
}

/// Reads the seed's variables. An empty one counts as unset.
fn variables(facts: &HostFacts) -> Result<Variables, ResolveError> {
    let get = |name: &str| {
        let value = facts.env.get(name).map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    };
    let wrong = |name: &str, value: &str, why: &str| {
        ResolveError::usage(
            format!(
                "the variable {name}={} is not understood: {why}",
                value.escape_debug()
            ),
            Some(format!("correct it, or `unset {name}`")),
        )
    };
    let mut found = Variables::default();
    let word = "RLM_EXECUTION_MODE";
    found.backend = match get(word).map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("docker") => Some("docker"),
        Some("local") => Some(LOCAL),
        Some(other) => return Err(wrong(word, other, "it is docker or local")),
    };
    let word = "RLM_DOCKER_RUNTIME";
    found.level = match get(word).map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("runsc") => Some(Level::High),
        Some("runc") => Some(Level::Standard),
        Some(other) => return Err(wrong(word, other, "it is runsc or runc")),
    };
    if found.backend == Some(LOCAL) {
        found.level = None;
    }
    let word = "RLM_NETWORK_ENABLED";
    found.network = match get(word).map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("true" | "1" | "yes" | "on") => Some(CodeNetwork::Policy),
        Some("false" | "0" | "no" | "off") => Some(CodeNetwork::None),
        Some(other) => return Err(wrong(word, other, "it is true or false")),
    };
    let word = "RLM_MEMORY_LIMIT";
    if let Some(value) = get(word) {
        let quantity = Quantity::Text(value.to_owned());
        let bytes = super::limits::memory(&quantity).map_err(|why| wrong(word, value, &why))?;
        found.memory = Some(bytes);
    }
    Ok(found)
}
