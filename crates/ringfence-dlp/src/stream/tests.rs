//! The two properties of a stream: cuts do not matter, and what may become a secret is held while the rest flows.
#![allow(clippy::unwrap_used)]
use crate::{Action, Actions, Filter, Finding, Known, Settings};
use proptest::prelude::*;
use std::sync::Arc;

const TOKEN: &str = concat!("ghp_16C7e42F292c6912", "E7710c838347Ae4H2Y7G");
const VALUE: &str = "pa55-word!Xy";

fn filter() -> Arc<Filter> {
    let mut settings = Settings::default();
    settings.known.push(Known {
        name: "db".into(),
        value: VALUE.as_bytes().to_vec().into(),
    });
    settings.actions = Actions {
        warn: Action::Redact,
        ..Actions::default()
    };
    Filter::new(settings).unwrap()
}

fn whole(filter: &Arc<Filter>, text: &[u8]) -> (Vec<u8>, Vec<Finding>) {
    cut(filter, text, &[])
}

fn cut(filter: &Arc<Filter>, text: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<Finding>) {
    let mut stream = filter.stream();
    let (mut out, mut findings) = (Vec::new(), Vec::new());
    let mut at = 0;
    for &next in cuts {
        stream.push(&text[at..next], &mut out).unwrap();
        findings.extend(stream.findings());
        at = next;
    }
    stream.push(&text[at..], &mut out).unwrap();
    stream.finish(&mut out).unwrap();
    findings.extend(stream.findings());
    (out, findings)
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let word =
            group.iter().fold(0u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        for at in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= group.len() {
                digit as char
            } else {
                '='
            });
        }
    }
    text
}

fn key() -> String {
    let body: String = (0..20)
        .map(|n| {
            format!(
                "{}\n",
                base64(
                    format!(
                        "{n:02}aZ9{:x}-+q{n}Rk{}Lw{}yT7m8kDq",
                        n * 7919,
                        n * 31,
                        n * 104_729
                    )
                    .as_bytes()
                )
                .chars()
                .take(40)
                .collect::<String>()
            )
        })
        .collect();
    format!(
        "-----BEGIN RSA {}-----\n{body}-----END RSA PRIVATE KEY-----\n",
        "PRIVATE KEY"
    )
}

