//! What was found: never the secret itself, only where it stood, what it is and what was done.
use serde::Serialize;
use std::borrow::Cow;

/// How sure a detector is, and what follows by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Known values, formats with a prefix or checksum, private keys. Redacted by default.
    Block,
    /// Generic assignments and random-looking strings. Reported by default.
    Warn,
    /// An excerpt of a context document. Redacted by default.
    Echo,
}

/// What is done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The tier is not looked at: the bytes pass and nothing is told.
    Off,
    /// The bytes pass; the finding is reported.
    Report,
    /// The bytes are replaced by `[redacted:DETECTOR]`.
    Redact,
    /// The stream ends for good; nothing of the finding leaves.
    Block,
}

/// One step by which the secret was hidden, as the reader has to undo it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transform {
    /// Base64, standard or url-safe (RFC 4648 §4, §5).
    Base64,
    /// Base32 (RFC 4648 §6).
    Base32,
    /// Pairs of hexadecimal digits, also with separators between the pairs.
    Hex,
    /// `%41` (RFC 3986).
    Percent,
    /// `\u0041`, `\u{41}`.
    UnicodeEscape,
    /// `\x41`, `\101`, `\n`.
    HexEscape,
    /// `&#65;`, `&#x41;`, `&amp;`.
    HtmlEntity,
    /// `=41` (RFC 2045 quoted-printable).
    QuotedPrintable,
    /// Numbers in decimal, one a character.
    Decimal,
    /// gzip (RFC 1952).
    Gzip,
    /// zlib (RFC 1950).
    Zlib,
    /// Zstandard (RFC 8878).
    Zstd,
    /// Written backwards.
    Reversed,
    /// Letters moved by 13.
    Rot13,
    /// Letters in another case than the format's.
    CaseChanged,
    /// Split over lines.
    Wrapped,
    /// `"a" + "b"`, or literals side by side.
    Concatenated,
    /// `s p a c e d`.
    Spaced,
    /// Invisible characters in between.
    ZeroWidth,
    /// UTF-16, either byte order.
    Utf16,
    /// A known value in one of its encodings (base64, hex, …) or layouts, matched without decoding.
    Encoded,
}

/// One finding. Offsets count bytes of the input of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Id of the detector, `known:NAME` for a known value, `echo:NAME` for an excerpt of a context document,
    /// `echo-budget:NAME` for a short quote of it that the budget no longer covers.
    pub detector: Cow<'static, str>,
    /// The detector's tier.
    pub tier: Tier,
    /// Where the bytes concerned begin.
    pub offset: u64,
    /// How many bytes are concerned.
    pub length: u64,
    /// How the secret was hidden, outermost first; empty if it stood there plainly.
    pub transforms: Vec<Transform>,
    /// What was done.
    pub action: Action,
}

/// The same words as in JSON.
macro_rules! display_as_serialized {
    ($($name:ty),*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.serialize(f)
            }
        }
    )*};
}

display_as_serialized!(Tier, Action, Transform);
