//! What the egress filter does about a finding, place by place.

use serde::{Deserialize, Serialize};

/// What happens to a finding. Ordered from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterAction {
    /// This place is not searched.
    Off,
    /// It passes; the finding is told and recorded.
    Report,
    /// A mark stands in its place.
    Redact,
    /// Nothing of it passes, and the stream or request ends there.
    Block,
}

/// The actions of one session. A place says what happens to findings of the block tier (known values, formats with a prefix or a
/// checksum, private keys); [`FilterPlan::warn`] and [`FilterPlan::echo`] say it for the other tiers, and a place is
/// never stricter with those than with the block tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterPlan {
    /// Standard output and standard error of code.
    pub output: FilterAction,
    /// Path and query of requests. A URL is never rewritten: `redact` is not offered.
    pub url: FilterAction,
    /// Header values of requests; as with the URL there is no `redact`.
    pub headers: FilterAction,
    /// Bodies of requests.
    pub body: FilterAction,
    /// Bodies of answers, a model's words put together again first.
    pub responses: FilterAction,
    /// Findings that are likely but not certain: generic assignments and random strings.
    pub warn: FilterAction,
    /// Excerpts of the context documents.
    pub echo: FilterAction,
}

impl FilterPlan {
    /// For agents. They log in by themselves and carry their own tokens, so what leaves is reported unless the user wants more.
    pub const AGENT: Self = Self {
        output: FilterAction::Off,
        url: FilterAction::Report,
        headers: FilterAction::Report,
        body: FilterAction::Report,
        responses: FilterAction::Off,
        warn: FilterAction::Off,
        echo: FilterAction::Redact,
    };

    /// For code, which has no secrets of its own to carry anywhere.
    pub const CODE: Self = Self {
        output: FilterAction::Redact,
        url: FilterAction::Block,
        headers: FilterAction::Block,
        body: FilterAction::Block,
        responses: FilterAction::Off,
        warn: FilterAction::Report,
        echo: FilterAction::Redact,
    };
}
