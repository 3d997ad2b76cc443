//! `ringfence model history`: the conversations that are kept, and what was said in one.

use std::io::Write;
use std::path::Path;

use ringfence_model::chat::{Histories, Summary, transcript};
use ringfence_store::vault::{Id, Vault, day};
use serde_json::json;

use crate::arguments::model::History;
use crate::command::{keys, output_failed, paths, print_json};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Fewest digits of a number that stand for all of it.
const DIGITS: usize = 4;

/// Lists, or prints one.
pub fn run(arguments: &History, passphrase_fd: Option<u32>) -> Result<(), Failure> {
    let mut histories = open(arguments.vault.as_deref(), passphrase_fd)?;
    let mut out = std::io::stdout().lock();
    let Some(text) = &arguments.id else {
        let all = histories.list().map_err(keys::failure)?;
        match arguments.json {
            true => print_json(&mut out, &all.iter().map(line).collect::<Vec<_>>()),
            false => print(&mut out, &all),
        }?;
        return histories.whole().map_err(keys::failure);
    };
    let id = find(&mut histories, text)?;
    let story = histories.read(id).map_err(keys::failure)?;
    if arguments.json {
        let value = json!({
            "id": id.to_string(), "model": story.model, "system": story.system, "turns": story.turns,
            "foreign": story.foreign, "damage": story.damage,
        });
        print_json(&mut out, &value)?;
    } else {
        let text = super::clean(&transcript(&story));
        write!(out, "{text}").map_err(output_failed)?;
    }
    match story.damage.first() {
        None => Ok(()),
        Some(_) => Err(Failure::message(
            Exit::Found,
            format!(
                "conversation {id} is damaged, and this is what can be read of it: {}",
                story.damage.join("; ")
            ),
        )
        .or_else("`ringfence keys verify --repair` keeps what can be read")),
    }
}

/// Opens the vault of this user, or another one.
pub fn open(vault: Option<&Path>, passphrase_fd: Option<u32>) -> Result<Histories, Failure> {
    keys::harden()?;
    let directory = match vault {
        Some(directory) => directory.to_owned(),
        None => paths()?.vault(),
    };
    let vault = Vault::open_placed(&directory, keys::ask(passphrase_fd)?);
    Ok(Histories::new(vault.map_err(keys::failure)?))
}

/// The conversation whose number begins so.
pub fn find(histories: &mut Histories, text: &str) -> Result<Id, Failure> {
    if let Some(id) = Id::parse(text) {
        return Ok(id);
    }
    let digits = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() < DIGITS || !digits(text) {
        return Err(Failure::message(
            Exit::Usage,
            format!(
                "{text:?} is no number of a conversation: {DIGITS} to 32 digits of 0-9 and a-f, as `ringfence model history` prints them"
            ),
        ));
    }
    let all = histories.list().map_err(keys::failure)?;
    let mut found = all
        .iter()
        .filter(|one| one.id.to_string().starts_with(text));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.id),
        (None, _) => Err(keys::failure(histories.not_found(text))),
        (Some(_), Some(_)) => Err(Failure::message(
            Exit::Usage,
            format!("several conversations begin with {text}; write more digits"),
        )),
    }
}

/// As a table.
pub fn print(out: &mut impl Write, all: &[Summary]) -> Result<(), Failure> {
    if all.is_empty() {
        return writeln!(out, "There are no conversations.").map_err(output_failed);
    }
    let mut table = table::new(&["id", "model", "started", "turns", ""]);
    for one in all {
        let id: String = one.id.to_string().chars().take(8).collect();
        let model = one.model.as_deref().unwrap_or("-");
        let (note, tone) = match (one.damage.is_empty(), one.foreign) {
            (false, _) => (format!("damaged: {}", one.damage.join("; ")), Tone::Bad),
            (true, 0) => (String::new(), Tone::Plain),
            (true, count) => (format!("{count} records that are no turns"), Tone::Plain),
        };
        table.add_row(vec![
            table::cell(id, Tone::Plain),
            table::cell(model, Tone::Plain),
            table::cell(day(one.started), Tone::Plain),
            table::number(one.turns),
            table::cell(note, tone),
        ]);
    }
    writeln!(out, "{table}").map_err(output_failed)
}

fn line(one: &Summary) -> serde_json::Value {
    json!({
        "id": one.id.to_string(), "model": one.model, "started": one.started, "last": one.last, "turns": one.turns,
        "foreign": one.foreign, "cache": one.cache, "damage": one.damage,
    })
}
