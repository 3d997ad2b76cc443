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
/// What is known of model servers and engines; each has one row.
const MODELS: [&str; 46] = [
    "CVE-2024-28224",
    "CVE-2024-37032",
    "CVE-2026-7020",
    "CVE-2025-44779",
    "CVE-2024-45436",
    "CVE-2024-39720",
    "CVE-2024-12055",
    "CVE-2024-39721",
    "CVE-2024-39722",
    "CVE-2024-39719",
    "CVE-2024-8063",
    "CVE-2025-0317",
    "CVE-2025-0312",
    "CVE-2025-0315",
    "CVE-2025-1975",
    "CVE-2024-12886",
    "CVE-2025-51471",
    "CVE-2025-63389",
    "CVE-2026-7482",
    "CVE-2026-5757",
    "CVE-2026-42248",
    "CVE-2026-42249",
    "CVE-2026-102697",
    "exposure",
    "CVE-2024-34359",
    "poisoned-template",
    "CVE-2024-32878",
    "GHSA-49q7-2jmh-92fp",
    "GHSA-mqp6-7pv6-fqjf",
    "GHSA-g4cc-763q-h9h6",
    "CVE-2025-49847",
    "CVE-2025-52566",
    "CVE-2025-53630",
    "CVE-2026-27940",
    "CVE-2026-33298",
    "CVE-2026-2069",
    "CVE-2026-21869",
    "CVE-2026-43631",
    "CVE-2026-43632",
    "CVE-2024-42477",
    "CVE-2024-42478",
    "CVE-2024-42479",
    "CVE-2026-34159",
    "GHSA-wcr5-566p-9cwj",
    "GHSA-5vm9-p64x-gqw9",
    "Whisper-Leak",
];
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

/// A row says which test covers it, or points to a row that does, or says why it does not apply. That the tests exist is checked below.
#[test]
fn every_known_fault_of_model_servers_has_one_row_that_leads_to_a_test() {
    let text = read(&root().join(INCIDENTS));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect())
        .collect();
    let covers = |id: &str| {
        let mut found = rows.iter().filter(|row| row[0] == id);
        let row = found.next().unwrap_or_else(|| panic!("{id} has no row"));
        assert!(found.next().is_none(), "{id} has two rows");
        assert_eq!(row.len(), 3, "{id}: id, what happened, what covers it");
        row[2]
    };
    let names_a_test = |text: &str| {
        let mut spans = code_spans(text).into_iter();
        spans.any(|span| span.split_once(": ").is_some_and(|(at, _)| is_place(at)))
    };
    for id in MODELS {
        let cell = covers(id);
        let other = cell
            .strip_prefix("as ")
            .or_else(|| cell.strip_prefix("does not apply, as "));
        let leads = match other {
            Some(other) => names_a_test(covers(other)),
            None => {
                names_a_test(cell) || cell.starts_with("does not apply: ") || cell.contains("](")
            }
        };
        assert!(leads, "{id}: {cell}");
    }
    // What the register of the engine and the cases of the server name is here.
    for file in [
        "tests/conformance/tests/register.rs",
        "crates/ringfence-model/tests/server/cves.rs",
    ] {
        let source = read(&root().join(file));
        let words = source.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        for id in words.filter(|word| word.starts_with("CVE-") || word.starts_with("GHSA-")) {
            assert!(MODELS.contains(&id), "{file} names {id}, which has no row");
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

/// How a block begins that shows the configuration of another program; a test of the agents reads it.
const CODEX: &str = "# ~/.codex/config.toml\n";

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
        let ours = |block: &&str| !block.starts_with(CODEX);
        for block in blocks(&text, "toml").into_iter().filter(ours) {
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
