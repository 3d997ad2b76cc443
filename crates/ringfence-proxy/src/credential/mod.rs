//! Credentials: the sandbox holds placeholders; the real value is put in only on an inspected request whose dialled host
//! the credential belongs to, and is taken out of the answer.
//!
//! Placeholders are swapped in header values (inside Basic authorization too), in the path and in the query. They are
//! never swapped in bodies, trailers or WebSocket frames, and nothing is ever swapped on a tunnel: that code has no
//! way to reveal a credential. A placeholder in a body is text like any other (an agent's transcript holds what `env`
//! printed), and no secret. Answers are scrubbed in headers, bodies and trailers, not in WebSocket frames.

pub(crate) mod scrub;
mod swap;
pub(crate) mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use http::HeaderMap;
use ringfence_policy::decision::Grant;
use ringfence_policy::plan::Inject;
use ringfence_policy::{Event, Permit, Refusal, RefusalClass, RevealPermit};
use zeroize::Zeroizing;

use self::scrub::{Patterns, Scrubber};
use self::swap::Where;
use self::watch::{Placeholders, Watch};
use crate::context::Context;
use crate::gate::{self, Asker};
use crate::http::headers;
use crate::limits;
use crate::setup::{CredentialView, ProxyError, Question, QuestionKind, SecretError, Secrets};

/// The parts of a request that a placeholder may stand in.
pub(crate) struct Marked {
    pub(crate) headers: HeaderMap,
    /// Normalised.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
}

/// A session's credentials.
pub(crate) struct Credentials {
    views: Vec<View>,
    placeholders: Option<Arc<Placeholders>>,
    secrets: Arc<dyn Secrets>,
    ask_first: bool,
    known: Mutex<Known>,
}

struct View {
    name: String,
    placeholder: Arc<str>,
    inject: Option<Inject>,
}

/// What was revealed so far.
#[derive(Default)]
struct Known {
    values: HashMap<String, (Arc<Zeroizing<String>>, Instant)>,
    /// Every value ever revealed, by credential: a rotated one may still be echoed.
    seen: HashMap<String, Vec<Arc<Zeroizing<String>>>>,
    approved: HashSet<String>,
    /// Credential and host of placeholders seen in bodies.
    in_bodies: HashSet<(String, String)>,
    patterns: HashMap<Vec<usize>, Arc<Patterns>>,
}

impl Credentials {
    pub(crate) fn new(
        views: Vec<CredentialView>,
        secrets: Arc<dyn Secrets>,
        ask_first: bool,
    ) -> Result<Self, ProxyError> {
        for view in &views {
            let plain = view.placeholder.bytes().all(|b| b.is_ascii_graphic());
            let inside = views
                .iter()
                .filter(|other| other.placeholder.contains(&view.placeholder))
                .count()
                > 1;
            if view.placeholder.len() < 16 || !plain || inside {
                return Err(ProxyError::Placeholder(view.name.clone()));
            }
        }
        let views: Vec<View> = views
            .into_iter()
            .map(|view| View {
                name: view.name,
                placeholder: view.placeholder.into(),
                inject: view.inject,
            })
            .collect();
        let placeholders = Placeholders::new(views.iter().map(|v| (&*v.name, &*v.placeholder)));
        Ok(Self {
            views,
            placeholders: placeholders.map(Arc::new),
            secrets,
            ask_first,
            known: Mutex::default(),
        })
    }

    /// Swaps and injects what belongs to the permit's host, refuses what does not, and says what to scrub from the answer.
    ///
    /// # Errors
    /// A placeholder on its way to a host that it does not belong to, a person's no, or a source without a value.
    pub(crate) async fn apply(
        &self,
        ctx: &Context,
        permit: &Permit,
        asker: Asker<'_>,
        request: &mut Marked,
    ) -> Result<Option<Scrubber>, Refusal> {
        let mut bound = Vec::new();
        for (index, view) in self.views.iter().enumerate() {
            let found = swap::find(&view.placeholder, request);
            let reveal = ctx.policy.reveal(permit, &view.name);
            match (found, reveal) {
                (Where::Nowhere, None) => continue,
                (_, None) => {
                    let reason = "its placeholder was sent to a host that it does not belong to";
                    return Err(self.refused(
                        ctx,
                        permit,
                        &view.name,
                        reason,
                        RefusalClass::Credential,
                    ));
                }
                (Where::Nowhere, Some(reveal)) => {
                    if let Some(inject) = &view.inject {
                        let value = self.value(ctx, permit, asker, view, reveal).await?;
                        swap::inject(inject, &value, request).map_err(|why| {
                            self.refused(ctx, permit, &view.name, why, RefusalClass::Credential)
                        })?;
                    }
                }
                (_, Some(reveal)) => {
                    let value = self.value(ctx, permit, asker, view, reveal).await?;
                    swap::swap(&view.placeholder, &value, request).map_err(|why| {
                        self.refused(ctx, permit, &view.name, why, RefusalClass::Credential)
                    })?;
                }
            }
            bound.push(index);
        }
        let patterns = self.patterns(bound);
        if patterns.is_some() {
            headers::ask_readable(&mut request.headers);
        }
        Ok(patterns.map(Scrubber::new))
    }

    /// An upstream did not accept what it was shown: values that are not brand new are asked for again next time.
    pub(crate) fn doubt(&self) {
        self.lock()
            .values
            .retain(|_, (_, at)| at.elapsed() < limits::SECRET_DOUBT);
    }

