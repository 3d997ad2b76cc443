//! Blobs that clients upload, to make models of: named by their digest, hashed while they are written, gone when they do not come whole.

use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderMap;
use hyper::body::Incoming;
use ringfence_inference::{Digest, Failure, FailureKind};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::about::stored;
use super::body::{self, Reply};
use super::state::Server;
use super::{catalog, limits};
use crate::store::Store;

/// The digest in a path. It is 32 bytes from here on, and no text that could be a path (CVE-2024-37032).
fn digest(text: &str) -> Result<Digest, Failure> {
    text.parse()
        .map_err(|error| Failure::field("digest", format!("digest: {error}")))
}

/// Whether it is here. It is not hashed now, but when something is made of it, and when that is loaded.
///
/// # Errors
/// When it is not here, or the text is no digest.
pub(crate) async fn has(server: &Arc<Server>, text: &str) -> Result<Reply, Failure> {
    let digest = digest(text)?;
    let here = stored(server, move |store| {
        store.blob(&digest).map_err(|e| catalog::failure(&e))
    });
    match here.await? {
        Some(_) => Ok(body::whole(200, "text/plain", Vec::new())),
        None => Err(Failure::new(
            FailureKind::NotFound,
            format!("there is no blob {digest} here"),
        )),
    }
}

/// Takes one. What is here already is written anew and takes the old one's place: so one that was damaged is whole again.
///
/// # Errors
/// When it is too large, too slow, cut off, or hashes to something else, or there is no room for it; then nothing of it is kept.
pub(crate) async fn take(
    server: &Arc<Server>,
    text: &str,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let digest = digest(text)?;
    let too_large = || {
        Failure::new(
            FailureKind::TooLarge,
            format!("a blob has at most {} bytes", limits::BLOB_BYTES),
        )
    };
    body::plain(headers)?;
    if body::declared(headers).is_some_and(|length| length > limits::BLOB_BYTES) {
        return Err(too_large());
    }
    let bytes = body::declared(headers).unwrap_or(0);
    let room = stored(server, move |store| {
        store.may_upload(bytes).map_err(|e| catalog::failure(&e))
    });
    room.await?;
    let place = Arc::clone(&server.uploads)
        .try_acquire_owned()
        .map_err(|_| {
            Failure::new(
                FailureKind::Overloaded,
                "too many blobs are being uploaded at once; try again when one of them is done",
            )
        })?;
    let store = Arc::clone(&server.store);
    let (parts, received) = channel(limits::UPLOAD_PARTS);
    let (done, written) = oneshot::channel();
    std::thread::Builder::new()
        .name("upload".into())
        .spawn(move || {
            let result = write(&store, digest, received);
            drop(place);
            let _ = done.send(result);
        })
        .map_err(|error| {
            Failure::new(FailureKind::Internal, format!("a thread for it: {error}"))
        })?;
    let start = Instant::now();
    let mut taken = 0_u64;
    // Dropping `parts` without a last word is what tells the thread to throw away what it has.
    loop {
        let slowest = std::time::Duration::from_secs(taken / limits::UPLOAD_RATE);
        match body::next(incoming, start + limits::BODY_TIME + slowest).await? {
            None => break,
            Some(part) => {
                taken += part.len() as u64;
                if taken > limits::BLOB_BYTES {
                    return Err(too_large());
                }
                // The thread gave up: why, it tells below.
                if parts.send(Some(part)).await.is_err() {
                    break;
                }
            }
        }
    }
    let _ = parts.send(None).await;
    drop(parts);
    let result = written.await.unwrap_or_else(|_| Err(cut_off()));
    if result.is_err() {
        // Who still sends hears nothing before it has sent all; for a moment that is waited for.
        let end = Instant::now() + limits::BODY_GAP;
        while let Ok(Some(_)) = body::next(incoming, end).await {}
    }
    result.map(|()| body::whole(201, "text/plain", Vec::new()))
}

fn cut_off() -> Failure {
    Failure::new(
        FailureKind::Invalid,
        "the blob was cut off; nothing of it was kept",
    )
}

fn write(store: &Store, digest: Digest, mut parts: Receiver<Option<Bytes>>) -> Result<(), Failure> {
    let failed = |error| catalog::failure(&error);
    let adding = store.adding().map_err(failed)?;
    let mut blob = adding.blob().map_err(failed)?;
    loop {
        match parts.blocking_recv() {
            Some(Some(part)) => blob.write(&part).map_err(failed)?,
            Some(None) => break,
            None => return Err(cut_off()),
        }
    }
    blob.keep(Some(digest)).map_err(failed)?;
    store.hold(digest);
    Ok(())
}
