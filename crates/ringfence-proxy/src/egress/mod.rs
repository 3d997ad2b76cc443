//! The egress filter at the network: URL, headers and body of a request before they leave, and the body of an answer.
//!
//! What an uninspected tunnel or a WebSocket carries is not seen here: where bodies or answers have to be clean, a WebSocket is
//! refused, and so is a body that is compressed.

mod deltas;
mod lane;
mod words;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, header};
use ringfence_dlp::{Action, Actions, Filter, Finding, Stream, Tier};
use ringfence_policy::{Event, FilterAction, FilterPlan, Permit, Refusal, RefusalClass};

pub(crate) use self::lane::Lane;
use self::words::{Framing, Words};
use crate::context::Context;
use crate::credential::Marked;
use crate::limits;

/// How the names of known values end that are placeholders of credentials.
pub const PLACEHOLDER: &str = ".placeholder";

/// The filter of a session and what it does, place by place.
pub(crate) struct Egress {
    filter: Arc<Filter>,
    plan: FilterPlan,
    /// Detector, place and host of what was reported and passed: told once.
    told: Mutex<HashSet<(String, &'static str, String)>>,
}

impl Egress {
    pub(crate) fn new(filter: Arc<Filter>, plan: FilterPlan) -> Self {
        Self {
            filter,
            plan,
            told: Mutex::default(),
        }
    }

    /// Searches the URL (host included: a wildcard lets any name below it through) and the headers as the sandbox wrote them, before any credential is swapped in.
    ///
    /// # Errors
    /// When something in them must not leave.
    pub(crate) fn check_head(
        &self,
        ctx: &Context,
        permit: &Permit,
        request: &Marked,
    ) -> Result<(), Refusal> {
        if self.plan.url != FilterAction::Off {
            let query = request.query.as_deref().unwrap_or_default();
            let host = permit.host().to_string();
            let parts = [request.path.as_str(), "\n", query, "\n", &host, "\n"].map(str::as_bytes);
            self.text(ctx, permit, "url", whole(self.plan.url), parts)?;
        }
        if self.plan.headers != FilterAction::Off {
            self.check_headers(ctx, permit, &request.headers)?;
        }
        Ok(())
    }

    /// All of them as one text: a stream for each would cost more than it searches.
    fn check_headers(
        &self,
        ctx: &Context,
        permit: &Permit,
        headers: &HeaderMap,
    ) -> Result<(), Refusal> {
        let lines = headers.iter().flat_map(|(name, value)| {
            let line: [&[u8]; 4] = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"];
            line
        });
        self.text(ctx, permit, "headers", whole(self.plan.headers), lines)
    }

    /// Searches text that leaves as it is or not at all.
    fn text<'a>(
        &self,
        ctx: &Context,
        permit: &Permit,
        place: &'static str,
        limit: FilterAction,
        parts: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), Refusal> {
        let mut stream = self.stream(FilterAction::Report);
        let mut out = Vec::new();
        for part in parts {
            // Nothing is blocked where everything is reported.
            let _ = stream.push(part, &mut out);
        }
        let _ = stream.finish(&mut out);
        let mut findings = stream.findings();
        // Whether a placeholder may stand in a URL or header, the credentials decide: it may be about to be swapped.
        findings.retain(|finding| !finding.detector.ends_with(PLACEHOLDER));
        let mut refused = false;
        for finding in &mut findings {
            finding.action = match self.action(limit, finding.tier) {
                Action::Redact => Action::Block,
                action => action,
            };
            refused |= finding.action == Action::Block;
        }
        findings.retain(|finding| finding.action != Action::Off);
        self.note(ctx, place, &permit.route().host.to_string(), findings);
        if refused {
            Err(refusal(permit, place))
        } else {
            Ok(())
        }
    }

