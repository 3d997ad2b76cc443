//! The verdict on one closed token, or on one closed chain: formats, then everything it may be an encoding of.
use crate::decode;
use crate::detector::Detector;
use crate::detectors::bare;
use crate::filter::Filter;
use crate::finding::{Tier, Transform};
use crate::limits;
use crate::scan::chain::{Chain, Kind, Token};
use crate::scan::class::{
    DIGIT, ESCAPE, LETTER, LOWER, SEQUENCE, START, TOKEN, UNSEEN, UPPER, class, ends_sequence,
    unseen,
};
use crate::scan::machine::{Machine, Scene, Text, turns as turns_of};
use crate::scan::mark::{Mark, Rule, merge};
use crate::scan::prefilter::{Hit, Keyword, Written, prefilter, rot13};
use crate::scan::rules::{self, rule};
use regex::bytes::Regex;

/// How far before a keyword the pattern of its row may begin, in bytes: the longest format with its mark behind has 76.
const BEFORE: u64 = 96;

/// Bytes of decoded text that one verdict may still look at: the bound on time for hostile input.
#[derive(Debug)]
pub(crate) struct Work(pub(crate) usize);

impl Work {
    pub(crate) fn new() -> Self {
        Self(limits::WORK)
    }

    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(bytes) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// Whether a row is a format with a prefix rather than a name that stands before a secret.
pub(crate) fn is_prefix(row: u16) -> bool {
    rule(row).is_some_and(|(detector, rule)| {
        detector.tier == Tier::Block && rule.keyword_inside(detector)
    })
}

/// Judges a token and adds what was found to the machine's marks.
pub(crate) fn token(machine: &mut Machine, scene: &mut Scene<'_, '_>, token: Token) {
    let before = machine.marks.len();
    let text = scene.text;
    let bytes = text.slice(token.start, token.end);
    if token.flags & UNSEEN != 0 {
        hidden(machine, scene, token);
        return;
    }
    // The last letter of a sequence that colours it stands before it like a part of it.
    let lead = text.slice(token.start.saturating_sub(SEQUENCE as u64), token.start);
    if ends_sequence(lead) {
        hidden(machine, scene, token);
        if machine.marks.len() > before {
            return;
        }
    }
    keyworded(machine, scene, token, bytes);
    if token.flags & ESCAPE != 0
        && let Some(view) = decode::escapes(bytes)
    {
        let marks = scan(
            scene.filter,
            &view.text,
            machine.depth + 1,
            machine.turned,
            scene.work,
        );
        whole(machine, token.start, token.end, marks, &view.transforms);
    }
    if token.len() >= 16 && decode::may_be_run(token.flags) {
        decode::runs(bytes, |start, end| {
            for view in decode::run(&bytes[start..end], scene.work) {
                let marks = scan(
                    scene.filter,
                    &view.text,
                    machine.depth + 1,
                    machine.turned,
                    scene.work,
                );
                whole(
                    machine,
                    token.start + start as u64,
                    token.start + end as u64,
                    marks,
                    &view.transforms,
                );
            }
        });
    }
    let random = token.len() >= 20 && token.flags & DIGIT != 0 && token.flags & LETTER != 0;
    // Two turns between letters and digits: a key made of runs of both has no more, plain words with a number have one.
    let mixed = || turns_of(bytes) >= 2;
    if random && machine.marks.len() == before && mixed() {
        let context = text.slice(
            token.start.saturating_sub(limits::LOOKBACK as u64),
            token.start,
        );
        // What is random by itself says nothing once it was turned, joined or decoded: any text is random then.
        let found = bare(bytes, context).filter(|(detector, _)| {
            matches!(machine.turned, None | Some(Written::Reversed))
                && (machine.depth == 0 || !detector.keywords.is_empty())
        });
        if let Some((detector, range)) = found {
            machine.marks.push(Mark {
                start: token.start + range.start as u64,
                end: token.start + range.end as u64,
                rule: Rule::Detector(detector),
                transforms: Vec::new(),
                spread: false,
            });
        }
    }
}

/// Formats whose keyword stands in or before the token.
fn keyworded(machine: &mut Machine, scene: &mut Scene<'_, '_>, token: Token, bytes: &[u8]) {
    let text = scene.text;
    let from = token.start.saturating_sub(limits::LOOKBACK as u64);
    while machine
        .hits
        .get(machine.first)
        .is_some_and(|hit| hit.start < from)
    {
        machine.first += 1;
    }
    if machine
        .hits
        .get(machine.first)
        .is_none_or(|hit| hit.start >= token.end)
    {
        return;
    }
    let mut seen: [u16; 48] = [u16::MAX; 48];
    let mut asked = 0;
    let (mut reversed, mut rotated) = (false, false);
    let mut at = machine.first;
    while let Some(hit) = machine.hits.get(at).copied() {
        at += 1;
        if hit.start >= token.end {
            break;
        }
        if hit.end > token.end {
            continue;
        }
        let keyword = &prefilter().keywords[hit.keyword as usize];
        match keyword.written {
            Written::Reversed => {
                let short = keyword.is_short();
                reversed |= hit.start >= token.start
                    && (!short || hit.end == token.end || scene.text.byte(hit.start) == Some(b'/'));
            }
            Written::Rot13 => rotated |= hit.end + 64 > token.start,
            Written::Plain if token.len() < shortest(keyword, hit.end < token.start) => {}
            Written::Plain => {
                for &row in &keyword.rows {
                    if asked == seen.len() || seen[..asked].contains(&row) {
                        continue;
                    }
                    let Some((detector, rule)) = rule(row) else {
                        continue;
                    };
                    if token.len() < rule.shortest(detector)
                        || hit.end < token.start && rule.keyword_inside(detector)
                    {
                        continue;
                    }
                    seen[asked] = row;
                    asked += 1;
                    let begin = hit.start.saturating_sub(BEFORE).max(text.base);
                    let window = text.slice(begin, token.end);
                    let inside = (token.start - begin.min(token.start)) as usize;
                    let lead = (begin.max(token.start) - begin) as usize;
                    let inside = inside.max(lead).min(window.len());
                    if let Some((start, end, transforms)) =
                        confirm(detector, rule, window, inside, token.flags)
                    {
                        machine.marks.push(Mark {
                            start: begin + start as u64,
                            end: begin + end as u64,
                            rule: Rule::Detector(detector),
                            transforms,
                            spread: false,
                        });
                    }
                }
            }
        }
    }
    if machine.turned.is_some() || bytes.len() > limits::TURNED {
        return;
    }
    if reversed {
        let turned: Vec<u8> = bytes.iter().rev().copied().collect();
        let marks = scan(
            scene.filter,
            &turned,
            machine.depth + 1,
            Some(Written::Reversed),
            scene.work,
        );
        mirrored(machine, token, marks);
    }
    if rotated {
        let begin = token.start.saturating_sub(64).max(text.base);
        let turned: Vec<u8> = text
            .slice(begin, token.end)
            .iter()
            .map(|b| rot13(*b))
            .collect();
        let lead = token.start - begin;
        for mut mark in scan(
            scene.filter,
            &turned,
            machine.depth + 1,
            Some(Written::Rot13),
            scene.work,
        ) {
            if mark.end > lead {
                mark.start = mark.start.max(lead) + begin;
                mark.end += begin;
                mark.transforms.insert(0, Transform::Rot13);
                machine.marks.push(mark);
            }
        }
    }
}

/// The least length of a token that a row of the keyword asks about. `before`: the keyword ends before the token.
fn shortest(keyword: &Keyword, before: bool) -> usize {
    *keyword.shortest[usize::from(before)].get_or_init(|| {
        let rules = keyword.rows.iter().filter_map(|row| rule(*row));
        rules
            .filter(|(detector, rule)| !(before && rule.keyword_inside(detector)))
            .map(|(detector, rule)| rule.shortest(detector))
            .min()
            .unwrap_or(usize::MAX)
    })
}

/// Whether [`token`] may do something about a keyword that ends in or before a token; `false` is certain.
#[inline]
pub(crate) fn asks(hit: Hit, start: u64, length: usize) -> bool {
    let keyword = &prefilter().keywords[hit.keyword as usize];
    match keyword.written {
        Written::Plain => length >= shortest(keyword, hit.end < start),
        Written::Reversed => hit.start >= start,
        Written::Rot13 => hit.end + 64 > start,
    }
}

fn mirrored(machine: &mut Machine, token: Token, marks: Vec<Mark>) {
    for mut mark in marks {
        (mark.start, mark.end) = (token.end - mark.end, token.end - mark.start);
        mark.transforms.insert(0, Transform::Reversed);
        machine.marks.push(mark);
    }
}

/// The secret group of the first match that lies inside the token.
fn confirm(
    detector: &Detector,
    rule: &rules::Rule,
    window: &[u8],
    inside: usize,
    flags: u16,
) -> Option<(usize, usize, Vec<Transform>)> {
    let find = |regex: &Regex, strict: bool| {
        regex.captures_iter(window).take(16).find_map(|captures| {
            let secret = captures.get(detector.group)?;
            // A secret may begin with punctuation that no token begins with.
            let lead = window.get(secret.start()..inside).unwrap_or_default();
            let lead = lead.len() <= 2 && lead.iter().all(|b| class(*b) & (TOKEN & !START) != 0);
            if secret.start() < inside && !lead || secret.end() <= inside {
                return None;
            }
            let sure = !strict
                || detector
                    .validate
                    .is_none_or(|valid| valid(secret.as_bytes()));
            let dense = detector.entropy <= 0.0 || entropy(secret.as_bytes()) >= detector.entropy;
            (sure && dense).then(|| (secret.start().max(inside), secret.end()))
        })
    };
    // A secret may begin two bytes before the token.
    if rule.may_match(detector, window, inside.saturating_sub(2))
        && let Some((start, end)) = find(rule.regex(detector, false)?, true)
    {
        return Some((start, end, Vec::new()));
    }
    // All upper-case: the format may have been written so. A checksum can not be told any more.
    if detector.tier == Tier::Block
        && flags & LOWER == 0
        && flags & UPPER != 0
        && flags & DIGIT != 0
    {
        let (start, end) = find(rule.regex(detector, true)?, false)?;
        return Some((start, end, vec![Transform::CaseChanged]));
    }
    None
}

/// Shannon entropy in bits a byte.
pub(crate) fn entropy(bytes: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    for byte in bytes {
        counts[*byte as usize] += 1;
    }
    let total = bytes.len() as f32;
    -counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f32 / total)
        .map(|p| p * p.log2())
        .sum::<f32>()
}

