//! Context echo: excerpts of the session's context documents in a stream, as written or transformed.
//!
//! Stream and documents are reduced to letters and digits in lower case. Fingerprints of twelve of them, one place in
//! eight, are looked up in one table for all streams; a hit is followed symbol by symbol, over small insertions and
//! omissions. From 32 matching symbols on the stream's bytes are held, until the match breaks (they leave, and count against
//! the budget of the session) or spans 400 characters of a document (then it is an echo, up to where the match ends).

mod bounds;
mod budget;
mod chain;
mod prints;
mod scanner;
mod symbols;
mod views;

#[cfg(test)]
mod tests;

use crate::filter::FilterError;
use crate::settings::Document;
use budget::Budget;
use prints::Prints;
use scanner::Scanner;

pub use bounds::CONTEXT_BYTES;

/// What is kept of all documents: built once a filter, shared by its streams.
#[derive(Debug, Default)]
pub struct Index {
    watched: Option<(Prints, Budget)>,
}

/// An excerpt found: bytes `[start, end)` of the stream. A long one comes in parts that do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte, counted from the start of the stream.
    pub start: u64,
    /// First byte after it.
    pub end: u64,
    /// Which document, by its place in [`crate::Settings::context`].
    pub document: usize,
    /// A quote shorter than an excerpt that the budget no longer covers.
    pub over_budget: bool,
}

/// What one stream remembers, about 6 KB. Its spans are a function of the bytes fed, not of how they were cut.
#[derive(Debug, Default)]
pub struct State {
    scanner: Option<Box<Scanner>>,
}

impl Index {
    /// Builds the index, of at most [`CONTEXT_BYTES`] in all. `budget` is in characters; `None`: a tenth of the documents,
    /// and 2000 at least.
    ///
    /// # Errors
    /// The documents are larger than that.
    pub fn new(documents: &[Document], budget: Option<u64>) -> Result<Self, FilterError> {
        let length = documents.iter().map(|document| document.text.len()).sum();
        if length > CONTEXT_BYTES {
            return Err(FilterError::ContextTooLarge { length });
        }
        let texts: Vec<&[u8]> = documents.iter().map(|d| d.text.as_slice()).collect();
        if texts.is_empty() {
            return Ok(Self::default());
        }
        let prints = Prints::new(&texts);
        let budget = Budget::new(prints.views.characters, budget);
        Ok(Self {
            watched: Some((prints, budget)),
        })
    }

    /// Whether there is nothing to look for; the stream then never calls the rest.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.watched.is_none()
    }

    /// Whether a decoded text (all of it, up to some 100 KiB) holds an excerpt; the document's place if so. Shorter quotes in
    /// it do not count against the budget.
    #[must_use]
    pub fn find(&self, decoded: &[u8]) -> Option<usize> {
        let (prints, _) = self.watched.as_ref()?;
        if decoded.len() < bounds::EXCERPT_SYMBOLS as usize {
            return None;
        }
        let free = Budget::new(0, Some(u64::MAX));
        let (mut scanner, mut spans) = (Scanner::default(), Vec::new());
        scanner.push(prints, &free, decoded, &mut spans);
        scanner.finish(prints, &free, &mut spans);
        spans.first().map(|span| span.document)
    }

    /// Characters of the documents that have left in quotes, and how many may.
    #[must_use]
    pub fn spent(&self) -> Option<(u64, u64)> {
        self.watched.as_ref().map(|(_, budget)| budget.spent())
    }
}

impl State {
    /// Takes the next bytes of the stream (every byte, in order, in pieces of any length); adds the spans that they complete.
    pub fn feed(&mut self, index: &Index, bytes: &[u8], spans: &mut Vec<Span>) {
        if let Some((prints, budget)) = &index.watched {
            let scanner = self.scanner.get_or_insert_default();
            scanner.push(prints, budget, bytes, spans);
        }
    }

    /// The end of the stream: adds what was still open.
    pub fn finish(&mut self, index: &Index, spans: &mut Vec<Span>) {
        if let (Some((prints, budget)), Some(scanner)) = (&index.watched, &mut self.scanner) {
            scanner.finish(prints, budget, spans);
        }
    }

    /// From which offset on bytes must be held because they may still become part of a span; `None`: hold nothing.
    /// No later span begins before it. At most [`crate::limits::WINDOW`] bytes before the last byte fed.
    #[must_use]
    pub fn hold_from(&self) -> Option<u64> {
        self.scanner.as_ref()?.hold()
    }
}
