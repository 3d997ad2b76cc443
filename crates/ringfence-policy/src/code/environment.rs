//! The environment of code: nothing of the caller's but language, colours and time zone, and what `--env` names.

use std::collections::BTreeMap;

use super::{CodeOptions, Language, WORK_DIR};
use crate::plan::{HostFacts, Program};
use crate::resolve::ResolveError;
use crate::spec::Limits;

/// Variables of the caller that pass.
const PASS: &[&str] = &[
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "NO_COLOR",
    "FORCE_COLOR",
];

/// Variables that are set, by language (`None`: always), and why.
const SET: &[(Option<Language>, &str, &str, &str)] = &[
    (None, "HOME", WORK_DIR, "the one writable place that stays"),
    (None, "USER", "code", "who the code is"),
    (None, "LOGNAME", "code", "who the code is"),
    (None, "TMPDIR", "/tmp", "private temporary files"),
    (None, "SHELL", "/bin/sh", "a shell that every system has"),
    (
        None,
        "OMP_NUM_THREADS",
        "1",
        "one thread a CPU; a library would start one for each CPU of the host",
    ),
    (
        None,
        "OPENBLAS_NUM_THREADS",
        "1",
        "likewise; each takes tens of megabytes",
    ),
    (
        Some(Language::Python),
        "PYTHONDONTWRITEBYTECODE",
        "1",
        "compiled files would be lost anyway",
    ),
    (
        Some(Language::Python),
        "PYTHONUNBUFFERED",
        "1",
        "output up to a kill is not lost",
    ),
    (
        Some(Language::Python),
        "PYTHONIOENCODING",
        "utf-8",
        "the same output whatever the caller's locale",
    ),
    (
        Some(Language::Python),
        "MPLBACKEND",
        "Agg",
        "figures without a display",
    ),
    (
        Some(Language::Python),
        "MPLCONFIGDIR",
        "/tmp/matplotlib",
        "its cache of fonts",
    ),
    (
        Some(Language::Node),
        "NODE_REPL_HISTORY",
        "",
        "no history file",
    ),
];

pub(super) fn build(
    options: &CodeOptions,
    program: &Program,
    language: Option<Language>,
    limits: &Limits,
    facts: &HostFacts,
) -> Result<BTreeMap<String, String>, ResolveError> {
    let mut env: BTreeMap<String, String> = PASS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), facts.env.get(*name)?.clone())))
        .collect();
    env.entry("LANG".into()).or_insert_with(|| "C.UTF-8".into());
    for (of, name, value, _) in SET {
        if of.is_none() || *of == language {
            env.insert((*name).to_owned(), (*value).to_owned());
        }
    }
    // Libraries would start a thread for each CPU of the host, and each takes tens of megabytes.
    let threads = limits
        .cpu_millis
        .map_or(1, |millis| millis.div_ceil(1000))
        .max(1);
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"] {
        env.insert(name.to_owned(), threads.to_string());
    }
    let own = program
        .path
        .parent()
        .filter(|dir| dir.ends_with("bin") && !dir.starts_with("/usr"))
        .map(|dir| format!("{}:", dir.display()))
        .unwrap_or_default();
    env.insert("PATH".into(), format!("{own}/usr/local/bin:/usr/bin:/bin"));
    if let Some(venv) = facts
        .env
        .get("VIRTUAL_ENV")
        .filter(|venv| language == Some(Language::Python) && program.path.starts_with(venv))
    {
        env.insert("VIRTUAL_ENV".into(), venv.clone());
    }
    for (name, value) in &options.env {
        let good = !name.is_empty()
            && !name.contains(['=', '\0'])
            && value.as_ref().is_none_or(|value| !value.contains('\0'));
        if !good {
            return Err(ResolveError::usage(
                format!("--env {} names no variable", name.escape_debug()),
                Some("--env NAME or --env NAME=VALUE".into()),
            ));
        }
        match value.as_ref().or_else(|| facts.env.get(name)) {
            Some(value) => {
                env.insert(name.clone(), value.clone());
            }
            None => {
                return Err(ResolveError::usage(
                    format!("--env {name}: that variable is not set here"),
                    Some("--env NAME=VALUE sets it".into()),
                ));
            }
        }
    }
    Ok(env)
}
