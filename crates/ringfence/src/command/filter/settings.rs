//! What the filter is told, from the command line, variables and files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ringfence_dlp::{Action, Actions, Document, Known, Settings};
use zeroize::Zeroizing;

use crate::arguments::Filter;
use crate::error::Failure;
use crate::exit::Exit;

/// Bytes of one document, and of all of them, that are read at most.
const DOCUMENTS: u64 = ringfence_dlp::echo::CONTEXT_BYTES as u64;
/// Bytes of a file with a known value.
const VALUE: u64 = ringfence_dlp::limits::KNOWN_MAX as u64 + 2;

/// The settings that these arguments mean.
pub fn of(arguments: &Filter) -> Result<Settings, Failure> {
    let mut settings = Settings {
        actions: actions(&arguments.action)?,
        budget: arguments.budget,
        ..Settings::default()
    };
    for path in &arguments.context {
        settings.context.push(document(path)?);
    }
    for text in &arguments.known {
        settings.known.push(known(text)?);
    }
    Ok(settings)
}

fn document(path: &Path) -> Result<Document, Failure> {
    let text = read(path, DOCUMENTS, "context document")?;
    Ok(Document {
        name: path.display().to_string(),
        text: text.to_vec(),
    })
}

/// `NAME=VARIABLE` or `NAME=@FILE`.
fn known(text: &str) -> Result<Known, Failure> {
    let Some((name, source)) = text
        .split_once('=')
        .filter(|(n, s)| !n.is_empty() && !s.is_empty())
    else {
        // The text may be the value itself: it is not repeated.
        return Err(usage(
            "--known: no `NAME=VARIABLE` or `NAME=@FILE`; give the value by a variable or a file, not on the command line",
        ));
    };
    let mut value = match source.strip_prefix('@') {
        Some(path) => read(Path::new(path), VALUE, "known value")?,
        None => match std::env::var_os(source) {
            Some(value) => Zeroizing::new(value.into_encoded_bytes()),
            None => {
                return Err(usage(&format!(
                    "--known {name}: no such variable is set; `NAME=VARIABLE` takes the value from a variable, `NAME=@FILE` from a file"
                )));
            }
        },
    };
    // The newline at the end of a file is an editor's.
    while value
        .last()
        .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        value.pop();
    }
    Ok(Known {
        name: name.to_owned(),
        value,
    })
}

fn read(path: &Path, limit: u64, what: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed =
        |reason: &dyn std::fmt::Display| usage(&format!("{what} {}: {reason}", path.display()));
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&error))?;
    if bytes.len() as u64 > limit {
        return Err(failed(&format_args!(
            "larger than {limit} bytes, which is the most that can be looked for"
        )));
    }
    Ok(bytes)
}

fn actions(words: &[String]) -> Result<Actions, Failure> {
    let mut actions = Actions::default();
    for word in words {
        let (tier, action) = word.split_once('=').unwrap_or((word, ""));
        let action = match action {
            "off" => Action::Off,
            "report" => Action::Report,
            "redact" => Action::Redact,
            "block" => Action::Block,
            _ => {
                return Err(usage(&format!(
                    "--action {word}: the actions are off, report, redact and block"
                )));
            }
        };
        match tier {
            "block" => actions.block = action,
            "warn" => actions.warn = action,
            "echo" => actions.echo = action,
            _ => {
                return Err(usage(&format!(
                    "--action {word}: the tiers are block, warn and echo"
                )));
            }
        }
    }
    Ok(actions)
}

fn usage(text: &str) -> Failure {
    Failure::message(Exit::Usage, text)
}
