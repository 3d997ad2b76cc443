//! The desk where questions wait: merges identical ones, remembers answers, denies what nobody answers in time.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringfence_policy::{Answer, Grant, Scope};
use tokio::sync::watch;
use tokio::time::Instant;

use super::config_write::{self, ConfigTarget};
use super::limits::{MAX_PENDING, MAX_REMEMBERED, MAX_WAITERS};
use super::question::{Answered, Kind, Pending, Question};

/// How a desk is set up.
#[derive(Debug, Clone)]
pub struct DeskSetup {
    /// How long a question stays open (`prompt_timeout`); afterwards it is denied.
    pub timeout: Duration,
    /// `--no-prompt`: every question is denied at once, whoever listens.
    pub no_prompt: bool,
    /// Where "always" is written; without it "always" holds for the session and says so.
    pub config: Option<ConfigTarget>,
}

/// Why an answer was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// It was answered already, timed out, or never existed.
    #[error("no such open question")]
    NoSuchQuestion,
    /// `timeout` is not something that a person can answer.
    #[error("not an answer")]
    NotAnAnswer,
}

/// The open questions and the remembered answers of one session. Cheap to share.
#[derive(Debug)]
pub struct Desk {
    setup: DeskSetup,
    state: Mutex<State>,
    attached: AtomicUsize,
    overlay: AtomicBool,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: BTreeMap<u64, Open>,
    remembered: HashMap<Memory, Grant>,
}

#[derive(Debug)]
struct Open {
    question: Question,
    /// Texts were cut, so it can't be told whether another request is the same.
    cut: bool,
    asked: Instant,
    deadline: Instant,
    waiting: usize,
    /// A person has answered and the configuration is being written: no longer shown, no longer timed out.
    answering: bool,
    done: watch::Sender<Option<Verdict>>,
}

#[derive(Debug, Clone)]
struct Verdict {
    answer: Answer,
    by: &'static str,
    note: Option<String>,
}

/// What a session answer covers: this kind of thing at this host and port, and for credentials this one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Memory {
    kind: Kind,
    host: String,
    port: u16,
    credential: Option<String>,
}

impl From<&Question> for Memory {
    fn from(q: &Question) -> Self {
        Self {
            kind: q.kind,
            host: q.host.clone(),
            port: q.port,
            credential: q.credential.clone(),
        }
    }
}

const DENY_ONCE: Answer = Answer {
    grant: Grant::Deny,
    scope: Scope::Once,
};
const TIMED_OUT: Answer = Answer {
    grant: Grant::Deny,
    scope: Scope::Timeout,
};

impl Desk {
    /// An empty desk that nobody attends yet.
    pub fn new(setup: DeskSetup) -> Arc<Self> {
        Arc::new(Self {
            setup,
            state: Mutex::default(),
            attached: AtomicUsize::new(0),
            overlay: AtomicBool::new(false),
            changed: watch::channel(0).0,
        })
    }

    /// Asks, and waits for the answer.
    ///
    /// Denied at once under `no_prompt`, when no front end is attached, and beyond [`MAX_PENDING`] open questions or
    /// [`MAX_WAITERS`] requests on one question. Dropping the future takes the request back.
    pub async fn ask(&self, question: Question) -> Answered {
        let start = Instant::now();
        let (question, cut) = question.bounded();
        let refused = |by| Answered::after(DENY_ONCE, by, start.elapsed());
        if self.setup.no_prompt {
            return refused("none");
        }
        let (mut ticket, deadline) = {
            let mut state = self.lock();
            if let Some(grant) = state.remembered.get(&Memory::from(&question)) {
                let answer = Answer {
                    grant: *grant,
                    scope: Scope::Session,
                };
                return Answered::after(answer, "memory", start.elapsed());
            }
            if self.attached.load(Ordering::SeqCst) == 0 {
                return refused("none");
            }
            match state.enter(question, cut, start, self.setup.timeout) {
                Some((id, done, deadline)) => (
                    Ticket {
                        desk: self,
                        id,
                        done,
                    },
                    deadline,
                ),
                None => return refused("none"),
            }
        };
        self.touch();
        let verdict = ticket.wait(deadline).await;
        let mut answered = Answered::after(verdict.answer, verdict.by, start.elapsed());
        answered.note = verdict.note;
        answered
    }

    /// The questions that wait for a person, oldest first.
    pub fn pending(&self) -> Vec<Pending> {
        let now = Instant::now();
        let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        self.lock()
            .open
            .iter()
            .filter(|(_, open)| !open.answering)
            .map(|(id, open)| Pending {
                id: *id,
                question: open.question.clone(),
                waiting: open.waiting,
                age_ms: ms(now.saturating_duration_since(open.asked)),
                left_ms: ms(open.deadline.saturating_duration_since(now)),
            })
            .collect()
    }

    /// Gives the answer of a person who sat at `by`. Returns a remark for that person, if there is one.
    ///
    /// A session answer settles every other open question that it covers. "Always" is written to the configuration
    /// first; if that fails, the answer holds for the session and the remark says why.
    ///
    /// # Errors
    /// [`DeskError`] when the question is not open any more or the scope is not a person's.
    pub async fn answer(
        &self,
        id: u64,
        mut answer: Answer,
        by: &'static str,
    ) -> Result<Option<String>, DeskError> {
        if answer.scope == Scope::Timeout {
            return Err(DeskError::NotAnAnswer);
        }
        let question = {
            let mut state = self.lock();
            let open = state
                .open
                .get_mut(&id)
                .filter(|o| !o.answering)
                .ok_or(DeskError::NoSuchQuestion)?;
            open.answering = true;
            open.question.clone()
        };
        let mut note = None;
        if answer.scope == Scope::Always
            && let Err(why) = self.write_always(&question, answer.grant).await
        {
            answer.scope = Scope::Session;
            note = Some(format!("held for this session only: {why}"));
        }
        self.lock().settle(
            id,
            &question,
            &Verdict {
                answer,
                by,
                note: note.clone(),
            },
        );
        self.touch();
        Ok(note)
    }

