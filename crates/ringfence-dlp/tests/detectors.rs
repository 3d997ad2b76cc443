//! The table of formats from outside: its document.
#![allow(clippy::unwrap_used, clippy::panic)]

use ringfence_dlp::detector::Detector;
use ringfence_dlp::{Tier, detectors};
use std::fmt::Write as _;
use std::path::Path;

/// `docs/detectors.md`, from the table.
fn document() -> String {
    let mut vendors: Vec<&str> = detectors().iter().map(|row| row.vendor).collect();
    vendors.sort_unstable();
    vendors.dedup();
    let block = detectors().iter().filter(|row| row.tier == Tier::Block);
    let mut text = format!(
        "# Detectors\n\n\
         Made from the table in `crates/ringfence-dlp/src/detectors/` by its test; do not edit. `ringfence filter --rules` prints the\n\
         same table.\n\n\
         {} formats of {} issuers: {} in tier *block* (checksummed, structured or prefixed formats, values named by their issuer,\n\
         private keys), the others in tier *warn* (likely, not certain: they are reported and pass, unless the action of the tier\n\
         says otherwise). Private keys in PEM are found by a reader of their own, whole and of any length.\n\n\
         Columns: what the finding is called, what it is, by which text it is looked for (in any case), what else the secret has to\n\
         pass: its least Shannon entropy in bits a character, its checksum or structure; since which version. A format without a\n\
         text to look for is judged by its randomness and by the names before it.\n",
        detectors().len(),
        vendors.len(),
        block.count(),
    );
    for vendor in vendors {
        let _ = write!(
            text,
            "\n## {vendor}\n\n| id | format | tier | looked for | passes | since |\n|---|---|---|---|---|---|\n"
        );
        for row in detectors().iter().filter(|row| row.vendor == vendor) {
            let tier = match row.tier {
                Tier::Block => "block",
                _ => "warn",
            };
            let _ = writeln!(
                text,
                "| `{}` | {} | {tier} | {} | {} | {} |",
                row.id,
                row.name,
                looked_for(row),
                passes(row),
                row.since
            );
        }
    }
    text
}

fn looked_for(row: &Detector) -> String {
    let mut texts: Vec<String> = row
        .keywords
        .iter()
        .take(6)
        .map(|keyword| format!("`{}`", keyword.replace('|', "\\|")))
        .collect();
    if row.keywords.len() > texts.len() {
        texts.push("…".to_owned());
    }
    texts.join(" ")
}

fn passes(row: &Detector) -> String {
    let mut tests = Vec::new();
    if row.entropy > 0.0 {
        tests.push(format!("entropy {}", row.entropy));
    }
    if let Some(test) = ringfence_dlp::detectors::validate::name(row.validate) {
        tests.push(test.to_owned());
    }
    tests.join(", ")
}

#[test]
fn the_document_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/detectors.md");
    let now = document();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == now,
        "docs/detectors.md is stale: run this test with UPDATE_REFERENCE=1"
    );
}
