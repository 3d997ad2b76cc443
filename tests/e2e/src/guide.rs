//! What the guides show in fences, so that tests run exactly that.

use std::path::Path;

/// The lines of a guide's fenced blocks, each block with its language; a line's comment is cut off.
///
/// # Errors
/// When there is no such guide.
pub fn blocks(name: &str) -> std::io::Result<Vec<(String, Vec<String>)>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/guides")
        .join(name);
    let text = std::fs::read_to_string(file)?;
    let mut found = Vec::new();
    let mut open = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language.to_owned(), Vec::new())),
            (Some(_), Some(block)) => found.push(block),
            (None, Some((language, mut lines))) => {
                let line = line.split(" #").next().unwrap_or_default();
                Vec::push(&mut lines, line.trim_end().to_owned());
                open = Some((language, lines));
            }
            (None, None) => {}
        }
    }
    Ok(found)
}

/// The block that has this text in it.
///
/// # Errors
/// When there is none, or more than one.
pub fn block(name: &str, text: &str) -> std::io::Result<Vec<String>> {
    let with = |lines: &[String]| lines.iter().any(|line| line.contains(text));
    let mut all = blocks(name)?.into_iter().filter(|(_, lines)| with(lines));
    match (all.next(), all.next()) {
        (Some((_, lines)), None) => Ok(lines),
        (one, _) => {
            let count = if one.is_some() { "more than one" } else { "no" };
            let why = format!("{name} has {count} block with {text:?}");
            Err(std::io::Error::other(why))
        }
    }
}
