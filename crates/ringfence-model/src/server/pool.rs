//! Loaded models: one runner a model, questions to it one after the other, and who has to go when there are too many.
//!
//! Each model that somebody waits for or that is loaded has a thread, which owns its runner. A question that nobody waits for any
//! more is taken out of the queue, or taken back from the runner.

mod sealed;
mod worker;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringfence_inference::api::metadata::Details;
use ringfence_inference::{Digest, Event, Failure, FailureKind, KeepAlive, ModelName, Request};
use ringfence_runner::Canceller;
use ringfence_runner::engine::Facts;
use ringfence_sandbox::Spawner;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use sealed::Sealed;
pub(crate) use sealed::{Keyed, SealedAnswering, Step};

use super::body::Share;
use super::{NotKept, Notice, Settings, limits};
use crate::store::Store;

/// All of them.
pub(crate) struct Pool {
    pub(crate) store: Arc<Store>,
    spawner: Arc<Spawner>,
    settings: Settings,
    handle: Handle,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    models: HashMap<String, Model>,
    /// Questions in all queues, and those that are being answered.
    questions: usize,
    next: u64,
    /// The id of the next runner's key.
    next_key: u8,
    closing: bool,
}

/// A model with a thread.
struct Model {
    /// Which thread: a later one of the same name is another.
    thread: u64,
    queue: VecDeque<Question>,
    running: Option<Running>,
    loading: bool,
    loaded: Option<Loaded>,
    /// It is to go, to make room.
    evicted: bool,
    /// Until when it does not go to make room: somebody was told its key, and is about to use it.
    promised: Option<Instant>,
    used: Instant,
    /// `None` is never.
    expires: Option<Instant>,
}

struct Running {
    number: u64,
    canceller: Option<Canceller>,
    cancelled: bool,
}

/// What `ps` shows.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) name: ModelName,
    pub(crate) id: Digest,
    pub(crate) bytes: u64,
    pub(crate) details: Details,
    pub(crate) facts: Facts,
    pub(crate) protections: Vec<String>,
    /// The id of its runner's key.
    pub(crate) key: u8,
}

/// A question on its way to a model.
struct Question {
    number: u64,
    task: Task,
    began: Instant,
}

/// What is asked of a model's thread.
enum Task {
    /// A question in clear.
    Ask(Asked),
    /// The key of its runner, which is started for it.
    Key(oneshot::Sender<Result<Keyed, Failure>>),
    /// A sealed question.
    Sealed(Sealed),
}

/// A question in clear.
struct Asked {
    request: Box<Request>,
    call_id: String,
    /// Who asks.
    asker: u64,
    events: Sender<Event>,
    /// Of the memory for bodies, until the runner has it.
    share: Share,
}

/// The answer to a question, step by step. Dropping it takes the question back.
pub(crate) struct Answering {
    pub(crate) events: Receiver<Event>,
    _place: Place,
}

/// A question's place in a queue or at a model; dropping it takes the question back.
pub(crate) struct Place {
    pool: Arc<Pool>,
    key: String,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.cancel(&self.key, self.number);
    }
}

impl State {
    /// Tells the model that was not used for longest to go; whether one was told. What answers still may take its time: nobody waits for
    /// that while another one is idle.
    fn make_room(&mut self, now: Instant) -> bool {
        let leaving = |m: &Model| m.loaded.is_some() && m.evicted && m.running.is_none();
        if self.models.values().any(leaving) {
            return false;
        }
        let promised = |model: &Model| model.promised.is_some_and(|until| until > now);
        let idle = |model: &&mut Model| {
            model.loaded.is_some()
                && model.running.is_none()
                && model.queue.is_empty()
                && !promised(model)
        };
        let oldest = self.models.values_mut().filter(idle);
        match oldest.min_by_key(|model| model.used) {
            Some(oldest) => {
                oldest.evicted = true;
                true
            }
            None => false,
        }
    }

    /// The loaded models, with when each goes; `None` is never.
    fn loaded(&self, now: Instant) -> Vec<(Loaded, Option<Duration>)> {
        let mut all: Vec<_> = self
            .models
            .values()
            .filter_map(|model| {
                // What was told to go does when its answer ends.
                let expires = if model.evicted {
                    Some(now)
                } else {
                    model.expires
                };
                let left = expires.map(|at| at.saturating_duration_since(now));
                Some((model.used, model.loaded.clone()?, left))
            })
            .collect();
        all.sort_by_key(|(used, ..)| std::cmp::Reverse(*used));
        all.into_iter()
            .map(|(_, loaded, left)| (loaded, left))
            .collect()
    }
}

/// What a model's thread does next.
enum Next {
    Answer(Box<Question>),
    Unload,
    Leave,
}

