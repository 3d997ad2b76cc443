//! `ringfence model run`: a chat in the terminal, or one prompt answered. The model's process is started here, in its sandbox.

mod console;
mod input;
mod screen;

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ringfence_inference::{Format, Json};
use ringfence_model::chat::{Cached, Chat, ChatError, Ended, Stopper, limits};
use ringfence_model::server::Told;
use ringfence_runner::StartError;
use ringfence_runtime::audit::Ledger;
use ringfence_sandbox::Spawner;
use ringfence_store::vault::VaultError;
use tokio::signal::unix::{SignalKind, signal};

use super::serve::{Kept, not_kept};
use crate::arguments::model::Chat as Arguments;
use crate::command::{self, keys};
use crate::error::Failure;
use crate::exit::Exit;
use screen::Screen;

/// Bytes of a file with a schema.
const SCHEMA_BYTES: usize = 1 << 20;

/// Chats, or answers once, between the first and the last event of an audit log.
pub fn run(
    arguments: &Arguments,
    config: Option<PathBuf>,
    passphrase_fd: Option<u32>,
    mut spawner: Spawner,
) -> Result<ExitCode, Failure> {
    // What is said here is nobody else's: no core dump, no debugger of this user's other programs.
    keys::harden()?;
    let switches = super::switches(&super::flags(&arguments.danger))?;
    let devices = super::devices(&arguments.grant)?;
    let format = format(arguments.format.as_deref())?;
    let prompt = prompt(&arguments.prompt)?;
    let screen = Screen::new(arguments.verbose);
    let store = super::open()?;
    store.entry(&arguments.name).map_err(super::stored)?;
    if !switches.encryption {
        screen.note("encryption is off, so nothing of this chat is kept");
    }
    let wanted = arguments.resume.is_some() || prompt.is_none();
    let histories = match wanted && switches.encryption && !arguments.no_history {
        true => Some(
            super::history::open(arguments.vault.as_deref(), passphrase_fd)
                .map_err(|failure| unkept(failure, prompt.is_some()))?,
        ),
        false => None,
    };
    if histories.is_none() && arguments.resume.is_some() {
        return Err(Failure::message(
            Exit::Usage,
            "there is no conversation to go on with: encryption is off, and nothing is kept without it",
        ));
    }
    if !switches.sandbox {
        screen.note("the model runs as AN ORDINARY PROCESS WITHOUT A SANDBOX");
    }
    for path in devices.paths() {
        screen.note(&format!("the model is given the device {}", path.display()));
    }
    let paths = crate::command::paths()?;
    paths.prepare().map_err(|e| command::failure(e.into()))?;
    spawner.set_state_dir(paths.state.clone());
    // No model runs without a record of it. What is said stands nowhere there.
    let ledger = Arc::new(Ledger::open(config.clone()).map_err(not_kept)?);
    let kept = Arc::new(Kept::new(Arc::clone(&ledger), switches));
    let told: Told = {
        let kept = Arc::clone(&kept);
        Box::new(move |notice| kept.told(notice))
    };
    let session = ledger.session().to_owned();
    let chat = Chat::new(&store, &spawner, session, &arguments.name, histories, told);
    let result = chat.map_err(failure).and_then(|mut chat| {
        if !switches.sandbox {
            chat.danger_without_sandbox();
        }
        chat.grant(devices);
        chat.format = format;
        talk(&mut chat, arguments, prompt, config, screen)
    });
    let why = result.as_ref().err().map(|e| e.text().to_owned());
    let ended = ledger
        .end(&kept.event("stop", None, None, why, &[]))
        .map_err(not_kept);
    if let Some(why) = kept.lost() {
        return Err(Failure::message(
            Exit::Audit,
            format!("the audit log could not be written any more: {why}"),
        ));
    }
    let code = result?;
    ended.map(|()| code)
}

fn talk(
    chat: &mut Chat<'_>,
    arguments: &Arguments,
    prompt: Option<String>,
    config: Option<PathBuf>,
    screen: Screen,
) -> Result<ExitCode, Failure> {
    if let Some(text) = &arguments.resume {
        resume(chat, text)?;
    }
    if let Some(system) = &arguments.system {
        chat.set_system(Some(system.clone()))
            .map_err(keys::failure)?;
    }
    load(chat)?;
    if arguments.resume.is_some() {
        warm(chat, &screen)?;
    }
    match prompt {
        Some(prompt) => {
            follow(chat.stopper())?;
            once(chat, &prompt, screen)
        }
        None => {
            // The editor takes Ctrl-C for itself when it is made, so it is made first.
            let input = input::Input::open()?;
            follow(chat.stopper())?;
            console::run(chat, input, config, screen)
        }
    }
}

/// Nothing is kept in clear: where the vault can not be had, the chat does not begin.
fn unkept(failure: Failure, once: bool) -> Failure {
    match once {
        true => failure,
        false => failure
            .or_else("with `--no-history` the chat begins without, and nothing of it is kept"),
    }
}

