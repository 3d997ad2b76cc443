//! Texts that stand for a secret without being one.
use memchr::memmem::Finder;
use std::sync::OnceLock;

/// Words of placeholders, in lower case. Each is long enough not to come up by chance in a random secret.
const PLACEHOLDERS: [&[u8]; 24] = [
    b"example",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"changeit",
    b"redacted",
    b"replace",
    b"your_",
    b"your-",
    b"yourtoken",
    b"yourkey",
    b"yoursecret",
    b"yourpass",
    b"yourapi",
    b"my_secret",
    b"mysecret",
    b"dummy",
    b"xxxxx",
    b"insert_",
    b"foobar",
    b"${",
    b"{{",
    b"...",
];

/// Whether no word of a placeholder stands in it.
#[must_use]
pub fn not_placeholder(secret: &[u8]) -> bool {
    let text = secret.get(..secret.len().min(512)).unwrap_or_default();
    let lower = text.to_ascii_lowercase();
    static FINDERS: OnceLock<Vec<Finder<'static>>> = OnceLock::new();
    let finders =
        FINDERS.get_or_init(|| PLACEHOLDERS.iter().map(|word| Finder::new(*word)).collect());
    !finders.iter().any(|word| word.find(&lower).is_some())
}

/// No placeholder, and no character seven times in a row (unless it is long: base64 of structures has runs).
#[must_use]
pub fn plausible(secret: &[u8]) -> bool {
    not_placeholder(secret) && (secret.len() > 100 || longest_run(secret) < 7)
}

fn longest_run(text: &[u8]) -> usize {
    let (mut longest, mut run) = (0, 0);
    let mut last = None;
    for byte in text {
        run = if last == Some(byte) { run + 1 } else { 1 };
        last = Some(byte);
        longest = longest.max(run);
    }
    longest
}
