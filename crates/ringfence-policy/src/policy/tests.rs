use std::net::IpAddr;

use super::*;
use proptest::prelude::*;

use crate::decision::{Answer, Grant, Scope};

fn policy(text: &str) -> Policy {
    Policy::from_toml(text, None).unwrap_or_else(|error| panic!("{error}"))
}

fn tool(text: &str) -> Policy {
    Policy::from_toml(text, Some("x")).unwrap_or_else(|error| panic!("{error}"))
}

/// `allow`, `ask`, or the class of the refusal, for `[METHOD ]host:port[/path]`; without a path: opaque.
fn ask(policy: &Policy, request: &str) -> String {
    match decide(policy, request) {
        Decision::Allow(_) => "allow".into(),
        Decision::Ask(_) => "ask".into(),
        Decision::Deny(refusal) => refusal.class.as_str().into(),
    }
}

fn decide(policy: &Policy, request: &str) -> Decision {
    let (method, rest) = request.split_once(' ').unwrap_or(("GET", request));
    let (authority, path) = rest
        .find('/')
        .map_or((rest, None), |at| (&rest[..at], Some(&rest[at..])));
    let (host, port) = authority.rsplit_once(':').unwrap();
    let host = Host::parse(host).unwrap();
    let what = path.map_or(What::Opaque, |path| What::Http {
        scheme: Scheme::Https,
        method,
        path,
    });
    policy.decide(&Access {
        host: &host,
        port: port.parse().unwrap(),
        what,
    })
}

fn permit(policy: &Policy, request: &str) -> Permit {
    match decide(policy, request) {
        Decision::Allow(permit) => permit,
        other => panic!("{request}: {other:?}"),
    }
}

#[test]
fn an_empty_allowlist_allows_nothing() {
    for text in ["", "[network]\nallowlist = []", "[tools.x]\nallowlist = []"] {
        for request in [
            "example.com:443/",
            "example.com:443",
            "1.1.1.1:443",
            "localhost:80/",
        ] {
            assert_eq!(
                ask(
                    &tool(&format!("[tools.x]\n{}", text.replace("[tools.x]\n", ""))),
                    request
                ),
                "not_allowed",
                "{text} {request}"
            );
        }
    }
}

#[test]
fn the_order_is_blocklist_tool_allowlist_allowlist_graylist_default() {
    let text = r#"
        [network]
        blocklist = ["a.test", "b.test"]
        allowlist = ["a.test", "c.test", "d.test"]
        graylist = ["b.test", "c.test", "e.test", "f.test"]
        [tools.x]
        allowlist = ["b.test", "e.test", "g.test"]
    "#;
    let with_tool = tool(text);
    let without = policy(text);
    for (host, tooled, plain) in [
        ("a.test", "blocked", "blocked"),
        ("b.test", "blocked", "blocked"),
        ("c.test", "allow", "allow"),
        ("d.test", "allow", "allow"),
        ("e.test", "allow", "ask"),
        ("f.test", "ask", "ask"),
        ("g.test", "allow", "not_allowed"),
        ("h.test", "not_allowed", "not_allowed"),
    ] {
        for form in ["443/", "443", "80/"] {
            assert_eq!(
                ask(&with_tool, &format!("{host}:{form}")),
                tooled,
                "{host}:{form}"
            );
            assert_eq!(
                ask(&without, &format!("{host}:{form}")),
                plain,
                "{host}:{form}"
            );
        }
    }
}

#[test]
fn without_ports_allow_means_web_and_block_means_all() {
    let policy = policy(
        "[network]\nallowlist = [\"a.test\", \"ssh.test:22\", \"b.test\"]\nblocklist = [\"c.test\", \"b.test:443\"]\ngraylist = [\"g.test\"]",
    );
    for (request, answer) in [
        ("a.test:443", "allow"),
        ("a.test:80", "allow"),
        ("a.test:22", "not_allowed"),
        ("a.test:8443/", "not_allowed"),
        ("ssh.test:22", "allow"),
        ("ssh.test:443/", "not_allowed"),
        ("c.test:5432", "blocked"),
        ("b.test:443/", "blocked"),
        ("b.test:80/", "allow"),
        ("g.test:443/", "ask"),
        ("g.test:22", "not_allowed"),
    ] {
        assert_eq!(ask(&policy, request), answer, "{request}");
    }
}

