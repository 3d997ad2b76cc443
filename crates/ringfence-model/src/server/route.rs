//! Which path is what.

use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    HeaderMap, HeaderValue, VARY,
};
use http::{Method, Request};
use hyper::body::Incoming;
use ringfence_inference::api::{Api, Endpoint};
use ringfence_inference::{Failure, FailureKind};

use super::body::{self, Reply};
use super::guard::quoted;
use super::state::Server;
use super::warnings::{About, warn};
use super::{about, answer, blobs, fetch, make, sealed};

/// Answers one request, whatever it is.
pub(crate) async fn handle(server: &Arc<Server>, request: Request<Incoming>) -> Reply {
    let (parts, mut incoming) = request.into_parts();
    let mut reply = checked(server, &parts, &mut incoming).await;
    body::settle(&parts.headers, &mut incoming, reply.headers_mut()).await;
    reply
}

async fn checked(
    server: &Arc<Server>,
    parts: &http::request::Parts,
    incoming: &mut Incoming,
) -> Reply {
    let api = Api::of_path(parts.uri.path());
    let origin = match server.guard.check(parts) {
        Ok(origin) => origin,
        Err(failure) => {
            warn(About::Request, || {
                tracing::warn!(status = failure.kind.status(), "{failure}");
            });
            return body::failed(api, &failure);
        }
    };
    let mut reply = match (&origin, &parts.method) {
        (Some(_), &Method::OPTIONS) => body::whole(204, "text/plain", Vec::new()),
        _ => dispatch(server, parts, incoming)
            .await
            .unwrap_or_else(|failure| body::failed(api, &failure)),
    };
    // No body and no path: what is asked for is the client's business, and a name in a path may be one.
    tracing::debug!(method = %parts.method, status = reply.status().as_u16(), "request");
    if let Some(origin) = origin {
        allow_origin(reply.headers_mut(), &origin);
    }
    reply
}

/// Tells a browser that the page, which is an allowed one, may read the answer.
pub(crate) fn allow_origin(headers: &mut HeaderMap, origin: &str) {
    let Ok(origin) = HeaderValue::from_str(origin) else {
        return;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("origin"));
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, DELETE"),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, x-api-key, anthropic-version",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

async fn dispatch(
    server: &Arc<Server>,
    parts: &http::request::Parts,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let headers = &parts.headers;
    // Clients join addresses with a slash too many.
    let path = match parts.uri.path() {
        "/" => "/",
        path => path.trim_end_matches('/'),
    };
    if let Some(endpoint) = Endpoint::of_path(path) {
        allowed(&parts.method, &[Method::POST])?;
        return answer::ask(server, endpoint, headers, incoming).await;
    }
    const GET: [Method; 2] = [Method::GET, Method::HEAD];
    let method = |methods: &[Method]| allowed(&parts.method, methods);
    match path {
        "/" => method(&GET).map(|()| about::root()),
        "/api/version" => method(&GET).and_then(|()| about::version(server)),
        "/api/tags" => {
            method(&GET)?;
            about::tags(server).await
        }
        "/api/ps" => method(&GET).and_then(|()| about::running(server)),
        "/api/show" => {
            method(&[Method::POST])?;
            about::show(server, headers, incoming).await
        }
        "/api/copy" => {
            method(&[Method::POST])?;
            server.may_change()?;
            about::copy(server, headers, incoming).await
        }
        "/api/delete" => {
            method(&[Method::DELETE])?;
            server.may_change()?;
            about::delete(server, headers, incoming).await
        }
        "/api/create" => {
            method(&[Method::POST])?;
            server.may_change()?;
            make::create(server, headers, incoming).await
        }
        "/api/pull" => {
            method(&[Method::POST])?;
            server.may_change()?;
            fetch::fetch(server, headers, incoming).await
        }
        "/api/push" => {
            method(&[Method::POST])?;
            Err(fetch::push())
        }
        "/v1/models" => {
            method(&GET)?;
            about::openai(server).await
        }
        sealed::KEYS => {
            method(&[Method::POST])?;
            sealed::keys(server, headers, incoming).await
        }
        path => {
            if let Some(id) = path.strip_prefix(sealed::SEALED) {
                method(&[Method::POST])?;
                return sealed::exchange(server, id, headers, incoming).await;
            }
            if let Some(name) = path.strip_prefix("/v1/models/") {
                method(&GET)?;
                return about::openai_one(server, &decoded(name)?).await;
            }
            if let Some(digest) = path.strip_prefix("/api/blobs/") {
                method(&[Method::HEAD, Method::POST])?;
                return match parts.method {
                    Method::HEAD => blobs::has(server, digest).await,
                    _ => {
                        server.may_change()?;
                        blobs::take(server, digest, headers, incoming).await
                    }
                };
            }
            Err(Failure::new(
                FailureKind::NotFound,
                format!("there is nothing at {} here", quoted(path)),
            ))
        }
    }
}

pub(crate) fn allowed(method: &Method, methods: &[Method]) -> Result<(), Failure> {
    if methods.contains(method) {
        return Ok(());
    }
    let names: Vec<_> = methods.iter().map(Method::as_str).collect();
    Err(Failure::new(
        FailureKind::Method,
        format!(
            "this takes {}, not {}",
            names.join(" or "),
            quoted(method.as_str())
        ),
    ))
}

/// `%2F` and the like, as clients write slashes and colons of names in paths. What comes out is parsed as a name, so no path.
pub(crate) fn decoded(text: &str) -> Result<String, Failure> {
    let wrong = || Failure::field("model", "the name in the path is not UTF-8 in %-notation");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(wrong)?;
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let value = digits
            .iter()
            .try_fold(0, |sum, byte| Some(sum * 16 + digit(byte)?));
        let value = value.and_then(|value| u8::try_from(value).ok());
        bytes.push(value.ok_or_else(wrong)?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_in_paths_are_decoded() {
        assert_eq!(decoded("me%2Ftiny%3Alatest").unwrap(), "me/tiny:latest");
        for bad in ["%", "%2", "%zz", "%ff", "%+f"] {
            assert!(decoded(bad).is_err(), "{bad}");
        }
    }
}
