//! The ledger of claims (`docs/claims.md`) is whole: every claim of the two texts of SecLlama has one row, every row says what is so
//! here, and what it calls shown is shown by something that exists.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const LEDGER: &str = "docs/claims.md";
/// How many claims each text makes, by the letter of its rows.
const CLAIMS: [(char, usize); 2] = [('A', 110), ('B', 41)];
/// What a row can say about its claim.
const VERDICTS: [&str; 4] = ["true", "differently", "not claimed", "missing"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

struct Row {
    id: String,
    verdict: String,
    here: String,
    /// Code spans of the last cell.
    shown: Vec<String>,
}

fn rows(ledger: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in ledger.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let id = cells[0];
        let number = id.strip_prefix(['A', 'B']);
        if number.is_none_or(|n| n.parse::<usize>().is_err()) {
            continue;
        }
        assert_eq!(cells.len(), 5, "{id}: id, claim, verdict, here, shown by");
        assert!(!cells[1].is_empty(), "{id}: which claim?");
        rows.push(Row {
            id: id.to_owned(),
            verdict: cells[2].to_owned(),
            here: cells[3].to_owned(),
            shown: cells[4]
                .split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect(),
        });
    }
    rows
}

/// All Rust sources below a directory.
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

#[test]
fn every_claim_has_one_row_in_order() {
    let ledger = read(&root().join(LEDGER));
    let found: Vec<String> = rows(&ledger).into_iter().map(|row| row.id).collect();
    let wanted: Vec<String> = CLAIMS
        .iter()
        .flat_map(|(letter, last)| (1..=*last).map(move |n| format!("{letter}{n}")))
        .collect();
    let first_difference = found.iter().zip(&wanted).find(|(a, b)| a != b);
    assert_eq!(first_difference, None, "a row is missing or out of place");
    assert_eq!(found.len(), wanted.len());
}

/// What is called true names what shows it; what differs or is not claimed says how or why.
#[test]
fn every_row_says_enough() {
    for row in rows(&read(&root().join(LEDGER))) {
        let Row {
            id,
            verdict,
            here,
            shown,
        } = &row;
        assert!(
            VERDICTS.contains(&verdict.as_str()),
            "{id}: {verdict:?} is no verdict"
        );
        if verdict == "true" || verdict == "differently" {
            assert!(!shown.is_empty(), "{id}: {verdict}, and nothing shows it");
        }
        if verdict != "true" {
            assert!(here.len() > 10, "{id}: {verdict}, and no word how or why");
        }
    }
}

#[test]
fn everything_that_is_named_exists() {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    let mut tests = 0;
    for row in rows(&read(&root().join(LEDGER))) {
        for span in &row.shown {
            let id = &row.id;
            match span.split_once(": ") {
                Some((dir, test)) => {
                    let source = sources
                        .entry(dir.to_owned())
                        .or_insert_with(|| source_of(&root().join(dir)));
                    let there = source.contains(&format!("fn {test}("));
                    assert!(there, "{id}: there is no test {test} in {dir}");
                    tests += 1;
                }
                None => assert!(root().join(span).exists(), "{id}: there is no {span}"),
            }
        }
    }
    assert!(tests > 60, "the ledger names {tests} tests only");
}

/// The figures at the head of the ledger are those of its rows.
#[test]
fn the_count_at_the_head_is_right() {
    let ledger = read(&root().join(LEDGER));
    let rows = rows(&ledger);
    let counted: Vec<String> = VERDICTS
        .iter()
        .map(|verdict| {
            let count = rows.iter().filter(|row| row.verdict == *verdict).count();
            format!("{count} {verdict}")
        })
        .collect();
    let wanted = format!("{} claims: {}.", rows.len(), counted.join(", "));
    assert!(ledger.contains(&wanted), "the head has to say {wanted:?}");
}
