//! A value in all its representations, by MIME type, as Jupyter names them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use super::limits;

/// One representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Text, as it passed the egress filter.
    Text(String),
    /// A raster image. It serialises as base64 with padding.
    Binary(Vec<u8>),
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Binary(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
        }
    }
}

/// A value in all its representations. Made by untrusted code: an HTML representation may hold scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bundle(pub BTreeMap<String, Data>);

impl Bundle {
    /// The plain text, which nearly every value has.
    pub fn text(&self) -> Option<&str> {
        match self.0.get("text/plain") {
            Some(Data::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The images, with their type.
    pub fn images(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().filter_map(|(kind, data)| match data {
            Data::Binary(bytes) => Some((kind.as_str(), bytes.as_slice())),
            Data::Text(_) => None,
        })
    }

    /// Bytes of all representations.
    pub(super) fn size(&self) -> u64 {
        let size = |data: &Data| match data {
            Data::Text(text) => text.len(),
            Data::Binary(bytes) => bytes.len(),
        };
        self.0.values().map(size).sum::<usize>() as u64
    }
}

/// Checks what an interpreter sent. What is too much or not what it says it is left out, with a word about it in the text.
pub(super) fn checked(sent: BTreeMap<String, String>) -> Bundle {
    let mut bundle = Bundle::default();
    let mut remarks = String::new();
    let count = sent.len();
    for (kind, value) in sent.into_iter().take(limits::KINDS) {
        if !is_mime(&kind) {
            remarks.push_str("\n[a representation whose type is no MIME type was left out]");
            continue;
        }
        let data = match raster(&kind) {
            Some(is_one) => match STANDARD.decode(value.trim_ascii()) {
                Ok(bytes) if bytes.len() > limits::BINARY => Err("is too large"),
                Ok(bytes) if is_one(&bytes) => Ok(Data::Binary(bytes)),
                _ => Err("is not one"),
            },
            None if kind.starts_with("text/") || TEXTUAL.contains(&kind.as_str()) => {
                Ok(Data::Text(cut(value, limits::TEXT)))
            }
            None => Err("is of a type that is not passed on"),
        };
        match data {
            Ok(data) => {
                bundle.0.insert(kind, data);
            }
            Err(why) => remarks.push_str(&format!("\n[{kind} {why}; left out]")),
        }
    }
    if count > limits::KINDS {
        remarks.push_str("\n[more representations were left out]");
    }
    if !remarks.is_empty() {
        match bundle
            .0
            .entry("text/plain".into())
            .or_insert_with(|| Data::Text(String::new()))
        {
            Data::Text(text) => text.push_str(&remarks),
            Data::Binary(_) => {}
        }
    }
    bundle
}

/// Types beside `text/*` that are text.
const TEXTUAL: &[&str] = &[
    "application/json",
    "image/svg+xml",
    "application/javascript",
];

fn is_mime(kind: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-._".contains(&b))
    };
    kind.len() <= limits::KIND
        && kind
            .split_once('/')
            .is_some_and(|(main, sub)| good(main) && good(sub))
}

/// How the bytes of a raster image of this type begin.
fn raster(kind: &str) -> Option<fn(&[u8]) -> bool> {
    match kind {
        "image/png" => Some(|bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() > 24),
        "image/jpeg" => Some(|bytes| bytes.starts_with(b"\xff\xd8\xff")),
        "image/gif" => Some(|bytes| bytes.starts_with(b"GIF8")),
        "image/webp" => {
            Some(|bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
        }
        _ => None,
    }
}

/// At most `limit` bytes of a text, and a word about what is missing.
pub(super) fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let all = text.len();
        let boundary = (0..=limit).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(boundary.unwrap_or(0));
        text.push_str(&format!("\n[truncated: {all} bytes in all]"));
    }
    text
}

/// Width and height of a PNG image in pixels.
pub(super) fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

impl Bundle {
    /// Width and height in pixels of the PNG image that it holds.
    pub fn png_size(&self) -> Option<(u32, u32)> {
        match self.0.get("image/png") {
            Some(Data::Binary(bytes)) => png_size(bytes),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: &str, value: &str) -> Bundle {
        checked(BTreeMap::from([(kind.to_owned(), value.to_owned())]))
    }

    #[test]
    fn what_is_not_what_it_says_is_left_out_and_said() {
        for (kind, value, word) in [
            (
                "image/png",
                "not base64!",
                "[image/png is not one; left out]",
            ),
            ("image/png", "aGVsbG8=", "[image/png is not one; left out]"),
            ("video/mp4", "x", "not passed on"),
            ("no mime", "x", "no MIME type"),
            ("text/\u{1b}[2J", "x", "no MIME type"),
        ] {
            let bundle = one(kind, value);
            assert!(bundle.text().unwrap().contains(word), "{kind}: {bundle:?}");
            assert_eq!(bundle.0.len(), 1);
        }
    }

    #[test]
    fn texts_are_cut_at_a_character() {
        let text = cut("ä".repeat(10), 3);
        assert_eq!(text, "ä\n[truncated: 20 bytes in all]");
    }

    #[test]
    fn the_size_of_an_image() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 2, 128, 0, 0, 1, 224, 8]);
        let bundle = one("image/png", &STANDARD.encode(&png));
        assert_eq!(bundle.png_size(), Some((640, 480)));
        assert_eq!(
            serde_json::to_value(&bundle).unwrap()["image/png"],
            STANDARD.encode(&png)
        );
    }
}
