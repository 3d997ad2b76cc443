//! One client program: a shell snippet that fetches the greeting, run inside the fence in four ways, and what each said.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fixture::Fixture;
use crate::origin::{ALLOWED, BLOCKED, GREETING, Origin};

/// Programs come from the distribution: shims of version managers live in homes that the fence hides.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The variables that lead a client to the proxy.
const PROXY_VARIABLES: &str = "HTTPS_PROXY HTTP_PROXY ALL_PROXY https_proxy http_proxy all_proxy NO_PROXY no_proxy NODE_USE_ENV_PROXY";

/// One client.
#[derive(Debug, Default)]
pub struct Client<'a> {
    /// As the table names it.
    pub name: &'a str,
    /// Programs without which it is skipped.
    pub needs: &'a [&'a str],
    /// Shell line that says its version.
    pub version: &'a str,
    /// Shell lines that fetch something from `$URL` (or `$HOST` and `$PORT`) that holds the greeting, and print it. They start
    /// in an empty directory of their own; `$PLAIN` is the same host without TLS, `$MODE` is `env` or `captured`.
    pub fetch: &'a str,
    /// Paths shown read-only.
    pub shown: &'a [PathBuf],
    /// Further flags of `ringfence run`.
    pub flags: &'a [&'a str],
    /// Variables of the caller.
    pub caller: &'a [(&'a str, &'a str)],
    /// Files put into the workspace.
    pub files: &'a [(&'a str, &'a str)],
}

/// What the four ways printed.
#[derive(Debug)]
pub struct Outcome {
    /// Version as the client said it.
    pub version: String,
    /// By the proxy variables, to the allowed host.
    pub env: String,
    /// Without any proxy variable, to the allowed host.
    pub captured: String,
    /// By the proxy variables, to the host that is on no list.
    pub env_blocked: String,
    /// Without any proxy variable, to the host that is on no list.
    pub captured_blocked: String,
}

impl Client<'_> {
    /// Runs it against `origin` from the workspace of `fixture`; `None`, with the reason printed, when a program is missing.
    ///
    /// # Errors
    /// When files can not be written or `ringfence` can not be started.
    pub fn run(&self, fixture: &Fixture, origin: &Origin) -> io::Result<Option<Outcome>> {
        if let Some(missing) = self.needs.iter().find(|program| find(program).is_none()) {
            println!(
                "SKIPPED: {} needs {missing}, which is not installed",
                self.name
            );
            return Ok(None);
        }
        fs::write(fixture.workspace.join("fetch.sh"), self.fetch)?;
        for (name, text) in self.files {
            fs::write(fixture.workspace.join(name), text)?;
        }
        let script = format!(
            "echo '=====version'; ( {version} ) 2>&1 | head -1\n\
             top=$PWD\n\
             way() {{ echo \"=====$MODE-$1\"; HOST=$2 PORT={port} URL=https://$2:{port} PLAIN=http://$2:{plain}; export HOST PORT URL PLAIN MODE; \
             (cd \"$(mktemp -d)\" && . \"$top/fetch.sh\") </dev/null 2>&1; }}\n\
             MODE=env; way allowed {ALLOWED}; way blocked {BLOCKED}\n\
             unset {PROXY_VARIABLES}\n\
             MODE=captured; way allowed {ALLOWED}; way blocked {BLOCKED}\n",
            version = self.version,
            port = origin.port,
            plain = origin.plain_port,
        );
        fs::write(fixture.workspace.join("client.sh"), script)?;
        let mut command = ringfence(fixture, origin);
        command
            .envs(self.caller.iter().copied())
            .arg("run")
            .args(self.flags);
        for path in self.shown {
            command.arg("--ro").arg(path);
        }
        let output = command
            .args(["--", "bash", "client.sh"])
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let section = |name: &str| {
            let mut parts = text
                .split("=====")
                .filter_map(|part| part.strip_prefix(name));
            parts.next().map(|s| s.trim().to_owned()).ok_or_else(|| {
                io::Error::other(format!(
                    "{text}\n{}",
                    String::from_utf8_lossy(&output.stderr)
                ))
            })
        };
        Ok(Some(Outcome {
            version: section("version")?,
            env: section("env-allowed")?,
            captured: section("captured-allowed")?,
            env_blocked: section("env-blocked")?,
            captured_blocked: section("captured-blocked")?,
        }))
    }
}

impl Outcome {
    /// A line of the table: client, version, by variables, captured, blocked by variables, blocked and captured.
    pub fn row(&self, name: &str) -> String {
        let fetched = |text: &str| {
            if text.contains(GREETING) {
                "yes"
            } else {
                "**no**"
            }
        };
        format!(
            "| {name} | {} | {} | {} | {} | {} |",
            self.version,
            fetched(&self.env),
            fetched(&self.captured),
            Refusal::of(&self.env_blocked).word(),
            Refusal::of(&self.captured_blocked).word(),
        )
    }
}

/// How a client saw that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It printed the text that says why.
    Told,
    /// It printed the status 403 and not the text.
    Status,
    /// It complained about the certificate: the refusal never reached it.
    Certificate,
    /// Anything else.
    Silent,
    /// It got through.
    None,
}

impl Refusal {
    /// Reads what a client printed.
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        if text.contains(GREETING) {
            Self::None
        } else if text.contains(&format!("ringfence refused {BLOCKED}")) {
            Self::Told
        } else if text.contains("403") || lower.contains("forbidden") {
            Self::Status
        } else if [
            "certificate",
            "self-signed",
            "self signed",
            "unknown ca",
            "pkix",
        ]
        .iter()
        .any(|word| lower.contains(word))
        {
            Self::Certificate
        } else {
            Self::Silent
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Told => "the reason",
            Self::Status => "403",
            Self::Certificate => "**certificate error**",
            Self::Silent => "failed",
            Self::None => "**got through**",
        }
    }
}

/// `ringfence` in this workspace, trusting the CA of `origin`.
pub fn ringfence(fixture: &Fixture, origin: &Origin) -> Command {
    let mut command = fixture.ringfence();
    command
        .env("PATH", PATH)
        .env("SSL_CERT_FILE", &origin.bundle);
    command
}

/// Where a program is.
pub fn find(program: &str) -> Option<PathBuf> {
    if program.starts_with('/') {
        return Some(PathBuf::from(program)).filter(|file| file.exists());
    }
    PATH.split(':')
        .map(|dir| Path::new(dir).join(program))
        .find(|file| file.is_file())
}
