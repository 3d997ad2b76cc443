//! The attacks themselves. Each runs in a process of its own: this binary again, under a hidden argument, outside or inside a fence.

mod files;
mod http;
mod net;
mod processes;
mod raw;
mod space;

pub(crate) use raw::{add_decoy_key, drop_decoy_key};

use std::process::ExitCode;

/// First argument of a probe.
pub const HIDDEN: &str = "__probe";

const PREFIX: &str = "ringfence-probe-verdict ";

/// What a probe says about itself, as a line on standard output.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Verdict {
    /// The attack succeeded, or the promised thing works.
    pub achieved: bool,
    /// What was seen.
    pub detail: String,
    /// What this machine lacks for the attempt; then nothing is shown.
    #[serde(default)]
    pub missing: Option<String>,
}

impl Verdict {
    pub(crate) fn yes(detail: impl Into<String>) -> Self {
        Verdict {
            achieved: true,
            detail: detail.into(),
            missing: None,
        }
    }
    pub(crate) fn no(detail: impl Into<String>) -> Self {
        Verdict {
            achieved: false,
            detail: detail.into(),
            missing: None,
        }
    }
    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Verdict {
            achieved: false,
            detail: String::new(),
            missing: Some(what.into()),
        }
    }

    /// The first verdict in the output of a run.
    pub(crate) fn find(output: &str) -> Option<Self> {
        let line = output
            .lines()
            .find_map(|line| line.find(PREFIX).map(|at| &line[at + PREFIX.len()..]))?;
        serde_json::from_str(line.trim_end()).ok()
    }
}

/// Runs the probe that the arguments of this process name. `None`: they name none, and the program goes on with its own work.
pub fn main() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != HIDDEN {
        return None;
    }
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let (name, rest) = args.split_first()?;
    if name == "in-own-network" {
        return Some(space::in_own_network(rest));
    }
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let verdict = dispatch(name, &rest).unwrap_or_else(|error| Verdict::no(error.to_string()));
    let line = serde_json::to_string(&verdict).ok()?;
    // The verdict is what this process is for; `println!` would panic on a closed pipe.
    use std::io::Write;
    let written = writeln!(std::io::stdout(), "{PREFIX}{line}");
    // `exit-code CODE` is the one probe that leaves with something else.
    let code = if name == "exit-code" {
        rest.first().and_then(|code| code.parse().ok()).unwrap_or(1)
    } else {
        0
    };
    Some(if written.is_ok() {
        ExitCode::from(code)
    } else {
        ExitCode::FAILURE
    })
}

fn dispatch(name: &str, args: &[&str]) -> std::io::Result<Verdict> {
    match name {
        "nothing" => Ok(Verdict::yes("ran")),
        "read-any" => files::read_any(args),
        "write-all" => files::write_all(args),
        "rename-and-plant" => files::rename_and_plant(args),
        "hard-link" => files::hard_link(args),
        "open-for-writing" => files::open_for_writing(args),
        "device-node" => files::device_node(args),
        "set-uid" => files::set_uid(args),
        "commit" => files::commit(args),
        "environment" => processes::environment(args),
        "other-processes" => processes::other_processes(args),
        "signal-process" => processes::signal_process(args),
        "descriptors" => processes::descriptors(args),
        "fork-bomb" => processes::fork_bomb(),
        "memory-hog" => processes::memory_hog(),
        "privileges" => processes::privileges(),
        "root" => processes::root(),
        "sleep" => processes::sleep(args),
        "exit-code" => Ok(Verdict::yes("leaves with the code")),
        "syscall" => raw::syscall(args),
        "keyring" => raw::keyring(args),
        "push-back-input" => raw::push_back_input(),
        "socket" => raw::socket(args),
        "loopback-down" => raw::loopback_down(),
        "unix-socket" => net::unix_socket(args),
        "abstract-socket" => net::abstract_socket(args),
        "name" => net::name(args),
        "datagram" => net::datagram(args),
        "multipath" => raw::multipath(args),
        "http" => http::attempts(args),
        "http-after" => http::after(args),
        other => Ok(Verdict::missing(format!("no probe is called {other}"))),
    }
}
