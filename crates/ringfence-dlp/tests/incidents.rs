//! How the output filters of others failed (rows D1 to D5 of docs/prior-incidents.md), tried on this one.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use ringfence_dlp::{Document, Filter, Finding, Settings, Tier};

/// Output and findings of a text, given in pieces of `size` bytes.
fn filtered(settings: Settings, text: &str, size: usize) -> (String, Vec<Finding>) {
    let filter = Filter::new(settings).unwrap();
    let mut stream = filter.stream();
    let (mut out, mut findings) = (Vec::new(), Vec::new());
    for piece in text.as_bytes().chunks(size) {
        stream.push(piece, &mut out).unwrap();
        findings.extend(stream.findings());
    }
    stream.finish(&mut out).unwrap();
    findings.extend(stream.findings());
    (String::from_utf8(out).unwrap(), findings)
}

/// Characters without meaning, the same in every run.
fn noise(alphabet: &[u8], count: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        alphabet[usize::try_from(state >> 33).unwrap() % alphabet.len()] as char
    };
    (0..count).map(|_| next()).collect()
}

const URL_SAFE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[test]
fn d1_a_token_of_any_length_goes_whole() {
    for length in [60, 400, 4000] {
        let body = noise(URL_SAFE, length);
        // {"alg":"HS256","typ":"JWT"}
        let jwt = format!(
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ{body}.{}",
            &body[..43]
        );
        let (out, findings) = filtered(Settings::default(), &format!("token: {jwt} end\n"), 97);
        assert!(!findings.is_empty());
        assert!(
            out.starts_with("token: [redacted:") && out.ends_with("] end\n"),
            "{out}"
        );
    }
}

#[test]
fn d1_a_private_key_goes_with_its_body() {
    let mut key = String::from("-----BEGIN PRIVATE KEY-----\n");
    for _ in 0..24 {
        writeln!(key, "{}", noise(STANDARD, 64)).unwrap();
    }
    key.push_str("-----END PRIVATE KEY-----\n");
    let (out, _) = filtered(Settings::default(), &format!("before\n{key}after\n"), 31);
    assert!(
        out.starts_with("before\n") && out.ends_with("after\n"),
        "{out}"
    );
    assert!(out.len() < 80, "{out}");
}

#[test]
fn d2_random_base64_and_hexadecimal_are_seen_where_they_are_named() {
    let named = [
        format!("SECRET_KEY={}\n", noise(STANDARD, 200)),
        format!("api_key: {}\n", noise(b"0123456789abcdef", 40)),
        format!("Authorization: Bearer {}\n", noise(b"0123456789abcdef", 40)),
    ];
    for line in named {
        let (_, findings) = filtered(Settings::default(), &line, 64);
        assert_eq!(findings.len(), 1, "{line}: {findings:?}");
    }
}

#[test]
fn d3_ordinary_source_code_and_lock_files_pass() {
    let code = "\
impl<T: AsyncRead + AsyncWrite> Connection<T> {
    /// Returns the initialised TransportConfigurationBuilderFactory for this connection.
    fn transport_configuration(&self) -> Result<TransportConfiguration, ConfigurationError> {
        let identifierWithManyHumps = self.getElementsByClassNameOrDefault(\"navigation-bar__item--active\");
        Self::with_capacity(DEFAULT_MAXIMUM_TRANSPORT_BUFFER_SIZE_IN_BYTES)
    }
}
checksum = \"b7986b98c6cf8d30e5f26f4b8145224b13ddabc2058efa0bd8cf0a90cd972b05\"
\"integrity\": \"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==\",
commit 9fe0fe7c3a5d1f0b8e2d4c6a8b0c2e4f6a8b0c2d
id: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
";
    let (out, findings) = filtered(Settings::default(), code, 50);
    assert_eq!(out, code);
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn d4_the_end_of_a_long_document_is_known_too() {
    let words = [
        "harbour", "plum", "rotten", "lantern", "seven", "keeper", "of", "the", "north", "gate",
        "without", "letters",
    ];
    let mut state = 1u32;
    let mut text = String::new();
    while text.len() < 50_000 {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let _ = write!(
            text,
            "{}{} ",
            words[(state >> 16) as usize % words.len()],
            (state >> 8) % 1000
        );
    }
    let settings = Settings {
        context: vec![Document {
            name: "report".into(),
            text: text.clone().into_bytes(),
        }],
        ..Settings::default()
    };
    let excerpt = &text[text.len() - 900..];
    let (out, findings) = filtered(
        settings,
        &format!("It says:\n{excerpt}\nThat is all.\n"),
        80,
    );
    assert!(
        findings.iter().any(|f| f.tier == Tier::Echo),
        "{findings:?}"
    );
    assert!(!out.contains(&excerpt[500..]), "{out}");
}

#[test]
fn d5_a_secret_in_pieces_lines_or_another_alphabet_is_one_secret() {
    let secret = concat!("ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx");
    let base64 = "Z2hwX3dXUHc1azRhWGNhVDRmTlAwVWNuWndKVVZGazZMTzBwSU5VeA==";
    let lines: String = secret
        .as_bytes()
        .chunks(20)
        .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
        .collect();
    let reversed: String = secret.chars().rev().collect();
    let spaced: String = secret.chars().map(|c| format!("{c} ")).collect();
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    for text in [secret, base64, &lines, &reversed, &spaced, &hex] {
        for size in [1, 7, 4096] {
            let (out, findings) =
                filtered(Settings::default(), &format!("see: {text}\nend\n"), size);
            assert!(!findings.is_empty(), "{text} in pieces of {size}");
            assert!(!out.contains(text.trim_end()), "{out}");
        }
    }
}