const LIMITED: &str = r#"
    [network]
    rules = [
        { host = "api.test", methods = ["GET", "HEAD"], paths = ["/v1/**"], action = "allow" },
        { host = "open.test", action = "allow" },
        { host = "open.test", methods = ["DELETE"], action = "block" },
        { host = "open.test", paths = ["/admin/**"], action = "block" },
        { host = "ask.test", methods = ["POST"], action = "ask" },
        { host = "pin.test", action = "allow", inspect = false },
        { host = "db.test", ports = [5432, 5433], action = "allow" },
    ]
"#;

#[test]
fn rules_limit_methods_and_paths() {
    let policy = policy(LIMITED);
    for (request, answer) in [
        ("GET api.test:443/v1/x", "allow"),
        ("POST api.test:443/v1/x", "method_or_path"),
        ("GET api.test:443/v2", "method_or_path"),
        ("get api.test:443/v1/x", "method_or_path"),
        ("GET open.test:443/x", "allow"),
        ("DELETE open.test:443/x", "method_or_path"),
        ("delete open.test:443/x", "method_or_path"),
        ("GET open.test:443/admin", "method_or_path"),
        ("GET open.test:443//admin/x", "method_or_path"),
        ("GET open.test:443/%61dmin/x", "method_or_path"),
        ("GET open.test:443/x%2f..%2fadmin", "malformed"),
        ("GET open.test:443/x/../admin", "method_or_path"),
        ("GET open.test:443/admin;a=b/x", "method_or_path"),
        ("POST ask.test:443/", "ask"),
        ("GET ask.test:443/", "method_or_path"),
        ("db.test:5432", "allow"),
        ("db.test:443/", "not_allowed"),
        ("G\u{0}T open.test:443/x", "malformed"),
    ] {
        assert_eq!(ask(&policy, request), answer, "{request}");
    }
}

#[test]
fn opaque_connections_never_profit_from_a_limited_rule() {
    let policy = policy(LIMITED);
    assert_eq!(ask(&policy, "api.test:443"), "method_or_path");
    assert_eq!(ask(&policy, "ask.test:443"), "method_or_path");
    // Allowed as a whole, but a block rule looks at methods: nobody could see them.
    assert_eq!(ask(&policy, "open.test:443"), "method_or_path");
    assert_eq!(ask(&policy, "pin.test:443"), "allow");
    assert!(!policy.inspects(&Host::parse("pin.test").unwrap(), 443));
    assert!(policy.inspects(&Host::parse("open.test").unwrap(), 443));
}

#[test]
fn asking_by_default_does_not_widen_a_limited_host() {
    let policy = policy(&LIMITED.replace("[network]", "[network]\ndefault = \"ask\""));
    assert_eq!(ask(&policy, "unknown.test:443/"), "ask");
    assert_eq!(ask(&policy, "unknown.test:22"), "ask");
    assert_eq!(ask(&policy, "POST api.test:443/v1/x"), "method_or_path");
    // A private address is refused before a person is asked to approve it.
    assert_eq!(ask(&policy, "10.0.0.1:80/"), "address");
}

#[test]
fn addresses_are_checked_after_the_name() {
    let policy = policy(
        "[network]\nrules = [{ host = \"inside.test\", action = \"allow\", private = true }]\nallowlist = [\"a.test\", \"10.1.0.0/16\", \"0.0.0.0/0\", \"169.254.169.254\"]\nblocklist = [\"203.0.114.0/24\"]",
    );
    let check = |request: &str, address: &str| {
        permit(&policy, request)
            .check_address(address.parse().unwrap())
            .err()
            .map(|r| r.class)
    };
    assert_eq!(check("a.test:443/", "1.1.1.1"), None);
    for address in [
        "127.0.0.1",
        "10.0.0.1",
        "::1",
        "fd00::1",
        "100.64.0.1",
        "0.0.0.0",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "169.254.169.254",
    ] {
        assert_eq!(
            check("a.test:443/", address),
            Some(RefusalClass::Address),
            "{address}"
        );
    }
    assert_eq!(
        check("a.test:443/", "203.0.114.9"),
        Some(RefusalClass::Blocked)
    );
    assert_eq!(check("inside.test:443/", "10.0.0.1"), None);
    assert_eq!(check("inside.test:443/", "127.0.0.1"), None);
    assert_eq!(
        check("inside.test:443/", "169.254.169.254"),
        Some(RefusalClass::Address)
    );
    assert_eq!(ask(&policy, "10.1.2.3:443/"), "allow");
    assert_eq!(ask(&policy, "10.2.2.3:443/"), "address");
    assert_eq!(ask(&policy, "0x7f000001:80/"), "address");
    assert_eq!(ask(&policy, "169.254.169.254:80/"), "address");
    assert_eq!(ask(&policy, "metadata.google.internal:80/"), "address");
}

