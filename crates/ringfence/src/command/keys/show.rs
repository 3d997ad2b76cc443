//! `ringfence keys status|list|verify`.

use std::io::Write;
use std::process::ExitCode;

use ringfence_store::keys::{Kdf, StoreKind};
use ringfence_store::vault::{Report, Vault};
use serde_json::json;

use super::{Context, failure};
use crate::arguments::KeysVerify;
use crate::command::{output_failed, print_json};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Prints where the keys are and how things stand. A store that asks for a passphrase is not opened for it unless one is given.
pub(super) fn status(context: &Context, json: bool) -> Result<ExitCode, Failure> {
    let place = context.place()?;
    let asks = place.store == StoreKind::Passphrase && !context.given;
    let store = context.store(&place, Kdf::default())?;
    let where_to = store.place();
    let opened = if asks {
        None
    } else {
        Some(Vault::open(&context.directory, store))
    };
    let (state, tone) = match &opened {
        None => (
            "asks for its passphrase when it is used".to_owned(),
            Tone::Plain,
        ),
        Some(Ok(vault)) if vault.faults().is_empty() => ("open".to_owned(), Tone::Good),
        Some(Ok(vault)) => (vault.faults().join("; "), Tone::Bad),
        Some(Err(error)) => (error.to_string(), Tone::Bad),
    };
    let memory = ringfence_store::keys::protection()
        .map_or_else(|e| e.to_string(), |protection| protection.to_string());
    let vault = opened.as_ref().and_then(|o| o.as_ref().ok());
    let known = vault.map(|vault| (vault.status(), vault.secrets().map_or(0, |s| s.len())));
    let mut out = std::io::stdout().lock();
    if json {
        let row = json!({
            "vault": context.directory, "store": place.store, "place": where_to, "reasons": place.reasons,
            "state": state, "memory": memory,
            "epoch": known.as_ref().map(|(s, _)| s.epoch),
            "since": known.as_ref().map(|(s, _)| s.since),
            "conversations": known.as_ref().map(|(s, _)| s.conversations),
            "secrets": known.as_ref().map(|(_, n)| n),
        });
        print_json(&mut out, &row)?;
    } else {
        let mut table = table::new(&["what", "found"]);
        let mut row = |what: &str, found: String, tone| {
            table.add_row(vec![
                table::cell(what, Tone::Plain),
                table::cell(found, tone),
            ]);
        };
        row(
            "vault",
            context.directory.display().to_string(),
            Tone::Plain,
        );
        row("keys", format!("{}: {where_to}", place.store), Tone::Plain);
        row("why there", place.reasons.join("; "), Tone::Plain);
        row("state", state, tone);
        row("keys in memory", memory, Tone::Plain);
        if let Some((status, secrets)) = known {
            let since = ringfence_store::vault::day(status.since);
            row(
                "epoch",
                format!("{}, since {since}", status.epoch),
                Tone::Plain,
            );
            row(
                "conversations",
                status.conversations.to_string(),
                Tone::Plain,
            );
            row("named secrets", secrets.to_string(), Tone::Plain);
        }
        writeln!(out, "{table}").map_err(output_failed)?;
    }
    Ok(match opened {
        Some(Err(_)) => Exit::Keys,
        Some(Ok(vault)) if !vault.faults().is_empty() => Exit::Found,
        _ => Exit::Success,
    }
    .into())
}

/// Prints the conversations and the names of the secrets.
pub(super) fn list(context: &Context, json: bool) -> Result<ExitCode, Failure> {
    let vault = context.open()?;
    let secrets = vault.secrets().map_err(failure)?;
    let entries = vault.list();
    let mut out = std::io::stdout().lock();
    if json {
        let conversations: Vec<_> = entries
            .iter()
            .map(|entry| {
                json!({
                    "id": entry.id.to_string(), "purpose": entry.purpose.to_string(), "created": entry.created,
                    "records": entry.records, "bytes": entry.bytes,
                })
            })
            .collect();
        let all =
            json!({ "conversations": conversations, "secrets": secrets, "table": vault.faults() });
        print_json(&mut out, &all)?;
        vault.whole().map_err(failure)?;
        return Ok(Exit::Success.into());
    }
    let mut table = table::new(&["conversation", "purpose", "begun", "records", "bytes"]);
    for entry in &entries {
        table.add_row(vec![
            table::cell(entry.id, Tone::Plain),
            table::cell(entry.purpose, Tone::Plain),
            table::cell(ringfence_store::vault::day(entry.created), Tone::Plain),
            table::number(entry.records),
            match entry.bytes {
                Some(bytes) => table::number(bytes),
                None => table::cell("gone", Tone::Bad),
            },
        ]);
    }
    if !entries.is_empty() {
        writeln!(out, "{table}").map_err(output_failed)?;
    }
    for name in &secrets {
        writeln!(out, "secret  {name}").map_err(output_failed)?;
    }
    if entries.is_empty() && secrets.is_empty() {
        writeln!(out, "no conversations and no named secrets").map_err(output_failed)?;
    }
    vault.whole().map_err(failure)?;
    Ok(Exit::Success.into())
}