    async fn write_always(&self, question: &Question, grant: Grant) -> Result<(), String> {
        if !question.kind.can_be_always() {
            return Err(format!(
                "\"always\" is not a setting for {} questions",
                question.kind.as_str()
            ));
        }
        let target = self
            .setup
            .config
            .clone()
            .ok_or("no configuration file to write to")?;
        let (host, port) = (question.host.clone(), question.port);
        tokio::task::spawn_blocking(move || config_write::remember(&target, &host, port, grant))
            .await
            .map_err(|_| "the writer stopped".to_owned())?
            .map_err(|error| error.to_string())
    }

    /// Says that someone can answer now; questions are only held while at least one such guard lives.
    pub fn attach(self: &Arc<Self>) -> Attached {
        self.attached.fetch_add(1, Ordering::SeqCst);
        Attached {
            desk: Arc::clone(self),
        }
    }

    /// How many front ends can answer now.
    pub fn attached(&self) -> usize {
        self.attached.load(Ordering::SeqCst)
    }

    /// Ticks whenever [`Desk::pending`] or [`Desk::overlay_wanted`] may have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Asks the terminal relay to draw the overlay from now on (no multiplexer, or its popup did not work).
    pub fn want_overlay(&self) {
        self.overlay.store(true, Ordering::SeqCst);
        self.touch();
    }

    /// Whether the terminal relay is to draw the overlay.
    pub fn overlay_wanted(&self) -> bool {
        self.overlay.load(Ordering::SeqCst)
    }

    fn touch(&self) {
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Joins the open question that is identical (same method and URL), or opens a new one.
    fn enter(
        &mut self,
        question: Question,
        cut: bool,
        now: Instant,
        timeout: Duration,
    ) -> Option<(u64, watch::Receiver<Option<Verdict>>, Instant)> {
        let same = |o: &Open| !cut && !o.cut && identical(&o.question, &question);
        if let Some((id, open)) = self.open.iter_mut().find(|(_, o)| same(o)) {
            if open.waiting >= MAX_WAITERS {
                return None;
            }
            open.waiting += 1;
            return Some((*id, open.done.subscribe(), open.deadline));
        }
        if self.open.len() >= MAX_PENDING {
            return None;
        }
        self.next += 1;
        let (done, receiver) = watch::channel(None);
        let deadline = now + timeout;
        self.open.insert(
            self.next,
            Open {
                question,
                cut,
                asked: now,
                deadline,
                waiting: 1,
                answering: false,
                done,
            },
        );
        Some((self.next, receiver, deadline))
    }

    fn settle(&mut self, id: u64, question: &Question, verdict: &Verdict) {
        if let Some(open) = self.open.remove(&id) {
            let _ = open.done.send(Some(verdict.clone()));
        }
        if verdict.answer.scope == Scope::Once {
            return;
        }
        let memory = Memory::from(question);
        let answer = Answer {
            grant: verdict.answer.grant,
            scope: Scope::Session,
        };
        self.open.retain(|_, open| {
            let covered = !open.answering && Memory::from(&open.question) == memory;
            if covered {
                let _ = open.done.send(Some(Verdict {
                    answer,
                    by: "memory",
                    note: None,
                }));
            }
            !covered
        });
        if self.remembered.len() < MAX_REMEMBERED {
            self.remembered.insert(memory, verdict.answer.grant);
        }
    }
}

/// Everything that a person would see and that matters is the same; who asks is a guess and does not count.
fn identical(a: &Question, b: &Question) -> bool {
    a.kind == b.kind
        && a.host == b.host
        && a.port == b.port
        && a.method == b.method
        && a.url == b.url
        && a.size == b.size
        && a.credential == b.credential
}

/// One request that waits; takes itself back when dropped.
struct Ticket<'a> {
    desk: &'a Desk,
    id: u64,
    done: watch::Receiver<Option<Verdict>>,
}

impl Ticket<'_> {
    async fn wait(&mut self, deadline: Instant) -> Verdict {
        let timed_out = || Verdict {
            answer: TIMED_OUT,
            by: "none",
            note: None,
        };
        if let Ok(seen) =
            tokio::time::timeout_at(deadline, self.done.wait_for(Option::is_some)).await
        {
            return seen.ok().and_then(|v| v.clone()).unwrap_or_else(timed_out);
        }
        let answering = self
            .desk
            .lock()
            .open
            .get(&self.id)
            .is_some_and(|open| open.answering);
        if !answering {
            // An answer may have come in between; it was in time for the person, so it counts.
            return self.done.borrow().clone().unwrap_or_else(timed_out);
        }
        self.done
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|v| v.clone())
            .unwrap_or_else(timed_out)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        {
            let mut state = self.desk.lock();
            let Some(open) = state.open.get_mut(&self.id) else {
                return;
            };
            open.waiting = open.waiting.saturating_sub(1);
            if open.waiting == 0 && !open.answering {
                state.open.remove(&self.id);
            }
        }
        self.desk.touch();
    }
}

/// A front end that can answer. See [`Desk::attach`].
#[derive(Debug)]
pub struct Attached {
    desk: Arc<Desk>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.desk.attached.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