/// Texts that exercise every way of holding.
fn pieces() -> Vec<String> {
    let wrapped =
        base64(format!("some log text before the credential {TOKEN} and a tail").as_bytes());
    let spaced: String = TOKEN.chars().flat_map(|c| [c, ' ']).collect();
    let hidden: String = VALUE.chars().flat_map(|c| [c, '\u{200b}']).collect();
    vec![
        "An ordinary sentence, with words.\n".into(),
        format!("token = {TOKEN}\n"),
        format!("{VALUE}\n"),
        VALUE.to_uppercase(),
        format!("\"{}\" + \"{}\"", &TOKEN[..13], &TOKEN[13..]),
        format!("{}\n{}\n", &wrapped[..76], &wrapped[76..]),
        base64(TOKEN.as_bytes()),
        base64(VALUE.as_bytes()),
        spaced,
        hidden,
        key(),
        key().replace('\n', "\\n"),
        key()[..300].into(),
        "\u{e2}\0a\0b\0".into(),
        "41 57 53 5f 41 43 43 45 53 53".into(),
        ">>> ".into(),
        "Password: ".into(),
        " 45%|####      | 45/100 [00:01<00:01, 44.5it/s]\r".into(),
        "-----BEGIN PRIVATE KEY-----\nno key at all here\n".into(),
        " ".into(),
        "\n".into(),
        "\"".into(),
        "x".into(),
        "pa55".into(),
        "https://user:Zk4f9Qw2LmX7@db.example.com/x?token=8f14e45fceea167a5a36dedd4bea2543 ".into(),
        "%41%57%53%5F%41%43 &#65;&#87; \\u0041\\x41".into(),
        "AAAA".repeat(40),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn cuts_do_not_matter(
        parts in proptest::collection::vec((0usize..27, 0usize..60, any::<bool>()), 1..8),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
        each in any::<bool>(),
    ) {
        let pieces = pieces();
        let mut text = Vec::new();
        for (piece, from, trim) in parts {
            let piece = pieces[piece % pieces.len()].as_bytes();
            text.extend_from_slice(if trim { &piece[from.min(piece.len())..] } else { piece });
        }
        let filter = filter();
        let expected = whole(&filter, &text);
        let mut places: Vec<usize> = if each {
            (0..text.len()).collect()
        } else {
            cuts.iter().map(|cut| cut.index(text.len() + 1)).collect()
        };
        places.sort_unstable();
        let found = cut(&filter, &text, &places);
        prop_assert_eq!(String::from_utf8_lossy(&found.0), String::from_utf8_lossy(&expected.0));
        prop_assert_eq!(found.1, expected.1);
    }
}

/// A head whose body, all in capitals, is no body: what was read as one is read again as text, with the keywords in it.
#[test]
fn cuts_do_not_matter_in_a_key_in_capitals() {
    let filter = filter();
    let body = base64(b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none") + &key()[32..];
    let text = format!("-----BEGIN OPENSSH {} {body}", "PRIVATE KEY-----")
        .to_uppercase()
        .replace('\n', " ")
        + "and then some words in which it ends\n";
    let expected = whole(&filter, text.as_bytes());
    assert!(
        expected
            .1
            .iter()
            .any(|found| found.detector == "ssh-private-openssh-bare"),
        "{:?}",
        expected.1
    );
    for size in [1usize, 7, 61, 500] {
        let cuts: Vec<usize> = (0..text.len()).step_by(size).collect();
        assert_eq!(cut(&filter, text.as_bytes(), &cuts), expected, "{size}");
    }
}

#[test]
fn cuts_do_not_matter_in_runs_longer_than_a_block() {
    let filter = filter();
    let noise = |seed: u64, length: usize| -> String {
        let mut state = seed;
        (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                char::from(
                    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        [(state >> 33) as usize % 62],
                )
            })
            .collect()
    };
    let lines: String = (0..2000).map(|n| noise(n, 76) + "\n").collect();
    let run = noise(1, 20_000) + "." + TOKEN + "." + &noise(2, 45_000) + VALUE + &noise(3, 40_000);
    for text in [run, lines] {
        let expected = whole(&filter, text.as_bytes());
        for size in [1usize, 1000, 8191, 65_536] {
            let cuts: Vec<usize> = (0..text.len()).step_by(size).collect();
            let found = cut(&filter, text.as_bytes(), &cuts);
            assert!(found.0 == expected.0, "size {size}");
            assert_eq!(found.1, expected.1);
        }
    }
}

#[test]
fn no_byte_of_a_secret_leaves_before_its_verdict() {
    let filter = filter();
    for text in [
        format!("token={TOKEN} done\n"),
        format!("the {VALUE} it is\n"),
        format!("x = \"{}\"\n", base64(TOKEN.as_bytes())),
    ] {
        let mut stream = filter.stream();
        let mut out = Vec::new();
        for byte in text.bytes() {
            stream.push(&[byte], &mut out).unwrap();
        }
        stream.finish(&mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("[redacted:"), "{out}");
        assert!(
            !out.contains(&TOKEN[4..12]) && !out.contains(&VALUE[..4]),
            "{out}"
        );
    }
}

#[test]
fn what_is_no_secret_flows_at_once() {
    let filter = filter();
    for text in [
        ">>> ",
        "$ ",
        "Password: ",
        "Password:",
        "Continue? ",
        "Continue?",
        "Do you want to continue? [Y/n] ",
        "An ordinary sentence and its end.\n",
        "Server running at http://localhost:8080/\n",
        "Saved to /tmp/out/result_2024.csv\n",
        "Listening on 127.0.0.1:8080\n",
        "{\"status\": \"ok\"}\n",
        "\r 45%|####      | 45/100 [00:01<00:01, 44.5it/s]",
        "\r 45%",
        "Loading...",
        "(gdb) ",
        "mysql> ",
        "42\n",
        "'hello world'\n",
        "[1, 2, 3]\n",
        "In [1]: ",
        "C:\\Users\\x> ",
        "\u{1b}[32mok\u{1b}[0m\n",
    ] {
        let mut stream = filter.stream();
        let mut out = Vec::new();
        stream.push(b"first line\n", &mut out).unwrap();
        stream.push(text.as_bytes(), &mut out).unwrap();
        assert_eq!(stream.held(), 0, "{text:?}");
    }
}

#[test]
fn private_keys_go_whole() {
    let filter = filter();
    let body = key();
    let inner = "YTlo";
    for text in [
        format!("before\n{body}after\n"),
        format!("{{\"private_key\": \"{}\"}}\n", body.replace('\n', "\\n")),
        body[..500].to_owned(),
        format!("key = {}", base64(body.as_bytes())),
    ] {
        let (out, findings) = whole(&filter, text.as_bytes());
        let out = String::from_utf8(out).unwrap();
        assert!(
            out.contains("[redacted:private-key]")
                || out.contains("[redacted:pem-private-key-base64]"),
            "{out}"
        );
        assert!(
            !out.contains("END RSA") && !out.contains(inner) && out.len() < 200,
            "{out}"
        );
        assert!(!findings.is_empty());
    }
    let (out, _) = whole(&filter, format!("before\n{body}after\n").as_bytes());
    assert!(String::from_utf8(out).unwrap().ends_with("\nafter\n"));
    let mention = b"x = '-----BEGIN PRIVATE KEY-----' # and nothing more\n";
    assert_eq!(whole(&filter, mention).0, mention);
}

#[test]
fn a_blocked_stream_stays_blocked() {
    let mut settings = Settings::default();
    settings.actions.block = Action::Block;
    let filter = Filter::new(settings).unwrap();
    let mut stream = filter.stream();
    let mut out = Vec::new();
    let text = format!("fine {TOKEN} not fine\n");
    let blocked = stream.push(text.as_bytes(), &mut out).unwrap_err();
    assert!(blocked.detector.contains("github"), "{blocked}");
    assert_eq!(out, b"fine ");
    assert_eq!(stream.push(b"more", &mut out), Err(blocked.clone()));
    assert_eq!(stream.finish(&mut out), Err(blocked));
    assert_eq!(stream.findings().len(), 1);
}

/// Input that is made to cost: the output is whole, the memory bounded, and the test ends.
#[test]
fn hostile_input_is_bounded() {
    let filter = filter();
    let unit = |text: &str, times: usize| text.repeat(times).into_bytes();
    let inputs: Vec<Vec<u8>> = vec![
        unit("a", 600_000),
        unit("aZ9", 100_000),
        unit("\0", 300_000),
        unit("a\0", 100_000),
        unit("\u{200b}", 100_000),
        unit("%41", 60_000),
        unit("\\u0041", 40_000),
        unit("&#65;", 40_000),
        unit("a ", 100_000),
        unit("41 ", 60_000),
        unit("\"a\" + ", 30_000),
        unit("-----BEGIN PRIVATE KEY-----\n", 4_000),
        unit("---BEGIN ", 20_000),
        unit("ghp_", 60_000),
        unit("token=", 20_000),
        unit("pa55", 60_000),
        unit("https://a:b", 10_000),
        unit("eyJ.", 30_000),
        unit("=", 100_000),
        (0..=255u8).cycle().take(300_000).collect(),
    ];
    for text in inputs {
        let mut stream = filter.stream();
        let mut out = Vec::new();
        let mut held = 0;
        for chunk in text.chunks(65_536) {
            stream.push(chunk, &mut out).unwrap();
            held = held.max(stream.held());
        }
        stream.finish(&mut out).unwrap();
        assert_eq!(stream.held(), 0);
        assert!(
            held <= 48 * 1024,
            "{held} held of {:?}",
            String::from_utf8_lossy(&text[..20])
        );
        assert!(stream.findings().len() <= crate::limits::FINDINGS);
    }
}

/// What looks like a key, or is one, and never ends: held only so far, and the verdict is the same however it is cut.
#[test]
fn a_key_without_end_is_bounded() {
    let filter = filter();
    let head = "-----BEGIN RSA PRIVATE KEY-----";
    let whole_key = key();
    let open = whole_key.split("-----END").next().unwrap();
    let inputs = [
        format!("{head}{}", "A".repeat(100_000)),
        format!("{head}{}", "aZ9+q7Rk".repeat(12_000)),
        format!("{head}\n{}", "-----".repeat(20_000)),
        format!("{head}\n{}", "AAAA-".repeat(20_000)),
        format!("{head}\n{}", "Name: value\n".repeat(20_000)),
        format!("{head}\n{}", "A\n".repeat(100_000)),
        format!("{open}{}", "-".repeat(100_000)),
        format!("{open}{}", "\n".repeat(300_000)),
        format!("{open}{}", "A".repeat(100_000)),
        head.repeat(3_000),
    ];
    for text in inputs {
        let mut stream = filter.stream();
        let (mut out, mut held) = (Vec::new(), 0);
        for chunk in text.as_bytes().chunks(8_192) {
            stream.push(chunk, &mut out).unwrap();
            held = held.max(stream.held());
        }
        stream.finish(&mut out).unwrap();
        assert!(held <= 48 * 1024, "{held} held of {:?}", &text[..80]);
        let cuts: Vec<usize> = (1..text.len() / 1000).map(|n| n * 1000 - n % 7).collect();
        let pieces = cut(&filter, text.as_bytes(), &cuts);
        assert!(pieces == (out, stream.findings()), "{:?}", &text[..80]);
    }
}

/// A megabyte of nothing, packed twice: what it expands to is looked at only so far.
#[test]
fn a_decompression_bomb_is_bounded() {
    let filter = filter();
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(
        &miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 8 << 20], 9),
        9,
    );
    let text = format!("x {}\n", base64(&packed)).repeat(4);
    let (out, findings) = whole(&filter, text.as_bytes());
    assert_eq!(out.len(), text.len());
    assert!(findings.is_empty());
    let secret = format!("{} token = {TOKEN}", "word ".repeat(100));
    let packed = base64(&miniz_oxide::deflate::compress_to_vec_zlib(
        secret.as_bytes(),
        9,
    ));
    let (out, findings) = whole(&filter, format!("x {packed}\n").as_bytes());
    assert!(!String::from_utf8(out).unwrap().contains(&packed));
    assert_eq!(findings.len(), 1);
}

