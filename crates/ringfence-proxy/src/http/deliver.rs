//! The way back: an answer's head is cleaned, its body wired to the sandbox.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::{Extensions, HeaderMap, Response, StatusCode, Version, header};
use hyper::body::{Body as _, Incoming};
use ringfence_policy::Refusal;

use super::body::Body;
use super::exchange::{Came, Granted};
use super::finish::Finish;
use super::{headers, upgrade};
use crate::credential::scrub::Scrubber;
use crate::egress::is_encoded;
use crate::{rewrite, upstream};

/// Cleans the answer's head and wires its body to the sandbox.
pub(crate) fn deliver(
    granted: &Granted<'_>,
    came: Came,
    mut finish: Finish,
) -> Result<Response<Body>, Refusal> {
    let status = came.sent.response.status();
    finish.answered(came.sent.address, status.as_u16());
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return switch(granted, came, finish);
    }
    let (mut parts, incoming) = came.sent.response.into_parts();
    headers::clean_response(&mut parts.headers);
    rewrite::restore_location(granted.permit, granted.target, &mut parts.headers);
    let mut scrub = came.scrub;
    if let Some(scrubber) = &mut scrub {
        if status == StatusCode::UNAUTHORIZED {
            granted.ctx.credentials.doubt();
        }
        scrubber.headers(&mut parts.headers);
        if is_encoded(&parts.headers) && !incoming.is_end_stream() {
            let why = "it compressed an answer in which a credential has to be looked for";
            finish.fail(why);
            return Err(upstream::failed(granted.permit, why));
        }
        fit(scrubber, &parts.headers, &incoming);
    }
    let mut lane = None;
    if let Some(egress) = granted
        .ctx
        .egress
        .as_ref()
        .filter(|egress| egress.reads_answers() && !incoming.is_end_stream())
    {
        if is_encoded(&parts.headers) {
            let why = "it compressed an answer that the egress filter has to read";
            finish.fail(why);
            return Err(upstream::failed(granted.permit, why));
        }
        lane = egress.answer(granted.ctx, granted.permit, &mut parts.headers);
    }
    parts.version = Version::HTTP_11;
    parts.extensions = Extensions::new();
    Ok(Response::from_parts(
        parts,
        Body::down(incoming, scrub, lane, finish, came.sent.lease),
    ))
}

/// An announced length has to stay true.
fn fit(scrubber: &mut Scrubber, headers: &HeaderMap, incoming: &Incoming) {
    let announced = headers.contains_key(header::CONTENT_LENGTH);
    scrubber.set_keeps_length(announced || incoming.size_hint().exact().is_some());
}

/// Joins the two sides of a WebSocket. Any other switch would make an inspected connection an opaque one (INCIDENTS N8).
fn switch(
    granted: &Granted<'_>,
    came: Came,
    mut finish: Finish,
) -> Result<Response<Body>, Refusal> {
    let mut response = came.sent.response;
    let upgrade = response.headers().get(header::UPGRADE);
    let websocket = upgrade.is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let (Some(client), true) = (came.client, websocket) else {
        let why = "it switched to a protocol that was not asked for";
        finish.fail(why);
        return Err(upstream::failed(granted.permit, why));
    };
    let server = hyper::upgrade::on(&mut response);
    let mut switched = Response::new(Body::Empty);
    *switched.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    headers::clean_response(response.headers_mut());
    *switched.headers_mut() = std::mem::take(response.headers_mut());
    headers::ask_websocket(switched.headers_mut());
    if let Some(scrubber) = &came.scrub {
        scrubber.headers(switched.headers_mut());
    }
    granted.link.switched.store(true, Ordering::Release);
    let ctx = Arc::clone(granted.ctx);
    upgrade::join(ctx, client, server, came.sent.lease, finish);
    Ok(switched)
}
