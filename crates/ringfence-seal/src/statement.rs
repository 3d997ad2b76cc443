//! The runner statement: what a server says, under its signature, that a runner is. It ties the key that a client seals to, to a
//! model, a program and a sandbox.
//!
//! It is worth what the server's word is worth. It keeps a curious server, its logs and its disk from reading, because the key was
//! made inside the runner. A malicious server can sign what it likes.

mod encoding;
mod pin;
mod verify;

pub use pin::{ModelPin, Pin};
pub use verify::{StatementError, VerifiedRunner, Wanted};

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::digest::{Digest, NotHex, hex, parse, serde_as_text};
use crate::error::SealError;
use crate::key::KeyConfig;
use crate::limits::{MAX_MODEL_NAME, MAX_PROTECTION_NAME, MAX_PROTECTIONS, MAX_STATEMENT_LIFETIME};
use crate::secret;
use crate::time::UnixTime;

/// The media type of a signed statement.
pub const STATEMENT_MEDIA_TYPE: &str = "application/vnd.ringfence.runner-statement";

/// What comes before a statement when it is signed, so that no signature of another protocol is ever one of a statement.
const DOMAIN: &[u8] = b"ringfence runner statement v1\0";

/// A server's public key: how a client knows the server again. Written `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerIdentity(pub [u8; 32]);

impl ServerIdentity {
    const PREFIX: &'static str = "ed25519:";

    /// The first twelve hexadecimal digits, for messages to a person.
    #[must_use]
    pub fn short(&self) -> String {
        hex(&self.0[..6])
    }
}

impl fmt::Display for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, hex(&self.0))
    }
}

impl fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ServerIdentity {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        parse(Self::PREFIX, text).map(Self)
    }
}

serde_as_text!(ServerIdentity);

/// A server's private key (Ed25519, RFC 8032). Cleared by the library when dropped.
pub struct ServerKey {
    pair: Ed25519KeyPair,
    identity: ServerIdentity,
}

impl ServerKey {
    /// The key of this seed: 32 secret random bytes that the caller keeps.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, SealError> {
        let failed = SealError::Library("make a signing key");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| failed.clone())?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| failed)?;
        Ok(Self {
            pair,
            identity: ServerIdentity(public),
        })
    }

    /// A fresh seed for [`ServerKey::from_seed`].
    pub fn fresh_seed() -> Result<Zeroizing<[u8; 32]>, SealError> {
        let mut seed = Zeroizing::new([0; 32]);
        secret::fill(&mut *seed)?;
        Ok(seed)
    }

    /// The public half.
    #[must_use]
    pub const fn identity(&self) -> ServerIdentity {
        self.identity
    }

    /// Signs what was said about a runner.
    pub fn sign(&self, claim: Claim) -> Result<SignedStatement, StatementError> {
        let statement = Statement {
            server: self.identity,
            claim,
        };
        statement.check()?;
        let body = encoding::encode(&statement);
        let signature = self
            .pair
            .try_sign(&[DOMAIN, &body].concat())
            .map_err(|_| StatementError::Signing)?;
        let signature = signature
            .as_ref()
            .try_into()
            .map_err(|_| StatementError::Signing)?;
        Ok(SignedStatement {
            statement,
            body,
            signature,
        })
    }
}

/// The isolation level of a runner's sandbox.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Namespaces, Landlock and seccomp on the host's kernel.
    Standard,
    /// A kernel of its own.
    High,
    /// Written by hand; compares with nothing.
    Custom,
}

impl Level {
    /// Whether a runner at this level is enough for one who asked for `wanted`.
    #[must_use]
    pub const fn satisfies(self, wanted: Self) -> bool {
        match wanted {
            Self::Standard => matches!(self, Self::Standard | Self::High),
            Self::High => matches!(self, Self::High),
            Self::Custom => matches!(self, Self::Custom),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::High => "high",
            Self::Custom => "custom",
        })
    }
}

/// What a server says about a runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key that was made inside the runner.
    pub key: KeyConfig,
    /// Name of the model, as a client asks for it.
    pub model: String,
    /// Digest of the model's manifest.
    pub manifest: Digest,
    /// Digest of the runner's program.
    pub binary: Digest,
    /// Digest of the serialised sandbox in which it runs.
    pub sandbox: Digest,
    /// Isolation level of that sandbox.
    pub level: Level,
    /// Protections in force, each a word of lower-case letters, digits, dots and dashes.
    pub protections: BTreeSet<String>,
    /// When this was said.
    pub issued: UnixTime,
    /// From when on it holds no more: at most [`MAX_STATEMENT_LIFETIME`] seconds later.
    pub expires: UnixTime,
}

/// A claim and who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Who signs.
    pub server: ServerIdentity,
    /// What is said.
    pub claim: Claim,
}

impl std::ops::Deref for Statement {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        &self.claim
    }
}

impl Statement {
    /// The rules that hold for what is signed and for what is read.
    fn check(&self) -> Result<(), StatementError> {
        let word = |text: &str| {
            (1..=MAX_PROTECTION_NAME).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'))
        };
        let name = &self.model;
        if !(1..=MAX_MODEL_NAME).contains(&name.len())
            || !name.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(StatementError::Malformed("the model's name"));
        }
        if self.protections.len() > MAX_PROTECTIONS
            || !self.protections.iter().all(|text| word(text))
        {
            return Err(StatementError::Malformed("the list of protections"));
        }
        if self.expires <= self.issued
            || self.expires.distance(self.issued) > MAX_STATEMENT_LIFETIME
        {
            return Err(StatementError::Malformed("its time of expiry"));
        }
        Ok(())
    }
}

/// A statement with its signature, as it travels. What it says is told only by a [`VerifiedRunner`].
#[derive(Clone, PartialEq, Eq)]
pub struct SignedStatement {
    statement: Statement,
    body: Vec<u8>,
    signature: [u8; 64],
}

impl SignedStatement {
    /// The bytes to send: the statement, then 64 bytes of signature.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&self.body[..], &self.signature].concat()
    }

    /// Reads a statement. Its signature is checked by [`SignedStatement::verify`] and [`SignedStatement::first_use`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        let (statement, body, signature) = encoding::decode(bytes)?;
        Ok(Self {
            statement,
            body: body.to_vec(),
            signature: *signature,
        })
    }

    /// Whether the server that the statement names signed it.
    fn check_signature(&self) -> Result<(), StatementError> {
        UnparsedPublicKey::new(&ED25519, &self.statement.server.0)
            .verify(&[DOMAIN, &self.body].concat(), &self.signature)
            .map_err(|_| StatementError::Signature {
                server: self.statement.server,
            })
    }
}

#[cfg(test)]
mod tests;
