//! The configuration reference as markdown, made from the table of keys.

use std::fmt::Write as _;

use super::keys::{KEYS, Key};

/// `docs/configuration.md`, whole. A test compares the file with it.
pub fn markdown() -> String {
    let mut out = String::from(INTRODUCTION);
    let mut tables: Vec<&str> = Vec::new();
    for key in KEYS {
        let (table, _) = split(key);
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    for table in tables {
        let _ = write!(
            out,
            "\n## `[{}]`\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
            heading(table)
        );
        for key in KEYS.iter().filter(|key| split(key).0 == table) {
            let project = if key.project { " ◆" } else { "" };
            let _ = writeln!(
                out,
                "| `{}`{project} | {} | {} | {} |",
                split(key).1,
                key.kind.describe(),
                cell(key.default),
                key.doc
            );
        }
    }
    out
}

fn split(key: &Key) -> (&'static str, &'static str) {
    let (table, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
    // `source.env` reads better as one key of the credential.
    match table.strip_suffix(".source") {
        Some(table) => (table, &key.path[table.len() + 1..]),
        None => (table, name),
    }
}

fn heading(table: &str) -> String {
    match table.strip_suffix("[]") {
        Some(list) => format!("[{list}]"),
        None => table.to_owned(),
    }
}

fn cell(default: &str) -> String {
    if default.starts_with(['"', '[']) {
        format!("`{default}`")
    } else {
        default.to_owned()
    }
}

const INTRODUCTION: &str = "\
# Configuration

<!-- Made from the table of keys in crates/ringfence-policy/src/config/keys.rs; a test compares the two. -->

The first file found is used, whole:

1. the one that `--config` names
2. `$HOME/.config/ringfence/config.toml`, then `$HOME/.config/secure-llm/config.toml`
3. `/etc/ringfence/config.toml`, then `/etc/secure-llm/config.toml`
4. nothing: the built-in defaults

Under it lie the shipped presets of the tools (`policies/*.toml`). A key that your `[tools.NAME]` sets replaces the
preset's key; tables such as `env`, `host_rewrite` and `credentials` are merged entry by entry. For the tool that runs,
`[tools.NAME]` overrides the global sections.

Network rules are looked at in this order, and the first that matches decides: blocklist, tool allowlist, allowlist,
graylist (ask), default. Host patterns are `host`, `*.host` (not `host` itself), `host:port`, an address or a CIDR
block; `@pip`, `@npm`, `@cargo`, `@apt` and `@git` stand for the hosts that this machine's own client configuration
names. Without a port, allow and ask mean 443 and 80, block means every port.

A `.ringfence.toml` in the workspace may only tighten: it can set the keys marked ◆, with the stated restrictions, and
nothing else.
";
