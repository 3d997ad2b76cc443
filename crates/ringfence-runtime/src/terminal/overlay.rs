//! The question as a box on the session's own terminal: drawn with absolute moves in plain ASCII, so it never scrolls.

use std::fmt::Write as _;

use ringfence_policy::spec::TerminalSize;

use super::screen::Area;
use crate::prompt::card;
use crate::prompt::question::Pending;

/// Widest box.
const MAX_COLS: u16 = 78;
/// Narrowest and lowest terminal on which a question can be read.
const MIN: TerminalSize = TerminalSize { rows: 7, cols: 34 };

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Sequences.
    pub text: String,
    /// What they cover.
    pub area: Area,
}

/// Draws the first of the open questions; `None` when the terminal is too small for it.
///
/// Without `colour` (`NO_COLOR`) only bold and reverse are used.
pub fn draw(
    first: &Pending,
    others: usize,
    note: Option<&str>,
    size: TerminalSize,
    colour: bool,
) -> Option<Drawing> {
    if size.rows < MIN.rows || size.cols < MIN.cols {
        return None;
    }
    let cols = (size.cols - 2).min(MAX_COLS);
    let inner = usize::from(cols) - 4;
    let lines = layout(first, others, note, inner, usize::from(size.rows) - 2)?;
    let rows = u16::try_from(lines.len()).ok()?.checked_add(2)?;
    let area = Area {
        row: (size.rows - rows) / 2,
        col: (size.cols - cols) / 2,
        rows,
        cols,
    };

    let frame = if colour { "\x1b[0;1;33m" } else { "\x1b[0;1m" };
    let mut text = String::new();
    let rule = format!("+{}+", "-".repeat(usize::from(cols) - 2));
    let title = " ringfence asks ";
    let top = format!(
        "+--{title}{}+",
        "-".repeat(usize::from(cols) - 4 - title.len())
    );
    for (at, line) in (area.row..).zip(0..usize::from(rows)) {
        let _ = write!(text, "\x1b[{};{}H{frame}", at + 1, area.col + 1);
        match line.checked_sub(1).map(|n| lines.get(n)) {
            None => text.push_str(&top),
            Some(None) => text.push_str(&rule),
            Some(Some(line)) => {
                let _ = write!(
                    text,
                    "| \x1b[0m{}{:<inner$}\x1b[0m{frame} |",
                    style(line.kind, colour),
                    line.text
                );
            }
        }
    }
    text.push_str("\x1b[0m");
    Some(Drawing { text, area })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineKind {
    Plain,
    Strong,
    Faint,
}

#[derive(Debug, Clone)]
struct Line {
    kind: LineKind,
    text: String,
}

fn style(kind: LineKind, colour: bool) -> &'static str {
    match kind {
        LineKind::Plain => "",
        LineKind::Strong => "\x1b[1m",
        LineKind::Faint if colour => "\x1b[2m",
        LineKind::Faint => "",
    }
}

