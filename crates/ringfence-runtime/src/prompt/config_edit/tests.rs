use super::*;
use proptest::prelude::*;

const CONFIG: &str = r#"# My settings
[general]
prompt_timeout = 30          # Seconds

[network]
# Always allowed
allowlist = [
    "pypi.example", "*.pypi.example",
    "github.com", # git
    # last remark
]

# Always blocked
blocklist = []

graylist = [
    "raw.example",     # raw files
    "paste.example",   # paste site
    "*.files.example", # files
]

[tools.claude]
binary = "claude"            # Path
allowlist = ["*.anthropic.example"]  # Tool-specific
"#;

fn comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .lines()
        .filter_map(|l| l.split_once('#').map(|(_, c)| c.trim().to_owned()))
        .collect();
    found.sort();
    found
}

fn edited(tool: Option<&str>, host: &str, port: u16, grant: Grant) -> String {
    let out = edit_config(CONFIG, tool, host, port, grant).unwrap();
    assert_eq!(comments(&out), comments(CONFIG), "{out}");
    out
}

#[test]
fn allow_for_everything() {
    insta::assert_snapshot!(edited(None, "paste.example", 443, Grant::Allow));
}

#[test]
fn allow_for_a_tool_leaves_the_graylist_to_the_others() {
    insta::assert_snapshot!(edited(Some("claude"), "paste.example", 443, Grant::Allow));
}

#[test]
fn block() {
    insta::assert_snapshot!(edited(Some("claude"), "raw.example", 8443, Grant::Deny));
}

#[test]
fn an_entry_that_is_there_changes_nothing() {
    assert_eq!(edited(None, "GitHub.com.", 443, Grant::Allow), CONFIG);
    let once = edited(None, "new.example", 443, Grant::Allow);
    assert_eq!(
        edit_config(&once, None, "new.example", 443, Grant::Allow).unwrap(),
        once
    );
}

#[test]
fn an_empty_file_gets_its_tables() {
    let out = edit_config(TEMPLATE, Some("codex"), "a.example", 22, Grant::Allow).unwrap();
    insta::assert_snapshot!(out);
    let out = edit_config("", None, "::1", 8080, Grant::Deny).unwrap();
    assert_eq!(out, "[network]\nblocklist = [\"[::1]\"]\n");
}

#[test]
fn inline_and_dotted_tables_work() {
    let out = edit_config(
        "network = { allowlist = [\"a.example\"] } # c\n",
        None,
        "b.example",
        443,
        Grant::Allow,
    )
    .unwrap();
    assert_eq!(
        out,
        "network = { allowlist = [\"a.example\", \"b.example:443\"] } # c\n"
    );
    let out = edit_config(
        "network.graylist = [\"b.example\"]\ntools.x.allowlist = []\n",
        Some("x"),
        "b.example",
        443,
        Grant::Allow,
    );
    assert_eq!(
        out.unwrap(),
        "network.graylist = [\"b.example\"]\ntools.x.allowlist = [\"b.example:443\"]\n"
    );
}

#[test]
fn what_is_no_host_is_never_written() {
    for host in [
        "*.example",
        "*",
        "@pip",
        "a.example\"]\nx = [\"",
        "a b",
        "",
        "user@a.example",
        "a.example:22",
        "a/b",
        "\u{0}",
    ] {
        assert_eq!(
            edit_config(CONFIG, None, host, 443, Grant::Allow),
            Err(EditError::Entry),
            "{host:?}"
        );
    }
    assert_eq!(
        edit_config(CONFIG, Some("a.b"), "a.example", 443, Grant::Allow),
        Err(EditError::Entry)
    );
}

#[test]
fn unexpected_shapes_are_left_alone() {
    assert!(matches!(
        edit_config("network = 3", None, "a.example", 1, Grant::Allow),
        Err(EditError::Shape(..))
    ));
    assert!(matches!(
        edit_config(
            "[network]\nallowlist = \"x\"",
            None,
            "a.example",
            1,
            Grant::Allow
        ),
        Err(EditError::Shape(..))
    ));
    assert!(matches!(
        edit_config("[network\n", None, "a.example", 1, Grant::Allow),
        Err(EditError::Parse(_))
    ));
}

fn list(out: &str, table: &str, key: &str) -> Vec<String> {
    let doc: toml_edit::DocumentMut = out.parse().unwrap();
    let array = doc
        .get(table)
        .and_then(|t| t.get(key))
        .and_then(toml_edit::Item::as_array);
    array
        .map(|a| a.iter().map(|v| v.as_str().unwrap().to_owned()).collect())
        .unwrap_or_default()
}

proptest! {
    /// Whatever the layout, comments and the other entries stay and the right entry comes.
    #[test]
    fn any_layout(
        lists in proptest::collection::vec(
            (proptest::collection::vec(("[a-f]\\.example", 0usize..4), 0..5), any::<bool>(), 0usize..3), 3..4),
        host in "[a-h]\\.example", deny in any::<bool>(),
    ) {
        let mut text = "[network]\n".to_owned();
        for (n, (name, (entries, comma, tail))) in ["allowlist", "blocklist", "graylist"].iter().zip(&lists).enumerate() {
            text.push_str(&format!("{name} = ["));
            for (i, (entry, style)) in entries.iter().enumerate() {
                let last = i + 1 == entries.len();
                let comma = if last && !comma { "" } else { "," };
                text.push_str(&match style {
                    0 => format!("\"{entry}\"{comma} "),
                    1 => format!("\n  \"{entry}\"{comma} # c{n}{i}\n"),
                    2 => format!("\n  # c{n}{i}\n  \"{entry}\"{comma}\n"),
                    _ => format!("\n    \"{entry}\" # c{n}{i}\n    {comma}"),
                });
            }
            text.push_str(["", "\n", "\n  # tail\n"][*tail]);
            text.push_str("]\n");
        }
        let grant = if deny { Grant::Deny } else { Grant::Allow };
        let out = edit_config(&text, None, &host, 443, grant).unwrap();
        prop_assert_eq!(comments(&out), comments(&text), "{}\n---\n{}", text, out);
        let (to, entry) = if deny { ("blocklist", host.clone()) } else { ("allowlist", format!("{host}:443")) };
        let mut wanted = list(&text, "network", to);
        if !wanted.contains(&entry) && !wanted.contains(&host) {
            wanted.push(entry);
        }
        prop_assert_eq!(list(&out, "network", to), wanted);
        let mut gray = list(&text, "network", "graylist");
        gray.retain(|g| *g != host);
        prop_assert_eq!(list(&out, "network", "graylist"), gray);
    }
}
