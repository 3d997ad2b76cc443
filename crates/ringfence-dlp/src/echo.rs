//! Context echo: long excerpts of documents, also transformed.
use crate::filter::FilterError;
use crate::settings::Document;

/// What is kept of all documents: built once a filter, shared by its streams.
#[derive(Debug, Default)]
pub struct Index {
    _private: (),
}

/// An excerpt found: bytes `[start, end)` of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte, counted from the start of the stream.
    pub start: u64,
    /// First byte after it.
    pub end: u64,
    /// Which document, by its place in [`crate::Settings::context`].
    pub document: usize,
}

/// What one stream remembers. Its spans must be a function of the bytes fed, not of how they were cut.
#[derive(Debug, Default)]
pub struct State {
    _private: (),
}

impl Index {
    /// Builds the index.
    pub fn new(documents: &[Document], _budget: Option<u64>) -> Result<Self, FilterError> {
        match documents.first() {
            None => Ok(Self::default()),
            Some(first) => Err(FilterError::ContextUnsupported {
                name: first.name.clone(),
            }),
        }
    }

    /// Whether there is nothing to look for; the stream then never calls the rest.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Whether a decoded text (all of it, up to some 100 KiB) holds an excerpt; the document's place if so.
    #[must_use]
    pub fn find(&self, _decoded: &[u8]) -> Option<usize> {
        None
    }
}

impl State {
    /// Takes the next bytes of the stream (every byte, in order, in pieces of any length); adds the spans that they complete.
    /// A span may grow: adding a longer one that overlaps an earlier one joins them as long as the earlier one is held.
    pub fn feed(&mut self, _index: &Index, _bytes: &[u8], _spans: &mut Vec<Span>) {}

    /// The end of the stream: adds what was still open.
    pub fn finish(&mut self, _index: &Index, _spans: &mut Vec<Span>) {}

    /// From which offset on bytes must be held because they may still become part of a span; `None`: hold nothing.
    /// No later span may begin before it. At most [`crate::limits::WINDOW`] bytes before the last byte fed.
    #[must_use]
    pub fn hold_from(&self) -> Option<u64> {
        None
    }
}
