use super::*;
use proptest::prelude::*;
use std::fmt::Write;

/// A small generator: the tests need the same text each time, not good randomness.
struct Lehmer(u64);

impl Lehmer {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// Made-up prose: words of syllables, sentences, lines.
fn prose(seed: u64, bytes: usize) -> String {
    const SYLLABLES: [&str; 24] = [
        "ka", "ren", "to", "mi", "sol", "ver", "an", "del", "po", "ru", "est", "in", "lo", "fa",
        "gri", "tu", "ne", "bar", "shi", "qua", "zen", "o", "wy", "ex",
    ];
    let (mut random, mut text, mut line) = (Lehmer(seed), String::new(), 0);
    while text.len() < bytes {
        let before = text.len();
        for _ in 0..1 + random.below(4) {
            text.push_str(SYLLABLES[random.below(SYLLABLES.len())]);
        }
        match random.below(12) {
            0 => text.push_str(". "),
            1 => text.push_str(", "),
            2 => write!(text, " {} ", random.below(5000)).unwrap(),
            _ => text.push(' '),
        }
        line += text.len() - before;
        if line > 76 {
            text.push('\n');
            line = 0;
        }
    }
    text
}

fn index(text: &str) -> Index {
    let documents = [Document {
        name: "brief.txt".into(),
        text: text.as_bytes().to_vec(),
    }];
    Index::new(&documents, None).unwrap()
}

/// What would leave, `#` for each redacted part, and the spans: the stream as its owner uses this module.
fn filtered(index: &Index, pieces: &[&[u8]]) -> (Vec<u8>, Vec<Span>) {
    let input = pieces.concat();
    let (mut state, mut all, mut out, mut sent, mut seen) =
        (State::default(), Vec::<Span>::new(), Vec::new(), 0u64, 0u64);
    let mut send = |all: &[Span], until: u64| {
        while sent < until {
            match all
                .iter()
                .find(|span| span.start <= sent && sent < span.end)
            {
                Some(span) if span.start == sent => out.push(b'#'),
                Some(_) => {}
                None => out.push(input[sent as usize]),
            }
            sent += 1;
        }
    };
    for piece in pieces {
        let mut spans = Vec::new();
        state.feed(index, piece, &mut spans);
        seen += piece.len() as u64;
        join(&mut all, spans);
        let hold = state.hold_from().unwrap_or(seen);
        assert!(seen - hold <= crate::limits::WINDOW as u64);
        send(&all, hold);
    }
    let mut spans = Vec::new();
    state.finish(index, &mut spans);
    join(&mut all, spans);
    send(&all, seen);
    (out, all)
}

fn join(all: &mut Vec<Span>, new: Vec<Span>) {
    for span in new {
        match all.last_mut() {
            Some(last) => {
                assert!(last.end <= span.start, "{last:?} {span:?}");
                all.push(span);
            }
            None => all.push(span),
        }
    }
}

fn found(index: &Index, text: &[u8]) -> bool {
    let mut stream = b"an ordinary line of a log\nresult: ".to_vec();
    stream.extend_from_slice(text);
    stream.extend_from_slice(b"\nand another ordinary line, the last one\n");
    filtered(index, &[&stream])
        .1
        .iter()
        .any(|span| !span.over_budget)
}

fn base64(bytes: &[u8], url: bool) -> String {
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(if url { ['-', '_'] } else { ['+', '/'] })
        .collect();
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word = three
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0usize, |word, byte| word << 8 | usize::from(*byte));
        for place in 0..=three.len() {
            text.push(alphabet[word >> (18 - 6 * place) & 63]);
        }
    }
    text
}

fn joined(text: &str, one: impl Fn(char) -> String) -> String {
    text.chars().map(one).collect()
}