/// Lines that fit: headline, host and keys always; what else is known as far as there is room.
fn layout(
    first: &Pending,
    others: usize,
    note: Option<&str>,
    inner: usize,
    room: usize,
) -> Option<Vec<Line>> {
    let line = |kind, text: &str| Line {
        kind,
        text: text.chars().take(inner).collect(),
    };
    let mut head = vec![line(LineKind::Plain, &card::headline(first))];
    let mut known = Vec::new();
    let label = 11;
    for (n, (name, value)) in card::fields(first, inner - label).into_iter().enumerate() {
        let (list, kind) = if n == 0 {
            (&mut head, LineKind::Strong)
        } else {
            (&mut known, LineKind::Plain)
        };
        let mut name = name;
        let mut rest = value.as_str();
        loop {
            // The value is ASCII, so bytes are columns.
            let (now, later) = rest.split_at(rest.len().min(inner - label));
            list.push(line(kind, &format!("{name:<label$}{now}")));
            (name, rest) = ("", later);
            if rest.is_empty() {
                break;
            }
        }
    }
    let choices: Vec<_> = card::choices(first.question.kind).collect();
    let mut keys: Vec<Line> = choices
        .iter()
        .map(|c| line(LineKind::Plain, &format!("  {}  {}", c.key, c.label)))
        .collect();
    let more = if others > 0 {
        format!(" - {others} more waiting")
    } else {
        String::new()
    };
    let foot = vec![line(
        LineKind::Faint,
        &format!("{}s left, then denied{more}", first.left_ms.div_ceil(1000)),
    )];
    let mut extra = vec![line(LineKind::Faint, &card::covers(first))];
    extra.extend(note.map(|n| line(LineKind::Strong, &crate::prompt::text::shown(n, inner))));

    if head.len() + keys.len() + foot.len() > room {
        let short = |allow: bool| {
            let of = choices
                .iter()
                .filter(|c| (c.answer.grant == ringfence_policy::Grant::Allow) == allow);
            let keys = of
                .map(|c| format!("{} {:?}", c.key, c.answer.scope).to_lowercase())
                .collect::<Vec<_>>()
                .join(", ");
            line(
                LineKind::Plain,
                &format!("{}: {keys}", if allow { "allow" } else { "deny" }),
            )
        };
        keys = vec![short(true), short(false)];
    }
    let fixed = head.len() + keys.len() + foot.len();
    if fixed > room {
        return None;
    }
    known.truncate(room - fixed);
    extra.truncate(room - fixed - known.len());
    Some([head, known, keys, extra, foot].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::question::{Kind, Question};
    use crate::terminal::screen::Screen;

    fn pending() -> Pending {
        let question = Question {
            kind: Kind::Host,
            tool: "Claude\x1b[2J Code".into(),
            host: "files.example.net".into(),
            port: 443,
            method: Some("POST".into()),
            url: Some(format!(
                "https://files.example.net/\u{202e}up?{}",
                "q".repeat(500)
            )),
            process: Some("node (412)".into()),
            size: Some(20_000_000),
            credential: None,
        };
        Pending {
            id: 1,
            question,
            waiting: 2,
            age_ms: 0,
            left_ms: 29_500,
        }
    }

    fn on_screen(size: TerminalSize) -> String {
        let drawing = draw(&pending(), 3, None, size, true).unwrap();
        let mut screen = Screen::new(size);
        screen.feed(drawing.text.as_bytes());
        screen.text()
    }

    #[test]
    fn shows_everything_escaped() {
        insta::assert_snapshot!(on_screen(TerminalSize { rows: 24, cols: 80 }));
    }

    #[test]
    fn a_small_terminal_still_shows_host_and_keys() {
        insta::assert_snapshot!(on_screen(TerminalSize { rows: 8, cols: 40 }));
        assert_eq!(
            draw(
                &pending(),
                0,
                None,
                TerminalSize { rows: 6, cols: 80 },
                true
            ),
            None
        );
        assert_eq!(
            draw(
                &pending(),
                0,
                None,
                TerminalSize { rows: 24, cols: 20 },
                true
            ),
            None
        );
    }

    #[test]
    fn without_colour_there_is_none() {
        let text = draw(
            &pending(),
            0,
            Some("note"),
            TerminalSize { rows: 24, cols: 80 },
            false,
        )
        .unwrap()
        .text;
        let mut codes: Vec<&str> = text
            .split("\x1b[")
            .filter_map(|s| s.split_once('m').map(|(c, _)| c))
            .collect();
        codes.retain(|c| c.bytes().all(|b| b.is_ascii_digit() || b == b';'));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes, ["0", "0;1", "1"]);
    }

    #[test]
    fn stays_inside_its_area_on_every_size() {
        for rows in 7..40 {
            for cols in [34, 35, 60, 80, 81, 200] {
                let size = TerminalSize { rows, cols };
                let mut pending = pending();
                pending.question.host = "f.example".into();
                if let Some(drawing) = draw(&pending, 1, Some("x"), size, true) {
                    assert!(
                        drawing.area.row + drawing.area.rows <= rows
                            && drawing.area.col + drawing.area.cols <= cols
                    );
                    let mut screen = Screen::new(size);
                    screen.feed(b"\x1b[?1049h");
                    screen.feed(drawing.text.as_bytes());
                    let text = screen.text();
                    assert!(text.contains("f.example:443"), "{rows}x{cols}\n{text}");
                    screen.feed(screen.paint(drawing.area).as_bytes());
                }
            }
        }
    }
}
