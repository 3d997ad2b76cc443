//! How bytes become text, values become lines, and images become files.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ringfence_runtime::repl::{Bundle, StreamName};

use crate::error::Failure;
use crate::exit::Exit;

/// Puts characters together that were cut. A byte that belongs to none becomes U+FFFD.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
}

impl Decoder {
    /// The text that is whole.
    pub fn push(&mut self, data: &[u8]) -> String {
        self.held.extend_from_slice(data);
        let mut text = String::with_capacity(self.held.len());
        let mut rest = self.held.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    match error.error_len() {
                        Some(length) => {
                            text.push(char::REPLACEMENT_CHARACTER);
                            rest = after.get(length..).unwrap_or_default();
                        }
                        None => {
                            rest = after;
                            break;
                        }
                    }
                }
            }
        }
        self.held = rest.to_vec();
        text
    }

    /// What was cut off.
    pub fn finish(&mut self) -> Option<&'static str> {
        let cut = !self.held.is_empty();
        self.held.clear();
        cut.then_some("\u{fffd}")
    }
}

/// One for each stream.
#[derive(Debug, Default)]
pub struct Decoders {
    out: Decoder,
    err: Decoder,
}

impl Decoders {
    pub fn of(&mut self, stream: StreamName) -> &mut Decoder {
        match stream {
            StreamName::Stdout => &mut self.out,
            StreamName::Stderr => &mut self.err,
        }
    }

    pub fn finish(&mut self) -> impl Iterator<Item = (StreamName, &'static str)> + use<> {
        let ends = [
            (StreamName::Stdout, self.out.finish()),
            (StreamName::Stderr, self.err.finish()),
        ];
        ends.into_iter()
            .filter_map(|(name, text)| Some((name, text?)))
    }
}

/// Where images are kept.
#[derive(Debug)]
pub struct Gallery {
    dir: Option<PathBuf>,
    count: u32,
}

impl Gallery {
    /// Makes the directory if need be.
    pub fn open(dir: Option<&Path>) -> Result<Self, Failure> {
        if let Some(dir) = dir {
            let made = std::fs::create_dir_all(dir);
            made.map_err(|e| {
                Failure::message(Exit::Usage, format!("--out {}: {e}", dir.display()))
            })?;
        }
        Ok(Self {
            dir: dir.map(Path::to_owned),
            count: 0,
        })
    }

    /// A value as lines for a terminal: its text, and a line for each image.
    pub fn lines(&mut self, bundle: &Bundle) -> String {
        let mut lines = String::new();
        let images: Vec<(&str, &[u8])> = bundle.images().collect();
        // The text that stands for a figure says less than the line about its image.
        let text = bundle
            .text()
            .filter(|text| images.is_empty() || !text.starts_with("<Figure size"));
        if let Some(text) = text {
            lines.push_str(text);
            lines.push('\n');
        }
        for (kind, bytes) in images {
            let size = match (kind, bundle.png_size()) {
                ("image/png", Some((width, height))) => format!(" {width}x{height}"),
                _ => String::new(),
            };
            lines.push_str(&format!("[{kind}{size} {}]\n", self.save(kind, bytes)));
        }
        lines
    }

    /// Says what became of it. An existing file is never written over.
    fn save(&mut self, kind: &str, bytes: &[u8]) -> String {
        let Some(dir) = &self.dir else {
            return "not saved; --out DIR saves images".into();
        };
        let ending = kind.rsplit('/').next().unwrap_or("bin");
        loop {
            self.count += 1;
            let path = dir.join(format!("image-{}.{ending}", self.count));
            let opened = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o644)
                .open(&path);
            match opened.and_then(|mut file| file.write_all(bytes)) {
                Ok(()) => return format!("saved to {}", path.display()),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return format!("not saved to {}: {e}", path.display()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_put_together_and_bytes_that_are_none_replaced() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push("aä".as_bytes().get(..2).unwrap()), "a");
        assert_eq!(decoder.push("ä".as_bytes().get(1..).unwrap()), "ä");
        assert_eq!(decoder.push(b"\xff\xfeb"), "\u{fffd}\u{fffd}b");
        assert_eq!(decoder.push(b"\xe2\x82"), "");
        assert_eq!(decoder.finish(), Some("\u{fffd}"));
        assert_eq!(decoder.finish(), None);
    }
}
