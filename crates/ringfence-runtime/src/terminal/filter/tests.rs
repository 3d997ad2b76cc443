use super::*;
use crate::terminal::limits::MAX_TITLE;
use proptest::prelude::*;

fn filtered(input: impl AsRef<[u8]>) -> String {
    let mut out = Vec::new();
    Filter::default().feed(input.as_ref(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn drawing_passes_unchanged() {
    for text in [
        "plain text\r\n\ttab \u{8}bell\u{7}",
        "\x1b[2J\x1b[H\x1b[1;31mred\x1b[0m\x1b[38;2;1;2;3mrgb\x1b[4:3mcurly\x1b[m",
        "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1000h\x1b[?1006h\x1b[?2026h",
        "\x1b[5;10r\x1b[3L\x1b[2M\x1b[4@\x1b[K\x1b[1J\x1b[10;20H\x1b[3A\x1b[G\x1b[5d",
        "ünïcödé 漢字 👩‍👩‍👧 \u{202e}",
        "\x1b7\x1b8\x1bM\x1b=\x1b>\x1b[2 q",
        "\x1b]2;A title\x07",
        "\x1b]8;id=1;https://example.net/a?b=c\x07link\x1b]8;;\x07",
        "\x1b]11;?\x07\x1b]4;1;rgb:ff/00/00\x07\x1b]9;4;1;50\x07\x1b]104\x07",
    ] {
        assert_eq!(filtered(text), text);
    }
}

#[test]
fn queries_that_programs_need_pass_and_are_counted() {
    let queries = "\x1b[c\x1b[>c\x1b[6n\x1b[?6n\x1b[5n\x1b[?2026$p\x1b[?u\x1b[>q\x1b[18t\x1b[14t\x1b]10;?\x07";
    let mut filter = Filter::default();
    let mut out = Vec::new();
    filter.feed(queries.as_bytes(), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), queries);
    assert_eq!(filter.queries(), 11);
}

#[test]
fn what_writes_reads_types_or_runs_is_dropped() {
    for hostile in [
        // Clipboard: write, read, through a multiplexer.
        "\x1b]52;c;Y3VybCBldmlsfHNo\x07",
        "\x1b]52;c;?\x1b\\",
        "\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\",
        // Titles, checksums and settings that are reported back as if typed.
        "\x1b[21t",
        "\x1b[20t",
        "\x1b[1;1;1;1;10;10*y",
        "\x1bP$qm\x1b\\",
        "\x1bP+q544e\x1b\\",
        "\x1b[2$w",
        "\x1b[x",
        "\x1bZ",
        "\x05",
        "\x1b[=c",
        // Windows, printers, keyboards, columns, margins.
        "\x1b[2t",
        "\x1b[8;200;200t",
        "\x1b[3;0;0t",
        "\x1b[5i",
        "\x1b[?5i",
        "\x1b[2h",
        "\x1b[12h",
        "\x1b[?3h",
        "\x1b[?69h\x1b[5;20s",
        "\x1b[?9001h",
        "\x1b[?1001h",
        "\x1b[?1049s\x1b[?1049r",
        "\x1b[62\"p",
        "\x1b G",
        "\x1b%@",
        "\x1b[>2t",
        // Strings of all kinds.
        "\x1b_Gf=100;AAAA\x1b\\",
        "\x1b^private\x1b\\",
        "\x1bXstart\x1b\\",
        "\x1bktitle\x1b\\",
        "\x1bPq#0;2;0;0;0\x1b\\",
        "\x1b]1337;File=name=eA==:AAAA\x07",
        "\x1b]50;?\x07",
        "\x1b]7;file://host/etc\x07",
        "\x1b]9;message\x07",
        "\x1b]9;9;\"C:\\\"\x07",
        "\x1b]777;notify;a;b\x07",
        "\x1b]133;A\x07",
        "\x1b]633;E;curl\x07",
        "\x1b]8;;file:///etc/passwd\x07",
        "\x1b]8;;vscode://x\x07",
        "\x1b]8;;https://a b\x07",
        "\x1b]0\u{9c}",
    ] {
        let text = format!("a{hostile}");
        let rest = filtered(&text);
        assert_eq!(rest.trim_end_matches('z'), "a", "{hostile:?}");
    }
}

#[test]
fn controls_in_eight_bits_and_in_utf8_are_no_controls() {
    assert_eq!(filtered(b"a\x9b21tb"), "a\u{fffd}21tb");
    assert_eq!(filtered("a\u{9b}21t\u{9d}52;c;x\u{9c}\u{90}"), "a21t52;c;x");
    assert_eq!(filtered(b"\xff\xc3\x28\xe2\x82"), "\u{fffd}\u{fffd}(");
    assert_eq!(filtered(b"\xe2\xc3\xa9"), "\u{fffd}é");
}

#[test]
fn titles_carry_no_controls_and_no_expansion() {
    assert_eq!(filtered("\x1b]2;a\u{9b}b\u{85}c\x07"), "\x1b]2;abc\x07");
    assert_eq!(
        filtered("\x1b]2;#(touch /tmp/x) #{x} ##(y) C# 1\x07"),
        "\x1b]2;(touch /tmp/x) {x} (y) C# 1\x07"
    );
    let long = filtered(format!("\x1b]0;{}\x07", "t".repeat(1000)));
    assert_eq!(long.len(), MAX_TITLE + 5);
    assert_eq!(
        filtered(format!("\x1b]0;{}\x07after", "t".repeat(MAX_OSC + 1))),
        "after"
    );
}

#[test]
fn a_string_that_never_ends_is_bounded() {
    let mut filter = Filter::default();
    let mut out = Vec::new();
    for introducer in ["\x1b]0;", "\x1bP", "\x1b_", "\x1b["] {
        filter.feed(introducer.as_bytes(), &mut out);
        for _ in 0..1000 {
            filter.feed(&[b'1'; 1024], &mut out);
        }
        assert!(filter.sequence.capacity() <= 2 * MAX_OSC, "{introducer:?}");
        filter.feed(b"\x18", &mut out);
    }
    assert_eq!(out, b"");
    assert_eq!(filter.state, State::Ground);
}

#[test]
fn sequences_inside_sequences_begin_anew() {
    assert_eq!(filtered("\x1b[1\x1b[31mx"), "\x1b[31mx");
    assert_eq!(filtered("\x1b]0;t\x1b[31mx"), "\x1b[31mx");
    assert_eq!(filtered("\x1bPq\x1b]52;c;AA\x07x"), "x");
    assert_eq!(filtered("\x1b[1\n2mx"), "\n\x1b[12mx");
    assert_eq!(filtered("\x1b[3\x181mx"), "1mx");
    assert_eq!(filtered("\x1b[99999999mx\x1b[1?2hx\x1b[  qx"), "xxx");
}

#[test]
fn line_drawing_becomes_unicode() {
    assert_eq!(filtered("\x1b(0lqk\x1b(Blqk"), "┌─┐lqk");
    assert_eq!(filtered("\x1b)0\x0ex\x0fx"), "│x");
}

#[test]
fn older_forms_are_rewritten() {
    assert_eq!(
        filtered("\x1bD\x1bE\x1b[s\x1b[u\x1b[3a\x1b[2e"),
        "\n\r\n\x1b7\x1b8\x1b[3C\x1b[2B"
    );
    assert_eq!(filtered("\x1b[?1048;1047h"), "\x1b7\x1b[?1049h");
    assert_eq!(filtered("\x1b[?25;9001;1000l"), "\x1b[?25l\x1b[?1000l");
}

#[test]
fn everything_switched_on_is_undone() {
    let mut filter = Filter::default();
    let mut out = Vec::new();
    filter.feed(b"\x1b[?1049h\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?25l\x1b[?1h\x1b=\x1b[>1u\x1b[5;9r\x1b[4h\x1b[3 q\x1b[?7l", &mut out);
    filter.feed(
        b"\x1b[>4;2m\x1b]8;;https://x.example\x07\x1b]11;#000\x07",
        &mut out,
    );
    insta::assert_snapshot!(
        filter
            .modes()
            .undo()
            .replace('\x1b', "␛")
            .replace('\x07', "␇")
    );
    filter.feed(b"\x1bc", &mut out);
    assert_eq!(filter.modes().undo(), "\x1b[0m");
}

/// Bytes that matter, and some that don't.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => any::<u8>().prop_map(|b| vec![b]),
        4 => proptest::sample::select(vec![
            "\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b\\", "\x07", "52;c;", "?", ">", "1049", ";", "h", "l", "m",
            "21t", "$q", "\u{9b}", "漢", "\x18", "0;", "8;;https://a", "\x1b(0", "q", "\x0e", "u", "12",
        ]).prop_map(|s| s.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..80).prop_map(|v| v.concat())
}

proptest! {
    #[test]
    fn splits_do_not_matter(input in hostile(), cuts in proptest::collection::vec(0usize..200, 0..8)) {
        let mut whole = Vec::new();
        let mut one = Filter::default();
        one.feed(&input, &mut whole);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(input.len())).collect();
        cuts.extend([0, input.len()]);
        cuts.sort_unstable();
        let mut parts = Vec::new();
        let mut other = Filter::default();
        for pair in cuts.windows(2) {
            other.feed(&input[pair[0]..pair[1]], &mut parts);
        }
        prop_assert_eq!(&whole, &parts);
        prop_assert_eq!(one.modes(), other.modes());
    }

    /// What passed once passes again unchanged: the terminal and the filter read it alike.
    #[test]
    fn its_own_output_passes_unchanged(input in hostile()) {
        let once = filtered(&input);
        prop_assert_eq!(filtered(&once), once);
    }

    #[test]
    fn nothing_forbidden_is_left(input in hostile()) {
        let out = filtered(&input);
        prop_assert!(!out.contains("\x1b]52") && !out.contains("\x1bP") && !out.contains("\x1b_") && !out.contains("\x05"));
        let c1 = out.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c));
        prop_assert!(!c1);
        prop_assert!(!out.contains("\x1b[21t"));
    }
}