    /// Looks for placeholders in a body on its way to the permit's host.
    pub(crate) fn watch(&self, ctx: &Arc<Context>, permit: &Permit) -> Option<Watch> {
        let placeholders = self.placeholders.as_ref()?;
        let belongs = |view: &&View| ctx.policy.reveal(permit, &view.name).is_some();
        let bound = self.views.iter().filter(belongs).map(|v| v.name.clone());
        let host = permit.route().host.to_string();
        Some(Watch::new(ctx, placeholders, host, bound.collect()))
    }

    /// Whether this is the first time that the placeholder was seen in a body for this host.
    fn first_in_body(&self, name: &str, host: &str) -> bool {
        let mut known = self.lock();
        let pair = (name.to_owned(), host.to_owned());
        known.in_bodies.len() < limits::BODY_NOTES && known.in_bodies.insert(pair)
    }

    /// The real value; a person may have to agree to its first use.
    async fn value(
        &self,
        ctx: &Context,
        permit: &Permit,
        asker: Asker<'_>,
        view: &View,
        reveal: RevealPermit,
    ) -> Result<Arc<Zeroizing<String>>, Refusal> {
        if self.ask_first && !self.lock().approved.contains(&view.name) {
            let question = Question {
                kind: QuestionKind::Credential(view.name.clone()),
                host: permit.host().to_string(),
                port: permit.port(),
                method: None,
                url: None,
                process: gate::process(ctx, asker.peer),
                size: None,
            };
            if ctx.approver.ask(question).await.grant != Grant::Allow {
                return Err(self.refused(
                    ctx,
                    permit,
                    &view.name,
                    "its use was not approved",
                    RefusalClass::NotApproved,
                ));
            }
            self.lock().approved.insert(view.name.clone());
        }
        let fresh = self
            .lock()
            .values
            .get(&view.name)
            .filter(|(_, at)| at.elapsed() < limits::SECRET_AGE)
            .map(|(v, _)| Arc::clone(v));
        if let Some(value) = fresh {
            self.used(ctx, permit, &view.name)?;
            return Ok(value);
        }
        let secrets = Arc::clone(&self.secrets);
        let name = view.name.clone();
        let revealed = tokio::task::spawn_blocking(move || secrets.reveal(&reveal))
            .await
            .unwrap_or_else(|_| {
                Err(SecretError {
                    name,
                    reason: "its source failed".into(),
                })
            });
        let value = match revealed {
            Ok(value) if !value.is_empty() => Arc::new(value),
            Ok(_) => {
                return Err(self.refused(
                    ctx,
                    permit,
                    &view.name,
                    "its source has no value",
                    RefusalClass::Credential,
                ));
            }
            Err(error) => {
                return Err(self.refused(
                    ctx,
                    permit,
                    &view.name,
                    &error.reason,
                    RefusalClass::Credential,
                ));
            }
        };
        let mut known = self.lock();
        known
            .values
            .insert(view.name.clone(), (Arc::clone(&value), Instant::now()));
        let seen = known.seen.entry(view.name.clone()).or_default();
        if !seen.iter().any(|old| ***old == **value) {
            seen.push(Arc::clone(&value));
            if seen.len() > limits::SECRETS_REMEMBERED {
                seen.remove(0);
            }
            known.patterns.clear();
        }
        drop(known);
        self.used(ctx, permit, &view.name)?;
        Ok(value)
    }

    /// What to look for in answers of a host that the credentials at `bound` belong to.
    fn patterns(&self, bound: Vec<usize>) -> Option<Arc<Patterns>> {
        if bound.is_empty() {
            return None;
        }
        let mut known = self.lock();
        if let Some(patterns) = known.patterns.get(&bound) {
            return Some(Arc::clone(patterns));
        }
        let values: Vec<_> = bound
            .iter()
            .filter_map(|index| self.views.get(*index))
            .flat_map(|view| {
                known
                    .seen
                    .get(&view.name)
                    .into_iter()
                    .flatten()
                    .map(|value| (Arc::clone(value), Arc::clone(&view.placeholder)))
            })
            .collect();
        let patterns =
            Arc::new(Patterns::new(values.iter().map(|(value, placeholder)| {
                (value.as_str(), Arc::clone(placeholder))
            }))?);
        known.patterns.insert(bound, Arc::clone(&patterns));
        Some(patterns)
    }

    fn used(&self, ctx: &Context, permit: &Permit, name: &str) -> Result<(), Refusal> {
        let event = Event::Credential {
            name: name.into(),
            host: permit.route().host.to_string(),
            grant: Grant::Allow,
            reason: None,
        };
        ctx.record(event)
            .map_err(|stopped| stopped.refusal(permit.host(), permit.port()))
    }

    fn refused(
        &self,
        ctx: &Context,
        permit: &Permit,
        name: &str,
        reason: &str,
        class: RefusalClass,
    ) -> Refusal {
        let host = permit.route().host.to_string();
        // This is a refusal already; a failure to record it has stopped the session.
        let _ = ctx.record(Event::Credential {
            name: name.into(),
            host,
            grant: Grant::Deny,
            reason: Some(reason.into()),
        });
        let full = format!("credential {name}: {reason}");
        Refusal {
            class,
            host: permit.host().clone(),
            port: permit.port(),
            full,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
