//! Keeps placeholder files out of the commits that are made inside: `git add -A` would take them for new files.
//!
//! Git is told through its environment variables (2.31 and later) to read one ignore file more. Directories need
//! nothing: git does not see empty ones. On the host `git status` lists them while the session runs.

use std::path::Path;

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Mount, Source};

/// Where the ignore file appears inside.
const IGNORE: &str = "/.ringfence-gitignore";

/// Adds the ignore file, and the variables that name it, to a spec. `paths` are relative to the granted directory
/// that they are in, which is where the repository begins.
pub(crate) fn ignore(spec: &mut SandboxSpec, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    let text: String = paths.iter().map(|path| pattern(path)).collect();
    let target = Path::new(IGNORE);
    spec.claim.mounts.push(Mount {
        target: target.to_owned(),
        source: Source::File { text, mode: 0o444 },
        why: "keeps placeholders of protected files out of commits".into(),
    });
    let env = &mut spec.claim.env;
    // Whoever set some already keeps them.
    let count = env
        .get("GIT_CONFIG_COUNT")
        .and_then(|count| count.parse::<u32>().ok())
        .unwrap_or(0);
    env.insert(
        format!("GIT_CONFIG_KEY_{count}"),
        "core.excludesFile".into(),
    );
    env.insert(format!("GIT_CONFIG_VALUE_{count}"), IGNORE.into());
    env.insert("GIT_CONFIG_COUNT".into(), (count + 1).to_string());
}

/// One line that matches exactly this path from the top of the repository.
fn pattern(path: &str) -> String {
    let mut line = String::from("/");
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | '\\' | ' ') {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_literal() {
        assert_eq!(pattern(".mcp.json"), "/.mcp.json\n");
        assert_eq!(pattern("a b/[x]*"), "/a\\ b/\\[x]\\*\n");
    }
}
