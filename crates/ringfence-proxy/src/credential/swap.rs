//! Finds placeholders in the head of a request and puts real values in their place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use ringfence_policy::plan::Inject;
use zeroize::Zeroizing;

use super::Marked;

/// Where a placeholder was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Nowhere,
    Somewhere,
}

/// Looks for a placeholder in header values, Basic authorization, path and query.
pub(super) fn find(placeholder: &str, request: &Marked) -> Where {
    let in_headers = request
        .headers
        .values()
        .any(|value| contains(value.as_bytes(), placeholder.as_bytes()))
        || request
            .headers
            .get_all(AUTHORIZATION)
            .iter()
            .filter_map(basic)
            .any(|pair| contains(&pair, placeholder.as_bytes()));
    let in_target = request.path.contains(placeholder)
        || request
            .query
            .as_ref()
            .is_some_and(|query| query.contains(placeholder));
    if in_headers || in_target {
        Where::Somewhere
    } else {
        Where::Nowhere
    }
}

/// Puts `value` wherever the placeholder stands.
///
/// # Errors
/// When the value can not stand there.
pub(super) fn swap(
    placeholder: &str,
    value: &str,
    request: &mut Marked,
) -> Result<(), &'static str> {
    for (name, field) in &mut request.headers {
        if contains(field.as_bytes(), placeholder.as_bytes()) {
            *field = sensitive(replace(
                field.as_bytes(),
                placeholder.as_bytes(),
                value.as_bytes(),
            ))?;
        } else if *name == AUTHORIZATION
            && let Some(pair) = basic(field).filter(|pair| contains(pair, placeholder.as_bytes()))
        {
            let pair = replace(&pair, placeholder.as_bytes(), value.as_bytes());
            *field = sensitive(Zeroizing::new(
                format!("Basic {}", STANDARD.encode(&*pair)).into_bytes(),
            ))?;
        }
    }
    if request.path.contains(placeholder) {
        request.path = request.path.replace(placeholder, &encode(value));
    }
    if let Some(query) = request
        .query
        .as_mut()
        .filter(|query| query.contains(placeholder))
    {
        *query = query.replace(placeholder, &encode(value));
    }
    Ok(())
}

/// Puts `value` where the configuration says, in place of what the client may have put there.
pub(super) fn inject(
    inject: &Inject,
    value: &str,
    request: &mut Marked,
) -> Result<(), &'static str> {
    match inject {
        Inject::Header(name, template) => {
            let name: HeaderName = name
                .parse()
                .map_err(|_| "the name of its header is no header name")?;
            let text = Zeroizing::new(template.replace("{}", value));
            request
                .headers
                .insert(name, sensitive(Zeroizing::new(text.as_bytes().to_vec()))?);
        }
        Inject::Query(name, template) => {
            let pair = format!(
                "{}={}",
                encode(name),
                encode(&Zeroizing::new(template.replace("{}", value)))
            );
            let mut query: Vec<String> = request
                .query
                .as_deref()
                .into_iter()
                .flat_map(|query| query.split('&'))
                .filter(|part| {
                    !part.is_empty()
                        && decode(part.split('=').next().unwrap_or_default()) != name.as_bytes()
                })
                .map(str::to_owned)
                .collect();
            query.push(pair);
            request.query = Some(query.join("&"));
        }
    }
    Ok(())
}

/// `user:password` of a Basic authorization.
fn basic(value: &HeaderValue) -> Option<Zeroizing<Vec<u8>>> {
    let (scheme, rest) = value.as_bytes().split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let text: Vec<u8> = rest
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace() && *b != b'=')
        .collect();
    base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(text)
        .ok()
        .map(Zeroizing::new)
}

fn sensitive(bytes: Zeroizing<Vec<u8>>) -> Result<HeaderValue, &'static str> {
    let mut value =
        HeaderValue::from_bytes(&bytes).map_err(|_| "its value can not stand in a header")?;
    // Never indexed by HPACK, never printed by Debug.
    value.set_sensitive(true);
    Ok(value)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.len() >= part.len() && text.windows(part.len()).any(|window| window == part)
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() + to.len()));
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Percent-encodes everything but unreserved characters, so that a value can not change the shape of a URL.
fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Decodes a query name, so that no second spelling of an injected parameter stays beside it.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let pair = text
            .get(i + 1..i + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[i], pair) {
            (b'%', Some(value)) => {
                out.push(value);
                i += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        i += 1;
    }
    out
}

#[cfg(test)]
#[path = "swap_tests.rs"]
mod tests;
