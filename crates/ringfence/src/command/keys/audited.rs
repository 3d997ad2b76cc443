//! What is done with keys is in the audit log: who, what, which names, how it ended. Never a value.
//!
//! An event stands before anything is done, so that what a crash cut short is there as well; without it nothing is done.

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_policy::Event;
use ringfence_runtime::RunError;
use ringfence_runtime::audit::Ledger;

use super::Context;
use crate::arguments::KeysAction;
use crate::command;
use crate::error::Failure;
use crate::exit::Exit;

/// What turns out on the way.
#[derive(Default)]
pub(super) struct Notes {
    names: RefCell<Vec<String>>,
    said: RefCell<Option<String>>,
}

impl Notes {
    /// Names of secrets, numbers of conversations.
    pub(super) fn name(&self, names: &[impl ToString]) {
        let names = names.iter().map(ToString::to_string);
        self.names.borrow_mut().extend(names);
    }

    /// What came of it, in a few words.
    pub(super) fn say(&self, what: impl Into<String>) {
        *self.said.borrow_mut() = Some(what.into());
    }
}

/// Carries an action out between its two events. What only looks at the vault without opening secrets has none.
pub(super) fn run(
    context: &Context,
    action: &KeysAction,
    config: Option<PathBuf>,
    work: impl FnOnce() -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    let Some((action, names)) = subject(action) else {
        return work();
    };
    let directory = context.directory.display();
    let event = |outcome: &str, names: Vec<String>, detail: String| Event::Keys {
        action: action.into(),
        uid: rustix::process::getuid().as_raw(),
        outcome: outcome.into(),
        names,
        detail: Some(detail),
    };
    let ledger = Ledger::open(config).map_err(not_kept)?;
    let begun = event("begun", names.clone(), directory.to_string());
    ledger.keep(&begun).map_err(not_kept)?;
    let result = work();
    let mut all = names;
    all.extend(context.notes.names.take());
    let last = match &result {
        Ok(_) => {
            let said = context.notes.said.take();
            event("done", all, said.unwrap_or_else(|| directory.to_string()))
        }
        Err(failure) => event("failed", all, failure.text().to_owned()),
    };
    // What was done is done; that nobody can read about it is a failure all the same.
    let kept = ledger.end(&last).map_err(not_kept);
    let code = result?;
    kept.map(|()| code)
}

/// What an action is called and what it is about; `None` for what is not kept.
fn subject(action: &KeysAction) -> Option<(&'static str, Vec<String>)> {
    let file = |path: &PathBuf| vec![path.display().to_string()];
    Some(match action {
        KeysAction::Status(_) | KeysAction::List(_) => return None,
        KeysAction::Init(_) => ("init", Vec::new()),
        KeysAction::Set(set) => ("set", vec![set.name.clone()]),
        KeysAction::Rotate(_) => ("rotate", Vec::new()),
        KeysAction::Export(export) => ("export", file(&export.file)),
        KeysAction::Import(import) => ("import", file(&import.file)),
        KeysAction::Forget(forget) => {
            let all = forget.all.then(|| "--all".to_owned());
            let names = forget.ids.iter().chain(&forget.secret).cloned();
            ("forget", names.chain(all).collect())
        }
        KeysAction::Verify(_) => ("verify", Vec::new()),
    })
}

fn not_kept(error: RunError) -> Failure {
    match error {
        error @ (RunError::Resolve(_) | RunError::ConfigFile(_)) => command::failure(error),
        error => Failure::message(
            Exit::Audit,
            format!("the audit log can not be kept, and keys are not touched without it: {error}"),
        ),
    }
}
