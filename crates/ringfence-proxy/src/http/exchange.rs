//! One request, step by step: identify, normalise, decide, ask, swap, send, clean the answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version, header};
use hyper::body::{Body as _, Incoming};
use ringfence_policy::{Access, Event, Permit, Refusal, RefusalClass, Scheme, What};

use super::authority::{self, Target};
use super::body::{AskUpload, Body, Progress};
use super::finish::Finish;
use super::guard::MARKER;
use super::headers::{self, Upgrade};
use super::{Link, answer, upgrade};
use crate::context::Context;
use crate::credential::Marked;
use crate::gate::{self, Asker};
use crate::rewrite;
use crate::setup::{Question, QuestionKind};
use crate::upstream::{self, Outgoing, Sent, Want};

/// Answers one request, whatever happens.
pub(crate) async fn handle(
    ctx: Arc<Context>,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if parts.method.as_str() == MARKER {
        note(&ctx, &link, &parts, &malformed(&link, parts.uri.path()));
        return answer::marker(parts.uri.path());
    }
    let asked = parts.headers.get_all(header::ACCEPT).iter().next().cloned();
    match exchange(&ctx, &link, parts, body).await {
        Ok(response) => response,
        Err(refusal) => {
            let mut headers = http::HeaderMap::new();
            headers.extend(asked.map(|value| (header::ACCEPT, value)));
            answer::refusal(&refusal, &headers)
        }
    }
}

/// Records that a TLS handshake with the sandbox came to nothing, because that is how a client that does not trust the
/// session CA looks.
pub(crate) fn handshake_failed(ctx: &Context, link: &Link, why: &str) {
    let detail = format!(
        "connection {} to {}:{}: {why}",
        link.origin.connection,
        link.name(),
        link.origin.port
    );
    let _ = ctx.record(Event::Fence {
        condition: "tls_handshake_failed".into(),
        detail,
    });
}

async fn exchange(
    ctx: &Arc<Context>,
    link: &Link,
    mut parts: Parts,
    body: Incoming,
) -> Result<Response<Body>, Refusal> {
    let target = authority::identify(link, &parts)
        .inspect_err(|refusal| note(ctx, link, &parts, refusal))?;
    let path = path(&target, &parts).inspect_err(|refusal| note(ctx, link, &parts, refusal))?;
    let query = parts.uri.query().map(str::to_owned);
    let method = parts.method.clone();
    let asker = Asker {
        connection: link.origin.connection,
        layer: "http",
        peer: link.origin.peer,
        query: query.as_deref(),
    };
    let what = What::Http {
        scheme: target.scheme,
        method: method.as_str(),
        path: &path,
    };
    let access = Access {
        host: &target.host,
        port: target.port,
        what,
    };
    let permit = gate::permit(ctx, asker, access.clone()).await?;

    let progress = Arc::new(Progress::default());
    let mut finish = Finish::new(
        Arc::clone(ctx),
        link.origin.connection,
        &permit,
        method.as_str(),
        &path,
        Arc::clone(&progress),
    );
    let result = send(
        ctx, link, &target, &permit, asker, &access, &mut parts, body, &progress,
    )
    .await;
    let (sent, scrub, switch) = match result {
        Ok(sent) => sent,
        Err(refusal) => {
            finish.fail(&refusal.full);
            return Err(refusal);
        }
    };
    finish.answered(sent.address, sent.response.status().as_u16());
    deliver(
        ctx,
        link,
        &target,
        &permit,
        sent.response,
        scrub,
        switch,
        finish,
    )
}

/// Everything between the permit and the answer's head.
#[allow(clippy::too_many_arguments)] // The steps share one request; a struct for it would only rename them.
async fn send(
    ctx: &Arc<Context>,
    link: &Link,
    target: &Target,
    permit: &Permit,
    asker: Asker<'_>,
    access: &Access<'_>,
    parts: &mut Parts,
    body: Incoming,
    progress: &Arc<Progress>,
) -> Result<
    (
        Sent,
        Option<crate::credential::scrub::Scrubber>,
        Option<hyper::upgrade::OnUpgrade>,
    ),
    Refusal,