/// Invisible characters between the letters: reads the text without them.
fn hidden(machine: &mut Machine, scene: &mut Scene<'_, '_>, token: Token) {
    let begin = token
        .start
        .saturating_sub(limits::LOOKBACK as u64)
        .max(scene.text.base);
    let raw = scene.text.slice(begin, token.end);
    let (mut view, mut map) = (Vec::new(), Vec::new());
    let mut wide = false;
    let mut at = 0;
    while at < raw.len() {
        match unseen(&raw[at..]) {
            Some(length @ 1..) => {
                wide |= length == 1;
                at += length;
            }
            _ => {
                view.push(raw[at]);
                map.push((begin + at as u64, begin + at as u64 + 1));
                at += 1;
            }
        }
    }
    let transform = if wide {
        Transform::Utf16
    } else {
        Transform::ZeroWidth
    };
    mapped(machine, scene, &view, &map, token.start, transform);
}

/// Reads a text whose bytes stand elsewhere, and marks where they stand.
fn mapped(
    machine: &mut Machine,
    scene: &mut Scene<'_, '_>,
    view: &[u8],
    map: &[(u64, u64)],
    from: u64,
    transform: Transform,
) {
    // Lines are joined on suspicion: what is random there says nothing, and is not turned either.
    let joined = (transform == Transform::Wrapped).then_some(Written::Plain);
    let turned = machine.turned.or(joined);
    for mut mark in scan(scene.filter, view, machine.depth + 1, turned, scene.work) {
        let first = map.get(mark.start as usize).map(|place| place.0);
        let last = map
            .get((mark.end as usize).saturating_sub(1))
            .map(|place| place.1);
        if let (Some(first), Some(last)) = (first, last)
            && last > from
        {
            mark.start = first.max(from);
            mark.end = last;
            mark.transforms.insert(0, transform);
            mark.spread = false;
            machine.marks.push(mark);
        }
    }
}

