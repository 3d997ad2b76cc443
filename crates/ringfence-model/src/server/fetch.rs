//! `/api/pull`: a registry is asked through the policy engine, by name; who asks this server widens nothing that is allowed.

use std::sync::Arc;

use http::header::HeaderMap;
use hyper::body::Incoming;
use ringfence_inference::api::metadata::{Progress, PullRequest};
use ringfence_inference::{Digest, Failure, FailureKind, ModelName};
use ringfence_runtime::outbound::Outbound;

use super::body::Reply;
use super::change::{self, Told, words};
use super::state::Server;
use super::warnings::{About, warn};
use super::{about, catalog};
use crate::pull::{PullError, Pulling, pull};
use crate::store::{Store, StoreError};

/// Pulls one.
///
/// # Errors
/// What is wrong with the request, that nothing is pulled here, and why the registry's answer was not taken.
pub(crate) async fn fetch(
    server: &Arc<Server>,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let asked: PullRequest = about::parsed(server, headers, incoming).await?;
    let name = catalog::name(&asked.model)?;
    if asked.insecure {
        return Err(Failure::field(
            "insecure",
            "insecure is not supported: a registry proves who it is, unless it is this machine's own",
        ));
    }
    let outbound = server.outbound.clone().ok_or_else(|| {
        Failure::new(
            FailureKind::Forbidden,
            "this server pulls nothing; use `ringfence model pull` on its machine",
        )
    })?;
    let kept = Arc::clone(server);
    change::make(server, asked.stream.unwrap_or(true), move |store, told| {
        let id = work(store, &outbound, &name, told)?;
        kept.changed("pull", &name, Some(id))
    })
    .await
}

/// Nothing leaves this machine.
pub(crate) fn push() -> Failure {
    Failure::new(
        FailureKind::Forbidden,
        "push is not supported: models and what is in them do not leave this machine (a server that pushes hands out what a crafted model file makes it read, CVE-2026-7482)",
    )
}

fn work(
    store: &Store,
    outbound: &Outbound,
    name: &ModelName,
    told: &Told,
) -> Result<Digest, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FailureKind::Internal, format!("a runtime: {error}")))?;
    let mut step = |pulling: Pulling<'_>| match pulling {
        Pulling::Manifest => {
            told.say(words("pulling manifest"));
        }
        Pulling::Blob { digest, here, size } => {
            let line = || Progress {
                status: format!("pulling {}", digest.hex().get(..12).unwrap_or_default()),
                digest: Some(*digest),
                total: Some(size),
                completed: (here > 0).then_some(here),
            };
            match here == size {
                true => drop(told.say(line())),
                false => told.note(line),
            }
        }
        Pulling::Checking => {
            told.say(words("verifying sha256 digest"));
        }
        Pulling::Naming => {
            told.say(words("writing manifest"));
        }
    };
    runtime.block_on(async {
        tokio::select! {
            pulled = pull(store, outbound, name, &mut step) => {
                pulled.map(|pulled| pulled.id).map_err(|error| failure(&error))
            }
            // What is here stays for the next time.
            () = told.gone() => Err(Failure::new(FailureKind::Invalid, "nobody waits for it any more")),
        }
    })
}

fn failure(error: &PullError) -> Failure {
    let kind = match error {
        PullError::Host { .. } => return Failure::field("model", format!("model: {error}")),
        PullError::Refused(refusal) => {
            // The rule that said no is its owner's business, and stands in the log.
            warn(About::Pull, || tracing::warn!("a pull: {}", refusal.full()));
            return Failure::new(FailureKind::Forbidden, refusal.short());
        }
        PullError::Store(StoreError::Busy(_)) => {
            return Failure::new(
                FailureKind::Overloaded,
                "this model is being pulled already; wait for that",
            );
        }
        PullError::Store(error) => return catalog::failure(error),
        PullError::Status { status: 404, .. } => FailureKind::NotFound,
        PullError::Login { .. } | PullError::ForeignRealm { .. } => FailureKind::Forbidden,
        PullError::Status { .. }
        | PullError::Redirect { .. }
        | PullError::Manifest { .. }
        | PullError::NoModel(_)
        | PullError::Answer { .. }
        | PullError::Broken { .. }
        | PullError::Gguf { .. } => FailureKind::Internal,
    };
    Failure::new(kind, error.to_string())
}