/// Every layout and encoding in which a known value may leave.
#[test]
fn known_values_are_found_in_every_encoding() {
    let filter = filter();
    let each = |format: fn(u8) -> String| VALUE.bytes().map(format).collect::<String>();
    let spaced = |by: &str| {
        VALUE
            .chars()
            .map(|c| c.to_string())
            .collect::<Vec<_>>()
            .join(by)
    };
    let mut texts = vec![
        VALUE.to_owned(),
        VALUE.to_uppercase(),
        each(|b| format!("{b:02x}")),
        each(|b| format!("{b:02X}")),
        each(|b| format!("{b:02x} ")),
        each(|b| format!("{b:02x}:")),
        each(|b| format!("%{b:02X}")),
        each(|b| format!("\\x{b:02x}")),
        each(|b| format!("\\u{b:04x}")),
        each(|b| format!("&#{b};")),
        each(|b| format!("&#x{b:x};")),
        each(|b| format!("0x{b:02x}, ")),
        each(|b| format!("{b}, ")),
        each(|b| format!("\\{b:o}")),
        VALUE.chars().rev().collect(),
        spaced(" "),
        spaced("\u{200b}"),
        spaced("\0"),
        spaced("\n"),
        spaced("\" + \""),
    ];
    for lead in 0..3 {
        let text = format!("{}{VALUE} and more", &"xyz"[..lead]);
        let once = base64(text.as_bytes());
        texts.push(base64(once.as_bytes()));
        for column in [4, 9, 16] {
            texts.push(
                once.as_bytes()
                    .chunks(column)
                    .map(|line| String::from_utf8_lossy(line) + "\n")
                    .collect(),
            );
        }
        texts.push(
            once.replace('+', "-")
                .replace('/', "_")
                .trim_end_matches('=')
                .to_owned(),
        );
    }
    for text in texts {
        let (_, findings) = whole(&filter, format!("before {text} after\n").as_bytes());
        assert!(
            findings
                .iter()
                .any(|finding| finding.detector == "known:db"),
            "{text:?}"
        );
    }
}