    /// What a request's body has to pass; `None` when it is not searched.
    ///
    /// # Errors
    /// When the body has to be clean and can not be read: it is compressed.
    pub(crate) fn upload(
        &self,
        ctx: &Arc<Context>,
        permit: &Permit,
        headers: &mut HeaderMap,
    ) -> Result<Option<Lane>, Refusal> {
        let action = self.plan.body;
        if action == FilterAction::Off {
            return Ok(None);
        }
        if is_encoded(headers) {
            if action == FilterAction::Report {
                return Ok(None);
            }
            let full = "its body is compressed, and the egress filter has to read it";
            return Err(Refusal::new(
                RefusalClass::Filter,
                permit.host().clone(),
                permit.port(),
                full,
            ));
        }
        if action == FilterAction::Redact {
            headers.remove(header::CONTENT_LENGTH);
        }
        let host = permit.route().host.to_string();
        Ok(Some(Lane::text(
            ctx,
            "body",
            host,
            action,
            self.stream(action),
        )))
    }

    /// Refuses a WebSocket where what it carries would have to be searched.
    ///
    /// # Errors
    /// See above.
    pub(crate) fn check_websocket(&self, permit: &Permit) -> Result<(), Refusal> {
        if self.plan.body.max(self.plan.responses) < FilterAction::Redact {
            return Ok(());
        }
        let full = "a WebSocket can not be searched by the egress filter";
        Err(Refusal::new(
            RefusalClass::Filter,
            permit.host().clone(),
            permit.port(),
            full,
        ))
    }

    /// Whether answers are searched: they must then come uncompressed and whole.
    pub(crate) fn reads_answers(&self) -> bool {
        self.plan.responses != FilterAction::Off
    }

    /// What an answer's body has to pass.
    pub(crate) fn answer(
        self: &Arc<Self>,
        ctx: &Arc<Context>,
        permit: &Permit,
        headers: &mut HeaderMap,
    ) -> Option<Lane> {
        let action = self.plan.responses;
        if action == FilterAction::Off {
            return None;
        }
        if action == FilterAction::Redact {
            headers.remove(header::CONTENT_LENGTH);
        }
        let host = permit.route().host.to_string();
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let framing = match kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "text/event-stream" => Some(Framing::Events),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
                Some(Framing::Lines)
            }
            _ => None,
        };
        Some(match framing {
            None => Lane::text(ctx, "response", host, action, self.stream(action)),
            Some(framing) => {
                let egress = Arc::clone(self);
                let words = Words::new(framing, Box::new(move || egress.stream(action)));
                Lane::words(ctx, "response", host, action, words)
            }
        })
    }

    fn stream(&self, place: FilterAction) -> Stream {
        self.filter.stream_with(Actions {
            block: self.action(place, Tier::Block),
            warn: self.action(place, Tier::Warn),
            echo: self.action(place, Tier::Echo),
        })
    }

    /// What is done about a finding of a tier in a place.
    fn action(&self, place: FilterAction, tier: Tier) -> Action {
        let tier = match tier {
            Tier::Block => FilterAction::Block,
            Tier::Warn => self.plan.warn,
            Tier::Echo => self.plan.echo,
        };
        match tier.min(place) {
            FilterAction::Off => Action::Off,
            FilterAction::Report => Action::Report,
            FilterAction::Redact => Action::Redact,
            FilterAction::Block => Action::Block,
        }
    }

    /// Records what was found. What passes is told once for each detector, place and host: an agent says the same in every request.
    pub(crate) fn note(
        &self,
        ctx: &Context,
        place: &'static str,
        host: &str,
        findings: Vec<Finding>,
    ) {
        for finding in findings {
            if finding.action == Action::Report {
                let key = (finding.detector.to_string(), place, host.to_owned());
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.len() >= limits::FINDINGS_TOLD || !told.insert(key) {
                    continue;
                }
            }
            // A failure stops the session by itself.
            let _ = ctx.record(Event::Finding {
                place: place.into(),
                detector: finding.detector.to_string(),
                tier: finding.tier.to_string(),
                action: finding.action.to_string(),
                transforms: finding.transforms.iter().map(ToString::to_string).collect(),
                offset: finding.offset,
                length: finding.length,
                host: Some(host.to_owned()),
            });
        }
    }
}

/// A URL or a header is never rewritten.
fn whole(action: FilterAction) -> FilterAction {
    if action == FilterAction::Redact {
        FilterAction::Block
    } else {
        action
    }
}

fn refusal(permit: &Permit, place: &str) -> Refusal {
    let full = format!("the egress filter found something in the {place}");
    Refusal::new(
        RefusalClass::Filter,
        permit.host().clone(),
        permit.port(),
        full,
    )
}

/// Whether a body comes in a content coding.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    values.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}
