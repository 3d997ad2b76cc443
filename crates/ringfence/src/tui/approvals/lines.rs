//! The same without a screen: JSON lines for scripts, a plain list for a pipe.

use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use ringfence_policy::{Answer, Grant, Scope};
use ringfence_runtime::prompt::Pending;
use ringfence_runtime::prompt::approvals::FromServer;
use ringfence_runtime::prompt::card;
use serde::{Deserialize, Serialize};

use super::{ApprovalsError, Options, Sessions, TURN};

/// Bytes of one answer line.
const MAX_LINE: u64 = 1024;
/// How long sessions may take to say what they ask, for a look without answers.
const GATHER: Duration = Duration::from_millis(300);

/// One line of output.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    /// The open questions of a session, after every change.
    Pending {
        session: &'a str,
        tool: &'a str,
        questions: &'a [Pending],
    },
    /// What became of an answer.
    Taken {
        session: &'a str,
        id: u64,
        error: Option<&'a str>,
        note: Option<&'a str>,
    },
    /// A session is over.
    Ended { session: &'a str },
    /// A line of input was not understood.
    Invalid { why: &'a str },
}

/// One line of input: `{"session":"…","id":1,"grant":"allow","scope":"once"}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerLine {
    session: String,
    id: u64,
    grant: Grant,
    scope: Scope,
}

/// With `--json`: prints changes and takes answers until standard input ends and, when a session is named, until it ends.
/// Otherwise prints what is asked now and returns.
pub fn run(options: &Options) -> Result<(), ApprovalsError> {
    let mut sessions = Sessions::open(options)?;
    let result = if options.json {
        converse(options, &mut sessions)
    } else {
        list(&mut sessions)
    };
    match result {
        // Whoever read the lines has seen enough.
        Err(ApprovalsError::Terminal(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn list(sessions: &mut Sessions) -> Result<(), ApprovalsError> {
    let mut out = std::io::stdout().lock();
    let start = Instant::now();
    let mut count = 0;
    for client in &mut sessions.clients {
        client
            .set_patience(GATHER.saturating_sub(start.elapsed()))
            .map_err(|e| ApprovalsError::Session(client.session.clone(), e))?;
        let Ok(Some(FromServer::Pending(pending))) = client.receive() else {
            continue;
        };
        for one in &pending {
            count += 1;
            writeln!(out, "{} {} {}", client.session, one.id, card::headline(one))?;
            for (name, value) in card::fields(one, 200) {
                writeln!(out, "    {name:<11}{value}")?;
            }
        }
    }
    if count == 0 {
        writeln!(
            out,
            "nothing is asked ({} sessions)",
            sessions.clients.len()
        )?;
    }
    Ok(())
}

fn converse(options: &Options, sessions: &mut Sessions) -> Result<(), ApprovalsError> {
    let mut out = std::io::stdout().lock();
    let answers = read_answers();
    let start = Instant::now();
    loop {
        if options.session.is_none()
            && sessions
                .searched
                .is_none_or(|at| at.elapsed() >= super::SEARCH)
        {
            sessions.search();
        }
        let mut lines = Vec::new();
        sessions.clients.retain_mut(|client| {
            loop {
                let line = match client.receive() {
                    Ok(None) => return true,
                    Ok(Some(FromServer::Pending(questions))) => json(&Line::Pending {
                        session: &client.session,
                        tool: &client.tool,
                        questions: &questions,
                    }),
                    Ok(Some(FromServer::Taken { id, error, note })) => json(&Line::Taken {
                        session: &client.session,
                        id,
                        error: error.as_deref(),
                        note: note.as_deref(),
                    }),
                    Ok(Some(_)) => continue,
                    Err(_) => {
                        lines.push(json(&Line::Ended {
                            session: &client.session,
                        }));
                        return false;
                    }
                };
                lines.push(line);
            }
        });
        for line in lines {
            out.write_all(line.as_bytes())?;
        }
        if options.session.is_some() && sessions.is_empty() {
            return Ok(());
        }
        match answers.try_recv() {
            Ok(Some(line)) => {
                let answer = Answer {
                    grant: line.grant,
                    scope: line.scope,
                };
                match sessions
                    .clients
                    .iter_mut()
                    .find(|c| c.session == line.session)
                {
                    // A failed write shows as the session's end in the next turn.
                    Some(client) => drop(client.answer(line.id, answer)),
                    None => out.write_all(
                        json(&Line::Invalid {
                            why: "no such session",
                        })
                        .as_bytes(),
                    )?,
                }
            }
            Ok(None) => out.write_all(
                json(&Line::Invalid {
                    why: "not an answer",
                })
                .as_bytes(),
            )?,
            Err(TryRecvError::Empty) => std::thread::sleep(TURN),
            // Without any input this is a look at what is asked now.
            Err(TryRecvError::Disconnected) if start.elapsed() < GATHER => std::thread::sleep(TURN),
            Err(TryRecvError::Disconnected) => return Ok(()),
        }
        out.flush()?;
    }
}

/// One line in ASCII: what a terminal might act on (C1 controls, bidi marks) is written as `\u....`.
fn json(line: &Line<'_>) -> String {
    // These types have no map keys that JSON lacks, so this does not fail; an empty line would be skipped by readers.
    let text = serde_json::to_string(line).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if (' '..='~').contains(&c) {
            out.push(c);
        } else {
            out.extend(
                c.encode_utf16(&mut [0; 2])
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}")),
            );
        }
    }
    out.push('\n');
    out
}

/// Reads answers in a thread of its own, since standard input can't be waited for together with the sessions.
fn read_answers() -> Receiver<Option<AnswerLine>> {
    let (sender, receiver) = sync_channel(16);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match (&mut input).take(MAX_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => {
                    if sender.send(serde_json::from_slice(&line).ok()).is_err() {
                        return;
                    }
                }
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_ascii_and_the_same_json() {
        let why = "\u{9b}31m \u{202e}\u{1b}[2J\n漢\u{1f980}\u{7f}";
        let line = json(&Line::Invalid { why });
        assert!(
            line.trim_end().bytes().all(|b| (b' '..=b'~').contains(&b)),
            "{line}"
        );
        let back: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["invalid"]["why"], why);
    }

    #[test]
    fn answers_are_read_strictly() {
        let read = |text: &str| serde_json::from_str::<AnswerLine>(text).ok();
        let line = read(r#"{"session":"s-1","id":3,"grant":"allow","scope":"once"}"#).unwrap();
        assert_eq!(
            (line.session.as_str(), line.id, line.grant, line.scope),
            ("s-1", 3, Grant::Allow, Scope::Once)
        );
        for text in [
            "",
            "3",
            r#"{"session":"s-1","id":3,"grant":"yes","scope":"once"}"#,
            r#"{"session":"s-1","id":3}"#,
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