/// Transforms that are found without decoding, each of an excerpt.
fn transformed(excerpt: &str) -> Vec<(&'static str, Vec<u8>)> {
    let words: Vec<&str> = excerpt.split_whitespace().collect();
    let lines = |prefix: &str| {
        excerpt
            .lines()
            .map(|line| format!("{prefix}{line}\n"))
            .collect::<String>()
    };
    let base = |offset: usize| base64(&excerpt.as_bytes()[offset..], false);
    let wrapped = |text: &str, width: usize| {
        text.as_bytes()
            .chunks(width)
            .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
            .collect::<String>()
    };
    let table: Vec<(&str, String)> = vec![
        ("identity", excerpt.into()),
        ("upper", excerpt.to_uppercase()),
        ("lower", excerpt.to_lowercase()),
        ("no blanks", words.concat()),
        (
            "re-wrapped",
            words.chunks(4).map(|line| line.join(" ") + "\n").collect(),
        ),
        ("one column", joined(excerpt, |c| format!("{c}\n"))),
        ("spaced", joined(excerpt, |c| format!("{c} "))),
        ("dashed", joined(excerpt, |c| format!("{c}-"))),
        ("zero-width", joined(excerpt, |c| format!("{c}\u{200b}"))),
        (
            "full-width",
            joined(excerpt, |c| {
                if c.is_ascii_graphic() {
                    char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c).into()
                } else {
                    c.into()
                }
            }),
        ),
        (
            "concatenated",
            format!(
                "\"{}\"",
                words
                    .chunks(2)
                    .map(|two| two.join(" "))
                    .collect::<Vec<_>>()
                    .join(" \" + \"")
            ),
        ),
        ("reversed", excerpt.chars().rev().collect()),
        (
            "rot13",
            joined(excerpt, |c| match c {
                'a'..='m' | 'A'..='M' => char::from(c as u8 + 13).into(),
                'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13).into(),
                _ => c.into(),
            }),
        ),
        ("base64", base(0)),
        ("base64 from 1", base(1)),
        ("base64 from 2", base(2)),
        ("base64 url", base64(excerpt.as_bytes(), true)),
        ("base64 in lines of 76", wrapped(&base(0), 76)),
        ("base64 in lines of 20", wrapped(&base(1), 20)),
        ("hex", joined(excerpt, |c| format!("{:02x}", c as u32))),
        ("HEX", joined(excerpt, |c| format!("{:02X}", c as u32))),
        (
            "hex, spaced",
            joined(excerpt, |c| format!("{:02x} ", c as u32)),
        ),
        (
            "hex, colons",
            joined(excerpt, |c| format!("{:02x}:", c as u32)),
        ),
        (
            "percent, all",
            joined(excerpt, |c| format!("%{:02X}", c as u32)),
        ),
        (
            "percent",
            joined(excerpt, |c| {
                if c.is_ascii_alphanumeric() || "_.-~/".contains(c) {
                    c.into()
                } else {
                    format!("%{:02X}", c as u32)
                }
            }),
        ),
        (
            "percent, plus",
            joined(excerpt, |c| {
                if c.is_ascii_alphanumeric() || "_.-~".contains(c) {
                    c.into()
                } else if c == ' ' {
                    "+".into()
                } else {
                    format!("%{:02X}", c as u32)
                }
            }),
        ),
        ("JSON", excerpt.replace('\n', "\\n")),
        (
            "HTML",
            excerpt.replace('\n', "<br>\n").replace(',', "&#44;"),
        ),
        (
            "numbered lines",
            excerpt
                .lines()
                .enumerate()
                .map(|(n, line)| format!("{:6}\t{line}\n", n + 17))
                .collect(),
        ),
        ("diff", lines("+ ")),
        ("comments", lines("// ")),
        ("quoted mail", lines("> ")),
        ("REM", lines("REM ")),
        (
            "CSV",
            words
                .chunks(5)
                .map(|five| format!("\"{}\"\r\n", five.join("\",\"")))
                .collect(),
        ),
        (
            "letters changed",
            excerpt
                .chars()
                .enumerate()
                .map(|(n, c)| if n % 40 == 39 { '7' } else { c })
                .collect(),
        ),
    ];
    let mut table: Vec<(&str, Vec<u8>)> = table
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    table.push((
        "UTF-16",
        excerpt.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ));
    table.push((
        "UTF-16, big-endian",
        excerpt.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ));
    table
}

#[test]
fn any_excerpt_is_found_in_each_transform() {
    let text = prose(1, 60_000);
    let index = index(&text);
    let mut random = Lehmer(3);
    for _ in 0..12 {
        let start = random.below(text.len() - 400);
        for (name, bytes) in transformed(&text[start..start + 400]) {
            assert!(found(&index, &bytes), "{name} of the excerpt at {start}");
        }
    }
}

#[test]
fn of_an_excerpt_little_leaves_and_nothing_of_its_surroundings_is_lost() {
    let text = prose(1, 60_000);
    let index = index(&text);
    let stream = format!(
        "before\n{}\nafter it, {} more\n",
        &text[20_000..30_000],
        prose(9, 300)
    );
    let (out, spans) = filtered(&index, &[stream.as_bytes()]);
    let out = String::from_utf8(out).unwrap();
    let (head, tail) = (
        out.split('#').next().unwrap(),
        out.rsplit('#').next().unwrap(),
    );
    assert!(head.starts_with("before\n") && head.len() < 80, "{head:?}");
    assert!(tail.contains("after it") && tail.len() < 400, "{tail:?}");
    // Long echoes come in parts, which follow each other without a gap.
    assert!(spans.len() > 1 && spans.windows(2).all(|two| two[0].end >= two[1].start - 64));
}

#[test]
fn other_text_is_not_held_and_not_found() {
    let index = index(&prose(1, 200_000));
    let other = prose(2, 400_000);
    let mut state = State::default();
    let mut spans = Vec::new();
    for line in other.split_inclusive('\n') {
        state.feed(&index, line.as_bytes(), &mut spans);
        assert_eq!(state.hold_from(), None, "{line}");
    }
    state.finish(&index, &mut spans);
    assert_eq!(spans, []);
}

