//! The name of a blob: what its bytes hash to, and nothing that could be a path.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A SHA-256 digest. Written `sha256:` and 64 lowercase hexadecimal digits, and read only so.
///
/// Servers that took a digest for a string let a registry write anywhere by answering `sha256:../../etc/passwd`
/// (CVE-2024-37032, CVE-2025-44779). A value of this type holds 32 bytes; there is no text in it to traverse with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// Text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Another algorithm, or none.
    #[error("a digest starts with `sha256:`")]
    Algorithm,
    /// Too short or too long.
    #[error("a sha256 digest has 64 hexadecimal digits, not {0}")]
    Length(usize),
    /// A character that is no lowercase hexadecimal digit.
    #[error("character {0} of the digest is not one of 0-9 and a-f")]
    Digit(usize),
}

impl Digest {
    /// From the hash itself.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash itself.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lowercase hexadecimal digits.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| char::from(DIGITS[usize::from(digit)]))
            .collect()
    }

    /// The name of the file that holds the blob: `sha256-` and the digits, one path component.
    pub fn file_name(&self) -> String {
        format!("sha256-{}", self.hex())
    }

    fn from_hex(hex: &str) -> Result<Self, DigestError> {
        let value = |place: usize, byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(DigestError::Digit(place + 1)),
        };
        if hex.len() != 64 {
            return Err(DigestError::Length(hex.chars().count()));
        }
        let mut bytes = [0; 32];
        for (place, pair) in hex.as_bytes().chunks_exact(2).enumerate() {
            bytes[place] = value(2 * place, pair[0])? << 4 | value(2 * place + 1, pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::from_hex(text.strip_prefix("sha256:").ok_or(DigestError::Algorithm)?)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_and_written_the_same() {
        let text = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let digest: Digest = text.parse().unwrap();
        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.file_name(), text.replace(':', "-"));
        assert_eq!(
            serde_json::to_string(&digest).unwrap(),
            format!("\"{text}\"")
        );
    }

    /// The digests of the traversal CVEs, and what else is close to one.
    #[test]
    fn what_could_be_a_path_is_refused() {
        let good = "a".repeat(64);
        for bad in [
            "sha256:../../../../etc/passwd".to_owned(),
            "../../../etc/passwd".to_owned(),
            format!("sha256:{}", "../".repeat(21) + "x"),
            format!("sha256:../{}", &good[3..]),
            format!("sha256:{}/", &good[1..]),
            format!("sha256:{good}/../../x"),
            format!("sha256:{}\0", &good[1..]),
            format!("sha256-{good}"),
            format!("sha512:{good}"),
            format!("SHA256:{good}"),
            format!("sha256:{}", good.to_uppercase()),
            format!("sha256:{}", &good[1..]),
            format!("sha256:{good}a"),
            format!(" sha256:{good}"),
            format!("sha256:{good}\n"),
            format!("sha256:{}", "é".repeat(32)),
            "sha256:".to_owned(),
            String::new(),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
