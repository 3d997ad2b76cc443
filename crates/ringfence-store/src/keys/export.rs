//! Keys and named secrets in one file under a passphrase, to keep elsewhere or to take to another machine; and SecLlama's files.
//!
//! ```text
//! envelope of [`super::passphrase`] with the magic RFEXPOR1, sealed in it:
//! version u16 | ring length u32 | ring | secrets u32 | per secret: name length u8 | name | value length u32 | value
//! ```

use std::io::BufRead;

use zeroize::Zeroizing;

use super::limits::{MAX_SECLLAMA_LINE, PBKDF2_LEAST};
use super::passphrase::{Kdf, Unlocked, unlock};
use super::{KeyStoreError, MAX_RING};
use crate::vault::{MAX_SECRET, MAX_SECRET_NAME, MAX_SECRETS, Vault, VaultError, open_sealed};

const MAGIC: &[u8; 8] = b"RFEXPOR1";
const VERSION: u16 = 1;
/// Bytes of a SecLlama salt.
pub const SECLLAMA_SALT: usize = 32;

/// Named values.
pub type Secrets = Vec<(String, Zeroizing<Vec<u8>>)>;

/// What an export holds.
pub struct Exported {
    /// The ring of the vault that it was made of.
    pub(crate) ring: Zeroizing<Vec<u8>>,
    /// The named secrets.
    pub secrets: Secrets,
}

/// Puts the keys and the named secrets of a vault under a passphrase.
///
/// # Errors
/// The secrets are damaged.
pub fn export(vault: &Vault, passphrase: &[u8], kdf: Kdf) -> Result<Vec<u8>, VaultError> {
    let ring = vault.ring();
    let secrets = vault.all_secrets()?;
    let room = secrets
        .iter()
        .map(|(n, v)| n.len() + v.len() + 5)
        .sum::<usize>();
    let mut plain = Zeroizing::new(Vec::with_capacity(10 + ring.len() + room));
    plain.extend_from_slice(&VERSION.to_be_bytes());
    plain.extend_from_slice(&(ring.len() as u32).to_be_bytes());
    plain.extend_from_slice(&ring);
    plain.extend_from_slice(&(secrets.len() as u32).to_be_bytes());
    for (name, value) in &secrets {
        plain.push(name.len() as u8);
        plain.extend_from_slice(name.as_bytes());
        plain.extend_from_slice(&(value.len() as u32).to_be_bytes());
        plain.extend_from_slice(value);
    }
    Ok(Unlocked::new(passphrase, kdf)?.seal(MAGIC, &plain)?)
}

/// Opens an export.
///
/// # Errors
/// The passphrase is wrong, or the file is none or damaged.
pub fn import(file: &[u8], passphrase: &[u8]) -> Result<Exported, KeyStoreError> {
    let (_, plain) = unlock(MAGIC, file, passphrase)?;
    parse(&plain).ok_or_else(|| {
        KeyStoreError::Damaged("this export is of a version unknown to this ringfence".to_owned())
    })
}

fn parse(plain: &[u8]) -> Option<Exported> {
    let mut rest = plain;
    let mut take = |n: usize| {
        let (now, later) = rest.split_at_checked(n)?;
        rest = later;
        Some(now)
    };
    if take(2)? != VERSION.to_be_bytes() {
        return None;
    }
    let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize);
    let length = number(take(4)?)?;
    let ring = Zeroizing::new(take((length <= MAX_RING).then_some(length)?)?.to_vec());
    let count = number(take(4)?)?;
    let mut secrets = Vec::with_capacity((count <= MAX_SECRETS).then_some(count)?);
    for _ in 0..count {
        let length = usize::from(*take(1)?.first()?);
        let name = std::str::from_utf8(take(length)?).ok()?.to_owned();
        let length = number(take(4)?)?;
        let value = take((length <= MAX_SECRET).then_some(length)?)?;
        if name.len() > MAX_SECRET_NAME {
            return None;
        }
        secrets.push((name, Zeroizing::new(value.to_vec())));
    }
    rest.is_empty().then_some(Exported { ring, secrets })
}

/// What a SecLlama file held.
pub struct SecLlama {
    /// The lines that opened, in order.
    pub lines: Vec<Zeroizing<Vec<u8>>>,
    /// Numbers of those that did not, from 1.
    pub failed: Vec<u64>,
}

/// Reads a file of SecLlama's password mode: each line is base64 of a nonce of 12 bytes, the ciphertext and a tag of 16 bytes under
/// AES-256-GCM, with a key from PBKDF2-SHA-256 with 100,000 iterations. It keeps the salt of 32 bytes elsewhere.
///
/// # Errors
/// The file can not be read, or no line opens: then the passphrase or the salt is another.
pub fn read_secllama(
    from: &mut impl BufRead,
    passphrase: &[u8],
    salt: &[u8; SECLLAMA_SALT],
) -> Result<SecLlama, KeyStoreError> {
    use std::io::Read as _;
    let key = Kdf::Pbkdf2 {
        iterations: PBKDF2_LEAST,
    }
    .derive(passphrase, salt)?;
    let broken = |_| KeyStoreError::Failed("the cryptographic library failed".to_owned());
    let key = crate::vault::aead(key.expose()).map_err(broken)?;
    let mut found = SecLlama {
        lines: Vec::new(),
        failed: Vec::new(),
    };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = from
            .by_ref()
            .take(MAX_SECLLAMA_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|e| KeyStoreError::Failed(e.to_string()))?;
        if read == 0 {
            break;
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let opened = base64(text).and_then(|sealed| open_sealed(&key, &sealed, b"").ok());
        match opened {
            Some(plain) => found.lines.push(plain),
            None => found.failed.push(number),
        }
    }
    if found.lines.is_empty() && !found.failed.is_empty() {
        return Err(KeyStoreError::WrongPassphrase);
    }
    Ok(found)
}

/// Standard base64 with padding (RFC 4648 section 4).
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let value = |byte: u8| -> Option<u32> {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }))
    };
    let body = text
        .strip_suffix(b"==")
        .or_else(|| text.strip_suffix(b"="))
        .unwrap_or(text);
    if !text.len().is_multiple_of(4) || body.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for four in body.chunks(4) {
        let mut bits = 0;
        for byte in four {
            bits = bits << 6 | value(*byte)?;
        }
        bits <<= 6 * (4 - four.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_rfc_4648_has_it() {
        for (text, wanted) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text.as_bytes()).unwrap(), wanted.as_bytes());
        }
        for text in ["Zg", "Zg=", "Z===", "Zg=A", "Zm9v!", "Zm9-"] {
            assert_eq!(base64(text.as_bytes()), None, "{text}");
        }
    }
}
