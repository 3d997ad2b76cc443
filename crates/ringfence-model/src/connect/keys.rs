//! Runners' keys: asked for, verified against what is pinned, remembered while their statements hold.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use ringfence_inference::{Failure, FailureKind};
use ringfence_seal::limits::MAX_STATEMENT;
use ringfence_seal::{
    Level, Quote, QuoteError, QuoteWanted, STATEMENT_MEDIA_TYPE, SignedStatement, StatementError,
    VerifiedRunner, Wanted,
};

use super::pins::{PinError, Pins};
use super::upstream::{Upstream, broken, cut_off, quoted, says};
use super::{Notice, Quoted, Told, Verified, limits, now};
use crate::server::sealed::{KEYS, QUOTE};
use crate::server::warnings::{About, warn};

pub(crate) struct Keys {
    upstream: Arc<Upstream>,
    pins: Pins,
    /// What a TPM has to say of every statement.
    quote: Option<QuoteWanted>,
    told: Option<Told>,
    /// By the model's name.
    verified: Mutex<HashMap<String, Arc<VerifiedRunner>>>,
}

impl Keys {
    pub(crate) fn new(
        upstream: Arc<Upstream>,
        pins: Pins,
        quote: Option<QuoteWanted>,
        told: Option<Told>,
    ) -> Self {
        Self {
            upstream,
            pins,
            quote,
            told,
            verified: Mutex::default(),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<VerifiedRunner>>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The runner of a model: the one that is known, or the one that the server names when it is asked now.
    pub(crate) async fn runner(&self, model: &str) -> Result<Arc<VerifiedRunner>, Failure> {
        let known = self.known().get(model).cloned();
        if let Some(runner) = known
            && now().after(limits::EARLY_S) < runner.statement().expires
        {
            return Ok(runner);
        }
        let (signed, _) = self.ask(model).await?;
        // Other requests go on while files are written.
        let runner = tokio::task::block_in_place(|| self.verify(&signed, model));
        let runner = Arc::new(runner?);
        let mut known = self.known();
        if known.len() >= limits::RUNNERS && !known.contains_key(model) {
            known.clear();
        }
        known.insert(model.to_owned(), Arc::clone(&runner));
        Ok(runner)
    }

    /// The key of this runner is of no use any more.
    pub(crate) fn forget(&self, model: &str, runner: &Arc<VerifiedRunner>) {
        let mut known = self.known();
        if known.get(model).is_some_and(|k| Arc::ptr_eq(k, runner)) {
            known.remove(model);
        }
    }

    /// What the server says of a model's runner, checked against what is pinned; pins nothing.
    pub(crate) async fn look(&self, model: &str) -> Result<Verified, Failure> {
        let (signed, quote) = self.ask(model).await?;
        let wanted = wanted(model);
        let pin = self.pins.read().map_err(unreadable)?;
        let (runner, pin) = match pin {
            Some(pin) => {
                let runner = signed.verify(&pin, &wanted, now());
                (runner.map_err(|e| self.refused(&e, model))?, Some(pin))
            }
            None => {
                let met = signed.first_use(&wanted, now());
                (met.map_err(|e| self.refused(&e, model))?.0, None)
            }
        };
        Ok(Verified {
            statement: runner.statement().clone(),
            server_known: pin.is_some(),
            model_known: pin.is_some_and(|pin| pin.models.contains_key(model)),
            quote,
        })
    }

    /// What the server says of a model's runner, with the quote that was asked for, or not at all.
    async fn ask(&self, model: &str) -> Result<(SignedStatement, Quoted), Failure> {
        let address = self.upstream.address();
        let body = serde_json::json!({ "model": model }).to_string();
        let body = Some(("application/json", body.into_bytes()));
        let mut answer = self
            .upstream
            .send(Method::POST, KEYS, body, limits::MODEL_TIME)
            .await?;
        let status = answer.status();
        if status != 200 {
            let said = answer.whole(MAX_STATEMENT).await.unwrap_or_default();
            let said = serde_json::from_slice::<serde_json::Value>(&said).ok();
            let said = said.and_then(|v| Some(v.get("error")?.as_str()?.to_owned()));
            return Err(match (status, said) {
                (404, Some(said)) if said.starts_with("model ") => {
                    says(address, FailureKind::NotFound, &said)
                }
                (401, _) => broken(
                    address,
                    "it asks for a token; put it into a file and name that with `--server-token-file`",
                ),
                (503, Some(said)) => says(address, FailureKind::Overloaded, &said),
                (404, _) => broken(
                    address,
                    "it gives no statement about a runner, so nothing can be sealed to it and nothing is sent: is it `ringfence model serve`, of this version?",
                ),
                (status, said) => broken(
                    address,
                    format!(
                        "it gives no statement about a runner, but status {status}{}",
                        said.map_or(String::new(), |said| format!(
                            ", and says: {}",
                            quoted(&said)
                        ))
                    ),
                ),
            });
        }
        if answer.kind() != STATEMENT_MEDIA_TYPE {
            return Err(broken(
                address,
                "asked for a statement about a runner it sends something else; nothing is sent to it",
            ));
        }
        let bytes = answer.whole(MAX_STATEMENT).await;
        let bytes = bytes.map_err(|why| broken(address, cut_off(&why)))?;
        let signed =
            SignedStatement::decode(&bytes).map_err(|error| self.refused(&error, model))?;
        let quote = answer.headers().get(QUOTE);
        let quote = quote.map(|text| text.to_str().unwrap_or_default());
        let quoted = self.quoted(&signed, quote);
        Ok((signed, quoted?))
    }

    /// Whether the wanted TPM quoted this statement. Not checked where nobody wants it.
    fn quoted(&self, signed: &SignedStatement, quote: Option<&str>) -> Result<Quoted, Failure> {
        let Some(wanted) = &self.quote else {
            return Ok(match quote {
                Some(_) => Quoted::NotChecked,
                None => Quoted::None,
            });
        };
        let refused = |why: &str, mend: &str| {
            let why = format!("{why}{mend}. Nothing was sent to it");
            let failure = broken(self.upstream.address(), why);
            warn(About::Sealed, || tracing::warn!("{failure}"));
            failure
        };
        let Some(quote) = quote else {
            return Err(refused(
                "its statement comes without the quote of a TPM, which `--require-quote` asks for",
                ": is it `ringfence model serve --quote`?",
            ));
        };
        let checked = quote
            .parse::<Quote>()
            .and_then(|quote| quote.verify(signed, wanted));
        match checked {
            Ok(says) => Ok(Quoted::Checked(wanted.clone(), says)),
            Err(error) => {
                let mend = match error {
                    QuoteError::Signature(_)
                    | QuoteError::Registers { .. }
                    | QuoteError::State { .. } => {
                        ". If that machine was changed on purpose, run `ringfence model quote` on it and carry the result over"
                    }
                    _ => "",
                };
                Err(refused(&error.to_string(), mend))
            }
        }
    }

    fn verify(&self, signed: &SignedStatement, model: &str) -> Result<VerifiedRunner, Failure> {
        let wanted = wanted(model);
        let refused = |error| self.refused(&error, model);
        let held = self.pins.hold().map_err(unreadable)?;
        match held.read().map_err(unreadable)? {
            Some(mut pin) => {
                let runner = signed.verify(&pin, &wanted, now()).map_err(refused)?;
                if !pin.models.contains_key(model) {
                    pin.remember(&runner).map_err(refused)?;
                    held.write(&pin).map_err(unreadable)?;
                    self.tell(&Notice::Pinned(runner.statement()));
                }
                Ok(runner)
            }
            None => {
                let (runner, pin) = signed.first_use(&wanted, now()).map_err(refused)?;
                held.write(&pin).map_err(unreadable)?;
                self.tell(&Notice::Met(&pin.server));
                self.tell(&Notice::Pinned(runner.statement()));
                Ok(runner)
            }
        }
    }

    fn tell(&self, notice: &Notice<'_>) {
        if let Some(told) = &self.told {
            told(notice);
        }
    }

    /// What did not match, and what to do about it.
    fn refused(&self, error: &StatementError, model: &str) -> Failure {
        let address = self.upstream.address();
        let mend = match error {
            StatementError::Server { .. } => {
                format!(" (`ringfence model connect {address} --forget-server`)")
            }
            StatementError::Digest { by: "pinned", .. }
            | StatementError::Level { by: "pinned", .. } => {
                format!(
                    ". If the model or Ringfence was changed on purpose: `ringfence model connect {address} --forget {model}`"
                )
            }
            _ => String::new(),
        };
        let failure = broken(address, format!("{error}{mend}. Nothing was sent to it"));
        warn(About::Sealed, || tracing::warn!("{failure}"));
        failure
    }
}

/// A post-quantum key, in a sandbox: not a process that was started without one.
fn wanted(model: &str) -> Wanted {
    Wanted {
        level: Some(Level::Standard),
        ..Wanted::model(model)
    }
}

fn unreadable(error: PinError) -> Failure {
    let failure = Failure::new(
        FailureKind::Internal,
        format!("{error}. Nothing was sent to the server"),
    );
    warn(About::Sealed, || tracing::warn!("{failure}"));
    failure
}
