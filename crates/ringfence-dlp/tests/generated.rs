//! Random values of every format, made from its pattern, put into a line of text: the whole pipeline has to find them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};
use ringfence_dlp::detector::Detector;
use ringfence_dlp::{Filter, Settings, Tier, detectors};
use std::sync::Arc;

/// Values of each format.
const VALUES: usize = 6;
/// Attempts at a value that passes the row's own test; a checksum is not met by chance.
const ATTEMPTS: usize = 24;

/// A generator of numbers (xorshift), the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end.max(1) as u64) as usize
    }
}

/// Appends a random text that the expression matches.
fn write(hir: &Hir, numbers: &mut Numbers, out: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => {
            let mut bytes: Vec<u8> = (b' '..0x7f)
                .filter(|byte| match class {
                    Class::Bytes(class) => {
                        class.iter().any(|r| (r.start()..=r.end()).contains(byte))
                    }
                    Class::Unicode(class) => class
                        .iter()
                        .any(|r| (r.start()..=r.end()).contains(&char::from(*byte))),
                })
                .collect();
            // What stands for "anything" between a name and its value: a blank, rather than noise that would be a value.
            if bytes.len() > 80 && bytes.contains(&b' ') {
                bytes = vec![b' '];
            }
            out.push(bytes[numbers.below(bytes.len())]);
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min;
            let most = repetition.max.unwrap_or(least + 24).min(least + 24);
            let count = if repetition.greedy && least >= 8 {
                least as usize + numbers.below((most - least) as usize + 1)
            } else {
                least as usize
            };
            for _ in 0..count {
                write(&repetition.sub, numbers, out);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, numbers, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, numbers, out)),
        HirKind::Alternation(parts) => write(&parts[numbers.below(parts.len())], numbers, out),
    }
}

fn entropy(text: &[u8]) -> f32 {
    (0..=255_u8)
        .map(|byte| text.iter().filter(|b| **b == byte).count() as f32 / text.len() as f32)
        .filter(|share| *share > 0.0)
        .map(|share| -share * share.log2())
        .sum()
}

/// A line that names a keyword of the row and holds a value which its own tests accept.
fn line(row: &Detector, regex: &Regex, hir: &Hir, numbers: &mut Numbers) -> Option<Vec<u8>> {
    (0..ATTEMPTS).find_map(|_| {
        let mut value = Vec::new();
        write(hir, numbers, &mut value);
        let lower = value.to_ascii_lowercase();
        let named = |keyword: &&str| {
            let keyword = keyword.to_ascii_lowercase();
            lower
                .windows(keyword.len())
                .any(|part| part == keyword.as_bytes())
        };
        let name = if row.keywords.iter().any(named) {
            String::new()
        } else {
            format!("{} = ", row.keywords[0].trim())
        };
        let text = [name.as_bytes(), &value].concat();
        let found = regex.captures(&text)?;
        let secret = found.get(row.group)?.as_bytes();
        let good = entropy(secret) >= row.entropy && row.validate.is_none_or(|test| test(secret));
        good.then_some(text)
    })
}

fn finds(filter: &Arc<Filter>, text: &[u8]) -> bool {
    let mut stream = filter.stream();
    let mut out = Vec::new();
    stream.push(text, &mut out).unwrap();
    stream.finish(&mut out).unwrap();
    !stream.findings().is_empty()
}

#[test]
fn random_values_of_every_format_are_found() {
    let filter = Filter::new(Settings::default()).unwrap();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut all, mut found, mut by_example) = (0, 0, Vec::new());
    let mut missed = Vec::new();
    for row in detectors().iter().filter(|row| row.tier == Tier::Block) {
        let hir = regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(row.pattern)
            .unwrap();
        let regex = row.compile(false).unwrap();
        let mut lines: Vec<Vec<u8>> = (0..VALUES)
            .filter_map(|_| line(row, &regex, &hir, &mut numbers))
            .collect();
        if lines.len() < VALUES {
            by_example.push(row.id);
            lines = row
                .examples
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect();
        }
        for value in lines {
            let text = [
                b"a line before\nout: ",
                value.as_slice(),
                b"\nand one after\n",
            ]
            .concat();
            all += 1;
            if finds(&filter, &text) {
                found += 1;
            } else {
                missed.push(format!("{}: {}", row.id, String::from_utf8_lossy(&value)));
            }
        }
    }
    eprintln!("{found} of {all} values found; by their examples only: {by_example:?}");
    let share = f64::from(found) / f64::from(all);
    assert!(share >= 0.99, "{share:.4}:\n{}", missed.join("\n"));
}
