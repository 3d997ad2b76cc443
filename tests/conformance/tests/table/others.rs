//! The table behind gVisor and on a Docker engine, by `ringfence prove` as a person starts it. An engine is started for it; on that
//! the table runs as root and as an ordinary user who may use the engine's socket.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::NEEDS;
use crate::daemon::Daemon;

/// An ordinary user without an account, whose group may use the engine.
const ORDINARY: u32 = 61_995;

/// Rows that say nothing about a payload with a kernel of its own; every other row has to run there.
const NOT_BEHIND_GVISOR: [&str; 2] = ["N15-multipath", "P9-level"];

/// As many rows have to hold on each runtime of the engine: root can show more of them to work unfenced.
const LEAST_ON_DOCKER: (usize, usize) = (50, 40);

/// `ringfence prove`'s exit code when a backend is not there.
const NO_BACKEND: i32 = 125;

/// Behind gVisor, as whoever runs this. `scripts/test.sh` runs it as an ordinary user.
pub fn gvisor(binary: &Path, only: &[String]) -> bool {
    let mut prove = Command::new(binary);
    let ran = run(&mut prove, "gvisor", only);
    if ran.code == Some(NO_BACKEND) && ran.errors.contains("gVisor") {
        println!("SKIPPED: the attack table behind gVisor: {}", ran.errors);
        return true;
    }
    let Some(rows) = ran.rows("gvisor") else {
        return false;
    };
    let mut ok = judge(&rows);
    let expected = BTreeSet::from(NOT_BEHIND_GVISOR);
    let not_run: BTreeSet<&str> = rows
        .iter()
        .filter(|r| r.is("not_run"))
        .map(Row::id)
        .collect();
    if only.is_empty() && not_run != expected {
        println!("FAILED: not run behind gVisor: {not_run:?}, expected {expected:?}");
        ok = false;
    }
    ok
}

/// On an engine of its own.
pub fn docker(binary: &Path, only: &[String]) -> bool {
    let daemon = match Daemon::start(ORDINARY) {
        Ok(daemon) => daemon,
        Err(why) => {
            println!("SKIPPED: the attack table on docker: {why}");
            return true;
        }
    };
    let host = format!("unix://{}", daemon.socket().display());
    let place = tempfile::Builder::new()
        .prefix("ringfence-test-")
        .tempdir()
        .unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = place.path().join("ringfence");
    fs::copy(binary, &copy).unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
    let home = place.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(ORDINARY), Some(ORDINARY)).unwrap();

    let mut as_root = Command::new(&copy);
    as_root.env("DOCKER_HOST", &host);
    let mut ordinary = Command::new(&copy);
    ordinary
        .env_clear()
        .env("DOCKER_HOST", &host)
        .env("HOME", &home)
        .env("TMPDIR", &home)
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .uid(ORDINARY)
        .gid(ORDINARY);
    let (root, other) = LEAST_ON_DOCKER;
    [
        ("root", &mut as_root, root),
        ("an ordinary user", &mut ordinary, other),
    ]
    .into_iter()
    .map(|(who, prove, least)| {
        let ran = run(prove, "docker", only);
        ran.rows(&format!("docker, {who}"))
            .is_some_and(|rows| judge(&rows) & (!only.is_empty() || enough(&rows, least)))
    })
    .fold(true, |all, ok| all & ok)
}

/// Whether the rows that can run there did: the list of those that can not is not to grow unseen.
fn enough(rows: &[Row], least: usize) -> bool {
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *held.entry(row.backend()).or_default() += usize::from(row.is("holds"));
    }
    let short = |(name, held): (&&str, &usize)| {
        println!("{name}: {held} rows held, at least {least} have to");
        *held < least
    };
    !held.is_empty() && held.iter().filter(|entry| short(*entry)).count() == 0
}

/// What came of one `ringfence prove`.
struct Ran {
    code: Option<i32>,
    output: Vec<u8>,
    errors: String,
}

fn run(prove: &mut Command, backend: &str, only: &[String]) -> Ran {
    let out = prove
        .args(["prove", "--json", "--backend", backend])
        .args(only)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: out.status.code(),
        output: out.stdout,
        errors: String::from_utf8_lossy(&out.stderr).trim().to_owned(),
    }
}

impl Ran {
    /// The rows, unless there are none to judge.
    fn rows(&self, title: &str) -> Option<Vec<Row>> {
        println!("\nThe attack table on {title}:");
        let report: Value = serde_json::from_slice(&self.output).unwrap_or_default();
        let rows = report.get("rows").and_then(Value::as_array);
        let rows: Vec<Row> = rows.into_iter().flatten().cloned().map(Row).collect();
        // 1: a row failed, which is told row by row.
        if rows.is_empty() || !matches!(self.code, Some(0 | 1)) {
            println!("FAILED: exit code {:?}: {}", self.code, self.errors);
            return None;
        }
        Some(rows)
    }
}

struct Row(Value);

impl Row {
    fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }
    fn id(&self) -> &str {
        self.text("id")
    }
    fn backend(&self) -> &str {
        self.text("backend")
    }
    fn is(&self, status: &str) -> bool {
        self.text("status") == status
    }
}

/// Prints what did not hold, by name and reason; whether nothing failed.
fn judge(rows: &[Row]) -> bool {
    let needs: BTreeMap<&str, &str> = NEEDS.into_iter().collect();
    let mut failed = 0;
    let mut told: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for row in rows {
        let (id, backend) = (row.id(), row.backend());
        match row.text("status") {
            "holds" => {}
            "not_run" => told
                .entry((format!("{backend}: not run"), row.text("fenced")))
                .or_default()
                .push(id),
            "known_gap" => told
                .entry((format!("{backend}: known gap"), row.text("fenced")))
                .or_default()
                .push(id),
            "not_proven" if needs.contains_key(id) => told
                .entry((format!("{backend}: not proven here"), needs[id]))
                .or_default()
                .push(id),
            status => {
                failed += 1;
                println!(
                    "FAILED: {id} on {backend}: {status}: {} (unfenced: {})",
                    row.text("fenced"),
                    row.text("unfenced")
                );
            }
        }
    }
    for ((what, why), ids) in told {
        println!("{what}: {} ({why})", ids.join(", "));
    }
    let held = rows.iter().filter(|row| row.is("holds")).count();
    println!("{} rows, {held} held, {failed} failed", rows.len());
    failed == 0 && held > 0
}
