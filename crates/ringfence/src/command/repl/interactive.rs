//! The session of a person at a terminal (or of a script on standard input): prompts, lines, interrupts.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use ringfence_runtime::code::Neutral;
use ringfence_runtime::repl::{
    Cause, CellResult, CellStatus, Completeness, Event, ReplError, StreamName,
};
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};

use super::{Session, broken, streams};
use crate::error::Failure;
use crate::exit::Exit;

/// Lines kept for the arrow keys; in memory only.
const HISTORY: usize = 1000;

/// Reads cells and runs them until the end of the input.
pub fn run(mut session: Session) -> Result<ExitCode, Failure> {
    let mut screen = Screen::default();
    let mut input = Input::open()?;
    greet(&session, &screen);
    session
        .repl
        .interrupter()
        .follow_sigint()
        .map_err(streams)?;
    while let Some(code) = read(&mut session, &mut input, &mut screen)? {
        if session.repl.death().is_some() {
            session.repl.restart().map_err(super::not_started)?;
            screen.note("a new interpreter has started; the variables of the old one are lost");
        }
        match session.repl.run(&code, &mut |event| {
            screen.happened(event, &mut session.gallery)
        }) {
            Ok(result) => screen.ended(&result, &mut session.gallery),
            Err(error @ (ReplError::Code { .. } | ReplError::NotRunning { .. })) => {
                screen.note(&error.to_string());
            }
            Err(error) => return Err(broken(error)),
        }
        screen.check()?;
    }
    session
        .repl
        .close(&mut |event| screen.happened(event, &mut session.gallery));
    Ok(Exit::Success.into())
}

fn greet(session: &Session, screen: &Screen) {
    let ready = session.repl.ready();
    let place = session
        .started
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let fence = place.as_ref().map_or_else(String::new, |started| {
        let level = format!("{:?}", started.level).to_lowercase();
        format!(", level {level}, {}", started.backend)
    });
    screen.note(&format!(
        "{} {} in a sandbox{fence}; Ctrl-C interrupts, Ctrl-D ends",
        ready.language, ready.version
    ));
}

/// The next cell; `None` at the end.
fn read(
    session: &mut Session,
    input: &mut Input,
    screen: &mut Screen,
) -> Result<Option<String>, Failure> {
    let mut code = String::new();
    let mut first = true;
    loop {
        match input.line(if first { ">>> " } else { "... " })? {
            Line::Text(line) => {
                if first && line.trim().is_empty() {
                    continue;
                }
                if !first {
                    code.push('\n');
                }
                code.push_str(&line);
                first = false;
                if session.repl.death().is_some() {
                    return Ok(Some(code));
                }
                let gallery = &mut session.gallery;
                let checked = session
                    .repl
                    .check(&code, &mut |event| screen.happened(event, gallery));
                match checked {
                    Ok(Completeness::Incomplete) => {}
                    Ok(Completeness::Complete | Completeness::Invalid) => return Ok(Some(code)),
                    Err(ReplError::Code { .. } | ReplError::NotRunning { .. }) => {
                        return Ok(Some(code));
                    }
                    Err(error) => return Err(broken(error)),
                }
            }
            Line::Interrupted => {
                code.clear();
                first = true;
            }
            // What was typed so far is a cell, as at the end of a script.
            Line::End => return Ok((!first).then_some(code)),
        }
    }
}

enum Line {
    Text(String),
    Interrupted,
    End,
}

/// A terminal with line editing, or any other standard input.
enum Input {
    Terminal(Box<DefaultEditor>),
    Plain,
}

impl Input {
    fn open() -> Result<Self, Failure> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Plain);
        }
        let failed = |e: ReadlineError| Failure::new(Exit::Fence, e);
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(failed)?;
        let config = config.auto_add_history(true).build();
        Ok(Self::Terminal(Box::new(
            DefaultEditor::with_config(config).map_err(failed)?,
        )))
    }

    fn line(&mut self, prompt: &str) -> Result<Line, Failure> {
        match self {
            Self::Terminal(editor) => match editor.readline(prompt) {
                Ok(line) => Ok(Line::Text(line)),
                Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(error) => Err(Failure::new(Exit::Fence, error)),
            },
            Self::Plain => {
                let mut line = String::new();
                match io::stdin().read_line(&mut line).map_err(streams)? {
                    0 => Ok(Line::End),
                    _ => Ok(Line::Text(line.trim_end_matches(['\n', '\r']).to_owned())),
                }
            }
        }
    }
}

