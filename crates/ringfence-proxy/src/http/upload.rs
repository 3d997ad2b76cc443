//! Large uploads are asked about: at once when the size is announced, else when the limit is passed. The bodies of
//! refused requests are read away, so that the refusal is read.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use ringfence_policy::decision::Grant;
use ringfence_policy::{Refusal, RefusalClass, What};

use super::body::AskUpload;
use super::exchange::Granted;
use crate::setup::{Question, QuestionKind};
use crate::{gate, limits};

/// Asks about an announced upload above the limit; returns what to ask later when its size is not known.
pub(crate) async fn ask(
    granted: &Granted<'_>,
    body: &Incoming,
) -> Result<Option<(u64, AskUpload)>, Refusal> {
    let (ctx, asker, access) = (granted.ctx, granted.asker, granted.access);
    let (
        Some(limit),
        What::Http {
            scheme,
            method,
            path,
        },
    ) = (ctx.upload_over, access.what)
    else {
        return Ok(None);
    };
    let size = body.size_hint().exact();
    if size.is_some_and(|size| size <= limit) {
        return Ok(None);
    }
    let question = Question {
        kind: QuestionKind::Upload,
        host: access.host.to_string(),
        port: access.port,
        method: Some(method.to_owned()),
        url: Some(gate::url(scheme, access, path, asker.query)),
        process: gate::process(ctx, asker.peer),
        size,
    };
    let Some(size) = size else {
        let ctx = Arc::clone(ctx);
        let later: AskUpload = Box::new(move |size| {
            Box::pin(async move {
                let question = Question {
                    size: Some(size),
                    ..question
                };
                ctx.approver.ask(question).await.grant == Grant::Allow
            })
        });
        return Ok(Some((limit, later)));
    };
    if ctx.approver.ask(question).await.grant == Grant::Allow {
        return Ok(None);
    }
    let refusal = Refusal {
        class: RefusalClass::NotApproved,
        host: access.host.clone(),
        port: access.port,
        full: format!("an upload of {size} bytes was not approved"),
    };
    gate::record_refusal(ctx, asker, access.what, &refusal);
    Err(refusal)
}

/// Reads the body of a refused request, within limits: a client that is still writing would get a reset in place of the
/// refusal.
pub(crate) fn drain(mut body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(async move {
        let reading = async {
            let mut left = limits::DRAIN_BYTES;
            while let Some(Ok(frame)) = body.frame().await {
                let size = frame.data_ref().map_or(0, bytes::Bytes::len);
                let Some(less) = left.checked_sub(size) else {
                    return;
                };
                left = less;
            }
        };
        let _ = tokio::time::timeout(limits::DRAIN, reading).await;
    });
}