> {
    let refuse = |class, full: &str| Refusal {
        class,
        host: target.host.clone(),
        port: target.port,
        full: full.into(),
    };
    let What::Http { path, .. } = access.what else {
        return Err(refuse(RefusalClass::Malformed, "no path"));
    };

    let client = (headers::clean_request(&parts.method, &mut parts.headers) == Upgrade::WebSocket
        && parts.version == Version::HTTP_11)
        .then(|| parts.extensions.remove::<hyper::upgrade::OnUpgrade>())
        .flatten();
    let upload = ask_upload(ctx, permit, asker, access, &body).await?;

    let mut marked = Marked {
        headers: std::mem::take(&mut parts.headers),
        path: path.to_owned(),
        query: asker.query.map(str::to_owned),
    };
    let scrub = ctx
        .credentials
        .apply(ctx, permit, asker, &mut marked)
        .await?;

    let route = permit.route();
    let bad = || {
        refuse(
            RefusalClass::Malformed,
            "the request target can not be sent on",
        )
    };
    let mut request = Request::new(Body::up(body, Arc::clone(progress), upload));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = rewrite::path_and_query(route, &marked.path, marked.query.as_deref())
        .ok_or_else(bad)?
        .into();
    *request.headers_mut() = marked.headers;
    if client.is_some() {
        request.headers_mut().insert(
            header::CONNECTION,
            http::HeaderValue::from_static("upgrade"),
        );
        request
            .headers_mut()
            .insert(header::UPGRADE, http::HeaderValue::from_static("websocket"));
    }
    let want = match (parts.version, route.scheme) {
        (Version::HTTP_2, Scheme::Https) => Want::Any,
        (Version::HTTP_2, Scheme::Http) if link.scheme == Scheme::Http && !route.rewritten => {
            Want::H2c
        }
        _ => Want::H1,
    };
    let authority = rewrite::authority(route).ok_or_else(bad)?;
    let sent = ctx
        .upstream
        .send(ctx, permit, want, Outgoing { request, authority })
        .await
        .map_err(|mut refusal| {
            if let Some(class) = progress.refused.get() {
                refusal.class = *class;
                refusal.full = "the upload was not approved".into();
            }
            refusal
        })?;
    Ok((sent, scrub, client))
}

/// Cleans the answer's head and wires its body to the sandbox.
#[allow(clippy::too_many_arguments)]
fn deliver(
    ctx: &Arc<Context>,
    link: &Link,
    target: &Target,
    permit: &Permit,
    mut response: Response<Incoming>,
    scrub: Option<crate::credential::scrub::Scrubber>,
    client: Option<hyper::upgrade::OnUpgrade>,
    mut finish: Finish,
) -> Result<Response<Body>, Refusal> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let websocket = response
            .headers()
            .get(header::UPGRADE)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let (Some(client), true) = (client, websocket) else {
            finish.fail("the upstream switched to a protocol that was not asked for");
            return Err(upstream::failed(
                permit,
                "it switched to a protocol that was not asked for",
            ));
        };
        let server = hyper::upgrade::on(&mut response);
        let mut switched = Response::new(Body::Empty);
        *switched.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        headers::clean_response(response.headers_mut());
        *switched.headers_mut() = std::mem::take(response.headers_mut());
        switched.headers_mut().insert(
            header::CONNECTION,
            http::HeaderValue::from_static("upgrade"),
        );
        switched
            .headers_mut()
            .insert(header::UPGRADE, http::HeaderValue::from_static("websocket"));
        if let Some(scrub) = &scrub {
            scrub.headers(switched.headers_mut());
        }
        link.switched.store(true, Ordering::Release);
        upgrade::join(Arc::clone(ctx), client, server, finish);
        return Ok(switched);
    }
    let (mut parts, incoming) = response.into_parts();
    headers::clean_response(&mut parts.headers);
    rewrite::restore_location(permit, target, &mut parts.headers);
    let mut scrubber = None;
    if let Some(mut scrub) = scrub {
        scrub.headers(&mut parts.headers);
        if !incoming.is_end_stream() {
            if parts
                .headers
                .get(header::CONTENT_ENCODING)
                .is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
            {
                let refusal = upstream::failed(
                    permit,
                    "it compressed an answer in which a credential has to be looked for",
                );
                finish.fail(&refusal.full);
                return Err(refusal);
            }
            scrub.set_keeps_length(
                parts.headers.contains_key(header::CONTENT_LENGTH)
                    || incoming.size_hint().exact().is_some(),
            );
            scrubber = Some(scrub);
        }
    }
    parts.version = Version::HTTP_11;
    parts.extensions = http::Extensions::new();
    Ok(Response::from_parts(
        parts,
        Body::down(incoming, scrubber, finish),
    ))
}

