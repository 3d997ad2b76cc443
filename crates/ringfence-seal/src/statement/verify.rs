//! From a signed statement to a runner that may be sealed to.

use std::collections::BTreeSet;

use super::{Level, Pin, ServerIdentity, SignedStatement, Statement};
use crate::digest::Digest;
use crate::key::{KeyConfig, KeyConfigError};
use crate::limits::{MAX_STATEMENT, TIME_WINDOW};
use crate::suite::Kem;
use crate::time::UnixTime;

/// What a client asks of a runner, beyond what it has pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The model that was asked for. A statement about another is refused.
    pub model: String,
    /// The manifest that it has to have.
    pub manifest: Option<Digest>,
    /// The program that has to run it.
    pub binary: Option<Digest>,
    /// The sandbox in which it has to run.
    pub sandbox: Option<Digest>,
    /// The isolation level that it has to reach.
    pub level: Option<Level>,
    /// Protections that have to be in force.
    pub protections: BTreeSet<String>,
    /// Whether X25519 alone is enough. By default it is not.
    pub allow_classical: bool,
}

impl Wanted {
    /// Nothing but this model, and a post-quantum key.
    pub fn model(name: impl Into<String>) -> Self {
        Self {
            model: name.into(),
            manifest: None,
            binary: None,
            sandbox: None,
            level: None,
            protections: BTreeSet::new(),
            allow_classical: false,
        }
    }
}

/// A runner whose statement was verified: the only thing to which a request is sealed.
///
/// Nobody can say so of a statement that was not:
///
/// ```compile_fail,E0451
/// use ringfence_seal::*;
///
/// fn forge(statement: Statement) -> VerifiedRunner {
///     VerifiedRunner { statement }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedRunner {
    statement: Statement,
}

impl VerifiedRunner {
    /// What the server says about it.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    pub(crate) const fn key(&self) -> &KeyConfig {
        &self.statement.claim.key
    }
}

/// Why a statement is not believed. Says what did not match, with digests shortened to twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// Other bytes.
    #[error("these bytes are no runner statement")]
    NotAStatement,
    /// More bytes than the limit.
    #[error("a runner statement has at most {MAX_STATEMENT} bytes, this one has {0}")]
    TooLong(usize),
    /// A version that is not known here.
    #[error(
        "the runner statement has version {0}, this program reads version 1: the newer side decides which to use"
    )]
    Version(u8),
    /// A field is missing, out of order or not well-formed.
    #[error("the runner statement is damaged: {0} is missing or not well-formed")]
    Malformed(&'static str),
    /// The same could be said in other bytes.
    #[error("the runner statement is not in its canonical form")]
    NotCanonical,
    /// The key in it can not be used.
    #[error("the key in the runner statement: {0}")]
    Key(#[source] KeyConfigError),
    /// Not signed by the server it names.
    #[error("the signature of the runner statement is not that of server {}: it was altered or is not genuine", server.short())]
    Signature {
        /// The server that it names.
        server: ServerIdentity,
    },
    /// Signed by another server than the pinned one.
    #[error(
        "the runner statement is signed by server {}, pinned is {}: the server has a new key, or another one answers in its place. Compare the key with the server's owner, then forget the pin",
        got.short(), expected.short()
    )]
    Server {
        /// The pinned one.
        expected: ServerIdentity,
        /// The statement's.
        got: ServerIdentity,
    },
    /// About another model than the one asked for.
    #[error("the runner statement is about model \"{got}\", asked for was \"{expected}\"")]
    Model {
        /// Asked for.
        expected: String,
        /// The statement's.
        got: String,
    },
    /// A digest is not the one that is wanted or pinned.
    #[error("the runner's {what} has digest {}, {by} is {}", got.short(), expected.short())]
    Digest {
        /// Of what.
        what: &'static str,
        /// `wanted` or `pinned`.
        by: &'static str,
        /// The wanted or pinned one.
        expected: Digest,
        /// The statement's.
        got: Digest,
    },
    /// The sandbox is weaker than wanted or pinned.
    #[error("the runner's sandbox has level {got}, {by} is {expected}")]
    Level {
        /// `wanted` or `pinned`.
        by: &'static str,
        /// The wanted or pinned one.
        expected: Level,
        /// The statement's.
        got: Level,
    },
    /// Wanted protections are not in force.
    #[error("the runner lacks the protection \"{0}\"")]
    Protection(String),
    /// The key is not post-quantum and has to be.
    #[error(
        "the runner's key is {0} only, wanted is X-Wing: what is recorded now could be read by a quantum computer later"
    )]
    Classical(Kem),
    /// Past its time.
    #[error("the runner statement ended at {}, the time is {}, in seconds since 1970: ask the server for a new one, and check the clock", expired.0, now.0)]
    Expired {
        /// When it ended.
        expired: UnixTime,
        /// The client's time.
        now: UnixTime,
    },
    /// Ahead of its time.
    #[error("the runner statement begins at {}, the time is {}, in seconds since 1970: check both clocks", issued.0, now.0)]
    NotYet {
        /// When it begins.
        issued: UnixTime,
        /// The client's time.
        now: UnixTime,
    },
    /// The pin remembers as many models as it may.
    #[error(
        "the pin remembers {} models and takes no more",
        crate::limits::MAX_PINNED_MODELS
    )]
    PinFull,
    /// The library did not sign.
    #[error("the statement could not be signed")]
    Signing,
}

