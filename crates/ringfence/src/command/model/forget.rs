//! `ringfence model forget`: conversations, gone for good.

use std::io::Write;
use std::path::PathBuf;

use ringfence_policy::Event;
use ringfence_runtime::RunError;
use ringfence_runtime::audit::Ledger;

use crate::arguments::model::Forget;
use crate::command::keys::failure;
use crate::command::{self, output_failed};
use crate::error::Failure;
use crate::exit::Exit;

/// Destroys them.
pub fn run(
    arguments: &Forget,
    config: Option<PathBuf>,
    passphrase_fd: Option<u32>,
) -> Result<(), Failure> {
    let mut histories = super::history::open(arguments.vault.as_deref(), passphrase_fd)?;
    let mut out = std::io::stdout().lock();
    if arguments.all {
        let count = audited(config, vec!["--all".into()], || {
            histories.forget_all().map_err(failure)
        })?;
        return writeln!(out, "{count} conversations are destroyed").map_err(output_failed);
    }
    // All of them are looked for before the first one goes.
    let ids = arguments
        .ids
        .iter()
        .map(|text| super::history::find(&mut histories, text))
        .collect::<Result<Vec<_>, _>>()?;
    for id in &ids {
        histories.read(*id).map_err(failure)?;
    }
    let names = ids.iter().map(ToString::to_string).collect();
    audited(config, names, || {
        ids.iter()
            .try_for_each(|id| histories.forget(*id).map_err(failure))
    })?;
    for id in ids {
        writeln!(out, "conversation {id} is destroyed").map_err(output_failed)?;
    }
    Ok(())
}

/// Destroys between two events of an audit log, as `ringfence keys forget` does; without them nothing is destroyed.
pub fn audited<T>(
    config: Option<PathBuf>,
    names: Vec<String>,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let event = |outcome: &str, detail: Option<String>| Event::Keys {
        action: "forget".into(),
        uid: rustix::process::getuid().as_raw(),
        outcome: outcome.into(),
        names: names.clone(),
        detail,
    };
    let ledger = Ledger::open(config).map_err(not_kept)?;
    ledger.keep(&event("begun", None)).map_err(not_kept)?;
    let result = work();
    let last = match &result {
        Ok(_) => event("done", None),
        Err(failure) => event("failed", Some(failure.text().to_owned())),
    };
    let kept = ledger.end(&last).map_err(not_kept);
    let value = result?;
    kept.map(|()| value)
}

fn not_kept(error: RunError) -> Failure {
    match error {
        error @ (RunError::Resolve(_) | RunError::ConfigFile(_)) => command::failure(error),
        error => Failure::message(
            Exit::Audit,
            format!("the audit log can not be kept, and nothing is destroyed without it: {error}"),
        ),
    }
}
