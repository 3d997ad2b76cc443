//! A chat with one model in its own process: no server and no network, kept encrypted in the vault or not at all.
//!
//! ```text
//! person ── Chat ── Runner ══ sandbox       the answer, step by step
//!             └── Histories ── vault        a record a turn, when the turn ends; the engine's state, when the chat ends
//! ```

mod cache;
mod history;
pub mod limits;
mod record;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use ringfence_inference::{
    Digest, DoneReason, Event, Failure, Format, ModelName, Options, Prompt, Request, Timings,
    ToolChoice, Usage,
};
use ringfence_runner::engine::{Facts, Loading};
use ringfence_runner::{Ask, Canceller, Config, Devices, JobError, Runner, StartError};
use ringfence_sandbox::Spawner;
use ringfence_store::vault::{Id, VaultError};

pub use cache::Cached;
pub use history::{Histories, Summary, transcript};
pub use record::{Ended, Story, Turn};

use crate::load::{self, LoadError};
use crate::server::catalog::{self, since_epoch};
use crate::server::{NotKept, Notice, Told};
use crate::store::{Store, StoreError};
use cache::Tie;
use history::Log;
use record::{Record, messages};

/// Why a chat does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The model is not there, or damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The model can not be run.
    #[error("{0}")]
    Model(String),
    /// Its process did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The question was refused.
    #[error("{0}")]
    Refused(Failure),
    /// The answer did not come to its end.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Nobody could keep a record of it.
    #[error("the model was not loaded, because no record of it could be kept")]
    Unrecorded,
    /// More turns than a chat holds.
    #[error(
        "this conversation has {} turns, which is the limit; `/clear` begins another one",
        limits::TURNS
    )]
    Full,
}

