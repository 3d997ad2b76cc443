//! The thread of one model: loads it, asks it, hands its answer on, unloads it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ringfence_inference::{
    Digest, DoneReason, Event, Failure, FailureKind, KeepAlive, ModelName, Options, Prompt,
    Timings, Usage,
};
use ringfence_runner::engine::Loading;
use ringfence_runner::{Ask, Config, JobError, Runner, StartError};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::{Asked, Loaded, Next, Pool, Question, Task};
use crate::load::{self, LoadError};
use crate::server::catalog::{self, Source};
use crate::server::warnings::{About, warn};
use crate::server::{Notice, limits};

pub(super) struct Worker {
    pool: Arc<Pool>,
    key: String,
    thread: u64,
    name: ModelName,
    running: Option<Running>,
}

struct Running {
    runner: Runner,
    /// Of the manifest that it was loaded for.
    id: Digest,
    asked: Loading,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.unload();
        self.pool.left(&self.key, self.thread);
    }
}

impl Worker {
    pub(super) fn new(pool: Arc<Pool>, key: String, thread: u64, name: &ModelName) -> Self {
        Self {
            pool,
            key,
            thread,
            name: name.clone(),
            running: None,
        }
    }

    pub(super) fn work(mut self) {
        loop {
            match self.pool.next(&self.key, self.running.is_some()) {
                Next::Answer(question) => {
                    let keep_alive = self.answer(*question);
                    self.pool.over(&self.key, keep_alive);
                }
                Next::Unload => self.unload(),
                Next::Leave => return,
            }
        }
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The model's name as the pool knows it.
    pub(super) fn model_key(&self) -> &str {
        &self.key
    }

    /// The runner, and the manifest that it was loaded for.
    pub(super) fn runner(&mut self) -> Option<(&mut Runner, Digest)> {
        let running = self.running.as_mut()?;
        Some((&mut running.runner, running.id))
    }

    /// Whether the model is loaded as it is in the store now.
    pub(super) fn is_current(&self) -> Result<bool, Failure> {
        let entry = self.pool.store.entry(&self.name);
        let entry = entry.map_err(|e| catalog::failure(&e))?;
        Ok(self.running.as_ref().is_some_and(|r| r.id == entry.id))
    }

    fn unload(&mut self) {
        if self.running.take().is_some() {
            self.pool.set(&self.key, None);
            self.tell(&Notice::Unloaded { model: &self.name });
        }
    }

    /// Does what is asked; returns how long the model is to stay, if that was said.
    fn answer(&mut self, question: Question) -> Option<KeepAlive> {
        let began = question.began;
        match question.task {
            Task::Ask(asked) => {
                let keep_alive = asked.request.keep_alive;
                self.ask(asked, began);
                keep_alive
            }
            Task::Key(told) => {
                self.key(told);
                None
            }
            Task::Sealed(question) => self.sealed(question),
        }
    }

    fn ask(&mut self, asked: Asked, began: Instant) {
        let Asked {
            request,
            call_id,
            asker,
            events,
            share,
        } = asked;
        if request.prompt == Prompt::Load && request.keep_alive == Some(KeepAlive::Unload) {
            // Whether there is such a model is still a question.
            let event = match self.pool.store.entry(&self.name) {
                Ok(_) => unloaded(began),
                Err(error) => Event::Error(catalog::failure(&error)),
            };
            self.unload();
            self.send(&events, event);
            return;
        }
        let loading = Instant::now();
        if let Err(failure) = self.load(&request.options) {
            self.send(&events, Event::Error(failure));
            return;
        }
        let load = loading.elapsed();
        // Without one nobody waits for the answer any more.
        let Some(running) = &mut self.running else {
            return;
        };
        let canceller = running.runner.canceller();
        let ask = Ask {
            request: *request,
            call_id,
            now: catalog::since_epoch(SystemTime::now()),
        };
        let mut failed = None;
        match running.runner.ask_for(ask, asker) {
            Err(error) => failed = Some(error),
            // Dropping the steps takes the question back.
            Ok(steps) => {
                drop(share);
                if !self.pool.arm(&self.key, canceller) {
                    return;
                }
                for step in steps {
                    match step {
                        Ok(event) => {
                            if !send(&self.pool, &events, timed(event, began, load)) {
                                return;
                            }
                        }
                        Err(error) => failed = Some(error),
                    }
                }
            }
        }
        if let Some(error) = failed {
            let failure = self.failed(&error);
            self.send(&events, Event::Error(failure));
        }
    }

    /// What can not be undone. Whoever keeps records stops the server when that fails.
    fn tell(&self, notice: &Notice<'_>) {
        if let Err(error) = self.pool.tell(notice) {
            tracing::warn!(model = self.name.short(), "{error}");
        }
    }

    fn send(&self, events: &Sender<Event>, event: Event) {
        send(&self.pool, events, event);
    }

    /// What a client hears of an error. A runner that is of no use any more is given up; the next question starts another.
    pub(super) fn failed(&mut self, error: &JobError) -> Failure {
        match error {
            JobError::Job(why) => Failure::new(FailureKind::Invalid, why),
            JobError::Cancelled => Failure::new(FailureKind::Internal, "the answer was cancelled"),
            JobError::Died(_) | JobError::Channel(_) => {
                let why = error.to_string();
                warn(About::Model, || {
                    tracing::warn!(model = self.name.short(), "{why}")
                });
                self.tell(&Notice::Died {
                    model: &self.name,
                    how: &why,
                });
                self.unload();
                Failure::new(
                    FailureKind::Internal,
                    "the model's process ended before its answer did; ask again, another one is started (the server's log says how it ended)",
                )
            }
        }
    }

    /// Has a runner for the model as it is in the store now, loaded as asked; none if nobody waits for it any more.
    pub(super) fn load(&mut self, options: &Options) -> Result<(), Failure> {
        let source = catalog::open(&self.pool.store, &self.name)?;
        let default = &self.pool.settings.runner.loading;
        let asked = load::loading(options, &source.manner.parameters, default);
        let same = |running: &Running| running.id == source.id && running.asked == asked;
        if self.running.as_ref().is_some_and(same) {
            return Ok(());
        }
        self.unload();
        if !self.pool.room(&self.key) {
            return Ok(());
        }
        match self.start(source, asked) {
            Ok(running) => {
                self.running = Some(running);
                Ok(())
            }
            Err(failure) => {
                self.pool.set(&self.key, None);
                Err(failure)
            }
        }
    }

    fn start(&self, source: Source, asked: Loading) -> Result<Running, Failure> {
        let Source {
            id,
            digest,
            file,
            bytes,
            manner,
            details,
        } = source;
        let settings = &self.pool.settings;
        let config = Config {
            loading: asked.clone(),
            key: self.pool.key_id(),
            ..settings.runner.clone()
        };
        let began = Instant::now();
        let refused = |why: &str| {
            warn(About::Model, || {
                tracing::warn!(model = self.name.short(), "{why}")
            });
            self.tell(&Notice::NotLoaded {
                model: &self.name,
                why,
            });
        };
        let started = load::start(
            &self.pool.spawner,
            &settings.session,
            (file, digest),
            manner,
            &config,
            settings.switches.sandbox,
        );
        let runner = started.map_err(|error| {
            refused(&error.to_string());
            match error {
                LoadError::Start(error) => not_started(&error),
                error @ LoadError::Template(_) => {
                    Failure::new(FailureKind::Internal, error.to_string())
                }
            }
        })?;
        let loaded = Notice::Loaded {
            model: &self.name,
            digest,
            protections: runner.protections(),
            took: began.elapsed(),
        };
        self.pool.tell(&loaded).map_err(|error| {
            Failure::new(
                FailureKind::Internal,
                format!("the model was loaded, and {error}: nothing runs unaudited, and the server stops"),
            )
        })?;
        let loaded = Loaded {
            name: self.name.clone(),
            id,
            bytes,
            details,
            facts: runner.facts().clone(),
            protections: runner.protections().to_vec(),
            key: runner.key().id(),
        };
        self.pool.set(&self.key, Some(loaded));
        Ok(Running { runner, id, asked })
    }
}

/// What a client hears when a model is not loaded: the reason where it is the model's, and no path of this machine.
fn not_started(error: &StartError) -> Failure {
    let text = match error {
        StartError::Refused { .. } | StartError::Died(_) => error.to_string(),
        StartError::Model(_) => "the model's file can not be used".into(),
        StartError::Room(_) | StartError::Sandbox(_) => {
            "the model was not loaded: its sandbox could not be built (the server's log says why), and nothing runs without it".into()
        }
        StartError::Channel(_) => "the model's process could not be reached".into(),
    };
    Failure::new(FailureKind::Internal, text)
}

/// Hands a step on, and waits for a slow client for a while; `false` when there is none any more.
pub(super) fn send<T>(pool: &Pool, events: &Sender<T>, event: T) -> bool {
    match events.try_send(event) {
        Ok(()) => true,
        Err(TrySendError::Closed(_)) => false,
        Err(TrySendError::Full(event)) => pool
            .handle
            .block_on(async { tokio::time::timeout(limits::STALL, events.send(event)).await })
            .is_ok_and(|sent| sent.is_ok()),
    }
}

fn timed(event: Event, began: Instant, load: Duration) -> Event {
    match event {
        Event::Done {
            reason,
            usage,
            timings,
        } => Event::Done {
            reason,
            usage,
            timings: Timings {
                total: began.elapsed(),
                load,
                ..timings
            },
        },
        event => event,
    }
}

fn unloaded(began: Instant) -> Event {
    Event::Done {
        reason: DoneReason::Unload,
        usage: Usage::default(),
        timings: Timings {
            total: began.elapsed(),
            ..Timings::default()
        },
    }
}
