//! "Always", as an edit of the configuration text that leaves comments, order and layout alone.

use std::str::FromStr as _;

use ringfence_policy::{Grant, Host};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

/// What a new configuration file starts with.
pub const TEMPLATE: &str = "\
# Ringfence configuration. `ringfence policy check` checks it, `ringfence policy show` explains it.
# Made when a prompt was answered with \"always\"; edit it freely, comments are kept.
";

/// Why the text was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is not TOML.
    #[error("the configuration does not parse: {0}")]
    Parse(String),
    /// A key that should hold a table or a list holds something else.
    #[error("`{0}` in the configuration is not {1}")]
    Shape(String, &'static str),
    /// Host, port or tool can not be written as an entry.
    #[error("this host can not be written as an entry")]
    Entry,
}

/// Adds the answer to the lists and returns the new text.
///
/// Allow adds `host:port`, exactly what was asked, to `[tools.TOOL].allowlist` when there is a tool, else to
/// `[network].allowlist`. Deny adds `host`, every port, to `[network].blocklist`. Exactly that host is taken off
/// the graylist where the new entry applies to every tool; patterns stay. An entry that is there already changes nothing.
///
/// # Errors
/// [`EditError`]; the text is then to be left as it is.
pub fn edit_config(
    text: &str,
    tool: Option<&str>,
    host: &str,
    port: u16,
    grant: Grant,
) -> Result<String, EditError> {
    let host = entry_host(host)?;
    if tool.is_some_and(|t| {
        t.is_empty()
            || !t
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }) {
        return Err(EditError::Entry);
    }
    let exact = format!("{host}:{port}");
    let mut doc =
        DocumentMut::from_str(text).map_err(|e| EditError::Parse(e.message().to_owned()))?;
    let remarks_only = doc.iter().all(|(_, item)| item.is_value());
    match (grant, tool) {
        (Grant::Allow, Some(tool)) => {
            let tools = table_in(doc.as_table_mut(), "tools", "tools", true)?;
            let section = table_in(tools, tool, &format!("tools.{tool}"), false)?;
            add(
                list_in(section, "allowlist", &format!("tools.{tool}.allowlist"))?,
                &exact,
                &[&host],
            );
        }
        (Grant::Allow, None) => {
            let network = table_in(doc.as_table_mut(), "network", "network", false)?;
            add(
                list_in(network, "allowlist", "network.allowlist")?,
                &exact,
                &[&host],
            );
            take_off_graylist(network, &[&host, &exact])?;
        }
        (Grant::Deny, _) => {
            let network = table_in(doc.as_table_mut(), "network", "network", false)?;
            add(
                list_in(network, "blocklist", "network.blocklist")?,
                &host,
                &[],
            );
            take_off_graylist(network, &[&host, &exact])?;
        }
    }
    if remarks_only {
        keep_remarks_in_front(&mut doc);
    }
    let out = doc.to_string();
    // What is about to be written has to be readable again, whatever the text looked like.
    DocumentMut::from_str(&out).map_err(|e| EditError::Parse(e.message().to_owned()))?;
    Ok(out)
}

/// Without any table the comments of a file are its tail, and the first table would come in front of them.
fn keep_remarks_in_front(doc: &mut DocumentMut) {
    fn first_table(table: &mut Table) -> Option<&mut Table> {
        let (_, next) = table.iter_mut().find(|(_, item)| item.is_table())?;
        let next = next.as_table_mut()?;
        if next.is_implicit() {
            first_table(next)
        } else {
            Some(next)
        }
    }
    let remarks = doc.trailing().as_str().unwrap_or_default().to_owned();
    if let Some(table) = first_table(doc.as_table_mut()) {
        let gap = if remarks.trim().is_empty() { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{remarks}{gap}"));
        doc.set_trailing("");
    }
}

/// The host as the policy spells it. Anything that is not a plain host could be read as a pattern (`*.x`, `@pip`).
fn entry_host(host: &str) -> Result<String, EditError> {
    Ok(Host::parse(host).map_err(|_| EditError::Entry)?.to_string())
}

fn table_in<'a>(
    parent: &'a mut dyn TableLike,
    key: &str,
    path: &str,
    implicit: bool,
) -> Result<&'a mut dyn TableLike, EditError> {
    let item = parent.entry(key).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(implicit);
        Item::Table(table)
    });
    item.as_table_like_mut()
        .ok_or_else(|| EditError::Shape(path.to_owned(), "a table"))
}

