use super::*;

fn redactor(value: &str) -> Redactor {
    let mut redactor = Redactor::default();
    redactor
        .add(&[Secret {
            name: "token".into(),
            value: value.into(),
        }])
        .unwrap();
    redactor
}

fn fence(detail: &str) -> Event {
    Event::Fence {
        condition: "x".into(),
        detail: detail.into(),
    }
}

fn detail(event: Option<Event>) -> String {
    match event {
        Some(Event::Fence { detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_spelling_of_a_secret_is_replaced() {
    let redactor = redactor("s3cr3t/Pa+ss w\"rd");
    let spelled = [
        "s3cr3t/Pa+ss w\"rd",
        "s3cr3t%2FPa%2Bss%20w%22rd",
        "s3cr3t%2fPa%2bss%20w%22rd",
        "s3cr3t%2FPa%2Bss+w%22rd",
        "7333637233742f50612b73732077227264",
        "7333637233742F50612B73732077227264",
        // base64 of `s3cr3t/Pa+ss w"rd`, of `u:` + it, and of `me:` + it + `!`
        "czNjcjN0L1BhK3NzIHcicmQ=",
        "dTpzM2NyM3QvUGErc3MgdyJyZA==",
        "bWU6czNjcjN0L1BhK3NzIHcicmQh",
    ];
    for text in spelled {
        let text = format!("before {text} after");
        assert!(redactor.finds(&text), "not found: {text}");
        let clean = detail(redactor.clean(&fence(&text), 4096));
        assert!(clean.contains("[redacted token]"), "{clean}");
        assert!(!redactor.finds(&clean), "{clean}");
        assert!(
            !clean.contains("3N0") && !clean.contains("c3Mgdy"),
            "base64 left: {clean}"
        );
    }
}

#[test]
fn unusual_and_doubled_percent_escapes_are_undone_before_looking() {
    let redactor = redactor("s3cr3t/Pa+ss");
    for text in [
        "x=%733cr3t/Pa+ss",
        "s%33cr%33t%2fPa%2Bss&y",
        "s3cr3t%252FPa%252Bss",
        "%s3cr3t%2fPa%2bss",
    ] {
        assert!(redactor.finds(text), "{text}");
        let clean = detail(redactor.clean(&fence(text), 4096));
        assert!(
            clean.contains("[redacted token]") && !redactor.finds(&clean),
            "{clean}"
        );
    }
    assert!(!redactor.finds("100%, %zz, %"));
}

#[test]
fn a_secret_outside_ascii_is_found_in_a_line_of_the_log() {
    let redactor = redactor("pässwörd\u{1f512}");
    assert!(!redactor.finds(&crate::record::ascii_json("pässwörd")));
    assert!(redactor.finds(&crate::record::ascii_json("xpässwörd\u{1f512}x")));
}

#[test]
fn other_text_stays() {
    let redactor = redactor("s3cr3t/Pa+ss");
    let text = "GET /s3cr3t/other HTTP/1.1";
    assert!(!redactor.finds(text));
    assert_eq!(detail(redactor.clean(&fence(text), 4096)), text);
}

#[test]
fn the_base64_alphabet_of_urls_is_known() {
    let redactor = redactor("\u{fb}\u{ff}\u{fe}abc?>?");
    // Of the UTF-8 bytes c3 bb c3 bf c3 be 61 62 63 3f 3e 3f, in both alphabets.
    assert!(redactor.finds("w7vDv8O+YWJjPz4/"));
    assert!(redactor.finds("w7vDv8O-YWJjPz4_"));
}

#[test]
fn a_secret_that_occurs_by_accident_is_refused_and_an_empty_one_ignored() {
    let mut redactor = Redactor::default();
    let short = Secret {
        name: "pin".into(),
        value: "123\n".into(),
    };
    assert_eq!(
        redactor.add(&[short]),
        Err(RedactError::TooShort { name: "pin".into() })
    );
    redactor
        .add(&[Secret {
            name: "none".into(),
            value: String::new(),
        }])
        .unwrap();
    assert!(!redactor.finds("anything"));
}

#[test]
fn an_event_that_is_nothing_but_secret_words_is_given_up() {
    let event = Event::Prompt {
        kind: "host".into(),
        subject: "x".into(),
        grant: ringfence_policy::decision::Grant::Allow,
        scope: ringfence_policy::decision::Scope::Once,
        answered_by: "none".into(),
        ms: 1,
    };
    assert!(redactor("allow").clean(&event, 4096).is_none());
}

#[test]
fn long_fields_and_lists_are_cut_with_their_length() {
    let redactor = Redactor::default();
    let text = "ä".repeat(100);
    assert_eq!(
        detail(redactor.clean(&fence(&text), 11)),
        format!("{}[190 more bytes]", "ä".repeat(5))
    );
    let event = Event::SessionStart {
        tool: "t".into(),
        argv: vec!["a".into(); MAX_ITEMS + 3],
        cwd: "/".into(),
        level: "standard".into(),
        backend: "native".into(),
        protections: vec![],
        policy_digest: String::new(),
    };
    match redactor.clean(&event, 100) {
        Some(Event::SessionStart { argv, .. }) => {
            assert_eq!(argv.len(), MAX_ITEMS + 1);
            assert_eq!(argv.last().unwrap(), "[3 more]");
        }
        other => panic!("{other:?}"),
    }
}
