//! Which path is what. Questions to models are sealed. Of the rest `connect` answers what needs no server, and asks the server in clear
//! for lists of models and what a model is: paths without a prompt in them, and of the program's request nothing but a model's name.
//! Everything else, above all what changes the server's models, is not passed on.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use ringfence_inference::api::metadata::{ROOT, ShowRequest};
use ringfence_inference::api::{Api, Endpoint};
use ringfence_inference::{Failure, FailureKind, ModelName};

use super::address::Address;
use super::upstream::{broken, cut_off, says};
use super::{Shared, exchange, limits};
use crate::server::guard::Guard;
use crate::server::warnings::{About, warn};
use crate::server::{about, body, route};

/// An answer to a program.
pub(crate) type Reply = Response<UnsyncBoxBody<Bytes, Broken>>;

/// An answer is not whole: its connection is closed in the middle.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not whole")]
pub(crate) struct Broken;

/// Says that what goes through here is not sealed.
const CLEAR: HeaderName = HeaderName::from_static("ringfence-encryption");

/// Answers one request, whatever it is.
pub(crate) async fn handle(shared: &Shared, guard: &Guard, request: Request<Incoming>) -> Reply {
    let (parts, mut incoming) = request.into_parts();
    let mut reply = checked(shared, guard, &parts, &mut incoming).await;
    body::settle(&parts.headers, &mut incoming, reply.headers_mut()).await;
    reply
}

async fn checked(
    shared: &Shared,
    guard: &Guard,
    parts: &http::request::Parts,
    incoming: &mut Incoming,
) -> Reply {
    let api = Api::of_path(parts.uri.path());
    let origin = match guard.check(parts) {
        Ok(origin) => origin,
        Err(failure) => {
            warn(About::Request, || {
                tracing::warn!(status = failure.kind.status(), "{failure}");
            });
            return plain(body::failed(api, &failure));
        }
    };
    let mut reply = match (&origin, &parts.method) {
        (Some(_), &Method::OPTIONS) => plain(body::whole(204, "text/plain", Vec::new())),
        _ => dispatch(shared, parts, incoming)
            .await
            .unwrap_or_else(|failure| plain(body::failed(api, &failure))),
    };
    tracing::debug!(method = %parts.method, status = reply.status().as_u16(), "request");
    if let Some(origin) = origin {
        route::allow_origin(reply.headers_mut(), &origin);
    }
    if !shared.encryption {
        let headers = reply.headers_mut();
        headers.insert(CLEAR, HeaderValue::from_static("off"));
    }
    reply
}

fn plain(reply: body::Reply) -> Reply {
    reply.map(|body| body.map_err(|never| match never {}).boxed_unsync())
}

async fn dispatch(
    shared: &Shared,
    parts: &http::request::Parts,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let path = match parts.uri.path() {
        "/" => "/",
        path => path.trim_end_matches('/'),
    };
    if let Some(endpoint) = Endpoint::of_path(path) {
        route::allowed(&parts.method, &[Method::POST])?;
        return exchange::ask(shared, endpoint, path, &parts.headers, incoming).await;
    }
    let get = || route::allowed(&parts.method, &[Method::GET, Method::HEAD]);
    match path {
        "/" => {
            get()?;
            Ok(plain(body::whole(
                200,
                "text/plain; charset=utf-8",
                ROOT.into(),
            )))
        }
        "/api/version" | "/api/tags" | "/api/ps" | "/v1/models" => {
            get()?;
            forward(shared, Method::GET, path, None).await
        }
        "/api/show" => {
            route::allowed(&parts.method, &[Method::POST])?;
            let whole = body::read(&parts.headers, incoming, &shared.bodies).await?;
            let asked: ShowRequest = about::read(&whole.bytes)?;
            let name = name(&asked.model)?;
            let asked = serde_json::json!({ "model": name.short(), "verbose": asked.verbose });
            forward(shared, Method::POST, path, Some(asked.to_string())).await
        }
        path => {
            if let Some(asked) = path.strip_prefix("/v1/models/") {
                get()?;
                let asked = route::decoded(asked)?;
                // A name has no character that means something in a path but the slash.
                name(&asked)?;
                let path = format!("/v1/models/{asked}");
                return forward(shared, Method::GET, &path, None).await;
            }
            Err(Failure::new(
                FailureKind::NotFound,
                "`connect` passes questions to models on, sealed, and lists of models; for anything else ask the server itself",
            ))
        }
    }
}

fn name(text: &str) -> Result<ModelName, Failure> {
    text.parse()
        .map_err(|error| Failure::field("model", format!("model: {error}")))
}

/// Asks the server in clear, and hands on what it says, which nothing vouches for.
async fn forward(
    shared: &Shared,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<Reply, Failure> {
    let body = body.map(|body| ("application/json", body.into_bytes()));
    let upstream = &shared.upstream;
    let sent = upstream.send(method, path, body, limits::HEAD_TIME);
    let mut answer = sent.await?;
    let status = answer.status();
    let said = answer.whole(limits::ABOUT_BYTES).await;
    let said = said.map_err(|why| broken(upstream.address(), cut_off(&why)))?;
    match status {
        200 => Ok(plain(body::whole(
            200,
            "application/json; charset=utf-8",
            said,
        ))),
        404 => Err(refused(upstream.address(), FailureKind::NotFound, &said)),
        400 => Err(refused(upstream.address(), FailureKind::Invalid, &said)),
        401 => Err(broken(
            upstream.address(),
            "it asks for a token; put it into a file and name that with `--server-token-file`",
        )),
        status => Err(broken(
            upstream.address(),
            format!("it answers with status {status}"),
        )),
    }
}

/// An error in either shape, as the server's word.
fn refused(address: &Address, kind: FailureKind, body: &[u8]) -> Failure {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let error = value.get("error");
    let text = error.and_then(|error| {
        let text = error.as_str();
        text.or_else(|| error.get("message")?.as_str())
    });
    match text {
        Some(text) => says(address, kind, text),
        None => Failure::new(kind, format!("the model server at {address} refuses it")),
    }
}