fn list_in<'a>(
    table: &'a mut dyn TableLike,
    key: &str,
    path: &str,
) -> Result<&'a mut Array, EditError> {
    let item = table
        .entry(key)
        .or_insert_with(|| Item::Value(Value::Array(Array::new())));
    item.as_array_mut()
        .ok_or_else(|| EditError::Shape(path.to_owned(), "a list"))
}

fn position(array: &Array, entry: &str) -> Option<usize> {
    array.iter().position(|v| {
        v.as_str()
            .is_some_and(|s| s.trim_end_matches('.').eq_ignore_ascii_case(entry))
    })
}

/// Appends `entry` in the layout of the list, unless it or one of `wider` is there.
fn add(array: &mut Array, entry: &str, wider: &[&str]) {
    if position(array, entry).is_some() || wider.iter().any(|w| position(array, w).is_some()) {
        return;
    }
    let tail = array.trailing().as_str().unwrap_or_default().to_owned();
    let last = array.len().checked_sub(1).and_then(|i| array.get_mut(i));
    // A comment between the last entry and the bracket belongs to what stands before it, and so does one in its suffix.
    let (mut before, indent) = match last {
        None => (
            tail.trim_end().to_owned(),
            if tail.contains('\n') {
                "\n    ".to_owned()
            } else {
                String::new()
            },
        ),
        Some(last) => {
            let decor = last.decor_mut();
            let prefix = decor
                .prefix()
                .and_then(|p| p.as_str())
                .unwrap_or_default()
                .to_owned();
            let suffix = decor
                .suffix()
                .and_then(|s| s.as_str())
                .unwrap_or_default()
                .to_owned();
            decor.set_suffix("");
            let indent = match prefix.rfind('\n') {
                Some(at) => prefix[at..].to_owned(),
                None => " ".to_owned(),
            };
            (format!("{}{}", suffix.trim_end(), tail.trim_end()), indent)
        }
    };
    let on_lines = indent.contains('\n');
    if before.contains('#') && !on_lines {
        before.push('\n');
    }
    let mut value = Value::from(entry);
    value.decor_mut().set_prefix(format!("{before}{indent}"));
    array.push_formatted(value);
    let closing = tail.rfind('\n').map(|at| tail[at..].to_owned());
    array.set_trailing(closing.unwrap_or_else(|| {
        if on_lines {
            "\n".to_owned()
        } else {
            String::new()
        }
    }));
    array.set_trailing_comma(on_lines);
}

fn take_off_graylist(network: &mut dyn TableLike, entries: &[&str]) -> Result<(), EditError> {
    let Some(item) = network.get_mut("graylist") else {
        return Ok(());
    };
    let array = item
        .as_array_mut()
        .ok_or_else(|| EditError::Shape("network.graylist".to_owned(), "a list"))?;
    for entry in entries {
        while let Some(at) = position(array, entry) {
            remove(array, at);
        }
    }
    Ok(())
}

/// Removes one entry but none of the comments around it: they may be about its neighbours.
fn remove(array: &mut Array, at: usize) {
    let gone = array.remove(at);
    let prefix = gone
        .decor()
        .prefix()
        .and_then(|p| p.as_str())
        .unwrap_or_default();
    let suffix = gone
        .decor()
        .suffix()
        .and_then(|s| s.as_str())
        .unwrap_or_default();
    let kept: String = [prefix, suffix].concat();
    if !kept.contains('#') {
        return;
    }
    let join = |next: &str| {
        format!(
            "{}{}",
            kept.trim_end(),
            if next.contains('\n') {
                line_start(next)
            } else {
                format!("\n{next}")
            }
        )
    };
    if let Some(next) = array.get_mut(at) {
        let old = next
            .decor()
            .prefix()
            .and_then(|p| p.as_str())
            .unwrap_or_default()
            .to_owned();
        next.decor_mut().set_prefix(join(&old));
    } else {
        let old = array.trailing().as_str().unwrap_or_default().to_owned();
        array.set_trailing(join(&old));
    }
}

/// A same-line comment at the start of `text` goes onto a line of its own, since its line is taken now.
fn line_start(text: &str) -> String {
    if text.trim_start_matches([' ', '\t']).starts_with('#') {
        format!("\n    {}", text.trim_start())
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
