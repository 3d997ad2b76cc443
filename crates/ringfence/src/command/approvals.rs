//! `ringfence approvals`: answers the questions of running sessions from another terminal.

use std::process::ExitCode;

use ringfence_runtime::paths::Paths;
use ringfence_runtime::prompt::approvals::Via;

use crate::arguments::{Approvals, PopupArgument};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::colored;
use crate::tui::approvals::{Options, run as answer};

/// Runs until the person leaves.
pub fn run(arguments: &Approvals, paths: &Paths) -> Result<ExitCode, Failure> {
    let popup = arguments.popup.map(|kind| match kind {
        PopupArgument::Tmux => Via::Tmux,
        PopupArgument::Zellij => Via::Zellij,
    });
    let options = Options {
        dir: arguments
            .dir
            .clone()
            .unwrap_or_else(|| paths.runtime.clone()),
        session: arguments.session.clone(),
        popup,
        json: arguments.json,
        colour: colored(),
    };
    answer(&options).map_err(|e| Failure::new(Exit::Found, e))?;
    Ok(Exit::Success.into())
}