/// Judges a chain that is over.
pub(crate) fn chain(machine: &mut Machine, scene: &mut Scene<'_, '_>, chain: &Chain) {
    let text = scene.text;
    let (start, end) = (chain.start, chain.last.end);
    match chain.kind {
        None => {}
        Some(Kind::Single | Kind::Numbers) if chain.count < 8 => {}
        Some(Kind::Single) => {
            let (mut view, mut map) = (Vec::new(), Vec::new());
            for (at, byte) in (start..).zip(text.slice(start, end)).step_by(2) {
                view.push(*byte);
                map.push((at, at + 1));
            }
            mapped(machine, scene, &view, &map, start, Transform::Spaced);
        }
        Some(Kind::Numbers) => {
            for view in decode::numbers(text.slice(start, end)) {
                let marks = scan(
                    scene.filter,
                    &view.text,
                    machine.depth + 1,
                    machine.turned,
                    scene.work,
                );
                whole(machine, start, end, marks, &view.transforms);
            }
        }
        Some(kind @ (Kind::Concat | Kind::Line)) => {
            pieces(machine, scene, chain, kind, &chain.pieces);
            // The last line may be no part of it any more.
            if let (Kind::Line, [rest @ .., _]) = (kind, chain.pieces.as_slice())
                && rest.len() >= 2
            {
                pieces(machine, scene, chain, kind, rest);
            }
        }
    }
}

