//! The short text of a refusal: host, reason class and what to ask for, never a rule or path.

use ringfence_policy::{Refusal, RefusalClass};

/// The HTTP status that goes with the class.
pub(crate) fn status(class: RefusalClass) -> http::StatusCode {
    match class {
        RefusalClass::Mismatch => http::StatusCode::MISDIRECTED_REQUEST,
        RefusalClass::Malformed => http::StatusCode::BAD_REQUEST,
        RefusalClass::Limit => http::StatusCode::SERVICE_UNAVAILABLE,
        RefusalClass::Upstream => http::StatusCode::BAD_GATEWAY,
        RefusalClass::Blocked
        | RefusalClass::NotAllowed
        | RefusalClass::MethodOrPath
        | RefusalClass::NotApproved
        | RefusalClass::Address
        | RefusalClass::Credential
        | RefusalClass::Filter => http::StatusCode::FORBIDDEN,
    }
}

/// One or two sentences for the sandboxed program (and the model that reads its output), on a line of their own.
pub(crate) fn short_text(refusal: &Refusal) -> String {
    let mut text = refusal.short();
    text.push('\n');
    text
}

/// Names the class of a refusal to the sandboxed program.
pub(crate) const HEADER: http::HeaderName = http::HeaderName::from_static("x-ringfence-refusal");
