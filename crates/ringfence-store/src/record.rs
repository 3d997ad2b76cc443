//! One line of the log: how it is rendered, hashed and taken apart again.
//!
//! A line is one JSON object in ASCII whose last member is the hash. The hash covers every byte before it, so there is no second
//! form of the same line and nothing to canonicalise: `sha256(DOMAIN ‖ line up to the hash member)`. The bytes hold the sequence
//! number and the hash of the line before; the first line's is `sha256(DOMAIN ‖ session name)`.

use aws_lc_rs::digest::{Context, SHA256};
use ringfence_policy::event::Event;
use serde::{Deserialize, Serialize};

use crate::hex;
use crate::ocsf::{Ocsf, SCHEMA};

const DOMAIN: &[u8] = b"ringfence audit log 1\n";
const HASH_MEMBER: &str = ",\"hash\":\"";
const TAIL: &str = "\"}}";

/// A SHA-256 value.
pub(crate) type Hash = [u8; 32];

/// The value that stands for "the line before the first".
pub(crate) fn genesis(session: &str) -> Hash {
    digest(&[DOMAIN, b"session ", session.as_bytes()])
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    ocsf: Ocsf<'a>,
    time: u64,
    metadata: Metadata<'a>,
    unmapped: Unmapped<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    version: &'a str,
    product: Product,
    uid: String,
    correlation_uid: &'a str,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    profiles: Option<[&'static str; 1]>,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Unmapped<'a> {
    event: &'a Event,
    prev: String,
}

/// What a line says, hash aside.
pub(crate) struct Head<'a> {
    pub(crate) session: &'a str,
    pub(crate) seq: u64,
    pub(crate) prev: Hash,
    pub(crate) time: u64,
}

/// A rendered line with its newline.
pub(crate) struct Rendered {
    pub(crate) line: String,
    pub(crate) hash: Hash,
    pub(crate) severity: u8,
}

/// Renders and hashes one line.
pub(crate) fn render(head: &Head<'_>, event: &Event) -> Result<Rendered, serde_json::Error> {
    let ocsf = Ocsf::of(event);
    let severity = ocsf.severity_id;
    let line = Line {
        time: head.time,
        metadata: Metadata {
            version: SCHEMA,
            product: Product {
                name: "Ringfence",
                vendor_name: "Ringfence",
                version: env!("CARGO_PKG_VERSION"),
            },
            uid: format!("{}-{}", head.session, head.seq),
            correlation_uid: head.session,
            sequence: head.seq,
            profiles: ocsf.controls().then_some(["security_control"]),
        },
        ocsf,
        unmapped: Unmapped {
            event,
            prev: hex::encode(&head.prev),
        },
    };
    let mut bytes = Vec::with_capacity(1024);
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, Ascii);
    line.serialize(&mut writer)?;
    let mut text = String::from_utf8(bytes).map_err(serde::ser::Error::custom)?;
    // `}}` closes `unmapped` and the line; the hash goes in before them.
    text.truncate(text.len() - 2);
    let hash = digest(&[DOMAIN, text.as_bytes()]);
    text.push_str(HASH_MEMBER);
    text.push_str(&hex::encode(&hash));
    text.push_str(TAIL);
    text.push('\n');
    Ok(Rendered {
        line: text,
        hash,
        severity,
    })
}

/// JSON in pure ASCII: no escape sequence, bidirectional mark or line separator of hostile text reaches a terminal that shows a line.
struct Ascii;

impl serde_json::ser::Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        let mut start = 0;
        for (at, c) in fragment.char_indices() {
            if c.is_ascii() && c != '\x7f' {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[start..at])?;
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            start = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[start..])
    }
}

/// A text as it stands in a line, without the quotes.
pub(crate) fn ascii_json(text: &str) -> String {
    let mut bytes = Vec::new();
    let written = text.serialize(&mut serde_json::Serializer::with_formatter(
        &mut bytes, Ascii,
    ));
    let text = written
        .ok()
        .and_then(|()| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or_default()
        .to_owned()
}

/// A line taken apart. Whether its hash is right is [`Parsed::genuine`].
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) session: String,
    pub(crate) seq: u64,
    pub(crate) time: u64,
    pub(crate) prev: Hash,
    pub(crate) hash: Hash,
    /// The hash that belongs to the bytes of the line.
    pub(crate) computed: Hash,
    pub(crate) event: Event,
}

impl Parsed {
    /// Whether the line carries the hash of its own bytes.
    pub(crate) fn genuine(&self) -> bool {
        self.hash == self.computed
    }
}

#[derive(Deserialize)]
struct RawLine {
    time: u64,
    metadata: RawMetadata,
    unmapped: RawUnmapped,
}

#[derive(Deserialize)]
struct RawMetadata {
    correlation_uid: String,
    sequence: u64,
}

#[derive(Deserialize)]
struct RawUnmapped {
    event: Event,
    prev: String,
    hash: String,
}

/// Takes a line (without its newline) apart; `None` when it is no line of ours.
pub(crate) fn parse(line: &[u8]) -> Option<Parsed> {
    let text = std::str::from_utf8(line).ok()?;
    let cut = text
        .len()
        .checked_sub(HASH_MEMBER.len() + 64 + TAIL.len())?;
    let (body, rest) = (text.get(..cut)?, text.get(cut..)?);
    let hash: Hash = hex::decode(rest.strip_prefix(HASH_MEMBER)?.strip_suffix(TAIL)?)?;
    let raw: RawLine = serde_json::from_str(text).ok()?;
    if hex::decode(&raw.unmapped.hash) != Some(hash) {
        return None;
    }
    Some(Parsed {
        session: raw.metadata.correlation_uid,
        seq: raw.metadata.sequence,
        time: raw.time,
        prev: hex::decode(&raw.unmapped.prev)?,
        hash,
        computed: digest(&[DOMAIN, body.as_bytes()]),
        event: raw.unmapped.event,
    })
}

#[cfg(test)]
mod tests;