impl SignedStatement {
    /// Checks a statement of a server that is known: who signed it, when, and that it says what is wanted and what is pinned for
    /// this model. A model that is not pinned yet has to satisfy `wanted` only; [`Pin::remember`] pins it.
    pub fn verify(
        &self,
        pin: &Pin,
        wanted: &Wanted,
        now: UnixTime,
    ) -> Result<VerifiedRunner, StatementError> {
        let (expected, got) = (pin.server, self.statement.server);
        if expected != got {
            return Err(StatementError::Server { expected, got });
        }
        self.check_signature()?;
        self.check_claim(wanted, now)?;
        if let Some(known) = pin.models.get(&self.statement.model) {
            let claim = &self.statement.claim;
            let by = "pinned";
            digest("model manifest", by, Some(known.manifest), claim.manifest)?;
            digest("program", by, Some(known.binary), claim.binary)?;
            digest("sandbox", by, Some(known.sandbox), claim.sandbox)?;
            level(by, Some(known.level), claim.level)?;
        }
        Ok(VerifiedRunner {
            statement: self.statement.clone(),
        })
    }

    /// Checks a statement of a server that is met for the first time, and makes the pin by which it is known from then on. Whoever
    /// answers now is believed: show [`Pin::server`] to a person, who can compare it with the server's own.
    pub fn first_use(
        &self,
        wanted: &Wanted,
        now: UnixTime,
    ) -> Result<(VerifiedRunner, Pin), StatementError> {
        let mut pin = Pin::new(self.statement.server, now);
        let runner = self.verify(&pin, wanted, now)?;
        pin.remember(&runner)?;
        Ok((runner, pin))
    }

    fn check_claim(&self, wanted: &Wanted, now: UnixTime) -> Result<(), StatementError> {
        let claim = &self.statement.claim;
        if now >= claim.expires {
            return Err(StatementError::Expired {
                expired: claim.expires,
                now,
            });
        }
        if now.after(TIME_WINDOW) < claim.issued {
            return Err(StatementError::NotYet {
                issued: claim.issued,
                now,
            });
        }
        if claim.model != wanted.model {
            return Err(StatementError::Model {
                expected: wanted.model.clone(),
                got: claim.model.clone(),
            });
        }
        let by = "wanted";
        digest("model manifest", by, wanted.manifest, claim.manifest)?;
        digest("program", by, wanted.binary, claim.binary)?;
        digest("sandbox", by, wanted.sandbox, claim.sandbox)?;
        level(by, wanted.level, claim.level)?;
        if let Some(missing) = wanted.protections.difference(&claim.protections).next() {
            return Err(StatementError::Protection(missing.clone()));
        }
        if !wanted.allow_classical && !claim.key.kem().is_post_quantum() {
            return Err(StatementError::Classical(claim.key.kem()));
        }
        Ok(())
    }
}

fn digest(
    what: &'static str,
    by: &'static str,
    expected: Option<Digest>,
    got: Digest,
) -> Result<(), StatementError> {
    match expected {
        Some(expected) if expected != got => Err(StatementError::Digest {
            what,
            by,
            expected,
            got,
        }),
        _ => Ok(()),
    }
}

fn level(by: &'static str, expected: Option<Level>, got: Level) -> Result<(), StatementError> {
    match expected {
        Some(expected) if !got.satisfies(expected) => {
            Err(StatementError::Level { by, expected, got })
        }
        _ => Ok(()),
    }
}
