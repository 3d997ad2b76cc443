//! Refusals as HTTP: a status, a short text (JSON when the client asks for it), and the class in a header.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use ringfence_policy::{Refusal, RefusalClass};

use super::body::Body;
use super::head::Bad;
use crate::refuse;

/// The answer for a refusal.
pub(crate) fn refusal(refusal: &Refusal, asked: &HeaderMap) -> Response<Body> {
    build(
        refuse::status(refusal.class),
        refusal.class,
        &refuse::short_text(refusal),
        asked,
    )
}

/// The answer for a request that the strict reader did not let through.
pub(crate) fn marker(path: &str) -> Response<Body> {
    let code = path.trim_start_matches('/');
    let status = match code {
        c if c == Bad::TooLarge.code() => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        c if c == Bad::Timeout.code() => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    };
    let known = code.len() < 32 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let reason = if known { code } else { "unknown" };
    let text = format!(
        "ringfence refused this request: it is malformed or ambiguous ({reason}). Send a plain, well-formed HTTP request.\n"
    );
    let mut response = build(status, RefusalClass::Malformed, &text, &HeaderMap::new());
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn build(status: StatusCode, class: RefusalClass, text: &str, asked: &HeaderMap) -> Response<Body> {
    let json = wants_json(asked);
    let body = if json {
        json_text(class, text)
    } else {
        text.to_owned()
    };
    let mut response = Response::new(Body::text(body));
    *response.status_mut() = status;
    let kind = if json {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
        .headers_mut()
        .insert(refuse::HEADER, HeaderValue::from_static(class.as_str()));
    response
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .any(|v| {
            let first = v.split([',', ';']).next().unwrap_or_default().trim();
            first == "application/json" || first.ends_with("+json")
        })
}

/// `{"error":{"type":…,"message":…}}`, the shape that the common model APIs use, so that agents show the message.
fn json_text(class: RefusalClass, text: &str) -> String {
    serde_json::json!({"error": {"type": format!("ringfence_{}", class.as_str()), "message": text.trim_end()}}).to_string()
}