impl Pool {
    pub(crate) fn new(
        store: Arc<Store>,
        spawner: Arc<Spawner>,
        settings: Settings,
        handle: Handle,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            spawner,
            settings,
            handle,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names differ by more than the case of their letters.
    fn key(name: &ModelName) -> String {
        name.to_string().to_ascii_lowercase()
    }

    /// Puts a question at the end of its model's queue.
    ///
    /// # Errors
    /// When the queue is full, or the server stops.
    pub(crate) fn ask(
        self: &Arc<Self>,
        request: Request,
        call_id: String,
        asker: u64,
        share: Share,
    ) -> Result<Answering, Failure> {
        let name = request.model.clone();
        let (events, receiver) = channel(limits::STEPS);
        let request = Box::new(request);
        let task = Task::Ask(Asked {
            request,
            call_id,
            asker,
            events,
            share,
        });
        Ok(Answering {
            events: receiver,
            _place: self.enqueue(self.lock(), &name, task)?,
        })
    }

    fn enqueue(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        name: &ModelName,
        task: Task,
    ) -> Result<Place, Failure> {
        let overloaded = |why: &str| Err(Failure::new(FailureKind::Overloaded, why));
        let key = Self::key(name);
        if state.closing {
            return overloaded("the server is stopping");
        }
        if state.questions >= limits::QUEUE {
            return overloaded("the server is busy: its queue is full; try again later");
        }
        let number = state.next;
        state.next += 1;
        if !state.models.contains_key(&key) {
            if state.models.len() >= limits::MODELS {
                return overloaded("too many models are asked for at once; try again later");
            }
            let worker = worker::Worker::new(Arc::clone(self), key.clone(), number, name);
            std::thread::Builder::new()
                .name("model".into())
                .spawn(move || worker.work())
                .map_err(|error| {
                    Failure::new(
                        FailureKind::Internal,
                        format!("a thread for the model: {error}"),
                    )
                })?;
            state.models.insert(
                key.clone(),
                Model {
                    thread: number,
                    queue: VecDeque::new(),
                    running: None,
                    loading: false,
                    loaded: None,
                    evicted: false,
                    promised: None,
                    used: Instant::now(),
                    expires: None,
                },
            );
        }
        state.questions += 1;
        if let Some(model) = state.models.get_mut(&key) {
            if matches!(task, Task::Sealed(_)) {
                model.promised = None;
            }
            model.queue.push_back(Question {
                number,
                task,
                began: Instant::now(),
            });
        }
        self.changed.notify_all();
        Ok(Place {
            pool: Arc::clone(self),
            key,
            number,
        })
    }

    /// Unloads a model; whether it was there. What it is answering it answers to the end.
    pub(crate) fn unload(&self, name: &ModelName) -> bool {
        let mut state = self.lock();
        let Some(model) = state.models.get_mut(&Self::key(name)) else {
            return false;
        };
        model.evicted = true;
        self.changed.notify_all();
        true
    }

    /// The loaded models, with when each goes; `None` is never.
    pub(crate) fn loaded(&self) -> Vec<(Loaded, Option<Duration>)> {
        self.lock().loaded(Instant::now())
    }

    /// Ends everything: answers break off, models go.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        for model in state.models.values_mut() {
            if let Some(running) = &mut model.running {
                running.cancelled = true;
                if let Some(canceller) = &running.canceller {
                    canceller.cancel();
                }
            }
        }
        self.changed.notify_all();
        let end = Instant::now() + limits::STOPPING;
        while !state.models.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                tracing::warn!("models are still loading; they end with the server");
                return;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn cancel(&self, key: &str, number: u64) {
        let mut state = self.lock();
        let Some(model) = state.models.get_mut(key) else {
            return;
        };
        let before = model.queue.len();
        model.queue.retain(|question| question.number != number);
        let gone = before - model.queue.len();
        if let Some(running) = &mut model.running
            && running.number == number
        {
            running.cancelled = true;
            // Under the lock: once it is free the runner may have gone on to the next question.
            if let Some(canceller) = &running.canceller {
                canceller.cancel();
            }
        }
        state.questions -= gone;
        self.changed.notify_all();
    }