const REWRITE: &str = r#"
    [gateway]
    url = "http://gw.corp:8080"
    timeout_ms = 150
    [network]
    allowlist = ["api.test", "gw.corp", "gw.corp:8080", "local.test"]
    [network.host_rewrite]
    "api.test" = "gw.corp/v1/x"
    "local.test" = "http://127.0.0.1:9000"
    "other.test" = "gw.corp/other"
    [credentials.k]
    hosts = ["gw.corp", "127.0.0.1:9000"]
    source = { env = "K" }
    [credentials.direct]
    hosts = ["api.test", "plain.test:80"]
    source = { env = "K" }
"#;

#[test]
fn a_rewritten_host_is_reached_through_its_rewrite_only() {
    let policy = policy(REWRITE);
    let permit = permit(&policy, "GET api.test:443/a");
    assert_eq!(permit.route().to_string(), "http://gw.corp:8080/v1/x");
    assert_eq!(permit.route().connect_timeout_ms, Some(150));
    assert!(permit.check_address("10.0.0.1".parse().unwrap()).is_ok());
    assert!(
        permit
            .check_address("169.254.169.254".parse().unwrap())
            .is_err()
    );
    // Never directly: neither opaque to the original, nor to the target, though it is on the allowlist.
    assert_eq!(ask(&policy, "api.test:443"), "method_or_path");
    assert_eq!(ask(&policy, "gw.corp:8080/v1/x"), "not_allowed");
    assert_eq!(ask(&policy, "127.0.0.1:9000/"), "not_allowed");
    // A rewrite allows nothing by itself.
    assert_eq!(ask(&policy, "other.test:443/"), "not_allowed");
}

#[test]
fn credentials_go_to_the_dialled_host_only() {
    let policy = policy(REWRITE);
    let api = permit(&policy, "GET api.test:443/a");
    assert!(policy.reveal(&api, "k").is_some());
    assert!(policy.reveal(&api, "direct").is_none());
    assert!(policy.reveal(&api, "unknown").is_none());
    assert!(
        policy
            .reveal(&permit(&policy, "GET local.test:443/a"), "k")
            .is_some()
    );
    let open = super::tests::policy(
        "[network]\nallowlist = [\"api.test\", \"plain.test\"]\n[credentials.k]\nhosts = [\"api.test\", \"plain.test:80\"]\nsource = { env = \"K\" }",
    );
    assert!(
        open.reveal(&permit(&open, "GET api.test:443/a"), "k")
            .is_some()
    );
    // Not on a connection that nobody looks into, and not in clear text unless the port is named.
    assert!(open.reveal(&permit(&open, "api.test:443"), "k").is_none());
    let clear = |host: &str| {
        let host = Host::parse(host).unwrap();
        let what = What::Http {
            scheme: Scheme::Http,
            method: "GET",
            path: "/",
        };
        match open.decide(&Access {
            host: &host,
            port: 80,
            what,
        }) {
            Decision::Allow(permit) => open.reveal(&permit, "k").is_some(),
            other => panic!("{other:?}"),
        }
    };
    assert!(!clear("api.test"));
    assert!(clear("plain.test"));
}

#[test]
fn an_answer_turns_an_ask_into_what_it_would_have_been() {
    use crate::decision::{Answer, Grant, Scope};
    let policy = policy("[network]\ngraylist = [\"g.test\"]");
    for grant in [Grant::Allow, Grant::Deny] {
        let Decision::Ask(ask) = decide(&policy, "g.test:443/") else {
            panic!()
        };
        match ask.answered(Answer {
            grant,
            scope: Scope::Once,
        }) {
            Decision::Allow(permit) => {
                assert!(grant == Grant::Allow && permit.host().to_string() == "g.test")
            }
            Decision::Deny(refusal) => {
                assert!(grant == Grant::Deny && refusal.class == RefusalClass::NotApproved)
            }
            Decision::Ask(_) => panic!(),
        }
    }
}

#[test]
fn the_short_text_tells_no_rule_and_no_path() {
    let policy = policy(
        "[network]\nrules = [{ host = \"secret.test\", paths = [\"/hidden/**\"], action = \"block\" }]\nblocklist = [\"b.test\"]",
    );
    for request in [
        "secret.test:443/hidden/x",
        "b.test:443/zzz",
        "n.test:443/zzz",
    ] {
        let Decision::Deny(refusal) = decide(&policy, request) else {
            panic!()
        };
        let short = refusal.short();
        let host = request.split(':').next().unwrap();
        assert!(
            short.contains(host)
                && !short.contains("hidden")
                && !short.contains("zzz")
                && !short.contains(".toml")
                && !short.contains("list"),
            "{short}"
        );
        assert!(refusal.full().contains(host));
    }
}