/// Reads everything; with `--repair`, keeps what can be read.
pub(super) fn verify(context: &Context, arguments: &KeysVerify) -> Result<ExitCode, Failure> {
    let mut vault = if arguments.accept_restored {
        let store = context.store(&context.place()?, Kdf::default())?;
        Vault::open_restored(&context.directory, store).map_err(failure)?
    } else {
        context.open()?
    };
    let report = vault.verify().map_err(failure)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &json_of(&report))?;
    } else {
        print(&mut out, &report)?;
    }
    if report.intact() {
        return Ok(Exit::Success.into());
    }
    context.notes.say("damage was found");
    if arguments.repair && !report.table.is_empty() && !arguments.accept_restored {
        return Err(Failure::message(
            Exit::Found,
            "nothing was repaired: the table is damaged, and whether it is the newest one can not be told; what came after an older copy would be lost for good",
        )
        .or_else("put a newer copy of the vault back, or take this one for the newest: `ringfence keys verify --repair --accept-restored`"));
    }
    if arguments.repair {
        let anew = vault.repair().map_err(failure)?;
        context.notes.say(format!(
            "damage was found, {anew} conversations were written anew"
        ));
        if !arguments.json {
            writeln!(
                out,
                "{anew} conversations were written anew with what can be read; their damaged files are kept as ID.damaged"
            )
            .map_err(output_failed)?;
        }
    }
    Ok(Exit::Found.into())
}

fn print(out: &mut impl Write, report: &Report) -> Result<(), Failure> {
    let mut table = table::new(&["conversation", "purpose", "records", "verdict"]);
    for one in &report.conversations {
        let (verdict, tone) = if one.damage.is_empty() {
            ("intact".to_owned(), Tone::Good)
        } else {
            let all: Vec<_> = one.damage.iter().map(ToString::to_string).collect();
            (all.join("; "), Tone::Bad)
        };
        table.add_row(vec![
            table::cell(one.id, Tone::Plain),
            table::cell(one.purpose, Tone::Plain),
            table::number(one.records),
            table::cell(verdict, tone),
        ]);
    }
    if !report.conversations.is_empty() {
        writeln!(out, "{table}").map_err(output_failed)?;
    }
    for fault in &report.table {
        writeln!(out, "table: {fault}").map_err(output_failed)?;
    }
    for one in report.conversations.iter().filter(|c| c.unfinished > 0) {
        writeln!(
            out,
            "note: {} ends with {} bytes of a write that was interrupted; no acknowledged record was in them",
            one.id, one.unfinished
        )
        .map_err(output_failed)?;
    }
    for stray in &report.strays {
        writeln!(
            out,
            "note: the file {stray} belongs to no conversation; no key opens it"
        )
        .map_err(output_failed)?;
    }
    if report.intact() {
        writeln!(out, "everything is as it was written").map_err(output_failed)?;
    }
    Ok(())
}

fn json_of(report: &Report) -> serde_json::Value {
    let conversations: Vec<_> = report
        .conversations
        .iter()
        .map(|one| {
            json!({
                "id": one.id.to_string(), "purpose": one.purpose.to_string(), "records": one.records,
                "damage": one.damage.iter().map(ToString::to_string).collect::<Vec<_>>(), "unfinished": one.unfinished,
            })
        })
        .collect();
    json!({ "intact": report.intact(), "table": report.table, "conversations": conversations, "strays": report.strays })
}