#[test]
fn colours_hide_nothing_wherever_the_stream_is_cut() {
    let filter = filter();
    let key = concat!("AKIA", "LAG6ORMPP3EDBYBT");
    for secret in [TOKEN, VALUE, key] {
        let (head, tail) = secret.split_at(4);
        for text in [
            format!("\x1b[01;31m\x1b[K{head}\x1b[m\x1b[K{tail}\nend\n"),
            format!("at \x1b[1;32m{secret}\x1b[0m end\n"),
            format!("\x1b[K{secret} and\nend\n"),
            format!("\x1b[01;31m\x1b[K{secret}\x1b[m\x1b[K: end\n"),
            secret.chars().map(|c| format!("\x1b[3{}m{c}", 1)).collect(),
        ] {
            let expected = whole(&filter, text.as_bytes());
            let shown = String::from_utf8_lossy(&expected.0).into_owned();
            assert!(shown.contains("[redacted:"), "{text:?} -> {shown:?}");
            assert!(!shown.contains(tail), "{shown:?}");
            for at in 0..=text.len() {
                assert_eq!(
                    cut(&filter, text.as_bytes(), &[at]),
                    expected,
                    "{text:?} at {at}"
                );
            }
        }
    }
    let mut stream = filter.stream();
    let mut out = Vec::new();
    stream
        .push(b"\x1b[32muser\x1b[0m:\x1b[34m~\x1b[0m$ ", &mut out)
        .unwrap();
    assert!(out.ends_with(b"$ "), "a coloured prompt flows at once");
}

