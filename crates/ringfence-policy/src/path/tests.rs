use super::*;
use proptest::prelude::*;

#[test]
fn spellings_of_a_path_are_one_path() {
    for (sent, normal) in [
        ("/", "/"),
        ("//", "/"),
        ("/a/b", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/a/x/../b", "/a/b"),
        ("/%61/%62", "/a/b"),
        ("/a/%2e/b", "/a/b"),
        ("/a/x/%2E%2e/b", "/a/b"),
        ("/a/b/.", "/a/b/"),
        ("/a/b/..", "/a/"),
        ("//evil.test/x", "/evil.test/x"),
        ("/@types%2fnode", "/@types%2Fnode"),
        ("/a//b", "/a//b"),
        ("/a;x=1/b", "/a;x=1/b"),
        ("/ü", "/%C3%BC"),
        ("/a%20b", "/a%20b"),
        ("*", "*"),
        ("/job/f%252Fx", "/job/f%252Fx"),
    ] {
        assert_eq!(normalise(sent).as_deref(), Ok(normal), "{sent}");
    }
}

#[test]
fn ambiguous_and_broken_paths_are_refused() {
    for sent in [
        "",
        "a",
        "/..",
        "/../a",
        "/a/../../b",
        "/a//../b",
        "/a%2f..%2fb",
        "/a%2F%2e%2e%2Fb",
        "/a/..;x/b",
        "/a/.;/b",
        "/a\\..\\b",
        "/a%5c..%5cb",
        "/a/%252e%252e/b",
        "/a/%25252e%25252e/b",
        "/a%252f..%252fb",
        "/a%00b",
        "/a\0b",
        "/a b",
        "/a?b",
        "/a#b",
        "/a%",
        "/a%4",
        "/a%zz",
        "/a%250ab",
        "/a/x/..//b/../../c/..",
        "/%2525252525252e",
        "http://x/",
    ] {
        assert!(
            normalise(sent).is_err(),
            "{sent} gave {:?}",
            normalise(sent)
        );
    }
}

fn both(pattern: &str, path: &str) -> (bool, bool) {
    let pattern = PathPattern::parse(pattern).unwrap();
    let readings = Readings::of(path).unwrap();
    (
        pattern.surely_matches(&readings),
        pattern.may_match(&readings),
    )
}

#[test]
fn patterns_mean_what_the_syntax_says() {
    for (pattern, path, matches) in [
        ("/v1/messages", "/v1/messages", true),
        ("/v1/messages", "/v1/messages2", false),
        ("/v1/*", "/v1/x", true),
        ("/v1/*", "/v1/x/y", false),
        ("/v1/*", "/v1", false),
        ("/v1/**", "/v1", true),
        ("/v1/**", "/v1/x/y", true),
        ("/v1/**", "/v10", false),
        ("/**", "/anything/at/all", true),
        ("/**", "/", true),
        ("/", "/", true),
        ("/", "/a", false),
        ("/v*/x", "/v2/x", true),
        ("/a-*-b", "/a-x-y-b", true),
        ("/V1/x", "/v1/x", false),
    ] {
        assert_eq!(
            both(pattern, path),
            (matches, matches),
            "{pattern} on {path}"
        );
    }
}

#[test]
fn a_second_spelling_never_gets_more() {
    // (pattern, path): the readings disagree, so an allow rule must not match and a block rule must.
    for (pattern, path) in [
        ("/public/*", "/public/a%2Fb"),
        ("/secret", "/secret;x"),
        ("/secret", "/secret/"),
        ("/a/secret", "/a//secret"),
        ("/a/secret", "/a%2Fsecret"),
        ("/a/secret", "/a%252Fsecret"),
        ("/a/secret", "/a\\secret"),
        ("/a/secret/**", "/a//secret/x"),
    ] {
        assert_eq!(both(pattern, path), (false, true), "{pattern} on {path}");
    }
}

#[test]
fn broken_patterns_are_refused() {
    for text in ["", "v1", "/a/**/b", "/a**", "/a/../../b", "/a?x"] {
        assert!(PathPattern::parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn normalising_is_idempotent_and_leaves_no_dots(path in "/[a-c./;%25eEfF\\\\]{0,24}") {
        if let Ok(normal) = normalise(&path) {
            prop_assert_eq!(normalise(&normal), Ok(normal.clone()));
            prop_assert!(normal.split('/').all(|s| s != "." && s != ".."));
            prop_assert!(!normal.starts_with("//"));
        }
    }

    #[test]
    fn no_spelling_of_a_blocked_path_slips_through(tail in "[a-z]{1,4}", style in 0..7u8) {
        let sent = match style {
            0 => format!("/x/../secret/{tail}"),
            1 => format!("/%73ecret/{tail}"),
            2 => format!("//secret/{tail}"),
            3 => format!("/secret;v=1/{tail}"),
            4 => format!("/./secret//{tail}"),
            5 => format!("/secret%2f{tail}"),
            _ => format!("/%2573ecret/{tail}"),
        };
        let block = PathPattern::parse("/secret/**").unwrap();
        if let Ok(readings) = Readings::of(&sent) {
            prop_assert!(block.may_match(&readings), "{}", sent);
        }
    }

    #[test]
    fn never_panics(path in "\\PC{0,40}") {
        let _ = normalise(&path);
    }
}
