//! End-to-end encryption between a client and the runner of a model, over a server that sees ciphertext only.
//!
//! A runner makes a [`RunnerKey`]; the server signs a [`Claim`] about it with its [`ServerKey`]; a client verifies the
//! [`SignedStatement`] against a [`Pin`] and what it [`Wanted`], and gets a [`VerifiedRunner`]. To that, and to nothing else, a
//! [`RequestSealer`] seals a request. A [`RequestOpener`] gives the [`Opened`] request when its last frame authenticated, and with it
//! the [`Responder`] whose response only the [`ResponseOpener`] of this very request opens.
//!
//! The format is chunked Oblivious HTTP (draft-ietf-ohai-chunked-ohttp, RFC 9458) over HPKE (RFC 9180) with X-Wing or X25519,
//! HKDF-SHA256 and AES-256-GCM; inside is binary HTTP (RFC 9292), padded. `docs/encryption.md` has the tables.
//!
//! A [`Quote`] of a TPM over a statement can be checked as well.
//!
//! Pure: no files, no network, no clock. Time is passed in; randomness comes from the operating system.
#![forbid(unsafe_code)]

mod binary;
mod client;
mod digest;
mod encryption;
mod error;
mod exchange;
mod frames;
#[doc(hidden)]
pub mod fuzzing;
mod key;
pub mod limits;
mod pace;
mod padding;
mod quote;
mod replay;
mod runner;
mod secret;
mod statement;
mod suite;
mod time;
mod varint;
mod xwing;

pub use binary::{BinaryError, Field, RESERVED_PREFIX, RequestHead, ResponseHead};
pub use client::{RequestSealer, ResponseOpener};
pub use digest::{Digest, NotHex};
pub use encryption::{Encryption, NotRequired};
pub use error::{Half, Refusal, SealError};
pub use key::{KEYS_MEDIA_TYPE, KeyConfig, KeyConfigError, RunnerKey};
pub use pace::Pacer;
pub use quote::{AttestationKey, Quote, QuoteError, QuoteVerified, QuoteWanted, qualifying_data};
pub use replay::{ReplayCache, RequestId};
pub use runner::{Opened, RequestOpener, Responder, ResponseSealer};
pub use statement::{
    Claim, Level, ModelPin, Pin, STATEMENT_MEDIA_TYPE, ServerIdentity, ServerKey, SignedStatement,
    Statement, StatementError, VerifiedRunner, Wanted,
};
pub use suite::Kem;
pub use time::UnixTime;

/// Media type of a sealed request.
pub const REQUEST_MEDIA_TYPE: &str = "message/vnd.ringfence.sealed-req";
/// Media type of a sealed response.
pub const RESPONSE_MEDIA_TYPE: &str = "message/vnd.ringfence.sealed-res";

/// The header field inside a request that carries the client's time, in seconds since 1970.
const TIME_FIELD: &str = "ringfence-time";

/// The id of the key to which a sealed request is sealed: all that a server in between needs, and all that it can read.
#[must_use]
pub fn key_id(sealed_request: &[u8]) -> Option<u8> {
    sealed_request.first().copied()
}

#[cfg(test)]
mod tests;