/// A step of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// Text of the answer, as the model made it: not fit for a terminal.
    Text(&'a str),
    /// Text of what the model thinks before.
    Thinking(&'a str),
}

/// An answer that came.
#[derive(Debug)]
pub struct Answered {
    /// How it ended.
    pub ended: Ended,
    /// Counts, unless it was stopped.
    pub usage: Usage,
    /// Times, unless it was stopped.
    pub timings: Timings,
    /// Why this turn is not kept, where it was to be. It is tried again with the next one, unless [`Chat::unkept`] is 0.
    pub not_kept: Option<VaultError>,
    /// Turns before this one that were not kept and are now.
    pub late: usize,
}

/// Stops an answer, from another thread.
#[derive(Debug, Clone, Default)]
pub struct Stopper(Arc<Mutex<Stop>>);

#[derive(Debug, Default)]
struct Stop {
    running: Option<Canceller>,
    stopped: bool,
}

impl Stopper {
    /// Stops the answer that is on its way; whether there was one.
    pub fn stop(&self) -> bool {
        let mut stop = self.lock();
        let Some(canceller) = &stop.running else {
            return false;
        };
        canceller.cancel();
        stop.stopped = true;
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stop> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arm(&self, canceller: Canceller) {
        *self.lock() = Stop {
            running: Some(canceller),
            stopped: false,
        };
    }

    fn stopped(&self) -> bool {
        self.lock().stopped
    }

    fn disarm(&self) -> bool {
        std::mem::take(&mut *self.lock()).stopped
    }
}

/// A chat.
pub struct Chat<'a> {
    store: &'a Store,
    spawner: &'a Spawner,
    session: String,
    name: ModelName,
    /// Of the model's file; known once it was looked for.
    digest: Digest,
    config: Config,
    sandbox: bool,
    told: Told,
    running: Option<(Runner, Loading)>,
    stopper: Stopper,
    histories: Option<Histories>,
    log: Option<Log>,
    /// What is not on the disk yet, in order. More than a step of it only while the disk is full or fails.
    unkept: VecDeque<Record>,
    system: Option<String>,
    turns: Vec<Turn>,
    /// Whether what the runner holds is of this conversation: it was asked in it, and not only before.
    computed: bool,
    /// Sampling, over the Modelfile's.
    pub options: Options,
    /// The form of answers.
    pub format: Format,
}

impl<'a> Chat<'a> {
    /// With a model of the store; nothing is started yet. `told` hears what happens to the model's process, and without `histories`
    /// nothing is kept.
    ///
    /// # Errors
    /// When there is no such model, or it is damaged.
    pub fn new(
        store: &'a Store,
        spawner: &'a Spawner,
        session: impl Into<String>,
        name: &ModelName,
        histories: Option<Histories>,
        told: Told,
    ) -> Result<Self, ChatError> {
        let name = store.entry(name)?.name;
        let source =
            catalog::open(store, &name).map_err(|error| ChatError::Model(error.message))?;
        Ok(Self {
            store,
            spawner,
            session: session.into(),
            name,
            digest: source.digest,
            config: Config::default(),
            sandbox: true,
            told,
            running: None,
            stopper: Stopper::default(),
            histories,
            log: None,
            unkept: VecDeque::new(),
            system: None,
            turns: Vec::new(),
            computed: false,
            options: Options::default(),
            format: Format::Text,
        })
    }

    /// From now on the model's process is an ordinary one, as the settings say.
    pub fn danger_without_sandbox(&mut self) {
        self.sandbox = false;
    }

    /// From now on the model's process is granted these devices.
    pub fn grant(&mut self, devices: Devices) {
        self.config.grant(devices);
    }

    /// Starts the model's process, if none runs that was loaded as it is asked for now. Its file is hashed, which takes a while.
    ///
    /// # Errors
    /// [`ChatError`]; nothing runs then.
    pub fn load(&mut self) -> Result<&Facts, ChatError> {
        let source =
            catalog::open(self.store, &self.name).map_err(|e| ChatError::Model(e.message))?;
        let own = &source.manner.parameters;
        let loading = load::loading(&self.options, own, &self.config.loading);
        let fits = |running: &(Runner, Loading)| running.1 == loading;
        if source.digest != self.digest || !self.running.as_ref().is_some_and(fits) {
            self.unload();
            self.digest = source.digest;
            let began = Instant::now();
            let config = Config {
                loading: loading.clone(),
                ..self.config.clone()
            };
            let file = (source.file, source.digest);
            let started = load::start(
                self.spawner,
                &self.session,
                file,
                source.manner,
                &config,
                self.sandbox,
            );
            let runner = started.map_err(|error| {
                let notice = Notice::NotLoaded {
                    model: &self.name,
                    why: &error.to_string(),
                };
                // Nothing runs, recorded or not.
                let _ = (self.told)(&notice);
                match error {
                    LoadError::Start(error) => ChatError::Start(error),
                    error @ LoadError::Template(_) => ChatError::Model(error.to_string()),
                }
            })?;
            let notice = Notice::Loaded {
                model: &self.name,
                digest: source.digest,
                protections: runner.protections(),
                took: began.elapsed(),
            };
            (self.told)(&notice).map_err(|NotKept| ChatError::Unrecorded)?;
            self.running = Some((runner, loading));
        }
        match &self.running {
            Some((runner, _)) => Ok(runner.facts()),
            None => Err(ChatError::Model("the model is not loaded".into())),
        }
    }

    fn unload(&mut self) {
        if self.running.take().is_some() {
            // It is gone, recorded or not.
            let _ = (self.told)(&Notice::Unloaded { model: &self.name });
        }
    }

    fn died(&mut self, error: &JobError) {
        self.running = None;
        let how = error.to_string();
        let _ = (self.told)(&Notice::Died {
            model: &self.name,
            how: &how,
        });
    }

    /// Whether the model's process runs.
    pub fn loaded(&self) -> bool {
        self.running.is_some()
    }

    /// The model's name as the store spells it.
    pub fn model(&self) -> &ModelName {
        &self.name
    }

    /// What stops an answer.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The conversation that is kept, once there is a turn.
    pub fn id(&self) -> Option<Id> {
        self.log.as_ref().map(Log::id)
    }

    /// What was said so far.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The system prompt, if one was set here.
    pub fn system(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// The conversations of the vault; `None` when nothing is kept.
    pub fn histories(&mut self) -> Option<&mut Histories> {
        self.histories.as_mut()
    }

    /// Sets the system prompt from here on; `None` is the Modelfile's.
    ///
    /// # Errors
    /// When it could not be kept; it holds all the same.
    pub fn set_system(&mut self, text: Option<String>) -> Result<(), VaultError> {
        self.system = text;
        if self.log.is_none() && self.unkept.is_empty() {
            // It is kept with the first turn.
            return Ok(());
        }
        let record = Record::System {
            text: self.system.clone(),
        };
        match self.unkept.back_mut() {
            Some(last @ Record::System { .. }) => *last = record,
            _ => self.unkept.push_back(record),
        }
        self.keep()
    }

    /// Asks, and hands each step of the answer on as it comes. The turn is kept when it ends; one that fails is not.
    ///
    /// # Errors
    /// [`ChatError`]; then the chat is as before, and may go on.
    pub fn ask(
        &mut self,
        text: &str,
        each: &mut dyn FnMut(Said<'_>),
    ) -> Result<Answered, ChatError> {
        if self.turns.len() >= limits::TURNS {
            return Err(ChatError::Full);
        }
        self.load()?;
        let mut turn = Turn {
            user: text.to_owned(),
            answer: String::new(),
            thinking: None,
            ended: Ended::Stop,
            at: 0,
        };
        let answered = self.answer(&mut turn, each);
        let (usage, timings) = match answered {
            Ok(done) => done,
            Err(error) => {
                if let ChatError::Job(error @ (JobError::Died(_) | JobError::Channel(_))) = &error {
                    self.died(error);
                }
                return Err(error);
            }
        };
        turn.at = since_epoch(SystemTime::now()).as_secs();
        let before = self.unkept();
        self.note(&turn);
        let not_kept = self.keep().err();
        let late = match &not_kept {
            None => before,
            Some(_) => (before + 1).saturating_sub(self.unkept()),
        };
        let ended = turn.ended;
        if matches!(not_kept, Some(VaultError::Forgotten(_))) {
            // Somebody wants this conversation gone, and it would come back with the next turn.
            self.clear();
        } else {
            self.turns.push(turn);
            self.computed = true;
        }
        Ok(Answered {
            ended,
            usage,
            timings,
            not_kept,
            late,
        })
    }

    fn answer(
        &mut self,
        turn: &mut Turn,
        each: &mut dyn FnMut(Said<'_>),
    ) -> Result<(Usage, Timings), ChatError> {
        let ask = self.question(&turn.user);
        let Some((runner, _)) = &mut self.running else {
            return Err(ChatError::Model("the model is not loaded".into()));
        };
        let canceller = runner.canceller();
        let steps = runner.ask(ask)?;
        self.stopper.arm(canceller);
        let mut last = Err(ChatError::Model("the answer has no end".into()));
        let mut full = false;
        for step in steps {
            if self.stopper.stopped() {
                // What has come already and was not shown yet is not shown any more. Dropping the steps takes the question back.
                turn.ended = Ended::Stopped;
                last = Ok((Usage::default(), Timings::default()));
                break;
            }
            match step {
                Ok(Event::Token { text, .. }) => {
                    each(Said::Text(&text));
                    turn.answer.push_str(&text);
                    full = turn.answer.len() > limits::ANSWER_BYTES;
                }
                Ok(Event::Thinking { text }) => {
                    each(Said::Thinking(&text));
                    let thinking = turn.thinking.get_or_insert_default();
                    thinking.push_str(&text);
                    full = thinking.len() > limits::ANSWER_BYTES;
                }
                Ok(Event::Done {
                    reason,
                    usage,
                    timings,
                }) => {
                    if reason == DoneReason::Length {
                        turn.ended = Ended::Length;
                    }
                    last = Ok((usage, timings));
                }
                // No tools are offered and nothing is embedded.
                Ok(Event::ToolCall(_) | Event::Embedding { .. }) => {}
                Ok(Event::Error(failure)) => last = Err(ChatError::Refused(failure)),
                Err(error) => last = Err(ChatError::Job(error)),
            }
            if full {
                turn.ended = Ended::Length;
                last = Ok((Usage::default(), Timings::default()));
                break;
            }
        }
        let stopped = self.stopper.disarm();
        match last {
            Err(ChatError::Job(JobError::Cancelled)) if stopped => {
                turn.ended = Ended::Stopped;
                Ok((Usage::default(), Timings::default()))
            }
            last => last,
        }
    }

    fn question(&self, text: &str) -> Ask {
        let mut messages = messages(self.system.as_deref(), &self.turns);
        messages.push(ringfence_inference::Message {
            content: text.to_owned(),
            ..Default::default()
        });
        let mut request = Request::new(
            self.name.clone(),
            Prompt::Chat {
                messages,
                tools: Vec::new(),
                tool_choice: ToolChoice::None,
            },
        );
        request.options = self.options.clone();
        request.format = self.format.clone();
        Ask {
            request,
            call_id: "call_0".into(),
            now: since_epoch(SystemTime::now()),
        }
    }

    /// Turns that were to be kept and are not yet.
    pub fn unkept(&self) -> usize {
        let turns = |record: &&Record| matches!(record, Record::Turn(_));
        self.unkept.iter().filter(turns).count()
    }

    /// Puts a turn behind what is to be kept.
    fn note(&mut self, turn: &Turn) {
        if self.histories.is_none() {
            return;
        }
        if self.log.is_none() && self.unkept.is_empty() {
            let begin = Record::begin(self.name.short(), self.digest, turn.at);
            self.unkept.push_back(begin);
            if let Some(text) = self.system.clone() {
                self.unkept.push_back(Record::System { text: Some(text) });
            }
        }
        self.unkept.push_back(Record::Turn(turn.clone()));
    }

    /// Writes what is to be kept, in order, into the conversation, which begins with the first turn. What fails is there for the next
    /// time, but what is more than a conversation takes.
    fn keep(&mut self) -> Result<(), VaultError> {
        let Some(histories) = &mut self.histories else {
            return Ok(());
        };
        let log = match &mut self.log {
            Some(log) => log,
            none => none.insert(histories.begin()?),
        };
        let mut kept = Ok(());
        while let Some(record) = self.unkept.front() {
            match log.add(record) {
                Ok(()) => {}
                Err(error @ VaultError::Limit { .. }) => kept = Err(error),
                Err(error) => return Err(error),
            }
            self.unkept.pop_front();
        }
        kept
    }

    /// Puts the conversation aside: what comes next is another one, under the same system prompt. What is kept stays kept.
    pub fn clear(&mut self) {
        self.turns.clear();
        self.log = None;
        self.unkept.clear();
        self.computed = false;
    }

    /// Goes on with a conversation of the vault, and gives the model's process what it computed for it, which is not computed again.
    ///
    /// # Errors
    /// When there is none of this number, it is damaged, or another process has it open; then the chat is as before.
    pub fn resume(&mut self, id: Id) -> Result<Story, VaultError> {
        let Some(histories) = &mut self.histories else {
            return Err(VaultError::Unknown(id.to_string()));
        };
        let (mut log, mut story) = histories.go_on(id)?;
        if story.model.is_none() && story.turns.is_empty() {
            return Err(VaultError::Unknown(id.to_string()));
        }
        let name = self.name.short();
        if story.model.as_deref() != Some(&*name) || story.digest != Some(self.digest) {
            let at = since_epoch(SystemTime::now()).as_secs();
            log.add(&Record::begin(name, self.digest, at))?;
        }
        self.log = Some(log);
        self.unkept.clear();
        self.computed = false;
        self.system.clone_from(&story.system);
        self.turns = std::mem::take(&mut story.turns);
        Ok(story)
    }

    /// Gives the model's process what was computed for this conversation before.
    ///
    /// # Errors
    /// When the model can not be started.
    pub fn warm(&mut self) -> Result<Cached, ChatError> {
        self.load()?;
        let (Some(histories), Some(log), Some((runner, _))) =
            (&mut self.histories, &self.log, &mut self.running)
        else {
            return Ok(Cached::None);
        };
        let engine = runner.facts().engine.clone();
        let tie = Tie {
            digest: self.digest,
            engine: &engine,
            system: self.system.as_deref(),
            turns: &self.turns,
        };
        match cache::restore(histories, log, runner, &tie) {
            Ok(cached) => Ok(cached),
            Err(error) => {
                // Another process, which never saw it.
                self.died(&error);
                self.load()?;
                Ok(Cached::Dropped(error.to_string()))
            }
        }
    }

    /// Ends a conversation in order: notes how far it goes, and keeps what the engine computed for it. Says what did not work, and what
    /// is kept only now; other turns are kept already.
    pub fn settle(&mut self) -> Vec<String> {
        let mut failed = Vec::new();
        let late = self.unkept();
        if !self.unkept.is_empty() {
            match self.keep() {
                Ok(()) => failed.push(format!(
                    "the last of this conversation is kept now, turns: {late}"
                )),
                Err(error) => {
                    let lost = self.unkept();
                    failed.push(format!(
                        "the last of this conversation is not kept, turns: {lost}: {error}"
                    ));
                    return failed;
                }
            }
        }
        let (Some(histories), Some(log)) = (&mut self.histories, &self.log) else {
            return failed;
        };
        if let Some((runner, _)) = &mut self.running
            && self.computed
        {
            let engine = runner.facts().engine.clone();
            let tie = Tie {
                digest: self.digest,
                engine: &engine,
                system: self.system.as_deref(),
                turns: &self.turns,
            };
            if let Err(why) = cache::keep(histories, log, runner, &tie) {
                failed.push(format!(
                    "no prompt cache is kept, the next time all is read anew: {why}"
                ));
            }
        }
        if let Err(error) = histories.settle(log) {
            failed.push(format!(
                "the conversation is kept, but not noted in the key store, so an older copy of its file would not be noticed: {error}"
            ));
        }
        failed
    }

    /// Destroys the key of this conversation and of its prompt cache, and forgets it here, in the model's process as well. `false`:
    /// there was nothing kept.
    ///
    /// # Errors
    /// When the key store or the disk fails; the conversation stays as it is.
    pub fn forget(&mut self) -> Result<bool, VaultError> {
        let kept = match (&mut self.histories, &self.log) {
            (Some(histories), Some(log)) => {
                match histories.forget(log.id()) {
                    Ok(()) | Err(VaultError::Unknown(_)) => {}
                    Err(error) => return Err(error),
                }
                true
            }
            _ => false,
        };
        self.clear();
        // The process holds what it computed for it.
        self.unload();
        Ok(kept)
    }

    /// Destroys the keys of all conversations and prompt caches, and forgets this one. Says how many there were.
    ///
    /// # Errors
    /// As [`Chat::forget`].
    pub fn forget_all(&mut self) -> Result<usize, VaultError> {
        let count = match &mut self.histories {
            Some(histories) => histories.forget_all()?,
            None => 0,
        };
        self.clear();
        self.unload();
        Ok(count)
    }
}

impl Drop for Chat<'_> {
    fn drop(&mut self) {
        self.unload();
    }
}