    /// Waits for what there is to do for a model. It leaves only with an empty queue, and then no question can come any more.
    fn next(&self, key: &str, loaded: bool) -> Next {
        let mut state = self.lock();
        loop {
            let closing = state.closing;
            let Some(model) = state.models.get_mut(key) else {
                return Next::Leave;
            };
            if closing {
                // It stays in the table until it is unloaded: whoever closes waits for that.
                let dropped = model.queue.len();
                model.queue.clear();
                state.questions -= dropped;
                return Next::Leave;
            }
            if loaded && model.evicted && model.running.is_none() {
                return Next::Unload;
            }
            model.evicted = false;
            if let Some(question) = model.queue.pop_front() {
                model.used = Instant::now();
                model.running = Some(Running {
                    number: question.number,
                    canceller: None,
                    cancelled: false,
                });
                return Next::Answer(Box::new(question));
            }
            if !loaded {
                state.models.remove(key);
                return Next::Leave;
            }
            let left = model
                .expires
                .map(|at| at.saturating_duration_since(Instant::now()));
            state = match left {
                Some(left) if left.is_zero() => return Next::Unload,
                Some(left) => {
                    self.changed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The question is answered or given up.
    fn over(&self, key: &str, keep_alive: Option<KeepAlive>) {
        let mut state = self.lock();
        if let Some(model) = state.models.get_mut(key)
            && model.running.take().is_some()
        {
            let now = Instant::now();
            model.used = now;
            model.expires = match keep_alive.unwrap_or(self.settings.keep_alive) {
                KeepAlive::Forever => None,
                KeepAlive::Unload => Some(now),
                // Too far away to be written is never.
                KeepAlive::For(time) => now.checked_add(time),
            };
            state.questions -= 1;
        }
        self.changed.notify_all();
    }

    /// From now on the running question can be taken back from the runner. `false`: it already was.
    fn arm(&self, key: &str, canceller: Canceller) -> bool {
        let mut state = self.lock();
        match state.models.get_mut(key).and_then(|m| m.running.as_mut()) {
            Some(running) if !running.cancelled => {
                running.canceller = Some(canceller);
                true
            }
            _ => false,
        }
    }

    /// Whether nobody waits for the running question.
    fn abandoned(state: &State, key: &str) -> bool {
        let running = state.models.get(key).and_then(|m| m.running.as_ref());
        state.closing || running.is_none_or(|running| running.cancelled)
    }

    /// Waits until one more model may be loaded. Whoever was not used for longest goes. `false`: nobody waits for it any more.
    fn room(&self, key: &str) -> bool {
        let mut state = self.lock();
        loop {
            if Self::abandoned(&state, key) {
                return false;
            }
            let there = |model: &&Model| model.loading || model.loaded.is_some();
            if state.models.values().filter(there).count() < self.settings.loaded {
                if let Some(model) = state.models.get_mut(key) {
                    model.loading = true;
                }
                return true;
            }
            if state.make_room(Instant::now()) {
                self.changed.notify_all();
            }
            let waited = self.changed.wait_timeout(state, limits::PROMISE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What became of loading, or that the model is gone.
    fn set(&self, key: &str, loaded: Option<Loaded>) {
        let mut state = self.lock();
        if let Some(model) = state.models.get_mut(key) {
            model.loading = false;
            model.evicted &= loaded.is_some();
            model.loaded = loaded;
        }
        self.changed.notify_all();
    }

    /// A thread ends, in whatever way.
    fn left(&self, key: &str, thread: u64) {
        let mut state = self.lock();
        if state.models.get(key).is_some_and(|m| m.thread == thread)
            && let Some(model) = state.models.remove(key)
        {
            state.questions -= model.queue.len() + usize::from(model.running.is_some());
        }
        self.changed.notify_all();
    }

    /// Whether what happened was kept, if somebody keeps it.
    pub(crate) fn tell(&self, notice: &Notice<'_>) -> Result<(), NotKept> {
        self.settings
            .told
            .as_ref()
            .map_or(Ok(()), |told| told(notice))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn model(name: &str, used: Instant, running: bool) -> (String, Model) {
        let loaded = Loaded {
            name: name.parse().unwrap(),
            id: Digest::from_bytes([0; 32]),
            bytes: 1,
            details: Details::default(),
            facts: Facts {
                engine: "none".into(),
                architecture: "none".into(),
                context: 1,
                trained_context: 1,
                vocabulary: 1,
                width: 1,
                threads: 1,
            },
            protections: Vec::new(),
            key: 0,
        };
        let running = running.then_some(Running {
            number: 0,
            canceller: None,
            cancelled: false,
        });
        let model = Model {
            thread: 0,
            queue: VecDeque::new(),
            running,
            loading: false,
            loaded: Some(loaded),
            evicted: false,
            promised: None,
            used,
            expires: None,
        };
        (name.into(), model)
    }

    /// A model that was deleted while it answers keeps its place until then; another one makes room meanwhile.
    #[test]
    fn who_answers_still_keeps_no_idle_model_from_making_room() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let mut state = State::default();
        let models = [
            model("answering", at(0), true),
            model("old", at(1), false),
            model("new", at(2), false),
        ];
        state.models.extend(models);
        let answering = state.models.get_mut("answering").unwrap();
        answering.evicted = true;
        assert!(state.make_room(at(3)));
        let told = |state: &State, name: &str| state.models.get(name).unwrap().evicted;
        assert!(told(&state, "old") && !told(&state, "new"));
        // One at a time.
        assert!(!state.make_room(at(3)));
        assert!(!told(&state, "new"));
        // What is told to go is there still, and is said to go now.
        let left: Vec<_> = state
            .loaded(at(3))
            .into_iter()
            .map(|(loaded, left)| (loaded.name.model().to_owned(), left))
            .collect();
        let soon = Some(Duration::ZERO);
        let named = |name: &str, left| (name.to_owned(), left);
        assert_eq!(
            left,
            [
                named("new", None),
                named("old", soon),
                named("answering", soon)
            ]
        );
        // Its answer ended: it is the one that goes.
        state.models.remove("old");
        state.models.get_mut("answering").unwrap().running = None;
        assert!(!state.make_room(at(4)));
    }
}