#[test]
fn explaining_names_the_stages_and_the_rule() {
    let policy = policy("[network]\nallowlist = [\"a.test\"]\nblocklist = [\"b.test\"]");
    let host = Host::parse("A.test.").unwrap();
    let explanation = policy.explain(&Access {
        host: &host,
        port: 443,
        what: What::Http {
            scheme: Scheme::Https,
            method: "GET",
            path: "/x/../y",
        },
    });
    insta::assert_snapshot!(explanation.to_string());
}

#[test]
fn what_no_rule_names_can_be_asked_about_and_nothing_else_changes() {
    let text =
        "[network]\nblocklist = [\"a.test\"]\ngraylist = [\"b.test\"]\nallowlist = [\"c.test\"]";
    let before = policy(text);
    let after = before.asking_by_default("Said So");
    for (host, then, now) in [
        ("a.test", "blocked", "blocked"),
        ("b.test", "ask", "ask"),
        ("c.test", "allow", "allow"),
        ("d.test", "not_allowed", "ask"),
    ] {
        let request = format!("{host}:443/");
        assert_eq!(ask(&before, &request), then, "{host}");
        assert_eq!(ask(&after, &request), now, "{host}");
    }
    let rule = |host: &str| match decide(&after, &format!("{host}:443/")) {
        Decision::Ask(ask) => ask.rule().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(rule("d.test"), "default ask (said so)");
    assert_ne!(rule("b.test"), rule("d.test"));
    // Whatever is answered, it is public networks only.
    let yes = Answer {
        grant: Grant::Allow,
        scope: Scope::Once,
    };
    let Decision::Ask(unnamed) = decide(&after, "d.test:443/") else {
        panic!("no question");
    };
    let Decision::Allow(permit) = unnamed.answered(yes) else {
        panic!("no permit");
    };
    for (address, fine) in [
        ("93.184.215.14", true),
        ("127.0.0.1", false),
        ("10.0.0.1", false),
    ] {
        let checked = permit.check_address(address.parse().unwrap());
        assert_eq!(checked.is_ok(), fine, "{address}");
    }
}

#[test]
fn the_canonical_text_tells_policies_apart() {
    let one = policy(LIMITED).canonical();
    assert_eq!(one, policy(LIMITED).canonical());
    assert_ne!(one, policy(&LIMITED.replace("GET", "PUT")).canonical());
    assert_ne!(
        one,
        policy(&LIMITED.replace("inspect = false", "inspect = true")).canonical()
    );
}

proptest! {
    #[test]
    fn no_spelling_of_a_blocked_host_is_allowed(style in 0..6u8, port in 1..65535u16) {
        let policy = policy("[network]\nblocklist = [\"evil.test\"]\nallowlist = [\"*.test\", \"evil.test\"]");
        let spelling = ["evil.test", "EVIL.test", "evil.test.", "ｅvil.test", "evil。test", "e\u{ad}vil.TEST."][usize::from(style)];
        let host = Host::parse(spelling).unwrap();
        let answer = policy.decide(&Access { host: &host, port, what: What::Opaque });
        let blocked = matches!(&answer, Decision::Deny(refusal) if refusal.class == RefusalClass::Blocked);
        prop_assert!(blocked);
    }

    #[test]
    fn nothing_that_is_not_listed_is_allowed(name in "[a-z]{1,8}(\\.[a-z]{1,8}){1,3}", port in 1..65535u16) {
        let policy = policy("[network]\nallowlist = [\"only.example\", \"*.only.example\"]");
        let host = Host::parse(&name).unwrap();
        prop_assume!(!name.ends_with("only.example"));
        let denied = matches!(policy.decide(&Access { host: &host, port, what: What::Opaque }), Decision::Deny(_));
        prop_assert!(denied);
    }

    #[test]
    fn no_permit_reaches_metadata(bits: u128) {
        let policy = policy("[network]\nrules = [{ host = \"a.test\", action = \"allow\", private = true }]");
        let permit = permit(&policy, "a.test:443/");
        let address = IpAddr::V6(bits.into());
        if classify(address) == AddressClass::Metadata {
            prop_assert!(permit.check_address(address).is_err());
        }
    }
}
