//! What git inside needs to know: who commits (the home directory with its `.gitconfig` is not there), and which files are
//! placeholders of the fence, so that `git add -A` does not commit them.

use std::path::{Path, PathBuf};

use super::grants::Grants;
use crate::plan::HostFacts;
use crate::spec::{Mount, Placeholder, Protected, Source};

/// System-wide configuration inside: the lowest in rank, so a repository's own settings win. Read by git 2.32 and later.
const CONFIG: &str = "/run/ringfence/gitconfig";
const EXCLUDES: &str = "/run/ringfence/git-exclude";

/// The variable that names the configuration.
pub(super) const VARIABLE: (&str, &str) = ("GIT_CONFIG_SYSTEM", CONFIG);

/// The two files.
pub(super) fn mounts(protected: &[Protected], grants: &Grants, facts: &HostFacts) -> Vec<Mount> {
    let mut config = String::from("[include]\n\tpath = /etc/gitconfig\n");
    if let Some((name, email)) = &facts.git_identity {
        config.push_str(&format!(
            "[user]\n\tname = {}\n\temail = {}\n",
            quoted(name),
            quoted(email)
        ));
    }
    // With the home directory come the user's own excludes, which this setting would replace.
    let own_excludes = grants.covering(&facts.home).is_some();
    let excludes = excludes(protected, grants, facts);
    if !own_excludes && !excludes.is_empty() {
        config.push_str(&format!("[core]\n\texcludesFile = {EXCLUDES}\n"));
    }
    let file = |target: &str, text: String, why: &str| Mount {
        target: PathBuf::from(target),
        source: Source::File { text, mode: 0o444 },
        why: why.to_owned(),
    };
    vec![
        file(
            CONFIG,
            config,
            "git's settings: who commits, and what is not yours to commit",
        ),
        file(
            EXCLUDES,
            excludes,
            "placeholders of the fence, so that git does not add them",
        ),
    ]
}

/// Placeholder files as anchored patterns; empty directories git does not see anyway.
fn excludes(protected: &[Protected], grants: &Grants, facts: &HostFacts) -> String {
    let mut patterns: Vec<String> = protected
        .iter()
        .filter(|entry| {
            matches!(entry.absent, Placeholder::File(_)) && !facts.existing.contains(&entry.path)
        })
        .filter_map(|entry| {
            let grant = grants.covering(&entry.path)?;
            Some(pattern(entry.path.strip_prefix(&grant.path).ok()?))
        })
        .collect();
    patterns.sort();
    patterns.dedup();
    patterns.into_iter().map(|pattern| pattern + "\n").collect()
}

fn pattern(path: &Path) -> String {
    let mut out = String::from("/");
    for c in path.to_string_lossy().chars() {
        if matches!(c, '*' | '?' | '[' | '\\' | '!' | '#' | ' ') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A value of git's configuration format: in quotes, with `"` and `\` escaped; control characters are left out.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_can_not_end_their_line_or_their_quotes() {
        assert_eq!(quoted("A \"B\" \\ C"), "\"A \\\"B\\\" \\\\ C\"");
        assert_eq!(
            quoted("A\n[core]\n\tfsmonitor = x"),
            "\"A[core]fsmonitor = x\""
        );
    }

    #[test]
    fn patterns_are_anchored_and_literal() {
        assert_eq!(pattern(Path::new(".envrc")), "/.envrc");
        assert_eq!(pattern(Path::new("a*/b c")), "/a\\*/b\\ c");
    }
}
