//! Tokens of programs that may ask: made here, shown once, kept as hashes.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use rustix::fs::{Mode, OFlags};
use zeroize::Zeroizing;

use super::limits;

/// Before the hash, in a file of tokens.
const HASH: &str = "sha256:";
/// Before each token, so that scanners for secrets know one.
const PREFIX: &str = "rfm_";

/// Tokens of programs that may ask. Only their hashes are kept; a token has 256 random bits, so its hash gives nothing away.
#[derive(Default)]
pub struct Tokens(Vec<(String, [u8; 32])>);

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}

/// A file of tokens that can not be used. Nothing of a token is in it.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// It can not be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may write it, and so let themselves in.
    #[error("{0} has to be a file of your own that nobody else may write; `chmod 600` it")]
    Exposed(PathBuf),
    /// A line that is none.
    #[error("line {line}: {reason}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// A name that is none.
    #[error("the name of a program has 1 to 64 letters, digits, `-`, `_` and `.`")]
    Name,
    /// The name has a token.
    #[error(
        "there is a token for {0} already; remove its line from the file first, and the old token is worth nothing"
    )]
    Taken(String),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

/// A token that was just made.
pub struct NewToken {
    /// For the program. It can not be read again later.
    pub token: Zeroizing<String>,
    /// For the file, with its newline.
    pub line: String,
}

impl Tokens {
    /// From lines of `NAME sha256:HEX`; empty ones and those that begin with `#` are passed over.
    ///
    /// # Errors
    /// A line that is none, with its number; no token at all.
    pub fn parse(text: &str) -> Result<Self, TokensError> {
        let tokens = Self::lines(text)?;
        match tokens.is_empty() {
            true => Err(TokensError::Line {
                line: 1,
                reason: "there is no token in the file; `ringfence model token` makes one",
            }),
            false => Ok(tokens),
        }
    }

    fn lines(text: &str) -> Result<Self, TokensError> {
        let mut tokens = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |reason| TokensError::Line {
                line: at + 1,
                reason,
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.split_ascii_whitespace();
            let (Some(name), Some(hash), None) = (words.next(), words.next(), words.next()) else {
                return Err(wrong("a line is the name of a program and `sha256:HEX`"));
            };
            if !is_name(name) {
                return Err(wrong(
                    "the name of a program has 1 to 64 letters, digits, `-`, `_` and `.`",
                ));
            }
            let hash = hash.strip_prefix(HASH).and_then(unhex).ok_or_else(|| {
                wrong("tokens are kept as `sha256:` and 64 hexadecimal digits, never as they are; `ringfence model token` makes one")
            })?;
            if tokens.len() == limits::TOKENS {
                return Err(wrong("there are more than 256 tokens"));
            }
            tokens.push((name.to_owned(), hash));
        }
        Ok(Self(tokens))
    }

    /// From a file of one's own, or root's, that nobody else may write.
    ///
    /// # Errors
    /// See [`TokensError`].
    pub fn load(path: &Path) -> Result<Self, TokensError> {
        Self::parse(&read(path)?)
    }

    /// The program that has this token.
    pub(super) fn of(&self, token: &[u8]) -> Option<&str> {
        let (name, _) = self.0.get(self.place(token)?)?;
        Some(name)
    }

    /// Which of them it is.
    pub(super) fn place(&self, token: &[u8]) -> Option<usize> {
        let shown = hash(token);
        let mut found = None;
        for (place, (_, own)) in self.0.iter().enumerate() {
            if verify_slices_are_equal(own, &shown).is_ok() {
                found = Some(place);
            }
        }
        found
    }

