//! What a detector's row needs at run time, made when it is first needed and kept for the process.
use crate::detector::Detector;
use crate::detectors::detectors;
use regex::bytes::Regex;
use regex_syntax::hir::{Hir, HirKind};
use std::sync::OnceLock;

/// Run-time side of a row.
#[derive(Debug, Default)]
pub(crate) struct Rule {
    exact: OnceLock<Option<Regex>>,
    any_case: OnceLock<Option<Regex>>,
    shortest: OnceLock<usize>,
    inside: OnceLock<bool>,
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
            let hir = regex_syntax::ParserBuilder::new()
                .unicode(false)
                .utf8(false)
                .build()
                .parse(detector.pattern);
            let Ok(hir) = hir else { return 0 };
            group(&hir, detector.group).map_or(0, |hir| hir.properties().minimum_len().unwrap_or(0))
        })
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
            let hir = regex_syntax::ParserBuilder::new()
                .unicode(false)
                .utf8(false)
                .build()
                .parse(detector.pattern);
            let Ok(hir) = hir else { return false };
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
