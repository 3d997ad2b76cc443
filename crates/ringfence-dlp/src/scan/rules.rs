//! What a detector's row needs at run time, made when it is first needed and kept for the process.
use crate::detector::Detector;
use crate::detectors::detectors;
use memchr::memmem::Finder;
use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::sync::OnceLock;

/// Run-time side of a row.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    exact: OnceLock<Option<Regex>>,
    any_case: OnceLock<Option<Regex>>,
    shortest: OnceLock<usize>,
    inside: OnceLock<bool>,
    needs: OnceLock<Needs>,
}

/// What every match of a pattern has, for a quick no.
#[derive(Debug, Default)]
struct Needs {
    /// The bytes that the secret group may hold.
    alphabet: [u64; 4],
    /// Texts that stand in it, besides keywords.
    texts: Vec<Finder<'static>>,
}

pub(crate) fn rule(row: u16) -> Option<(&'static Detector, &'static Rule)> {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    let rules = RULES.get_or_init(|| detectors().iter().map(|_| Rule::default()).collect());
    Some((detectors().get(row as usize)?, rules.get(row as usize)?))
}

impl Rule {
    pub(crate) fn regex(&self, detector: &Detector, any_case: bool) -> Option<&Regex> {
        let cell = if any_case {
            &self.any_case
        } else {
            &self.exact
        };
        cell.get_or_init(|| detector.compile(any_case)).as_ref()
    }

    /// Least length of the secret group, in bytes.
    pub(crate) fn shortest(&self, detector: &Detector) -> usize {
        *self.shortest.get_or_init(|| {
            let Some(hir) = parse(detector) else { return 0 };
            group(&hir, detector.group).map_or(0, |hir| hir.properties().minimum_len().unwrap_or(0))
        })
    }

    /// Whether the pattern, in its own case, may match in the window with the secret group from `inside` on; `false` is certain.
    pub(crate) fn may_match(&self, detector: &Detector, window: &[u8], inside: usize) -> bool {
        let needs = self.needs.get_or_init(|| Needs::of(detector));
        let shortest = self.shortest(detector);
        let mut run = 0;
        let fits = window.get(inside..).unwrap_or_default().iter().any(|byte| {
            let holds = needs.alphabet[usize::from(byte >> 6)] >> (byte & 63) & 1;
            run = (run + 1) * holds as usize;
            run >= shortest
        });
        fits && needs.texts.iter().all(|text| text.find(window).is_some())
    }
}

impl Needs {
    fn of(detector: &Detector) -> Self {
        let mut this = Self::default();
        let parsed = parse(detector);
        let group = parsed.as_ref().and_then(|hir| group(hir, detector.group));
        if group.is_none_or(|group| !letters(group, &mut this.alphabet)) {
            this.alphabet = [u64::MAX; 4];
        }
        if let Some(hir) = &parsed {
            texts(
                hir,
                &mut |text| {
                    let text = text.to_ascii_lowercase();
                    !detector.keywords.iter().any(|keyword| {
                        memchr::memmem::find(&keyword.to_ascii_lowercase().into_bytes(), &text)
                            .is_some()
                    })
                },
                &mut this.texts,
            );
        }
        this
    }
}

fn parse(detector: &Detector) -> Option<Hir> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(detector.pattern)
        .ok()
}

/// Adds the bytes that a match of the expression may hold; `false`: any.
fn letters(hir: &Hir, alphabet: &mut [u64; 4]) -> bool {
    let mut add = |byte: u8| alphabet[usize::from(byte >> 6)] |= 1 << (byte & 63);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            literal.0.iter().copied().for_each(add);
            true
        }
        HirKind::Class(Class::Bytes(class)) => {
            for range in class.ranges() {
                (range.start()..=range.end()).for_each(&mut add);
            }
            true
        }
        HirKind::Class(Class::Unicode(_)) => false,
        HirKind::Repetition(repetition) => letters(&repetition.sub, alphabet),
        HirKind::Capture(capture) => letters(&capture.sub, alphabet),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().all(|part| letters(part, alphabet))
        }
    }
}

/// Adds the texts that stand in every match and that are wanted.
fn texts(hir: &Hir, wanted: &mut impl FnMut(&[u8]) -> bool, found: &mut Vec<Finder<'static>>) {
    match hir.kind() {
        HirKind::Literal(literal) if wanted(&literal.0) => {
            found.push(Finder::new(&literal.0).into_owned());
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            texts(&repetition.sub, wanted, found);
        }
        HirKind::Capture(capture) => texts(&capture.sub, wanted, found),
        HirKind::Concat(parts) => parts.iter().for_each(|part| texts(part, wanted, found)),
        _ => {}
    }
}

fn group(hir: &Hir, index: usize) -> Option<&Hir> {
    if index == 0 {
        return Some(hir);
    }
    match hir.kind() {
        HirKind::Capture(capture) if capture.index as usize == index => Some(&capture.sub),
        HirKind::Capture(capture) => group(&capture.sub, index),
        HirKind::Repetition(repetition) => group(&repetition.sub, index),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().find_map(|part| group(part, index))
        }
        _ => None,
    }
}

impl Rule {
    /// Whether the keyword is part of the secret group, so that it can only stand inside the token.
    pub(crate) fn keyword_inside(&self, detector: &Detector) -> bool {
        *self.inside.get_or_init(|| {
            let Some(hir) = parse(detector) else {
                return false;
            };
            let Some(group) = group(&hir, detector.group) else {
                return false;
            };
            // The literals that the group must begin with hold one of the keywords.
            let prefixes = regex_syntax::hir::literal::Extractor::new()
                .limit_total(64)
                .extract(group);
            prefixes.literals().is_some_and(|literals| {
                !literals.is_empty()
                    && literals.iter().all(|literal| {
                        let bytes = literal.as_bytes().to_ascii_lowercase();
                        detector.keywords.iter().any(|keyword| {
                            let keyword = keyword.to_ascii_lowercase();
                            let length = keyword.len().min(bytes.len());
                            length >= 3 && bytes[..length] == keyword.as_bytes()[..length]
                        })
                    })
            })
        })
    }
}
