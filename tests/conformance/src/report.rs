//! The result for a person and for a script.

use crate::case::Kind;
use crate::run::{Report, Row, Status};

/// The whole result as JSON.
///
/// # Errors
/// None in practice; the serialiser's are passed on.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    let counts: serde_json::Map<String, serde_json::Value> = WORDS
        .iter()
        .map(|(status, word, _)| (word.replace(' ', "_"), report.count(*status).into()))
        .collect();
    serde_json::to_string_pretty(
        &serde_json::json!({ "passed": report.passed(), "counts": counts, "rows": report.rows }),
    )
}

const WORDS: [(Status, &str, &str); 7] = [
    (Status::Holds, "held", "32"),
    (Status::Broken, "BROKEN", "1;31"),
    (Status::NotProven, "not proven", "33"),
    (Status::KnownGap, "known gap", "33"),
    (Status::GapClosed, "GAP CLOSED", "1;31"),
    (Status::Error, "ERROR", "1;31"),
    (Status::NotRun, "not run", "33"),
];

/// The whole result as a table of at most `width` columns; `color` for a terminal that wants it.
pub fn text(report: &Report, width: usize, color: bool) -> String {
    let width = width.max(60);
    let ids = longest(report, |row| row.id);
    let backends = longest(report, |row| &row.backend);
    let mut lines = Vec::with_capacity(report.rows.len() + 8);
    for row in &report.rows {
        let word = word(row.status, color);
        let start = format!("{:ids$}  {:backends$}  ", row.id, row.backend);
        let what = match row.kind {
            Kind::Attack => format!("attack: {}", row.title),
            Kind::Promise => format!("promise: {}", row.title),
        };
        lines.push(format!(
            "{start}{word}  {}",
            clip(&what, width.saturating_sub(start.len() + 12))
        ));
        let reason = match row.status {
            Status::Holds => continue,
            Status::NotProven => {
                format!("does not work without the fence either: {}", row.unfenced)
            }
            _ => row.fenced.clone(),
        };
        lines.push(format!(
            "{:ids$}  {:backends$}  {}",
            "",
            "",
            clip(&reason, width.saturating_sub(ids + backends + 4))
        ));
    }
    lines.push(String::new());
    lines.push(summary(report));
    lines.join("\n") + "\n"
}

fn summary(report: &Report) -> String {
    let counted: Vec<String> = WORDS
        .iter()
        .map(|(status, word, _)| (report.count(*status), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    format!("{} rows: {}", report.rows.len(), counted.join(", "))
}

fn longest<'a>(report: &'a Report, of: impl Fn(&'a Row) -> &'a str) -> usize {
    report
        .rows
        .iter()
        .map(|row| of(row).len())
        .max()
        .unwrap_or(0)
}

fn word(status: Status, color: bool) -> String {
    let (_, word, code) = WORDS
        .iter()
        .find(|(known, ..)| *known == status)
        .copied()
        .unwrap_or((status, "?", "0"));
    let padded = format!("{word:10}");
    if color {
        format!("\x1b[{code}m{padded}\x1b[0m")
    } else {
        padded
    }
}

/// Cut to a number of columns; what is not printable ASCII is shown as `?`, because details quote what a probe printed.
fn clip(text: &str, columns: usize) -> String {
    let printable: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .collect();
    if printable.len() <= columns {
        printable
    } else {
        format!("{}...", &printable[..columns.saturating_sub(3)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &'static str, status: Status) -> Row {
        Row {
            id,
            incident: "F4",
            title: "nested user namespace undoes the mounts",
            kind: Kind::Attack,
            backend: "native".into(),
            status,
            unfenced: "unshare worked".into(),
            fenced: "\x1b]52;evil\x07 inside".into(),
        }
    }

    #[test]
    fn columns_line_up_and_nothing_hostile_is_printed() {
        let report = Report {
            rows: vec![
                row("F4-a", Status::Holds),
                row("F4-longer", Status::Broken),
                row("F4-c", Status::NotProven),
            ],
        };
        let shown = text(&report, 80, false);
        let expected = "\
F4-a       native  held        attack: nested user namespace undoes the mounts
F4-longer  native  BROKEN      attack: nested user namespace undoes the mounts
                   ?]52;evil? inside
F4-c       native  not proven  attack: nested user namespace undoes the mounts
                   does not work without the fence either: unshare worked

3 rows: 1 held, 1 BROKEN, 1 not proven
";
        assert_eq!(shown, expected);
        assert!(
            text(&report, 70, false)
                .lines()
                .all(|line| line.len() <= 70)
        );
        assert!(text(&report, 80, true).contains("\x1b[32mheld"));
        assert!(!report.passed());
        let value: serde_json::Value = serde_json::from_str(&json(&report).unwrap()).unwrap();
        assert_eq!(value["counts"]["not_proven"], 1);
        assert_eq!(value["rows"][1]["status"], "broken");
    }

    #[test]
    fn a_suite_in_which_nothing_held_did_not_pass() {
        assert!(!Report::default().passed());
        assert!(
            !Report {
                rows: vec![row("a", Status::NotProven)]
            }
            .passed()
        );
        assert!(
            !Report {
                rows: vec![row("a", Status::Holds), row("b", Status::GapClosed)]
            }
            .passed()
        );
        assert!(
            Report {
                rows: vec![
                    row("a", Status::Holds),
                    row("b", Status::KnownGap),
                    row("c", Status::NotProven)
                ]
            }
            .passed()
        );
    }
}