/// The path in its normal form; that is what is decided about and what is sent.
fn path(target: &Target, parts: &Parts) -> Result<String, Refusal> {
    let refuse = |full: String| Refusal {
        class: RefusalClass::Malformed,
        host: target.host.clone(),
        port: target.port,
        full,
    };
    let path = match parts.uri.path() {
        "" => "/",
        "*" if parts.method != Method::OPTIONS => {
            return Err(refuse("`*` is for OPTIONS only".into()));
        }
        path => path,
    };
    if parts.method == Method::CONNECT {
        return Err(refuse("CONNECT inside a connection".into()));
    }
    if parts
        .uri
        .path_and_query()
        .is_some_and(|all| all.as_str().len() > crate::limits::TARGET_BYTES)
    {
        return Err(refuse("the request target is too long".into()));
    }
    ringfence_policy::path::normalise(path).map_err(|error| refuse(error.to_string()))
}

/// Asks about an upload above the limit: at once when its size is announced, else when it gets there.
async fn ask_upload(
    ctx: &Arc<Context>,
    permit: &Permit,
    asker: Asker<'_>,
    access: &Access<'_>,
    body: &Incoming,
) -> Result<Option<(u64, AskUpload)>, Refusal> {
    let Some(limit) = ctx.upload_over else {
        return Ok(None);
    };
    let What::Http {
        scheme,
        method,
        path,
    } = access.what
    else {
        return Ok(None);
    };
    let question = Question {
        kind: QuestionKind::Upload,
        host: access.host.to_string(),
        port: access.port,
        method: Some(method.to_owned()),
        url: Some(gate::url(scheme, access, path, asker.query)),
        process: gate::process(ctx, asker.peer),
        size: body.size_hint().exact(),
    };
    match question.size {
        Some(size) if size <= limit => Ok(None),
        Some(size) => {
            let answer = ctx.approver.ask(question).await;
            if answer.grant == ringfence_policy::decision::Grant::Allow {
                return Ok(None);
            }
            let full = format!("an upload of {size} bytes was not approved");
            let refusal = Refusal {
                class: RefusalClass::NotApproved,
                host: permit.host().clone(),
                port: permit.port(),
                full,
            };
            gate::record_refusal(ctx, asker, access.what, &refusal);
            Err(refusal)
        }
        None => {
            let ctx = Arc::clone(ctx);
            let ask: AskUpload = Box::new(move |size| {
                Box::pin(async move {
                    let answer = ctx
                        .approver
                        .ask(Question {
                            size: Some(size),
                            ..question
                        })
                        .await;
                    answer.grant == ringfence_policy::decision::Grant::Allow
                })
            });
            Ok(Some((limit, ask)))
        }
    }
}

fn malformed(link: &Link, code: &str) -> Refusal {
    let full = format!("malformed request: {}", code.trim_start_matches('/'));
    Refusal {
        class: RefusalClass::Malformed,
        host: link.name(),
        port: link.origin.port,
        full,
    }
}

/// Records a refusal that came before the policy was asked.
fn note(ctx: &Context, link: &Link, parts: &Parts, refusal: &Refusal) {
    let asker = Asker {
        connection: link.origin.connection,
        layer: "http",
        peer: link.origin.peer,
        query: None,
    };
    let what = What::Http {
        scheme: link.scheme,
        method: parts.method.as_str(),
        path: parts.uri.path(),
    };
    gate::record_refusal(ctx, asker, what, refusal);
}
