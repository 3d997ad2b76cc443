//! One request, step by step: identify, normalise, decide, ask, swap, send, clean the answer.

use std::sync::Arc;

use http::request::Parts;
use http::{Method, Request, Response, Version, header};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use ringfence_policy::{Access, Event, Permit, Refusal, RefusalClass, Scheme, What};

use super::authority::{self, Target};
use super::body::{Body, Progress};
use super::deliver::deliver;
use super::finish::Finish;
use super::guard::MARKER;
use super::headers::{self, Upgrade};
use super::{Link, answer, upload};
use crate::context::Context;
use crate::credential::Marked;
use crate::credential::scrub::Scrubber;
use crate::gate::{self, Asker};
use crate::rewrite;
use crate::upstream::{Outgoing, Sent, Want};

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
    let waits = parts.headers.contains_key(header::EXPECT);
    let mut body = Some(body);
    match exchange(&ctx, &link, parts, &mut body).await {
        Ok(response) => response,
        Err(refusal) => {
            if let Some(body) = body.filter(|_| !waits) {
                upload::drain(body);
            }
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
    parts: Parts,
    body: &mut Option<Incoming>,
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
    let granted = Granted {
        ctx,
        link,
        target: &target,
        permit: &permit,
        asker,
        access: &access,
    };
    match send(&granted, parts, body, &progress).await {
        Ok(came) => deliver(&granted, came, finish),
        Err(refusal) => {
            finish.fail(&refusal.full);
            Err(refusal)
        }
    }
}

/// A request that was permitted, and what permitted it.
pub(crate) struct Granted<'a> {
    pub(crate) ctx: &'a Arc<Context>,
    pub(crate) link: &'a Link,
    pub(crate) target: &'a Target,
    pub(crate) permit: &'a Permit,
    pub(crate) asker: Asker<'a>,
    pub(crate) access: &'a Access<'a>,
}

/// What came back for it.
pub(crate) struct Came {
    pub(crate) sent: Sent,
    /// Looks for credentials in the answer.
    pub(crate) scrub: Option<Scrubber>,
    /// The client's side of a WebSocket that it asked for.
    pub(crate) client: Option<OnUpgrade>,
}

/// Everything between the permit and the answer's head.
async fn send(
    granted: &Granted<'_>,
    mut parts: Parts,
    body: &mut Option<Incoming>,
    progress: &Arc<Progress>,
) -> Result<Came, Refusal> {
    let Granted {
        ctx, link, permit, ..
    } = *granted;
    let What::Http { path, .. } = granted.access.what else {
        return Err(granted.malformed("no path"));
    };
    let websocket = headers::clean_request(&parts.method, &mut parts.headers) == Upgrade::WebSocket;
    let client = (websocket && parts.version == Version::HTTP_11)
        .then(|| parts.extensions.remove::<OnUpgrade>())
        .flatten();
    let ask = match &*body {
        Some(body) => upload::ask(granted, body).await?,
        None => None,
    };

    let mut marked = Marked {
        headers: parts.headers,
        path: path.to_owned(),
        query: granted.asker.query.map(str::to_owned),
    };
    if let Some(egress) = &ctx.egress {
        let refused = |refusal: &Refusal| {
            gate::record_refusal(ctx, granted.asker, granted.access.what, refusal)
        };
        egress
            .check_head(ctx, permit, &marked)
            .inspect_err(refused)?;
        if websocket {
            egress.check_websocket(permit).inspect_err(refused)?;
        }
        if egress.reads_answers() {
            headers::ask_readable(&mut marked.headers);
        }
    }
    let scrub = ctx
        .credentials
        .apply(ctx, permit, granted.asker, &mut marked)
        .await?;
    if client.is_some() {
        headers::ask_websocket(&mut marked.headers);
    }

    let route = permit.route();
    let unsendable = || granted.malformed("the request target can not be sent on");
    let target = rewrite::path_and_query(route, &marked.path, marked.query.as_deref());
    let target = target.ok_or_else(unsendable)?;
    let authority = rewrite::authority(route).ok_or_else(unsendable)?;
    let has_body = body
        .as_ref()
        .is_some_and(|body| !hyper::body::Body::is_end_stream(body));
    let lane = match &ctx.egress {
        Some(egress) if has_body => egress
            .upload(ctx, permit, &mut marked.headers)
            .inspect_err(|refusal| {
                gate::record_refusal(ctx, granted.asker, granted.access.what, refusal)
            })?,
        _ => None,
    };
    let body = body.take().map_or(Body::Empty, |body| {
        let watch = ctx.credentials.watch(ctx, permit);
        Body::up(body, Arc::clone(progress), ask, watch, lane)
    });
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.uri_mut() = target.into();
    *request.headers_mut() = marked.headers;
    let want = match (parts.version, route.scheme) {
        (Version::HTTP_2, Scheme::Https) => Want::Any,
        (Version::HTTP_2, Scheme::Http) if link.scheme == Scheme::Http && !route.rewritten => {
            Want::H2c
        }
        _ => Want::H1,
    };
    let out = Outgoing { request, authority };
    let sent = ctx.upstream.send(ctx, permit, want, out).await;
    let sent = sent.map_err(|mut refusal| {
        if let Some(class) = progress.refused.get() {
            refusal.class = *class;
            refusal.full = match class {
                RefusalClass::Filter => "the egress filter found something in the body",
                _ => "the upload was not approved",
            }
            .into();
        }
        refusal
    })?;
    Ok(Came {
        sent,
        scrub,
        client,
    })
}

impl Granted<'_> {
    fn malformed(&self, full: &str) -> Refusal {
        Refusal {
            class: RefusalClass::Malformed,
            host: self.target.host.clone(),
            port: self.target.port,
            full: full.into(),
        }
    }
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