#[test]
fn what_was_compressed_twice_is_read() {
    // base64 of gzip of gzip of a text with the token.
    let text = concat!(
        "H4sIAAAAAAACA5Pv5mAAASZm7ZPn/c4Ge5zxDjxxVt8rVIOx2FtD2Oe8Roe5SbGZv6lhkfEmEy+zzSYm",
        "Rabm5iYe2wy2GZgZlvuYfjToMikPP+Gh68XK0MnmXdUINA0A1HrQu1YAAAA=",
    );
    let (out, findings) = whole(&filter(), text.as_bytes());
    assert!(String::from_utf8_lossy(&out).contains("[redacted:"));
    assert_eq!(findings.len(), 1, "{findings:?}");
}

#[test]
fn what_is_passed_over_in_blocks_is_what_is_read_byte_by_byte() {
    let filter = filter();
    let spaced: String = TOKEN.chars().flat_map(|c| [c, ' ']).collect();
    let listed: Vec<String> = TOKEN.bytes().map(|b| b.to_string()).collect();
    let pieces: Vec<String> = TOKEN
        .as_bytes()
        .chunks(5)
        .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
        .collect();
    let coloured: String = TOKEN.chars().map(|c| format!("\x1b[32m{c}")).collect();
    let (head, tail) = TOKEN.split_at(20);
    let secrets = [
        TOKEN.to_owned(),
        spaced,
        listed.join(", "),
        format!("\"{head}\" +\n \"{tail}\""),
        pieces.join(" + "),
        coloured,
        format!("key = {head}\n{tail}"),
        format!("\x1b[1m{head}\x1b[0m{tail}"),
        format!("name:{TOKEN}:x"),
        format!("50%{TOKEN}"),
        format!("std::{TOKEN}..."),
        format!("{}==", base64(format!("the token is {TOKEN}").as_bytes())),
        "postgres://app:8NyHAsvwLCpGtDcAUtT5@db.internal:5432/main".to_owned(),
    ];
    // Words, numbers, names, quotes and line ends in between, at every place of a block.
    let words = "of a b 1, 2 the \"word\", is_it (to) be: x.y 0x1F foo::bar\n  def main():\n an identifier_of_many\nletters ";
    for secret in secrets {
        for lead in 0..words.len() {
            let text = format!("{}{words}{secret} {words}{words}", &words[lead..]);
            let small: Vec<usize> = (0..text.len()).step_by(17).collect();
            let expected = cut(&filter, text.as_bytes(), &small);
            assert!(!expected.1.is_empty(), "{text:?}");
            assert_eq!(whole(&filter, text.as_bytes()), expected, "{text:?}");
        }
    }
}
