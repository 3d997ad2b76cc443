//! The documents name things that exist: every incident has its row, every case and test named there is real, and so is every
//! path and link.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use ringfence_conformance::table;

const INCIDENTS: &str = "docs/prior-incidents.md";
/// How far each letter of the collection of incidents goes.
const LETTERS: [(char, u32); 5] = [('N', 20), ('C', 7), ('F', 10), ('P', 14), ('D', 5)];
/// First parts of the paths that documents name; a code span that begins so has to exist.
const PLACES: [&str; 8] = [
    "crates/",
    "tests/",
    "docs/",
    "scripts/",
    "deploy/",
    "policies/",
    "fuzz/",
    "bench/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The documents, by their path below the root.
fn documents() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for dir in ["", "docs", "docs/guides"] {
        for entry in std::fs::read_dir(root().join(dir)).unwrap() {
            let name = PathBuf::from(entry.unwrap().file_name());
            if name.extension().is_some_and(|e| e == "md") {
                let path = Path::new(dir).join(name);
                found.insert(path.clone(), read(&root().join(path)));
            }
        }
    }
    found
}

/// Text between single backticks, code blocks left out.
fn code_spans(text: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            spans.extend(line.split('`').skip(1).step_by(2));
        }
    }
    spans
}

/// Cells of a table's row, whose first one is the id of an incident.
fn incident_rows(text: &str) -> Vec<(&str, Vec<&str>)> {
    let is_incident = |id: &str| {
        let mut chars = id.chars();
        let letter = chars
            .next()
            .is_some_and(|c| LETTERS.iter().any(|(known, _)| *known == c));
        letter && chars.as_str().parse::<u32>().is_ok()
    };
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line
            .trim()
            .trim_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        Some((*cells.first()?, cells))
    });
    rows.filter(|(id, _)| is_incident(id)).collect()
}

fn is_place(path: &str) -> bool {
    PLACES.iter().any(|place| path.starts_with(place))
}

/// All Rust sources below a directory, one after the other: tests move between files more often than between crates.
fn source_of(dir: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&source_of(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            text.push_str(&read(&path));
        }
    }
    text
}

/// `F1-mcp-json`, or `F1-*` for every case that begins so.
fn is_case(span: &str) -> bool {
    let (incident, rest) = span.split_once('-').unwrap_or((span, ""));
    let mut chars = incident.chars();
    !rest.is_empty()
        && chars.next().is_some_and(|c| "NCFPL".contains(c))
        && chars.as_str().parse::<u32>().is_ok()
}

#[test]
fn every_incident_has_one_row_that_says_something() {
    let text = read(&root().join(INCIDENTS));
    let rows = incident_rows(&text);
    let mut seen = BTreeSet::new();
    for (id, cells) in &rows {
        assert!(seen.insert(*id), "{id} has two rows");
        assert_eq!(
            cells.len(),
            3,
            "{id}: incident, what happened, what covers it"
        );
        assert!(
            cells.iter().all(|cell| !cell.is_empty()),
            "{id}: an empty cell"
        );
    }
    for (letter, last) in LETTERS {
        for number in 1..=last {
            let id = format!("{letter}{number}");
            assert!(seen.contains(id.as_str()), "{id} has no row");
        }
    }
}

#[test]
fn every_case_and_test_that_is_named_exists() {
    let cases: Vec<&str> = table().iter().map(|case| case.id).collect();
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    let mut named = 0;
    for (document, text) in documents() {
        for span in code_spans(&text) {
            if is_case(span) {
                named += 1;
                let found = match span.strip_suffix('*') {
                    Some(start) => cases.iter().any(|id| id.starts_with(start)),
                    None => cases.contains(&span),
                };
                assert!(found, "{}: there is no case {span}", document.display());
            }
            if let Some((crate_dir, test)) = span.split_once(": ").filter(|(dir, _)| is_place(dir))
            {
                let source = sources
                    .entry(crate_dir.to_owned())
                    .or_insert_with(|| source_of(&root().join(crate_dir)));
                let found = source.contains(&format!("fn {test}("));
                assert!(found, "{}: there is no test {span}", document.display());
            }
        }
    }
    assert!(named > 20, "the documents name {named} cases only");
}

/// A row of the table whose incident's row in the document does not lead to it is one that nobody finds.
#[test]
fn every_case_is_named_in_the_row_of_its_incident() {
    let text = read(&root().join(INCIDENTS));
    let rows: BTreeMap<&str, Vec<&str>> = incident_rows(&text)
        .into_iter()
        .map(|(id, cells)| (id, code_spans(cells[2])))
        .collect();
    for case in table() {
        // Promises of a letter as a whole (`N0-…`) and the limits (`L…`) belong to no incident.
        let Some(spans) = rows.get(case.incident) else {
            continue;
        };
        let led_to = spans.iter().any(|span| match span.strip_suffix('*') {
            Some(start) => case.id.starts_with(start),
            None => *span == case.id,
        });
        assert!(led_to, "{}: not named in {INCIDENTS}", case.id);
    }
}

#[test]
fn every_path_and_link_leads_somewhere() {
    for (document, text) in documents() {
        let here = root().join(document.parent().unwrap());
        for span in code_spans(&text) {
            let plain = !span.contains(['*', ' ', '<', '{', '…']);
            if plain && is_place(span) {
                let found = root().join(span).exists();
                assert!(found, "{}: there is no {span}", document.display());
            }
        }
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            assert!(
                here.join(file).exists(),
                "{}: the link {target} leads nowhere",
                document.display()
            );
        }
    }
}

/// Text of the fenced blocks of one language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let parts = text.split(start.as_str()).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap_or_default())
        .collect()
}

#[test]
fn every_configuration_shown_is_one() {
    let Some(binary) = std::env::var_os("RINGFENCE_BIN") else {
        println!(
            "SKIPPED: RINGFENCE_BIN does not name a binary to check the documents' configurations with"
        );
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("shown.toml");
    let mut checked = 0;
    for (document, text) in documents() {
        for block in blocks(&text, "toml") {
            std::fs::write(&file, block).unwrap();
            let said = Command::new(&binary)
                .args(["policy", "check"])
                .arg(&file)
                .env("HOME", place.path())
                .current_dir(place.path())
                .output()
                .unwrap();
            let error = String::from_utf8_lossy(&said.stderr);
            assert!(said.status.success(), "{}: {error}", document.display());
            checked += 1;
        }
    }
    assert!(
        checked > 8,
        "the documents show {checked} configurations only"
    );
}
