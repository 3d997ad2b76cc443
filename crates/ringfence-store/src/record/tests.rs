use proptest::prelude::*;
use ringfence_policy::decision::{Grant, RefusalClass, Scheme, Scope};

use super::*;

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9./-]{0,40}",
        Just("\u{202e}\u{9b}31m\x7f\"\\\n".to_owned())
    ]
}

fn grants() -> impl Strategy<Value = Grant> {
    prop_oneof![Just(Grant::Allow), Just(Grant::Deny)]
}

/// Any event.
pub(crate) fn events() -> impl Strategy<Value = Event> {
    let start = (texts(), proptest::collection::vec(texts(), 0..5), texts()).prop_map(
        |(tool, argv, cwd)| Event::SessionStart {
            tool,
            argv,
            cwd,
            level: "standard".into(),
            backend: "native".into(),
            protections: vec!["seccomp".into(), "-memory".into()],
            policy_digest: "00".into(),
        },
    );
    let end = (
        any::<Option<i32>>(),
        any::<Option<i32>>(),
        texts(),
        any::<u64>(),
    )
        .prop_map(|(exit_code, signal, reason, wall_ms)| Event::SessionEnd {
            exit_code,
            signal,
            reason,
            wall_ms,
        });
    let decision = (
        any::<u64>(),
        texts(),
        any::<u16>(),
        proptest::option::of(texts()),
        grants(),
        texts(),
    )
        .prop_map(
            |(connection, host, port, method, grant, rule)| Event::Decision {
                connection,
                layer: "http".into(),
                host,
                port,
                path: method.clone(),
                method,
                grant,
                rule,
                class: (grant == Grant::Deny).then_some(RefusalClass::NotAllowed),
            },
        );
    let exchange = (
        texts(),
        any::<[u8; 16]>(),
        any::<(u64, u64, u64)>(),
        proptest::option::of(texts()),
        any::<Option<u16>>(),
    )
        .prop_map(
            |(host, address, (bytes_out, bytes_in, ms), error, status)| Event::Exchange {
                connection: 1,
                scheme: Some(Scheme::Https),
                upstream: host.clone(),
                host,
                address: Some(std::net::IpAddr::from(address)),
                method: Some("GET".into()),
                path: Some("/".into()),
                status,
                bytes_out,
                bytes_in,
                ms,
                error,
            },
        );
    let rest = (texts(), texts(), grants(), any::<u16>()).prop_flat_map(|(a, b, grant, port)| {
        prop_oneof![
            Just(Event::Dns {
                name: a.clone(),
                kind: "A".into(),
                answer: b.clone()
            }),
            Just(Event::Prompt {
                kind: a.clone(),
                subject: b.clone(),
                grant,
                scope: Scope::Timeout,
                answered_by: "none".into(),
                ms: 3
            }),
            Just(Event::Credential {
                name: a.clone(),
                host: b.clone(),
                grant,
                reason: None
            }),
            Just(Event::Finding {
                place: a.clone(),
                detector: b.clone(),
                tier: "block".into(),
                action: "redact".into(),
                transforms: vec![a.clone()],
                offset: u64::from(port),
                length: 40,
                host: Some(b.clone())
            }),
            Just(Event::Publish {
                inside: port,
                host: port,
                grant
            }),
            Just(Event::HostFile {
                path: a.clone(),
                kind: b.clone()
            }),
            Just(Event::Model {
                action: a.clone(),
                model: Some(b.clone()),
                digest: None,
                detail: Some(a.clone()),
                protections: vec![a.clone()],
                off: vec![b.clone()],
                ms: Some(u64::from(port))
            }),
            Just(Event::Keys {
                action: a.clone(),
                uid: u32::from(port),
                outcome: "done".into(),
                names: vec![a.clone(), b.clone()],
                detail: Some(b.clone())
            }),
            Just(Event::Fence {
                condition: a,
                detail: b
            }),
        ]
    });
    prop_oneof![start, end, decision, exchange, rest]
}

proptest! {
    #[test]
    fn a_line_is_ascii_and_says_what_was_put_in(event in events(), seq in any::<u64>(), time in any::<u64>(), prev in any::<[u8; 32]>()) {
        let rendered = render(&Head { session: "s-1", seq, prev, time }, &event).unwrap();
        let line = rendered.line.strip_suffix('\n').unwrap();
        prop_assert!(line.bytes().all(|b| (0x20..0x7f).contains(&b)), "{line}");
        let parsed = parse(line.as_bytes()).unwrap();
        prop_assert!(parsed.genuine());
        prop_assert_eq!((parsed.seq, parsed.time, parsed.prev, parsed.hash), (seq, time, prev, rendered.hash));
        prop_assert_eq!(parsed.session, "s-1");
        prop_assert_eq!(parsed.event, event);
    }

    #[test]
    fn any_changed_byte_shows(event in events(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let rendered = render(&Head { session: "s", seq: 1, prev: [7; 32], time: 5 }, &event).unwrap();
        let mut bytes = rendered.line.trim_end().as_bytes().to_vec();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(parse(&bytes).is_none_or(|parsed| !parsed.genuine()));
    }

    #[test]
    fn any_bytes_are_taken_apart_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }
}

#[test]
fn what_a_line_looks_like() {
    let event = Event::Decision {
        connection: 3,
        layer: "http".into(),
        host: "pastebin.com".into(),
        port: 443,
        method: Some("POST".into()),
        path: Some("/api".into()),
        grant: Grant::Deny,
        rule: "blocklist[0]".into(),
        class: Some(RefusalClass::Blocked),
    };
    let rendered = render(
        &Head {
            session: "s-1",
            seq: 2,
            prev: genesis("s-1"),
            time: 1_700_000_000_000,
        },
        &event,
    )
    .unwrap();
    let value: serde_json::Value = serde_json::from_str(&rendered.line).unwrap();
    for (pointer, want) in [
        ("/class_uid", 4002),
        ("/category_uid", 4),
        ("/activity_id", 6),
        ("/type_uid", 400_206),
        ("/severity_id", 3),
        ("/action_id", 2),
        ("/disposition_id", 2),
        ("/metadata/sequence", 2),
        ("/dst_endpoint/port", 443),
    ] {
        assert_eq!(
            value.pointer(pointer).and_then(serde_json::Value::as_u64),
            Some(want),
            "{pointer}"
        );
    }
    assert_eq!(
        value.pointer("/metadata/profiles/0").unwrap(),
        "security_control"
    );
    assert_eq!(
        value.pointer("/http_request/url/hostname").unwrap(),
        "pastebin.com"
    );
    assert_eq!(value.pointer("/unmapped/event/event").unwrap(), "decision");
}