/// Reads pieces as one.
fn pieces(
    machine: &mut Machine,
    scene: &mut Scene<'_, '_>,
    chain: &Chain,
    kind: Kind,
    pieces: &[(u64, u64)],
) {
    let text = scene.text;
    let (start, end) = (chain.start, chain.last.end);
    let most = (end - start) as usize + 96;
    let (mut view, mut map) = (Vec::with_capacity(most), Vec::with_capacity(most));
    let mut add = |from: u64, to: u64, breaks: bool| {
        for (at, byte) in (from..).zip(text.slice(from, to)) {
            if breaks || !matches!(byte, b'\n' | b'\r') {
                view.push(*byte);
                map.push((at, at + 1));
            }
        }
    };
    // What stands before on the same line may be wrapped too.
    let begin = start.saturating_sub(96).max(text.base);
    let before = text.slice(begin, start);
    let first = before
        .iter()
        .rev()
        .find(|b| !matches!(b, b' ' | b'\t'))
        .is_none_or(|b| *b == b'\n');
    add(begin, start, first || kind == Kind::Concat);
    for (at, (from, to)) in pieces.iter().enumerate() {
        let from = if at == 0 { lead(&text, *from) } else { *from };
        // A line that ends in a continuation mark.
        let marked = kind == Kind::Line && *to < end && text.byte(to - 1) == Some(b'\\');
        add(from, to - u64::from(marked), true);
    }
    let transform = if kind == Kind::Line {
        Transform::Wrapped
    } else {
        Transform::Concatenated
    };
    mapped(machine, scene, &view, &map, start, transform);
}

/// Whether a gap can stand between a value and its name, both backwards.
pub(crate) fn turns(gap: &[u8]) -> bool {
    gap.len() <= 6
        && gap
            .iter()
            .all(|b| matches!(b, b' ' | b'"' | b'\'' | b'`' | b'=' | b':'))
}

/// A random value before a name that is a keyword backwards.
pub(crate) fn backwards(
    machine: &mut Machine,
    scene: &mut Scene<'_, '_>,
    value: Token,
    name: Token,
) {
    let text = scene.text;
    if machine.turned.is_some()
        || name.end - value.start > limits::TURNED as u64
        || !turns(text.slice(value.end, name.start))
    {
        return;
    }
    let keywords = &prefilter().keywords;
    let named = machine
        .hits
        .get(machine.first..)
        .unwrap_or_default()
        .iter()
        .any(|hit| {
            hit.start >= name.start
                && hit.end <= name.end
                && keywords[hit.keyword as usize].written == Written::Reversed
        });
    if named {
        // With the rest of the line, which comes before the name when read backwards.
        let turned: Vec<u8> = text
            .slice(value.start, name.end)
            .iter()
            .rev()
            .copied()
            .collect();
        let marks = scan(
            scene.filter,
            &turned,
            machine.depth + 1,
            Some(Written::Reversed),
            scene.work,
        );
        mirrored(
            machine,
            Token {
                start: value.start,
                ..name
            },
            marks,
        );
    }
}

/// A piece begins with the punctuation that no token begins with, such as the `+` of a base64 line.
fn lead(text: &Text<'_>, start: u64) -> u64 {
    let mut first = start;
    while first > text.base && start - first < 4 {
        match text.byte(first - 1) {
            Some(byte) if class(byte) & TOKEN != 0 && class(byte) & START == 0 => first -= 1,
            _ => break,
        }
    }
    first
}

/// Marks a whole run by the best of what was found in what it decodes to.
fn whole(machine: &mut Machine, start: u64, end: u64, marks: Vec<Mark>, transforms: &[Transform]) {
    let moved = marks
        .into_iter()
        .map(|mut mark| {
            mark.start = start;
            mark.end = end;
            mark.spread = false;
            mark.transforms.splice(0..0, transforms.iter().copied());
            mark
        })
        .collect();
    machine.marks.extend(merge(moved));
}

/// Reads a decoded text to its end.
pub(crate) fn scan(
    filter: &Filter,
    bytes: &[u8],
    depth: u8,
    turned: Option<Written>,
    work: &mut Work,
) -> Vec<Mark> {
    if depth > limits::DEPTH || bytes.len() < limits::KNOWN_MIN || !work.take(bytes.len()) {
        return Vec::new();
    }
    let mut machine = Machine::new(depth, turned);
    let text = Text { bytes, base: 0 };
    machine.advance(&mut Scene {
        filter,
        text,
        work,
        last: true,
    });
    if !filter.echo.is_empty()
        && let Some(document) = filter.echo.find(bytes)
    {
        machine.marks.push(Mark {
            start: 0,
            end: bytes.len() as u64,
            rule: Rule::Echo(document),
            transforms: Vec::new(),
            spread: false,
        });
    }
    merge(machine.marks)
}
