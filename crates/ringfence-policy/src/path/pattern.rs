//! Patterns over request paths; the syntax stands in the text of the module above.

use super::Readings;

/// A pattern over paths; see the module's text for the syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    written: String,
    literal: Vec<String>,
    generous: Vec<String>,
    rest: bool,
}

impl PathPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Refuses what is no path, `**` anywhere but as the last segment, and patterns that are not in normal form themselves.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (fixed, rest) = match text.strip_suffix("/**") {
            Some("") => ("/", true),
            Some(fixed) => (fixed, true),
            None => (text, false),
        };
        if fixed.contains("**") {
            return Err("`**` can only be the whole last segment".into());
        }
        let readings = Readings::of(fixed).map_err(|error| error.to_string())?;
        let mut literal = segments(&readings.literal);
        if rest && literal.last().is_some_and(String::is_empty) {
            literal.pop();
        }
        let mut generous = segments(&readings.generous);
        if readings.generous == "/" {
            generous.clear();
        }
        Ok(Self {
            written: text.to_owned(),
            literal,
            generous,
            rest,
        })
    }

    /// For rules that allow: every reading of the path is meant.
    pub(crate) fn surely_matches(&self, path: &Readings) -> bool {
        self.literal_matches(path) && self.generous_matches(path)
    }

    /// For rules that block or ask: some reading of the path is meant.
    pub(crate) fn may_match(&self, path: &Readings) -> bool {
        self.literal_matches(path) || self.generous_matches(path)
    }

    fn literal_matches(&self, path: &Readings) -> bool {
        path.literal != "*" && self.segments_match(&self.literal, &segments(&path.literal))
    }

    fn generous_matches(&self, path: &Readings) -> bool {
        let path = if path.generous == "/" {
            Vec::new()
        } else {
            segments(&path.generous)
        };
        self.segments_match(&self.generous, &path)
    }

    fn segments_match(&self, pattern: &[String], path: &[String]) -> bool {
        let long_enough = if self.rest {
            path.len() >= pattern.len()
        } else {
            path.len() == pattern.len()
        };
        long_enough
            && pattern
                .iter()
                .zip(path)
                .all(|(pattern, segment)| glob(pattern, segment))
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

fn segments(path: &str) -> Vec<String> {
    path.strip_prefix('/')
        .unwrap_or(path)
        .split('/')
        .map(str::to_owned)
        .collect()
}

/// `*` in one segment: linear, with one point to come back to.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}