    /// Whether everybody may ask.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl NewToken {
    /// For a program that has none in this file yet; the file need not be there.
    ///
    /// # Errors
    /// See [`TokensError`].
    pub fn for_file(path: &Path, name: &str) -> Result<Self, TokensError> {
        if !is_name(name) {
            return Err(TokensError::Name);
        }
        let text = match read(path) {
            Ok(text) => text,
            Err(TokensError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                String::new()
            }
            Err(error) => return Err(error),
        };
        let known = Tokens::lines(&text)?;
        if known.0.iter().any(|(taken, _)| taken == name) {
            return Err(TokensError::Taken(name.to_owned()));
        }
        if known.len() == limits::TOKENS {
            return Err(TokensError::Line {
                line: text.lines().count(),
                reason: "there are 256 tokens already",
            });
        }
        let mut random = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(random.as_mut_slice()).map_err(|_| TokensError::Random)?;
        let mut token = Zeroizing::new(String::with_capacity(PREFIX.len() + 64));
        token.push_str(PREFIX);
        for byte in random.iter() {
            token.push(hex_digit(byte >> 4));
            token.push(hex_digit(byte & 15));
        }
        // An editor may have left the last line without its end.
        let before = match text.is_empty() || text.ends_with('\n') {
            true => "",
            false => "\n",
        };
        let line = format!("{before}{}\n", line(name, &token));
        Ok(Self { token, line })
    }
}

/// A line of the file.
pub(super) fn line(name: &str, token: &str) -> String {
    let hash = hash(token.as_bytes());
    let digits = hash
        .iter()
        .flat_map(|b| [hex_digit(b >> 4), hex_digit(b & 15)]);
    format!("{name} {HASH}{}", digits.collect::<String>())
}

fn read(path: &Path) -> Result<String, TokensError> {
    let failed = |source: io::Error| TokensError::File {
        path: path.to_owned(),
        source,
    };
    // A pipe in its place would be waited for.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(opened.map_err(|e| failed(e.into()))?);
    let meta = file.metadata().map_err(failed)?;
    let owner = [0, rustix::process::geteuid().as_raw()].contains(&meta.uid());
    if !meta.is_file() || !owner || meta.mode() & 0o022 != 0 {
        return Err(TokensError::Exposed(path.to_owned()));
    }
    let mut text = String::new();
    file.take(limits::TOKENS_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    match text.len() as u64 > limits::TOKENS_BYTES {
        true => Err(failed(io::Error::other("it is longer than 64 KiB"))),
        false => Ok(text),
    }
}

fn is_name(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(known)
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or('0')
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    #[test]
    fn a_file_of_tokens_is_read_strictly_and_never_repeated() {
        let good = line("a", TOKEN);
        for bad in [
            "",
            "# nothing",
            "editor",
            &format!("editor {TOKEN}"),
            &format!("{good} b"),
            &good[..good.len() - 1],
            &good.replace("sha256", "md5"),
            &format!("{good}0"),
            &good.replacen('a', "a/b", 1),
        ] {
            let error = Tokens::parse(bad).unwrap_err().to_string();
            assert!(
                !error.contains(TOKEN) && error.starts_with("line 1"),
                "{bad}: {error}"
            );
        }
        let tokens = Tokens::parse(&good).unwrap();
        assert_eq!(tokens.of(TOKEN.as_bytes()), Some("a"));
        assert_eq!(tokens.of(b"0123456789abcdeX"), None);
        let shown = format!("{tokens:?}");
        assert!(!shown.contains(TOKEN) && !good.contains(TOKEN), "{shown}");
        let many = format!("{good}\n").repeat(limits::TOKENS + 1);
        assert!(Tokens::parse(&many).is_err());
    }

    #[test]
    fn a_token_is_made_once_and_only_its_hash_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        let first = NewToken::for_file(&path, "editor").unwrap();
        assert!(first.token.len() == 68 && !first.line.contains(first.token.as_str()));
        std::fs::write(&path, first.line.trim_end()).unwrap();
        let mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        mode(0o600);
        let second = NewToken::for_file(&path, "shell").unwrap();
        assert!(second.line.starts_with('\n') && *second.token != *first.token);
        assert!(matches!(
            NewToken::for_file(&path, "editor"),
            Err(TokensError::Taken(_))
        ));
        for bad in ["", "a b", "a\nb", &"x".repeat(65)] {
            assert!(NewToken::for_file(&path, bad).is_err(), "{bad:?}");
        }
        let tokens = Tokens::load(&path).unwrap();
        assert_eq!(tokens.of(first.token.as_bytes()), Some("editor"));
        mode(0o666);
        assert!(matches!(Tokens::load(&path), Err(TokensError::Exposed(_))));
        assert!(Tokens::load(dir.path()).is_err());
        mode(0o600);
        std::fs::write(&path, "# x\n".repeat(20_000)).unwrap();
        assert!(Tokens::load(&path).is_err());
    }
}