/// Standard output and standard error. What the code wrote is made harmless where it meets a terminal.
struct Screen {
    lanes: [Lane; 2],
    failed: Option<io::Error>,
}

struct Lane {
    neutral: Option<Neutral>,
    /// Whether the last byte was no line end.
    open: bool,
}

impl Default for Screen {
    fn default() -> Self {
        let lane = |terminal: bool| Lane {
            neutral: terminal.then(Neutral::default),
            open: false,
        };
        Self {
            lanes: [
                lane(io::stdout().is_terminal()),
                lane(io::stderr().is_terminal()),
            ],
            failed: None,
        }
    }
}

impl Screen {
    fn happened(&mut self, event: Event, gallery: &mut super::show::Gallery) {
        match event {
            Event::Stream { stream, data } => self.write(stream, &data),
            Event::Display(bundle) => {
                let lines = gallery.lines(&bundle);
                self.text(StreamName::Stdout, &lines);
            }
            Event::Ending { cause, kill_in } => {
                let what = match cause {
                    Cause::Interrupt => "",
                    Cause::Timeout => "the cell has reached its time limit; ",
                    Cause::Output => "the cell has reached its output limit, the rest is dropped; ",
                };
                match kill_in {
                    None => self.note("interrupting; once more kills the interpreter, and its variables are lost"),
                    Some(time) => self.note(&format!(
                        "{what}interrupting; the interpreter is killed if the cell goes on for {} s",
                        time.as_secs()
                    )),
                }
            }
        }
    }

    fn ended(&mut self, result: &CellResult, gallery: &mut super::show::Gallery) {
        if let Some(value) = &result.value {
            let lines = gallery.lines(value);
            self.text(StreamName::Stdout, &lines);
        }
        self.finish();
        if let Some(error) = &result.error {
            self.text(StreamName::Stderr, &error.traceback);
            self.finish();
        }
        if let CellStatus::Killed(death) = &result.status {
            self.note(&format!(
                "{}; its variables are lost, and the next cell starts a new one",
                death.message
            ));
        }
        if result.truncated {
            self.note("output over the limit was dropped");
        }
    }

    /// A text of its own, on lines of its own.
    fn text(&mut self, stream: StreamName, text: &str) {
        self.fresh_line(stream);
        self.write(stream, text.as_bytes());
    }

    fn fresh_line(&mut self, stream: StreamName) {
        if self.lane(stream).open {
            self.write(stream, b"\n");
        }
    }

    fn write(&mut self, stream: StreamName, data: &[u8]) {
        let lane = self.lane(stream);
        let mut neutral = Vec::new();
        let bytes = match &mut lane.neutral {
            Some(filter) => {
                filter.push(data, &mut neutral);
                &neutral
            }
            None => data,
        };
        lane.open = bytes.last().map_or(lane.open, |last| *last != b'\n');
        self.put(stream, bytes);
    }

    /// The end of a cell: a prompt stands on a line of its own.
    fn finish(&mut self) {
        for stream in [StreamName::Stdout, StreamName::Stderr] {
            let lane = self.lane(stream);
            let mut rest = Vec::new();
            if let Some(filter) = &mut lane.neutral {
                filter.finish(&mut rest);
                // A colour must not outlive the cell.
                if lane.open {
                    rest.extend(b"\x1b[0m");
                }
            }
            let terminal = lane.neutral.is_some();
            if std::mem::take(&mut lane.open) && terminal {
                rest.push(b'\n');
            }
            self.put(stream, &rest);
        }
    }

    fn put(&mut self, stream: StreamName, bytes: &[u8]) {
        if bytes.is_empty() || self.failed.is_some() {
            return;
        }
        let written = match stream {
            StreamName::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            StreamName::Stderr => io::stderr().lock().write_all(bytes),
        };
        self.failed = written.err();
    }

    fn lane(&mut self, stream: StreamName) -> &mut Lane {
        let [out, err] = &mut self.lanes;
        match stream {
            StreamName::Stdout => out,
            StreamName::Stderr => err,
        }
    }

    /// A word of ours.
    fn note(&self, text: &str) {
        let colour =
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let (dim, plain) = if colour {
            ("\x1b[2m", "\x1b[0m")
        } else {
            ("", "")
        };
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{dim}ringfence: {text}{plain}");
    }

    fn check(&mut self) -> Result<(), Failure> {
        self.failed.take().map_or(Ok(()), |e| Err(streams(e)))
    }
}
