//! Where the server goes by itself: to registries that its owner allowed, by name, and nowhere else. Each way is first shown to work
//! for a client that asks nobody.

use std::path::Path;

use ringfence_model::local::Local;
use ringfence_model::server::Listen;
use serde_json::json;

use crate::Case;
use crate::changes::pulling;
use crate::fixture::{Fixture, Outcome, holds, same, text};
use crate::registry::{self, plain_client, registry};

pub const CASES: &[Case] = &[
    ("the server has no client of its own", no_client),
    (
        "a pull reaches no service that its owner did not name",
        named,
    ),
    ("a redirect of a registry leads nowhere else", redirected),
    (
        "the client of the command line asks this machine and follows nothing",
        local,
    ),
];

/// What makes connections, by the names that stand for them in sources.
const CLIENTS: [&str; 7] = [
    "hyper::client",
    "client::conn::",
    "TcpStream::connect",
    "TcpSocket",
    "UnixStream::connect",
    "UdpSocket",
    "lookup_host",
];

/// Who may send a request, and how often that stands there.
const ASKERS: [(&str, usize); 3] = [
    ("connect/upstream.rs", 1),
    ("local.rs", 1),
    ("pull/fetch.rs", 1),
];

/// The sources of the crate, without their tests: what a file's own tests do is not done by the server.
fn sources(directory: &Path, below: &str, found: &mut Vec<(String, String)>) -> Outcome {
    for entry in std::fs::read_dir(directory).map_err(text)? {
        let path = entry.map_err(text)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{below}{name}");
        if path.is_dir() {
            sources(&path, &format!("{name}/"), found)?;
        } else if !name.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&path).map_err(text)?;
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            found.push((name, source.to_owned()));
        }
    }
    Ok(())
}

/// Nothing in this crate opens a connection but in the places named here: the question whether somebody listens at a socket already, the
/// client of the command line, which asks this machine, and the one client, whose connections to elsewhere come from `Outbound`,
/// which asks the policy.
fn no_client(_: &Fixture) -> Outcome {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    if !directory.is_dir() {
        return crate::fixture::skipped("the sources can not be read by this user");
    }
    let mut all = Vec::new();
    sources(&directory, "", &mut all)?;
    all.sort();
    holds(all.len() > 40, || format!("{} files", all.len()))?;
    let mut found = Vec::new();
    for (name, source) in &all {
        let uses = CLIENTS.iter().filter(|client| source.contains(**client));
        found.extend(uses.map(|client| format!("{name}: {client}")));
    }
    same(
        found,
        vec![
            "client.rs: hyper::client".to_owned(),
            "client.rs: client::conn::".into(),
            "local.rs: TcpStream::connect".into(),
            "local.rs: UnixStream::connect".into(),
            "server/listen.rs: UnixStream::connect".into(),
        ],
    )?;
    let uses = |what: &str| -> Vec<(&str, usize)> {
        let counts = all
            .iter()
            .map(|(name, source)| (name.as_str(), source.matches(what).count()));
        counts.filter(|(_, count)| *count > 0).collect()
    };
    same(uses("client::send("), ASKERS.to_vec())?;
    // By no other name.
    same(uses("client::{send"), Vec::new())?;
    same(uses("client::*"), Vec::new())?;
    // Elsewhere is reached through the policy only, and that is asked in one place.
    same(
        uses("client::connect("),
        vec![("connect/upstream.rs", 1), ("pull/fetch.rs", 1)],
    )?;
    same(uses("outbound.connect("), vec![("client.rs", 1)])?;
    same(uses("outbound\n"), Vec::new())
}

fn named(f: &Fixture) -> Outcome {
    let allowed = registry::good();
    let secret = registry(|_| registry::answer("200 OK", "", b"a service of this machine"));
    same(
        plain_client(&format!("http://{}/v2/a/b/manifests/latest", secret.host())),
        200,
    )?;
    let before = secret.asked().len();
    let served = pulling(f, &[&allowed]);
    let port = secret.address.port();
    for host in [
        secret.host(),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("127.1:{port}"),
        format!("0x7f000001:{port}"),
        format!("http://127.0.0.1:{port}"),
        format!("rebound.localhost:{port}"),
        "169.254.169.254".into(),
        "metadata.google.internal".into(),
    ] {
        for stream in [true, false] {
            let reply = served.post(
                "/api/pull",
                &json!({"model": format!("{host}/a/b"), "stream": stream}),
            );
            holds(matches!(reply.status, 400 | 403), || {
                format!("{host}: {reply:?}")
            })?;
            // What the rules are is their owner's business.
            holds(
                !reply.body.contains("list") && !reply.body.contains(".toml"),
                || reply.body.clone(),
            )?;
        }
    }
    same(secret.asked().len(), before)?;
    // The policy said no, not chance: what is allowed is pulled by the same server.
    let name = format!("{}/a/b", allowed.host());
    same(
        served
            .post("/api/pull", &json!({"model": name, "stream": false}))
            .status,
        200,
    )
}

fn redirected(f: &Fixture) -> Outcome {
    let secret = registry(|_| registry::answer("200 OK", "", b"a service of this machine"));
    let to = format!("location: http://{}/inside\r\n", secret.host());
    let hostile = registry(move |_| registry::answer("302 Found", &to, b""));
    same(
        plain_client(&format!(
            "http://{}/v2/a/b/manifests/latest",
            hostile.host()
        )),
        200,
    )?;
    let before = secret.asked().len();
    holds(before > 0, || "the plain client was not led there".into())?;
    let served = pulling(f, &[&hostile]);
    let name = format!("{}/a/b", hostile.host());
    let reply = served.post("/api/pull", &json!({"model": name, "stream": false}));
    same(reply.status, 403).map_err(|e| format!("{e}: {}", reply.body))?;
    same(secret.asked().len(), before)
}

/// `ringfence model ps` and its like: the one client that speaks to the server.
fn local(f: &Fixture) -> Outcome {
    let ask = |address: &str| {
        let at = Listen::Tcp(address.parse().expect("address"));
        let local = Local::new(at, None).map_err(text)?;
        local.get::<serde_json::Value>("/api/version").map_err(text)
    };
    for elsewhere in [
        "0.0.0.0:1",
        "192.0.2.1:80",
        "10.0.0.1:80",
        "169.254.169.254:80",
        "[::]:1",
        "[::ffff:127.0.0.1]:1",
        "[fe80::1]:1",
        "[2001:db8::1]:1",
    ] {
        let refused = ask(elsewhere).err().unwrap_or_default();
        holds(refused.contains("loopback"), || {
            format!("{elsewhere}: {refused}")
        })?;
    }
    let secret = registry(|_| registry::answer("200 OK", "", b"{\"version\":\"1\"}"));
    let to = format!("location: http://{}/inside\r\n", secret.host());
    let leading = registry(move |_| registry::answer("302 Found", &to, b"{}"));
    same(
        plain_client(&format!("http://{}/api/version", leading.host())),
        200,
    )?;
    let before = secret.asked().len();
    holds(before > 0, || "the plain client was not led there".into())?;
    holds(ask(&leading.host()).is_err(), || "it was followed".into())?;
    same(secret.asked().len(), before)?;
    let served = f.serve();
    holds(ask(&served.host())?["version"].is_string(), || {
        "no version".into()
    })
}
