//! Large uploads are asked about: at once when the size is announced, else when the limit is passed.

use std::sync::Arc;

use hyper::body::{Body as _, Incoming};
use ringfence_policy::decision::Grant;
use ringfence_policy::{Refusal, RefusalClass, What};

use super::body::AskUpload;
use super::exchange::Granted;
use crate::gate;
use crate::setup::{Question, QuestionKind};

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
