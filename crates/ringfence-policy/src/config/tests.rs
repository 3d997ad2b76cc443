use super::*;
use crate::config::keys::{KEYS, Kind};

/// The configuration reference of secure-llm, word for word; such files load unchanged.
const SECURE_LLM: &str = include_str!("../../tests/data/secure-llm.toml");

fn user(text: &str) -> Result<Document, ConfigError> {
    Document::parse("config.toml", text, ConfigKind::User)
}

#[test]
fn a_secure_llm_file_loads_unchanged() {
    let document = user(SECURE_LLM).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(document.written.tools.len(), 2);
    assert_eq!(document.written.network.host_rewrite.len(), 2);
}

#[test]
fn every_key_of_the_table_loads_with_its_example() {
    for key in KEYS {
        let text = sample(key.path, key.example);
        user(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", key.path));
    }
}

/// A file that sets one key, with whatever the key needs beside it.
fn sample(path: &str, example: &str) -> String {
    let (table, name) = path.rsplit_once('.').unwrap();
    let table = table.replace("NAME", "x");
    let name = name.replace("NAME", "X_Y");
    let mut lines = vec![match table.strip_suffix("[]") {
        Some(list) => format!("[[{list}]]"),
        None => format!("[{table}]"),
    }];
    lines.push(format!("{name} = {example}"));
    if table.ends_with("rules[]") {
        lines.extend(
            ["host", "action"]
                .iter()
                .filter(|n| **n != name)
                .map(|n| format!("{n} = \"block\"")),
        );
    }
    if table == "gateway" && name != "url" {
        lines.push("url = \"https://x\"".into());
    }
    if let Some(at) = table.find("credentials.x") {
        let needs_table = &table[..at + "credentials.x".len()];
        let has_source = table.ends_with(".source");
        if has_source {
            lines.push(format!("[{needs_table}]"));
        }
        if name != "hosts" || has_source {
            lines.push("hosts = []".into());
        }
        if !has_source {
            lines.push("source = { env = \"X\" }".into());
        }
    }
    lines.join("\n")
}

#[test]
fn what_serde_knows_is_in_the_table() {
    // `deny_unknown_fields` lists the fields that serde knows: each must be a key of the table.
    for (table, prefix) in [
        ("general", "general"),
        ("gateway", "gateway"),
        ("sandbox", "sandbox"),
        ("network", "network"),
        ("network.examples", "network.examples"),
        ("filesystem", "filesystem"),
        ("limits", "limits"),
        ("prompts", "prompts"),
        ("audit", "audit"),
        ("credentials.x", "credentials.NAME"),
        ("credentials.x.source", "credentials.NAME.source"),
        ("tools.x", "tools.NAME"),
        ("tools.x.limits", "tools.NAME.limits"),
    ] {
        let error = toml::from_str::<Written>(&format!("[{table}]\nno_such_key = 1")).unwrap_err();
        let message = error.message();
        let known = keys::children(&prefix.split('.').collect::<Vec<_>>());
        let fields: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        assert!(!fields.is_empty(), "{message}");
        for field in &fields {
            assert!(
                known.contains(field),
                "{table}.{field} is not in the table: {message}"
            );
        }
        assert_eq!(fields.len(), known.len(), "{table}: {known:?} / {fields:?}");
    }
}

#[test]
fn all_problems_are_found_at_once_and_shown_in_place() {
    let error = user("[network]\nallowlst = []\nblocklist = \"x\"\n\n[general]\nprompt_timeout = true\nlog_level = \"wran\"\n[tool.claude]\n").unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn syntax_errors_are_found_at_once() {
    let error = user("[network\nallowlist = [\n\"a\" \"b\"]\nx = = 1\n").unwrap_err();
    assert!(error.problems.len() >= 2, "{error}");
    assert_eq!(error.problems[0].line, 1);
}

#[test]
fn a_project_file_may_only_tighten() {
    for key in KEYS {
        let text = sample(key.path, key.example);
        let parsed = Document::parse(
            ".ringfence.toml",
            &text,
            ConfigKind::Project(ProjectTrust::Trusted),
        );
        assert_eq!(
            parsed.is_ok(),
            key.project,
            "{}: {:?}\n{text}",
            key.path,
            parsed.err().map(|e| e.to_string())
        );
    }
    // The kinds that the issue names, whatever the table says.
    for forbidden in [
        "network.host_rewrite.",
        "credentials.",
        "sandbox.env",
        "tools.",
        "filesystem.bind",
        "network.allowlist",
        "gateway.",
        "network.resolver",
        "audit.",
    ] {
        assert!(
            KEYS.iter()
                .filter(|key| key.path.starts_with(forbidden))
                .all(|key| !key.project),
            "{forbidden}"
        );
        assert!(
            KEYS.iter().any(|key| key.path.starts_with(forbidden)),
            "{forbidden}"
        );
    }
}

#[test]
fn hostile_text_is_not_echoed_raw() {
    let error = user("\"\\u001b]52;c;evil\\u0007\" = 1\n").unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'));
    let error = user("# \u{1b}[31m\nx = 1 \u{1b}[0m").unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'));
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let error = user(&"#".repeat(crate::limits::CONFIG_BYTES + 1)).unwrap_err();
    assert_eq!(error.problems.len(), 1);
}

#[test]
fn choices_are_what_serde_accepts() {
    for key in KEYS {
        if let Kind::Choice(words) = key.kind {
            for word in words {
                let text = sample(key.path, &format!("\"{word}\""));
                user(&text).unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn parsing_never_panics(text in "[\\[\\]a-z.=\"\\\\ \n{}0-9é]{0,80}") {
        if let Err(error) = user(&text) {
            let _ = error.to_string();
        }
    }
}

#[test]
fn the_reference_in_the_documentation_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let made = reference::markdown();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == made,
        "docs/configuration.md is stale: run this test with UPDATE_REFERENCE=1"
    );
    for key in KEYS {
        assert!(
            !key.doc.is_empty() && key.doc.ends_with('.') && !key.doc.contains('|'),
            "{}",
            key.path
        );
    }
}
