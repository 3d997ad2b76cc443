//! What is said, signed, about a model's runner: the server's own word, and its TPM's where one was asked for.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use aws_lc_rs::digest;
use http::header::HeaderValue;
use ringfence_inference::{Failure, FailureKind, ModelName};
use ringfence_seal::{Claim, Digest, ServerKey, UnixTime, qualifying_data};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::catalog::since_epoch;
use super::limits;
use super::pool::Keyed;
use super::warnings::{About, warn};
use crate::quote::Quoter;

/// A statement as it is handed out.
#[derive(Clone)]
pub(crate) struct Stated {
    pub(crate) signed: Vec<u8>,
    pub(crate) quote: Option<HeaderValue>,
    issued: UnixTime,
    /// Digest of the runner's key.
    key: Digest,
}

/// By the model's name. Whoever holds it is the one who asks the TPM.
type Quoted = HashMap<String, Stated>;

/// What it takes to sign statements.
pub(crate) struct Signer {
    key: Option<Arc<ServerKey>>,
    program: OnceLock<Option<Digest>>,
    quoter: Option<Quoter>,
    quoted: Arc<Mutex<Quoted>>,
}

impl Signer {
    pub(crate) fn new(key: Option<Arc<ServerKey>>, quoter: Option<Quoter>) -> Self {
        Self {
            key,
            program: OnceLock::new(),
            quoter,
            quoted: Arc::default(),
        }
    }

    pub(crate) const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// States what this runner is. Where the TPM is to quote and does not, nothing is stated.
    pub(crate) async fn state(
        self: &Arc<Self>,
        name: ModelName,
        keyed: Keyed,
    ) -> Result<Stated, Failure> {
        let now = UnixTime(since_epoch(SystemTime::now()).as_secs());
        let mut held = None;
        if self.quoter.is_some() {
            let quoted = Arc::clone(&self.quoted).lock_owned();
            let quoted = tokio::time::timeout(limits::QUOTE_WAIT, quoted).await;
            let quoted = quoted.map_err(|_| {
                Failure::new(
                    FailureKind::Overloaded,
                    "the TPM is busy with other statements; try again soon",
                )
            })?;
            if let Some(stated) = quoted.get(&name.to_string())
                && stated.key == keyed.key.digest()
                && stated.issued <= now
                && now.distance(stated.issued) < limits::QUOTED_S
            {
                return Ok(stated.clone());
            }
            held = Some(quoted);
        }
        let signer = Arc::clone(self);
        tokio::task::spawn_blocking(move || signer.sign(&name, keyed, now, held))
            .await
            .map_err(|_| Failure::new(FailureKind::Internal, "the request failed in the server"))?
    }

    fn sign(
        &self,
        name: &ModelName,
        keyed: Keyed,
        now: UnixTime,
        held: Option<OwnedMutexGuard<Quoted>>,
    ) -> Result<Stated, Failure> {
        let failed = |said: &str, why: &str| {
            warn(About::Sealed, || tracing::warn!("a statement: {why}"));
            Failure::new(FailureKind::Internal, said)
        };
        let unsigned = |why: &str| failed("the statement could not be signed", why);
        let (Some(binary), Some(key)) = (self.program(), &self.key) else {
            return Err(unsigned("its own program could not be read"));
        };
        let runner = keyed.key.digest();
        let claim = Claim {
            key: keyed.key,
            model: name.to_string(),
            manifest: Digest(*keyed.manifest.as_bytes()),
            binary,
            sandbox: keyed.described.digest,
            level: keyed.described.level,
            protections: keyed.protections,
            issued: now,
            expires: now.after(limits::STATEMENT_S),
        };
        let signed = key.sign(claim).map_err(|e| unsigned(&e.to_string()))?;
        let mut stated = Stated {
            signed: signed.encode(),
            quote: None,
            issued: now,
            key: runner,
        };
        if let (Some(quoter), Some(mut quoted)) = (&self.quoter, held) {
            let unquoted = |why: &str| {
                failed(
                    "the TPM gave no quote of the statement, so there is none; the server's log says why",
                    why,
                )
            };
            let quote = quoter
                .quote(&qualifying_data(&signed))
                .map_err(|e| unquoted(&e.to_string()))?;
            let value = HeaderValue::try_from(quote.to_string());
            stated.quote = Some(value.map_err(|e| unquoted(&e.to_string()))?);
            if quoted.len() >= limits::QUOTED {
                quoted.clear();
            }
            quoted.insert(name.to_string(), stated.clone());
        }
        Ok(stated)
    }

    /// Digest of the program that runs here, which is the runner's as well. Read once, and by descriptor: it is the file that was
    /// started, whatever stands at its path by now.
    fn program(&self) -> Option<Digest> {
        *self.program.get_or_init(|| {
            let mut file = std::fs::File::open("/proc/self/exe").ok()?;
            let mut context = digest::Context::new(&digest::SHA256);
            let mut buffer = vec![0; crate::limits::COPY_BYTES];
            loop {
                match file.read(&mut buffer).ok()? {
                    0 => break,
                    n => context.update(buffer.get(..n)?),
                }
            }
            Some(Digest(context.finish().as_ref().try_into().ok()?))
        })
    }
}
