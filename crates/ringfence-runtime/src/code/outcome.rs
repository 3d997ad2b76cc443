//! How a code session went, as `--json` prints it.

use std::path::PathBuf;

use ringfence_dlp::Finding;
use ringfence_sandbox::PeakMemory;
use serde::Serialize;

use super::collect::Collected;

/// In one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The program ended with code 0.
    Ok,
    /// It ended with another code, or by a signal of its own making.
    Failed,
    /// It was killed: by a limit or on request.
    Killed,
    /// It was killed because the filter found what must not leave.
    Blocked,
}

/// How a code session went.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Session id; the audit log has it.
    pub session: String,
    /// In one word.
    pub status: Status,
    /// Exit code of the program.
    pub exit_code: Option<i32>,
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// `exit`, `signal`, `oom`, `timeout`, `pids`, `disk`, `output`, `blocked`, `killed`.
    pub reason: String,
    /// Level that was in force: `standard`, `high`, `custom`, or `none`.
    pub level: String,
    /// Backend that was used, or `local` for none.
    pub backend: String,
    /// That level is lower than the one that was asked for.
    pub fallback: bool,
    /// Protections in force; ones missing or replaced under best effort have a leading `-`.
    pub protections: Vec<String>,
    /// What it used.
    pub usage: Usage,
    /// Standard output, when it was not written elsewhere.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub output: Option<Kept>,
    /// What the filter found.
    pub findings: Vec<PlacedFinding>,
    /// Findings beyond that list.
    pub more_findings: u64,
    /// What came back from `/out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<Collected>,
    /// The audit log.
    pub audit: PathBuf,
}

/// What the code used.
#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    /// Wall-clock milliseconds.
    pub wall_ms: u64,
    /// CPU milliseconds, user and system.
    pub cpu_ms: Option<u64>,
    /// Peak of memory in bytes.
    pub peak_memory: Option<u64>,
    /// What that was measured on.
    pub peak_memory_of: Option<PeakMemory>,
    /// Bytes of standard output and standard error together, before the filter.
    pub bytes_out: u64,
}

/// Both outputs, after the filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Standard output; bytes that are no UTF-8 became U+FFFD.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    /// Standard output in base64, when it is no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout_base64: Option<String>,
    /// Standard error in base64, when it is no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr_base64: Option<String>,
}

impl Kept {
    pub(super) fn of(stdout: Vec<u8>, stderr: Vec<u8>) -> Self {
        let (stdout, stdout_base64) = text(stdout);
        let (stderr, stderr_base64) = text(stderr);
        Self {
            stdout,
            stderr,
            stdout_base64,
            stderr_base64,
        }
    }
}

fn text(bytes: Vec<u8>) -> (String, Option<String>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let bytes = error.as_bytes();
            let lossy = String::from_utf8_lossy(bytes).into_owned();
            (lossy, Some(ringfence_policy::code::base64(bytes)))
        }
    }
}

/// A finding and where it was.
#[derive(Debug, Clone, Serialize)]
pub struct PlacedFinding {
    /// `stdout` or `stderr`.
    pub place: &'static str,
    /// What it was.
    #[serde(flatten)]
    pub finding: Finding,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_is_no_text_is_kept_whole_beside_a_readable_form() {
        let kept = Kept::of(b"a\xffb".to_vec(), b"plain".to_vec());
        assert_eq!(kept.stdout, "a\u{fffd}b");
        assert_eq!(kept.stdout_base64.as_deref(), Some("Yf9i"));
        assert_eq!((kept.stderr.as_str(), kept.stderr_base64), ("plain", None));
    }
}
