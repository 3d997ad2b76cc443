//! `ringfence run --dry-run`: the resolved plan, and why each entry is there.

use std::io::Write;
use std::process::ExitCode;

use ringfence_policy::spec::{Network, Source};
use ringfence_runtime::session::Prepared;

use super::output_failed;
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Prints the plan.
pub fn print(prepared: &Prepared) -> Result<ExitCode, Failure> {
    let plan = &prepared.plan;
    let (shape, claim) = (&plan.spec.shape, &plan.spec.claim);
    let mut out = std::io::stdout().lock();
    let mut section =
        |title: &str, body: String| writeln!(out, "{title}\n{body}\n").map_err(output_failed);

    let mut what = table::new(&["", ""]);
    what.add_row(vec!["run", &claim.argv.join(" ")]);
    what.add_row(vec!["program", &claim.program.display().to_string()]);
    what.add_row(vec!["in", &claim.cwd.display().to_string()]);
    what.add_row(vec![
        "as",
        &format!(
            "{} (uid {}, gid {})",
            shape.identity.user, shape.identity.uid, shape.identity.gid
        ),
    ]);
    what.add_row(vec!["level", &format!("{:?}", shape.level).to_lowercase()]);
    what.add_row(vec!["backend", &plan.backend]);
    what.add_row(vec![
        "network",
        if claim.network == Network::None {
            "none"
        } else {
            "captured; every connection is asked of the policy"
        },
    ]);
    what.add_row(vec![
        "terminal",
        if claim.terminal.is_some() {
            "its own"
        } else {
            "none; standard input and output are yours"
        },
    ]);
    section("Plan", what.to_string())?;

    let mut files = table::new(&["path inside", "what", "why"]);
    for mount in shape.root.iter().chain(&claim.mounts) {
        let (text, tone) = source(&mount.source);
        files.add_row(vec![
            table::cell(mount.target.display(), Tone::Plain),
            table::cell(text, tone),
            table::cell(&mount.why, Tone::Plain),
        ]);
    }
    for mask in &claim.masks {
        files.add_row(vec![
            table::cell(mask.path.display(), Tone::Plain),
            table::cell("hidden", Tone::Good),
            table::cell(&mask.why, Tone::Plain),
        ]);
    }
    for protected in &claim.protected {
        files.add_row(vec![
            table::cell(protected.path.display(), Tone::Plain),
            table::cell("read-only", Tone::Good),
            table::cell(&protected.why, Tone::Plain),
        ]);
    }
    section("Files", files.to_string())?;

    let lines: Vec<String> = plan.policy.canonical().lines().map(str::to_owned).collect();
    section("Network", super::policy::rule_table(&lines).to_string())?;

    let mut env = table::new(&["variable", "value"]);
    for (name, value) in claim.env.iter().chain(&plan.env_templates) {
        env.add_row(vec![name, value]);
    }
    section("Environment, whole", env.to_string())?;
    Ok(Exit::Success.into())
}

fn source(source: &Source) -> (String, Tone) {
    match source {
        Source::Bind {
            path,
            writable: true,
            ..
        } => (format!("{}, writable", path.display()), Tone::Care),
        Source::Bind { path, .. } => (format!("{}, read-only", path.display()), Tone::Plain),
        Source::Tmpfs {
            size: Some(size), ..
        } => (format!("private, empty, at most {size} bytes"), Tone::Plain),
        Source::Tmpfs { .. } | Source::Scratch { .. } => ("private, empty".to_owned(), Tone::Plain),
        Source::Symlink(text) => (format!("→ {}", text.display()), Tone::Plain),
        Source::File { .. } | Source::Base64 { .. } => {
            ("made for this session, read-only".to_owned(), Tone::Plain)
        }
        Source::SameAs(path) => (format!("the same as {}", path.display()), Tone::Plain),
        Source::Proc => (
            "fresh, this sandbox's processes only".to_owned(),
            Tone::Plain,
        ),
        Source::Dev => (
            "private, without devices of this machine".to_owned(),
            Tone::Plain,
        ),
    }
}