/// The conversation to go on with.
fn resume(chat: &mut Chat<'_>, text: &str) -> Result<(), Failure> {
    let name = chat.model().clone();
    let Some(histories) = chat.histories() else {
        return Ok(());
    };
    let id = match text {
        "" => histories
            .last_of(&name)
            .map_err(keys::failure)?
            .ok_or_else(|| {
                Failure::message(
                    Exit::Found,
                    format!("there is no conversation with {:?} yet", name.short()),
                )
                .or_else("`ringfence model history` shows all conversations")
            })?,
        text => super::history::find(histories, text)?,
    };
    chat.resume(id).map(drop).map_err(keys::failure)
}

/// Starts the model's process, with a sign of life on a terminal: hashing a large file takes seconds.
fn load(chat: &mut Chat<'_>) -> Result<(), Failure> {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let spinner = (std::io::stderr().is_terminal() && !plain).then(|| {
        let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
            .with_style(ProgressStyle::default_spinner());
        spinner.set_message(format!("loading {}", chat.model().short()));
        spinner.enable_steady_tick(std::time::Duration::from_millis(100));
        spinner
    });
    let loaded = chat.load().map(drop);
    if let Some(spinner) = spinner {
        spinner.finish_and_clear();
    }
    loaded.map_err(failure)
}

/// What was computed before for the conversation that is gone on with.
fn warm(chat: &mut Chat<'_>, screen: &Screen) -> Result<(), Failure> {
    match chat.warm().map_err(failure)? {
        Cached::None => {}
        Cached::Restored(tokens) => {
            screen.detail(&format!("{tokens} tokens are known from the prompt cache"));
        }
        Cached::Dropped(why) => screen.note(&format!(
            "the prompt cache of this conversation was removed, and all is read anew: {why}"
        )),
    }
    Ok(())
}

/// Ctrl-C stops the answer and nothing else.
fn follow(stopper: Stopper) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::message(Exit::Fence, format!("Ctrl-C: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(failed)?;
    let mut interrupts = {
        let _guard = runtime.enter();
        signal(SignalKind::interrupt()).map_err(failed)?
    };
    std::thread::Builder::new()
        .name("interrupts".into())
        .spawn(move || {
            runtime.block_on(async {
                while interrupts.recv().await.is_some() {
                    stopper.stop();
                }
            });
        })
        .map_err(failed)?;
    Ok(())
}

/// One prompt, one answer.
fn once(chat: &mut Chat<'_>, prompt: &str, mut screen: Screen) -> Result<ExitCode, Failure> {
    let ended = screen.answer(chat, prompt).map_err(failure);
    screen.check()?;
    let ended = ended?;
    for note in chat.settle() {
        screen.note(&note);
    }
    Ok(match ended {
        Ended::Stopped => Exit::Interrupted,
        Ended::Stop | Ended::Length => Exit::Success,
    }
    .into())
}

/// The prompt of the command line and of standard input, if there is one.
fn prompt(words: &[String]) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    let failed = |why: String| Failure::message(Exit::Usage, format!("standard input: {why}"));
    if !std::io::stdin().is_terminal() {
        let most = limits::PROMPT_BYTES as u64;
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        std::io::stdin()
            .lock()
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| failed(e.to_string()))?;
        if bytes.len() as u64 > most {
            return Err(failed(format!("a prompt has at most {most} bytes")));
        }
        let piped = std::str::from_utf8(&bytes).map_err(|e| failed(e.to_string()))?;
        text.push_str(piped.trim_end_matches(['\n', '\r']));
        if text.is_empty() && words.is_empty() {
            return Err(failed(
                "it is empty, and there is no prompt on the command line".into(),
            ));
        }
    }
    if !words.is_empty() {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&words.join(" "));
    }
    Ok((!text.is_empty()).then_some(text))
}

fn format(asked: Option<&str>) -> Result<Format, Failure> {
    match asked {
        None => Ok(Format::Text),
        Some("json") => Ok(Format::Json),
        Some(path) => schema(Path::new(path)),
    }
}

fn schema(path: &Path) -> Result<Format, Failure> {
    let failed = |why: String| {
        Failure::message(Exit::Usage, format!("--format: {}: {why}", path.display()))
            .or_else("it is `json`, or a file with a JSON schema")
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SCHEMA_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|e| failed(e.to_string()))?;
    Json::parse(&bytes, SCHEMA_BYTES)
        .map(Format::Schema)
        .map_err(|e| failed(e.to_string()))
}

/// What an error of a chat means.
fn failure(error: ChatError) -> Failure {
    let exit = match &error {
        ChatError::Start(StartError::Room(_) | StartError::Sandbox(_)) => Exit::Fence,
        ChatError::Unrecorded => Exit::Audit,
        _ => Exit::Found,
    };
    let text = super::clean(Failure::new(exit, &error).text());
    Failure::message(exit, text)
}

/// What an error of the vault means, as a sentence in the middle of a chat.
fn sentence(error: VaultError) -> String {
    keys::failure(error).text().to_owned()
}
