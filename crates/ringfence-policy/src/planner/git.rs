//! What git inside needs to know: who commits. The home directory with its `.gitconfig` is not there.

use std::path::PathBuf;

use crate::plan::HostFacts;
use crate::spec::{Mount, Source};

/// System-wide configuration inside: the lowest in rank, so that a repository's own settings win. Read by git 2.32 and later.
const CONFIG: &str = "/run/ringfence/gitconfig";

/// The file, with the variable that names it; nothing when the user's git knows no identity.
pub(super) fn identity(facts: &HostFacts) -> Option<(Mount, (String, String))> {
    let (name, email) = facts.git_identity.as_ref()?;
    let text = format!(
        "[include]\n\tpath = /etc/gitconfig\n[user]\n\tname = {}\n\temail = {}\n",
        quoted(name),
        quoted(email)
    );
    let mount = Mount {
        target: PathBuf::from(CONFIG),
        source: Source::File { text, mode: 0o444 },
        why: "git's settings: who commits".into(),
    };
    Some((mount, ("GIT_CONFIG_SYSTEM".into(), CONFIG.into())))
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
}
