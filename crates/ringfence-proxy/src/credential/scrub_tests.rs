use proptest::prelude::*;

use super::*;

const SECRET: &str = "sk-live/Zm9v+YmFy=0123456789";
const MARK: &str = "rf-placeholder-QWERTYUIOPASDFGH";

fn scrubber(keeps: bool) -> Scrubber {
    let patterns = Patterns::new([(SECRET, Arc::from(MARK))].into_iter()).unwrap();
    let mut scrubber = Scrubber::new(Arc::new(patterns));
    scrubber.set_keeps_length(keeps);
    scrubber
}

fn scrub(keeps: bool, parts: &[&[u8]]) -> Vec<u8> {
    let mut scrubber = scrubber(keeps);
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&scrubber.push(Bytes::copy_from_slice(part)));
    }
    out.extend_from_slice(&scrubber.finish());
    out
}

#[test]
fn replaces_with_the_placeholder_or_with_stars() {
    let text = format!("a {SECRET} b {SECRET}");
    assert_eq!(
        scrub(false, &[text.as_bytes()]),
        format!("a {MARK} b {MARK}").as_bytes()
    );
    let stars = "*".repeat(SECRET.len());
    assert_eq!(
        scrub(true, &[text.as_bytes()]),
        format!("a {stars} b {stars}").as_bytes()
    );
}

#[test]
fn finds_every_spelling_at_every_split() {
    let percent: String = SECRET
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b == b'-' {
                (b as char).to_string()
            } else {
                format!("%{b:02x}")
            }
        })
        .collect();
    let hex: String = SECRET.bytes().map(|b| format!("{b:02X}")).collect();
    let mut texts = vec![SECRET.to_owned(), percent, hex, SECRET.replace('/', "\\/")];
    for user in ["", "u", "us", "use"] {
        texts.push(STANDARD.encode(format!("{user}{SECRET}:x")));
        texts.push(URL_SAFE.encode(format!("{user}{SECRET}")));
    }
    for text in texts {
        let text = format!("<{text}>").into_bytes();
        for split in 0..text.len() {
            let clean = scrub(true, &[&text[..split], &text[split..]]);
            assert_eq!(clean.len(), text.len(), "length kept");
            // At most the ends in which a neighbour has a part, or three bytes before the tail was long enough, remain.
            let kept = clean.iter().filter(|b| **b != b'*').count();
            assert!(
                kept <= 16,
                "{} became {}",
                String::from_utf8_lossy(&text),
                String::from_utf8_lossy(&clean)
            );
            assert!(clean.contains(&b'*'));
        }
    }
}

#[test]
fn an_unfinished_beginning_is_let_go_at_the_end_and_short_tails_at_once() {
    assert_eq!(scrub(false, &[b"x sk-live"]), b"x sk-live");
    let mut s = scrubber(false);
    assert_eq!(&s.push(Bytes::from_static(b"data: s"))[..], b"data: s");
    assert_eq!(&s.push(Bytes::from_static(b"k-li"))[..], b"");
    assert_eq!(&s.push(Bytes::from_static(b"on"))[..], b"k-lion");
}

#[test]
fn headers_are_scrubbed() {
    let mut headers = HeaderMap::new();
    headers.insert("x-echo", format!("got {SECRET}").parse().unwrap());
    scrubber(true).headers(&mut headers);
    assert_eq!(headers["x-echo"], format!("got {MARK}"));
}

proptest! {
    #[test]
    fn text_without_the_secret_is_unchanged(parts in prop::collection::vec("[sk\\-live/Zm9v+ ]{0,20}", 0..20)) {
        let whole = parts.concat();
        prop_assume!(!whole.contains(SECRET));
        let slices: Vec<&[u8]> = parts.iter().map(|p| p.as_bytes()).collect();
        prop_assert_eq!(scrub(false, &slices), whole.as_bytes());
    }

    #[test]
    fn the_secret_never_gets_through(parts in prop::collection::vec("[ab]{0,4}", 0..6), cuts in prop::collection::vec(0usize..400, 0..40)) {
        let whole = parts.join(SECRET).into_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c % (whole.len() + 1)).collect();
        cuts.push(0);
        cuts.push(whole.len());
        cuts.sort_unstable();
        let slices: Vec<&[u8]> = cuts.windows(2).map(|w| &whole[w[0]..w[1]]).collect();
        for keeps in [true, false] {
            let clean = scrub(keeps, &slices);
            prop_assert!(!clean.windows(8).any(|w| SECRET.as_bytes().windows(8).any(|s| s == w)));
        }
        let kept = scrub(true, &slices);
        prop_assert_eq!(kept.len(), whole.len());
    }
}
