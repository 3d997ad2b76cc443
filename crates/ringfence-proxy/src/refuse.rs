//! The short text of a refusal: host, reason class and what to ask for, never a rule or path.

use ringfence_policy::{Refusal, RefusalClass};

/// The machine-readable name of the class, sent as `x-ringfence-refusal`.
pub(crate) fn class_name(class: RefusalClass) -> &'static str {
    match class {
        RefusalClass::Blocked => "blocked",
        RefusalClass::NotAllowed => "not_allowed",
        RefusalClass::MethodOrPath => "method_or_path",
        RefusalClass::NotApproved => "not_approved",
        RefusalClass::Address => "address",
        RefusalClass::Mismatch => "mismatch",
        RefusalClass::Malformed => "malformed",
        RefusalClass::Credential => "credential",
        RefusalClass::Limit => "limit",
        RefusalClass::Upstream => "upstream",
    }
}

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
        | RefusalClass::Credential => http::StatusCode::FORBIDDEN,
    }
}

/// One or two sentences for the sandboxed program (and the model that reads its output).
pub(crate) fn short_text(refusal: &Refusal) -> String {
    let target = format!("{}:{}", refusal.host, refusal.port);
    let (reason, next) = match refusal.class {
        RefusalClass::Blocked => (
            "this host is blocked",
            "Do not retry; use another source, or tell the user that you need it.",
        ),
        RefusalClass::NotAllowed => (
            "this host is not on the allowlist",
            "Do not retry; ask the user to allow this host if you need it.",
        ),
        RefusalClass::MethodOrPath => (
            "the host is allowed, but not this method or path",
            "Ask the user to allow this kind of request if you need it.",
        ),
        RefusalClass::NotApproved => (
            "the user did not approve it",
            "Do not retry at once; ask the user first.",
        ),
        RefusalClass::Address => (
            "it resolves to a private, local or metadata address",
            "Ask the user for a rule with `private = true` if this is meant.",
        ),
        RefusalClass::Mismatch => (
            "the names of this request disagree (connection, TLS server name, Host or :authority)",
            "Open a new connection to the host and name it the same everywhere.",
        ),
        RefusalClass::Malformed => (
            "the request is malformed or ambiguous",
            "Send a plain, well-formed HTTP request.",
        ),
        RefusalClass::Credential => (
            "a credential or its placeholder can not be used here",
            "Use the credential only with the service that it belongs to, or ask the user.",
        ),
        RefusalClass::Limit => (
            "a limit of the fence was reached, or the session is ending",
            "Close idle connections and try again later.",
        ),
        RefusalClass::Upstream => (
            "the server or gateway could not be reached, or did not answer as it should",
            "This is not a policy decision; trying again later may help.",
        ),
    };
    format!("ringfence refused {target}: {reason}. {next}\n")
}

/// Names the class of a refusal to the sandboxed program.
pub(crate) const HEADER: http::HeaderName = http::HeaderName::from_static("x-ringfence-refusal");
