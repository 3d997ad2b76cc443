//! What prompts and audit sinks find around them. Nothing here is required.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::Probe;
use super::backends::find;

/// Program, and the variable that says that this terminal is inside one.
const MULTIPLEXERS: [(&str, &str); 2] = [("tmux", "TMUX"), ("zellij", "ZELLIJ")];
/// Name, socket, and what would bring it.
const SINKS: [(&str, &str, &str); 2] = [
    (
        "syslog",
        "/dev/log",
        "start a syslog daemon (`sudo apt-get install rsyslog`), or name its address in [audit]",
    ),
    (
        "journald",
        "/run/systemd/journal/socket",
        "only on a machine that runs systemd; use another sink in [audit]",
    ),
];

pub(super) fn all() -> Vec<Probe> {
    let mut found: Vec<Probe> = MULTIPLEXERS
        .iter()
        .map(|(name, variable)| multiplexer(name, variable))
        .collect();
    found.extend(
        SINKS
            .iter()
            .map(|(name, socket, mend)| sink(name, socket, mend)),
    );
    found
}

fn multiplexer(name: &str, variable: &str) -> Probe {
    match (find(name), std::env::var_os(variable).is_some()) {
        (Some(path), true) => Probe::works(
            name,
            format!(
                "{}; this terminal is inside: prompts open there",
                path.display()
            ),
        ),
        (Some(path), false) => Probe::works(
            name,
            format!("{}; this terminal is not inside", path.display()),
        ),
        (None, _) => Probe::lacks(
            name,
            "not on PATH; prompts appear over the terminal itself or in `ringfence approvals`",
            format!("optional: install {name}"),
        ),
    }
}

fn sink(name: &str, socket: &str, mend: &str) -> Probe {
    let there = Path::new(socket)
        .metadata()
        .is_ok_and(|data| data.file_type().is_socket());
    if there {
        Probe::works(name, socket)
    } else {
        Probe::lacks(name, format!("no socket at {socket}"), mend)
    }
}
