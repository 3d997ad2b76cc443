//! Which system calls code may make: a shipped profile, one of the configuration's, or a file in the OCI format.

use std::path::{Path, PathBuf};

use super::Language;
use crate::compile::Layers;
use crate::resolve::ResolveError;
use crate::spec::SeccompProfile;

/// Names of the shipped profiles.
const SHIPPED: &[&str] = &["default", "code", "python", "node", "no-processes"];

/// A profile as chosen; a file still has to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub seccomp: Seccomp,
    /// Whether the code may start processes.
    pub processes: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seccomp {
    Known(SeccompProfile),
    File(PathBuf),
}

/// Chooses by name; `None` means by language.
pub(super) fn choose(
    name: Option<&str>,
    language: Option<Language>,
    layers: &Layers,
    cwd: &Path,
) -> Result<Chosen, ResolveError> {
    let by_language = || match language {
        Some(Language::Python) => SeccompProfile::Python,
        Some(Language::Node) => SeccompProfile::Node,
        Some(Language::Bash) | None => SeccompProfile::Code,
    };
    let user = layers.user.as_ref();
    let name = name.or_else(|| user.and_then(|d| d.written.exec.profile.as_deref()));
    let known = |seccomp| Chosen {
        seccomp: Seccomp::Known(seccomp),
        processes: true,
    };
    match name {
        None | Some("default") => return Ok(known(by_language())),
        Some("code") => return Ok(known(SeccompProfile::Code)),
        Some("python") => return Ok(known(SeccompProfile::Python)),
        Some("node") => return Ok(known(SeccompProfile::Node)),
        Some("no-processes") => {
            return Ok(Chosen {
                processes: false,
                ..known(by_language())
            });
        }
        Some(_) => {}
    }
    let name = name.unwrap_or_default();
    let written = user.and_then(|d| Some((d, d.written.profiles.get(name)?)));
    if let Some((document, profile)) = written {
        let beside = Path::new(&document.name).parent().unwrap_or(Path::new("/"));
        let seccomp = match profile.seccomp.as_deref() {
            None | Some("default") => Seccomp::Known(by_language()),
            Some("code") => Seccomp::Known(SeccompProfile::Code),
            Some("python") => Seccomp::Known(SeccompProfile::Python),
            Some("node") => Seccomp::Known(SeccompProfile::Node),
            Some(file) => Seccomp::File(beside.join(file)),
        };
        return Ok(Chosen {
            seccomp,
            processes: profile.processes.unwrap_or(true),
        });
    }
    if name.contains('/') || name.ends_with(".json") {
        return Ok(Chosen {
            seccomp: Seccomp::File(cwd.join(name)),
            processes: true,
        });
    }
    let own = user.map(|d| d.written.profiles.keys().map(String::as_str));
    let all: Vec<&str> = SHIPPED
        .iter()
        .copied()
        .chain(own.into_iter().flatten())
        .collect();
    Err(ResolveError::usage(
        format!("there is no profile `{}`", name.escape_debug()),
        Some(format!(
            "profiles: {}; or a file in the OCI seccomp format, named with a `/` or `.json`",
            all.join(", ")
        )),
    ))
}
