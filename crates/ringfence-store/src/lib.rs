//! Keeps: the hash-chained audit log, its sinks, its signed checkpoints and the code that verifies them; the encrypted vault and
//! the keys to it.
//!
//! This crate owns the on-disk formats and nothing else: it decides nothing about the sandbox and serves nothing.
//! A session writes with [`AuditLog`]; a person reads with [`Reader`], [`verify`] and [`export`]. Conversations and named secrets
//! are in a [`vault::Vault`], whose keys a [`keys::KeyStore`] keeps.
// `keys/locked.rs` maps memory that stays out of swap.
#![deny(unsafe_code)]

mod checkpoint;
mod export;
mod files;
mod hex;
pub mod keys;
mod limits;
mod log;
mod ocsf;
mod read;
mod record;
mod redact;
mod sink;
mod time;
pub mod tpm;
pub mod vault;
mod verify;

pub use checkpoint::{Checkpoint, KeyError, PublicKey, SigningKey, checkpoint_path};
pub use export::{ExportError, Format, export};
pub use limits::{
    CHECKPOINT_EVERY, MAX_FIELD, MAX_ITEMS, MAX_LINE, MAX_TPM_PART, MIN_SECRET, RESERVE,
    SINK_CONNECT_TIMEOUT, SINK_FLUSH_TIMEOUT, SINK_QUEUE, SINK_WRITE_TIMEOUT, TPM_WAIT,
};
pub use log::{AuditError, AuditLog, Durability, Options, Receipt, Stopped};
pub use read::{ReadError, Reader, Record};
pub use redact::{RedactError, Secret};
pub use sink::{SinkReport, SinkSpec};
pub use verify::{Fault, Verdict, VerifyError, VerifyOptions, verify};
