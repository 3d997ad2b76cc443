//! One audit event as one line for a person.

use ringfence_policy::Event;
use ringfence_policy::decision::Grant;
use ringfence_store::Record;

use crate::table::colored;

/// `#12 12:34:56.789  allow  GET example.org:443/path  (rule)`; texts in it were escaped when they were kept.
pub fn describe(record: &Record) -> String {
    let (hours, minutes, seconds, ms) = clock(record.time);
    format!(
        "#{:<5} {hours:02}:{minutes:02}:{seconds:02}.{ms:03}  {}",
        record.seq,
        sentence(&record.event)
    )
}

/// Time of day, UTC, of milliseconds since 1970.
fn clock(ms: u64) -> (u64, u64, u64, u64) {
    let seconds = ms / 1000;
    (
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        ms % 1000,
    )
}

fn sentence(event: &Event) -> String {
    match event {
        Event::SessionStart {
            tool,
            level,
            backend,
            cwd,
            ..
        } => format!("start   {tool} in {cwd}, level {level}, backend {backend}"),
        Event::SessionEnd {
            exit_code,
            signal,
            reason,
            wall_ms,
            ..
        } => {
            let how = exit_code
                .map(|c| format!("exit {c}"))
                .or_else(|| signal.map(|s| format!("signal {s}")))
                .unwrap_or_default();
            format!("end     {how} ({reason}) after {wall_ms} ms")
        }
        Event::Decision {
            host,
            port,
            method,
            path,
            grant,
            rule,
            ..
        } => {
            let what = method.as_deref().unwrap_or("connect");
            format!(
                "{}  {what} {host}:{port}{}  ({rule})",
                verdict(*grant),
                path.as_deref().unwrap_or_default()
            )
        }
        Event::Exchange {
            host,
            upstream,
            status,
            bytes_out,
            bytes_in,
            ms,
            error,
            ..
        } => {
            let status = status.map(|s| s.to_string()).unwrap_or_default();
            let via = if upstream == host {
                String::new()
            } else {
                format!(" via {upstream}")
            };
            let error = error
                .as_deref()
                .map(|e| format!(" ({e})"))
                .unwrap_or_default();
            format!("done    {host}{via} {status} ↑{bytes_out} ↓{bytes_in} bytes in {ms} ms{error}")
        }
        Event::Dns { name, kind, answer } => format!("dns     {kind} {name} → {answer}"),
        Event::Prompt {
            kind,
            subject,
            grant,
            scope,
            answered_by,
            ..
        } => {
            format!(
                "{}  {kind} {subject}, asked: {scope:?} by {answered_by}",
                verdict(*grant)
            )
        }
        Event::Credential {
            name,
            host,
            grant,
            reason,
        } => {
            let reason = reason
                .as_deref()
                .map(|r| format!(" ({r})"))
                .unwrap_or_default();
            format!("{}  credential {name} to {host}{reason}", verdict(*grant))
        }
        Event::Finding {
            place,
            detector,
            action,
            host,
            length,
            ..
        } => {
            let grant = if action == "report" {
                Grant::Allow
            } else {
                Grant::Deny
            };
            let host = host
                .as_deref()
                .map(|host| format!(" ({host})"))
                .unwrap_or_default();
            format!(
                "{}  {detector} in {place}{host}: {length} bytes, {action}",
                verdict(grant)
            )
        }
        Event::Publish {
            inside,
            host,
            grant,
        } => format!(
            "{}  publish port {inside} on 127.0.0.1:{host}",
            verdict(*grant)
        ),
        Event::HostFile { path, kind } => format!("file    {path}: {kind}"),
        Event::Model {
            action,
            model,
            detail,
            off,
            ms,
            ..
        } => {
            let model = model.as_deref().unwrap_or("the server");
            let detail = detail
                .as_deref()
                .map(|d| format!(": {d}"))
                .unwrap_or_default();
            let ms = ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
            let off = match off.as_slice() {
                [] => String::new(),
                off => format!("  OFF: {}", off.join(", ")),
            };
            format!("model   {action} {model}{ms}{detail}{off}")
        }
        Event::Keys {
            action,
            uid,
            outcome,
            names,
            detail,
        } => {
            let names = names
                .iter()
                .map(|name| format!(" {name}"))
                .collect::<String>();
            let detail = detail
                .as_deref()
                .map(|d| format!(": {d}"))
                .unwrap_or_default();
            format!("keys    {action}{names} by uid {uid}, {outcome}{detail}")
        }
        Event::Fence { condition, detail } => format!("fence   {condition}: {detail}"),
    }
}

fn verdict(grant: Grant) -> String {
    let (text, color) = match grant {
        Grant::Allow => ("allow ", 32),
        Grant::Deny => ("DENY  ", 31),
    };
    if colored() {
        format!("\x1b[{color}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day() {
        assert_eq!(clock(1_000 * (3 * 3600 + 4 * 60 + 5) + 6), (3, 4, 5, 6));
    }
}
