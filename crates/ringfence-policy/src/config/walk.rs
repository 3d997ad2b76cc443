//! Checks a parsed file against the table of keys: unknown keys with a suggestion, wrong types, all at once.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problems;
use super::keys::{KEYS, Key, Kind, children, has_free_names};
use crate::limits::LIST_ENTRIES;

/// Finds every unknown key, wrong type and, in a project file, every key that would loosen something.
pub(crate) fn check(table: &DeTable<'_>, project: bool, problems: &mut Problems<'_>) {
    Walk { project, problems }.table(table, &mut Vec::new());
}

struct Walk<'p, 'a> {
    project: bool,
    problems: &'p mut Problems<'a>,
}

/// What the table of keys says about a path.
enum Found {
    Key(&'static Key),
    Table,
    ListOfTables,
    Unknown,
}

impl Walk<'_, '_> {
    fn table(&mut self, table: &DeTable<'_>, path: &mut Vec<String>) {
        for (name, value) in table {
            self.entry(name, value, path);
        }
    }

    fn entry(
        &mut self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        path: &mut Vec<String>,
    ) {
        let above = path.clone();
        let parent: Vec<&str> = above.iter().map(String::as_str).collect();
        let step = if has_free_names(&parent) {
            "NAME".to_owned()
        } else {
            name.get_ref().to_string()
        };
        path.push(step);
        match (find(path), value.get_ref()) {
            (Found::Unknown, _) => self.unknown(name, &parent, &children(&parent)),
            (Found::Key(key), value_ref) => {
                self.value(key, value_ref, name.span(), value.span(), path)
            }
            (Found::Table, DeValue::Table(inner)) => self.table(inner, path),
            // `source = "keys:NAME"` stands for `source = { keys = "NAME" }`.
            (Found::Table, text @ DeValue::String(_))
                if path.last().is_some_and(|p| p == "source") =>
            {
                let long = [path.as_slice(), &["keys".to_owned()]].concat();
                if let Found::Key(key) = find(&long) {
                    self.value(key, text, name.span(), value.span(), path);
                }
            }
            (Found::ListOfTables, DeValue::Array(items)) => self.list(items.iter(), path),
            (Found::Table, other) => self.problems.push(
                value.span(),
                format!("this must be a table, not {}", article(other.type_str())),
                None,
            ),
            (Found::ListOfTables, other) => {
                self.problems.push(
                    value.span(),
                    format!(
                        "this must be a list of tables, not {}",
                        article(other.type_str())
                    ),
                    None,
                );
            }
        }
        path.pop();
    }

    fn list<'v, 'i: 'v>(
        &mut self,
        items: impl Iterator<Item = &'v Spanned<DeValue<'i>>>,
        path: &mut [String],
    ) {
        let mut path = path.to_vec();
        if let Some(last) = path.last_mut() {
            last.push_str("[]");
        }
        for item in items {
            match item.get_ref() {
                DeValue::Table(inner) => {
                    self.required(inner, &path, item.span());
                    self.table(inner, &mut path);
                }
                other => self.problems.push(
                    item.span(),
                    format!("this must be a table, not {}", article(other.type_str())),
                    None,
                ),
            }
        }
    }

    /// Keys that serde would miss one at a time.
    fn required(&mut self, table: &DeTable<'_>, path: &[String], span: Range<usize>) {
        for needed in ["host", "action"] {
            if path.last().is_some_and(|last| last == "rules[]")
                && !table.keys().any(|key| key.get_ref() == needed)
            {
                self.problems.push(
                    span.clone(),
                    format!("this rule has no `{needed}`"),
                    Some("a rule is { host = \"…\", action = \"allow\" }, at least".into()),
                );
            }
        }
    }

    fn unknown(
        &mut self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        parent: &[&str],
        known: &[&str],
    ) {
        let written = name.get_ref().as_ref();
        let place = if parent.is_empty() {
            "at the top".to_owned()
        } else {
            format!("in [{}]", parent.join(".").replace("[]", ""))
        };
        let hint = match closest(written, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known {place}: {}", known.join(", ")),
        };
        self.problems.push(
            name.span(),
            format!("unknown key `{written}` {place}"),
            Some(hint),
        );
    }

    fn value(
        &mut self,
        key: &'static Key,
        value: &DeValue<'_>,
        name: Range<usize>,
        span: Range<usize>,
        path: &[String],
    ) {
        if self.project && !key.project {
            let hint = "put it into your own configuration if you want it; a project file never sets rewrites, credentials, environment, binaries, binds or allowed hosts";
            self.problems.push(
                name,
                format!(
                    "a project file may only tighten: `{}` can not be set here",
                    path.join(".").replace("[]", "")
                ),
                Some(hint.into()),
            );
            return;
        }
        if let Err(message) = fits(key.kind, value) {
            let hint = match (key.kind, value) {
                (Kind::Choice(words), DeValue::String(text)) => {
                    closest(text, words).map(|near| format!("did you mean \"{near}\"?"))
                }
                _ => Some(format!(
                    "for example {} = {}",
                    key.path.rsplit('.').next().unwrap_or(key.path),
                    key.example
                )),
            };
            self.problems.push(span, message, hint);
        }
    }
}

fn find(path: &[String]) -> Found {
    let mut found = Found::Unknown;
    for key in KEYS {
        let mut parts = key.path.split('.');
        let mut list = false;
        let matches = path.iter().enumerate().all(|(index, step)| {
            parts.next().is_some_and(|part| {
                let last = index + 1 == path.len();
                list = last && part.ends_with("[]") && !step.ends_with("[]");
                part == step || (last && part.trim_end_matches("[]") == step)
            })
        });
        if !matches {
            continue;
        }
        match parts.next() {
            None => return Found::Key(key),
            Some(_) if list => found = Found::ListOfTables,
            Some(_) => found = Found::Table,
        }
    }
    found
}

fn fits(kind: Kind, value: &DeValue<'_>) -> Result<(), String> {
    let texts = |value: &DeValue<'_>| {
        value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.get_ref().is_str()))
    };
    if value
        .as_array()
        .is_some_and(|items| items.len() > LIST_ENTRIES)
    {
        return Err(format!("the list has more than {LIST_ENTRIES} entries"));
    }
    let good = match kind {
        Kind::Text => value.is_str(),
        Kind::Bool => value.is_bool(),
        Kind::Int => value.is_integer(),
        Kind::Size | Kind::Duration => value.is_integer() || value.is_str(),
        Kind::Cpus => value.is_integer() || value.is_float() || value.is_str(),
        Kind::Texts => texts(value),
        Kind::Ints => value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.get_ref().is_integer())),
        Kind::TextOrTexts => value.is_str() || texts(value),
        Kind::Choice(words) => value.as_str().is_some_and(|text| words.contains(&text)),
    };
    if good {
        return Ok(());
    }
    Err(match value {
        DeValue::String(text) if matches!(kind, Kind::Choice(_)) => {
            format!("\"{text}\" is not one of {}", kind.describe())
        }
        other => format!(
            "this must be {}, not {}",
            kind.describe(),
            article(other.type_str())
        ),
    })
}

fn article(kind: &str) -> String {
    match kind {
        "integer" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

/// The known word that is at most a third of its letters away.
pub(crate) fn closest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let best = known
        .iter()
        .map(|word| (distance(written, word), *word))
        .min()?;
    (best.0 <= best.1.chars().count().max(3) / 3).then_some(best.1)
}

/// Edits (insert, delete, replace, swap of neighbours) between two short words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}