#[test]
fn tables_of_zeros_and_rulers_are_no_echo() {
    let zeros =
        "0x00, 0x00, 0x00, 0x00,\n".repeat(200) + &"-".repeat(3000) + &"0 1 0 1 ".repeat(300);
    let index = index(&format!("{}{zeros}{}", prose(1, 5000), prose(2, 5000)));
    assert!(!found(&index, zeros.as_bytes()));
    assert!(!found(&index, &zeros.as_bytes()[300..]));
}

#[test]
fn short_quotes_leave_until_the_budget_is_spent() {
    let text = prose(1, 60_000);
    let documents = [Document {
        name: "a".into(),
        text: text.clone().into_bytes(),
    }];
    let index = Index::new(&documents, Some(1_000)).unwrap();
    let quote = |n: usize| {
        format!(
            "{}\n{}\n",
            &text[n * 2000..n * 2000 + 200],
            prose(50 + n as u64, 200)
        )
    };
    for n in 0..4 {
        assert_eq!(
            filtered(&index, &[quote(n).as_bytes()]).1,
            [],
            "quote {n}: {:?}",
            index.spent()
        );
    }
    // The same quote again costs nothing.
    assert_eq!(filtered(&index, &[quote(2).as_bytes()]).1, []);
    let over: Vec<Span> = (4..8)
        .flat_map(|n| filtered(&index, &[quote(n).as_bytes()]).1)
        .collect();
    assert!(
        !over.is_empty() && over.iter().all(|span| span.over_budget),
        "{over:?}"
    );
}

#[test]
fn other_scripts_are_read_by_their_characters() {
    let mut random = Lehmer(8);
    for first in [0x4E00u32, 0x0430, 0x3042, 0x05D0] {
        let text: String = (0..3000)
            .map(|n| {
                if n % 9 == 8 {
                    ' '
                } else {
                    char::from_u32(first + random.below(24) as u32).unwrap()
                }
            })
            .collect();
        let index = index(&text);
        let excerpt: String = text.chars().skip(1000).take(400).collect();
        assert!(found(&index, excerpt.as_bytes()), "{first:x}");
        assert!(
            found(&index, excerpt.to_uppercase().as_bytes()),
            "{first:x}"
        );
        assert!(
            found(&index, excerpt.replace(' ', "\n\u{200b}").as_bytes()),
            "{first:x}"
        );
    }
}

#[test]
fn records_that_are_alike_are_found() {
    let mut random = Lehmer(4);
    let lines: Vec<String> = (0..3000)
        .map(|n| {
            format!(
                "{n},2026-11-{:02}T10:00:00Z,order,EUR,{},open\n",
                n % 28 + 1,
                random.below(100_000)
            )
        })
        .collect();
    let index = index(&lines.concat());
    assert!(found(&index, lines[1000..1010].concat().as_bytes()));
    let numbered: String = lines[2000..2016]
        .iter()
        .enumerate()
        .map(|(n, line)| format!("{n:4}  {line}"))
        .collect();
    assert!(found(&index, numbered.as_bytes()));
}

#[test]
fn too_much_context_is_refused_and_no_context_costs_nothing() {
    let documents = [Document {
        name: "a".into(),
        text: vec![b'a'; CONTEXT_BYTES + 1],
    }];
    assert!(Index::new(&documents, None).is_err());
    assert!(Index::new(&[], None).unwrap().is_empty());
    let empty = [Document {
        name: "a".into(),
        text: Vec::new(),
    }];
    assert!(!found(&Index::new(&empty, None).unwrap(), b"hello"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_cuts_do_not_matter(seed in 0u64..1000, sizes in prop::collection::vec(1usize..900, 1..60), pad in 0usize..3) {
        let text = prose(1, 30_000);
        let mut random = Lehmer(seed);
        let mut stream = Vec::new();
        for _ in 0..6 {
            stream.extend(prose(random.below(1000) as u64 + 10, random.below(500)).into_bytes());
            let start = random.below(text.len() - 2100);
            let excerpt = &text[start..start + 2 + random.below(2000)];
            let mut all = transformed(excerpt);
            let mut bytes = all.swap_remove(random.below(all.len())).1;
            if pad > 0 && random.below(3) == 0 {
                bytes = bytes.iter().flat_map(|b| std::iter::once(*b).chain(std::iter::repeat_n(b' ', pad * 120))).collect();
            }
            stream.extend(bytes);
            stream.extend(std::iter::repeat_n(b' ', if pad == 2 { 20_000 } else { 3 }));
        }
        let whole = filtered(&index(&text), &[&stream]);
        let (mut pieces, mut rest, mut turn) = (Vec::new(), stream.as_slice(), 0);
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(sizes[turn % sizes.len()].min(rest.len()));
            pieces.push(piece);
            rest = more;
            turn += 1;
        }
        let cut = filtered(&index(&text), &pieces);
        prop_assert_eq!(&whole.0, &cut.0);
        prop_assert_eq!(&whole.1, &cut.1);
    }
}
