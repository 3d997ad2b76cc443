//! What a detector is: one static row. The rows stand in [`crate::detectors`].
use crate::finding::Tier;
use regex::bytes::{Regex, RegexBuilder};

/// Tells whether a matched secret can be one: a checksum, a structure. Runs on the bytes of the secret group only.
pub type Validator = fn(&[u8]) -> bool;

/// One format. A row is data; what it needs at run time (its compiled pattern) is made when its keyword is first seen.
///
/// How a row is used: the stream is cut into *tokens*, the longest runs of ASCII letters, digits and
/// ``- _ + / = . ~ % \ & # ; : @ ! $ ^ * ? |``. When a token closes and one of the row's keywords was seen (in any case) in it,
/// or up to [`crate::limits::LOOKBACK`] bytes before it, `pattern` runs on the text from just before that keyword up to the
/// end of the token (end of text = end of token, so `$` and `\b` hold there). A match counts only if the secret group lies
/// **inside the token that closed**. So the group must not contain blanks, quotes, brackets, commas or bytes ≥ 0x80; what
/// stands before it (names, `=`, quotes, blanks) belongs outside the group, and nothing may be required after it but
/// characters of the same token or the end.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// Stable id, lower-case with hyphens: `github-pat`.
    pub id: &'static str,
    /// What it finds, for people.
    pub name: &'static str,
    /// Who issues it.
    pub vendor: &'static str,
    /// Tier of its findings.
    pub tier: Tier,
    /// At least one, each of at least 3 bytes, compared without regard to case; one of them stands in or near every match.
    pub keywords: &'static [&'static str],
    /// Pattern of the `regex` crate over bytes, Unicode off.
    pub pattern: &'static str,
    /// Capture group that is the secret; 0: the whole match.
    pub group: usize,
    /// Further test of the secret; `None`: the pattern is enough. Not asked when the text is in another case than the format's.
    pub validate: Option<Validator>,
    /// Least Shannon entropy of the secret, in bits a character; 0: not tested.
    pub entropy: f32,
    /// Version of Ringfence that has it first.
    pub since: &'static str,
    /// Texts in which it must find something. Made up, or published as examples by the vendor.
    pub examples: &'static [&'static str],
    /// Texts in which it must find nothing.
    pub negatives: &'static [&'static str],
}

impl Detector {
    /// Compiles the pattern. Costs tens of microseconds; the scanner keeps the result.
    pub fn compile(&self, any_case: bool) -> Option<Regex> {
        RegexBuilder::new(self.pattern)
            .unicode(false)
            .case_insensitive(any_case)
            .size_limit(2 << 20)
            .dfa_size_limit(1 << 20)
            .build()
            .ok()
    }
}
