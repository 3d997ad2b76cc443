//! `ringfence model show`: what a model is.

use std::io::Write;

use ringfence_model::Shown;

use super::{bytes, clean};
use crate::arguments::model::Show;
use crate::command::{output_failed, print_json};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Lines of a text that are shown in the table.
const LINES: usize = 6;
/// Characters of a text that are shown in the table.
const CHARACTERS: usize = 1_000;

/// Shows.
pub fn run(arguments: &Show) -> Result<(), Failure> {
    let store = super::open()?;
    let shown = ringfence_model::show(&store, &arguments.name).map_err(super::imported)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        return print_json(&mut out, &shown);
    }
    if arguments.template {
        let Some(template) = &shown.template else {
            let text = format!("{} has no chat template", shown.name);
            return Err(Failure::message(Exit::Found, text));
        };
        return writeln!(out, "{}", clean(template)).map_err(output_failed);
    }
    let mut table = table::new(&["model", &shown.name]);
    for (name, value) in rows(&shown) {
        table.add_row(vec![
            table::cell(name, Tone::Plain),
            table::cell(value, Tone::Plain),
        ]);
    }
    writeln!(out, "{table}").map_err(output_failed)
}

fn rows(shown: &Shown) -> Vec<(&'static str, String)> {
    let number = |n: Option<u64>| n.map(|n| n.to_string());
    let template = shown
        .template_from
        .zip(shown.template_digest)
        .map(|(from, digest)| format!("of the {from}, {digest}"));
    let license = (!shown.license.is_empty()).then(|| start(&shown.license.join("\n")));
    let rows = [
        ("id", Some(shown.id.to_string())),
        ("file", Some(format!("{} (checked)", shown.digest))),
        ("size", Some(bytes(shown.size))),
        ("architecture", Some(shown.architecture.clone())),
        ("parameters", Some(shown.parameters.to_string())),
        ("quantization", Some(shown.quantization.clone())),
        ("context length", number(shown.context_length)),
        ("embedding length", number(shown.embedding_length)),
        ("vocabulary", Some(shown.vocabulary.to_string())),
        ("template", template),
        ("system", shown.system.as_deref().map(start)),
        (
            "options",
            shown.options.as_ref().map(|o| start(&o.to_string())),
        ),
        (
            "messages",
            shown.messages.as_ref().map(|m| start(&m.to_string())),
        ),
        ("license", license),
    ];
    rows.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// The first lines of a text; `--json` has all of it.
fn start(text: &str) -> String {
    let cut = text.char_indices().nth(CHARACTERS).map(|(at, _)| at);
    if let Some(text) = cut.and_then(|at| text.get(..at)) {
        return start(text) + "…";
    }
    let mut lines: Vec<&str> = text.lines().take(LINES + 1).collect();
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines.push("…");
    }
    lines.join("\n")
}
