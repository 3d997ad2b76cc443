//! Formats whose secret decodes to something that can be told from noise.
use super::codec::base64;
use super::words::{not_placeholder, plausible};

/// AWS access key id: four letters for the kind, then base32 without the published examples.
#[must_use]
pub fn aws_key_id(secret: &[u8]) -> bool {
    let body = secret.get(4..).unwrap_or_default();
    body.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')) && plausible(secret)
}

/// JSON Web Token or Encryption: the first part is a JSON object that names an algorithm.
#[must_use]
pub fn jwt(secret: &[u8]) -> bool {
    let Some(head) = secret.split(|&b| b == b'.').next() else {
        return false;
    };
    base64(head, 4096).is_some_and(|json| is_object(&json) && contains(&json, b"\"alg\""))
}

/// Base64 of a JSON object.
#[must_use]
pub fn json_base64(secret: &[u8]) -> bool {
    base64(secret, 4096).is_some_and(|json| json.first() == Some(&b'{') && contains(&json, b"\":"))
}

/// `name:password` in base64, both printable, and the password no placeholder.
#[must_use]
pub fn basic_credentials(secret: &[u8]) -> bool {
    const PUBLISHED: [&[u8]; 11] = [
        b"Aladdin:open sesame",
        b"Aladdin:OpenSesame",
        b"user:pass",
        b"user:password",
        b"user:passwd",
        b"username:password",
        b"test:test",
        b"foo:bar",
        b"user:s3cr3t",
        b"s6BhdRkqt3:gX1fBat3bV",
        b"s6BhdRkqt3:7Fjfp0ZBr1KtDRbnfVdmIw",
    ];
    base64(secret, 512).is_some_and(|text| {
        let password = text.splitn(2, |&b| b == b':').nth(1).unwrap_or_default();
        password.len() >= 4
            && text
                .iter()
                .all(|&b| (b' '..0x7f).contains(&b) || b >= 0x80 || b == b'\n')
            && std::str::from_utf8(&text).is_ok()
            && !PUBLISHED.contains(&text.trim_ascii_end())
            && not_placeholder(&text)
    })
}

/// A PEM private key in base64 (as in a kubeconfig).
#[must_use]
pub fn base64_pem(secret: &[u8]) -> bool {
    let head = secret.get(..secret.len().min(120) / 4 * 4);
    head.and_then(|head| base64(head, 90))
        .is_some_and(|text| text.starts_with(b"-----BEGIN") && contains(&text, b"PRIVATE KEY"))
}

/// PyPI: a macaroon of version 2 whose location is the index.
#[must_use]
pub fn pypi_macaroon(secret: &[u8]) -> bool {
    let Some(body) = secret.strip_prefix(b"pypi-") else {
        return false;
    };
    let whole = body.get(..body.len() / 4 * 4).unwrap_or_default();
    base64(whole, 64).is_some_and(|bytes| {
        (bytes.starts_with(b"\x02\x01\x08pypi.org")
            || bytes.starts_with(b"\x02\x01\x0dtest.pypi.org"))
            && plausible(body)
    })
}

/// Discord bot token: the first part is the bot's number in base64.
#[must_use]
pub fn discord_token(secret: &[u8]) -> bool {
    let head = secret.split(|&b| b == b'.').next().unwrap_or_default();
    base64(head, 32).is_some_and(|id| {
        (16..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit) && id[0] != b'0'
    })
}

/// 32 bytes in base64 that are no placeholder.
#[must_use]
pub fn key32(secret: &[u8]) -> bool {
    base64(secret, 64).is_some_and(|key| key.len() == 32 && plausible(secret))
}

/// Whether the text is one JSON object, as far as its brackets and strings go.
fn is_object(json: &[u8]) -> bool {
    let (mut depth, mut string, mut escape) = (0_i32, false, false);
    let text = json.trim_ascii();
    for (i, &byte) in text.iter().enumerate() {
        match (string, byte) {
            (true, _) if escape => escape = false,
            (true, b'\\') => escape = true,
            (_, b'"') => string = !string,
            (true, _) => {}
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => {
                depth -= 1;
                if depth == 0 {
                    return i + 1 == text.len() && text[0] == b'{';
                }
            }
            (false, b',' | b':' | b'.' | b'+' | b'-') => {}
            (false, b) if b.is_ascii_whitespace() || b.is_ascii_alphanumeric() => {}
            _ => return false,
        }
    }
    false
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
