//! How a row is written: what most rows share is here, so that a row says only what is its own.
use super::validate;
use crate::detector::{Detector, Validator};
use crate::finding::Tier;

/// A row of the block tier whose whole match is the secret, refused when it is a placeholder.
pub(super) const fn row(
    id: &'static str,
    name: &'static str,
    vendor: &'static str,
    keywords: &'static [&'static str],
    pattern: &'static str,
) -> Detector {
    Detector {
        id,
        name,
        vendor,
        tier: Tier::Block,
        keywords,
        pattern,
        group: 0,
        validate: Some(validate::plausible),
        entropy: 0.0,
        since: "0.1.0",
        examples: &[],
        negatives: &[],
    }
}

impl Detector {
    /// Finds what is likely but not certain.
    pub(super) const fn warn(mut self) -> Self {
        self.tier = Tier::Warn;
        self
    }

    /// The secret is the first group of the pattern; what stands before it only names it.
    pub(super) const fn named(mut self) -> Self {
        self.group = 1;
        self
    }

    /// Least Shannon entropy.
    pub(super) const fn entropy(mut self, bits: f32) -> Self {
        self.entropy = bits;
        self
    }

    /// Test of the secret, in place of the test for placeholders.
    pub(super) const fn check(mut self, validate: Validator) -> Self {
        self.validate = Some(validate);
        self
    }

    /// Texts in which it finds something, and near misses in which it does not.
    pub(super) const fn tried(
        mut self,
        examples: &'static [&'static str],
        negatives: &'static [&'static str],
    ) -> Self {
        self.examples = examples;
        self.negatives = negatives;
        self
    }
}

/// The pattern of a value without a mark of its own: the vendor's word, a word for a secret, a sign of assignment, the value.
macro_rules! near {
    ($vendor:literal, $value:literal) => {
        concat!(
            "(?i:",
            $vendor,
            r#")[\w.\- \["':{/]{0,24}?(?i:key|token|secret|passw|pwd|auth|api|pat|cred|licen[cs]e|sid|bearer|access|private|login|hook)[\w.\- ]{0,16}["'\]\\]{0,3}[ \t]{0,3}(?:=>|:=|[:=,(>])[ \t]{0,3}["'`\\]{0,3}("#,
            $value,
            ")"
        )
    };
}
pub(super) use near;
