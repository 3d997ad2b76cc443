//! Keys of runners, and sealed questions, which are found by the id of the key and by nothing else.

use std::sync::Arc;
use std::time::Instant;

use ringfence_inference::{Digest, Failure, FailureKind, KeepAlive, ModelName, Options};
use ringfence_runner::{Described, SealedStep};
use ringfence_seal::KeyConfig;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use super::worker::Worker;
use super::{Place, Pool, Task};
use crate::server::body::Whole;
use crate::server::limits;

/// A sealed question.
pub(super) struct Sealed {
    /// The id of the key that it is sealed to.
    key: u8,
    ciphertext: Whole,
    steps: Sender<Step>,
}

/// What there is to sign about a runner.
pub(crate) struct Keyed {
    pub(crate) key: KeyConfig,
    /// Of the model's manifest.
    pub(crate) manifest: Digest,
    pub(crate) described: Described,
    pub(crate) protections: std::collections::BTreeSet<String>,
}

/// A step of a sealed answer.
#[derive(Debug)]
pub(crate) enum Step {
    /// Not opened, with what may be said of it in clear.
    Refused { status: u16, word: String },
    /// A part of the sealed response.
    Frames(Vec<u8>),
    /// All of it came.
    Done,
}

/// A sealed answer, step by step. Dropping it takes the question back.
pub(crate) struct SealedAnswering {
    pub(crate) steps: Receiver<Step>,
    _place: Place,
}

/// What is said of a key that no runner has: the client asks for the model's key again.
fn unknown() -> Step {
    Step::Refused {
        status: 404,
        word: "key".into(),
    }
}

impl Pool {
    /// What there is to sign about a model's runner, which is started if it is not there.
    ///
    /// # Errors
    /// There is no such model, it can not be loaded, or there is no room for it.
    pub(crate) async fn keyed(self: &Arc<Self>, name: &ModelName) -> Result<Keyed, Failure> {
        let (told, hears) = oneshot::channel();
        let _place = self.enqueue(self.lock(), name, Task::Key(told))?;
        hears.await.map_err(|_| {
            Failure::new(
                FailureKind::Internal,
                "the server is stopping, or the model's thread failed",
            )
        })?
    }

    /// Puts a sealed question at the end of the queue of the model whose runner has this key.
    ///
    /// # Errors
    /// When the queue is full, or the server stops. Whether the key is known is said by the first step.
    pub(crate) fn sealed(
        self: &Arc<Self>,
        key: u8,
        ciphertext: Whole,
    ) -> Result<Option<SealedAnswering>, Failure> {
        let state = self.lock();
        let mut loaded = state.models.values().filter_map(|m| m.loaded.as_ref());
        let Some(name) = loaded.find(|l| l.key == key).map(|l| l.name.clone()) else {
            return Ok(None);
        };
        drop(loaded);
        let (steps, receiver) = channel(limits::STEPS);
        let task = Task::Sealed(Sealed {
            key,
            ciphertext,
            steps,
        });
        Ok(Some(SealedAnswering {
            steps: receiver,
            _place: self.enqueue(state, &name, task)?,
        }))
    }

    /// Who was told a model's key finds it there for a moment, also when another one waits for its place.
    fn promise(&self, key: &str) {
        if let Some(model) = self.lock().models.get_mut(key) {
            model.promised = Some(Instant::now() + limits::PROMISE);
        }
    }

    /// An id for the key of a new runner, which no loaded one has.
    pub(super) fn key_id(&self) -> u8 {
        let mut state = self.lock();
        loop {
            let id = state.next_key;
            state.next_key = id.wrapping_add(1);
            let taken = |model: &super::Model| model.loaded.as_ref().is_some_and(|l| l.key == id);
            // There are far fewer models than ids.
            if !state.models.values().any(taken) {
                return id;
            }
        }
    }
}

impl Worker {
    /// Has a runner for the model as it is in the store, however it was loaded, and tells its key.
    pub(super) fn key(&mut self, told: oneshot::Sender<Result<Keyed, Failure>>) {
        let keyed = self.keyed();
        if keyed.is_ok() {
            self.pool().promise(self.model_key());
        }
        // Who asked may have left.
        let _ = told.send(keyed);
    }

    fn keyed(&mut self) -> Result<Keyed, Failure> {
        if !self.is_current()? {
            self.load(&Options::default())?;
        }
        let gone = || Failure::new(FailureKind::Overloaded, "the question was taken back");
        let (runner, manifest) = self.runner().ok_or_else(gone)?;
        Ok(Keyed {
            key: runner.key().clone(),
            manifest,
            described: runner.described(),
            protections: runner.words(),
        })
    }

    /// Hands a sealed question to the runner and its answer on. Returns how long the model is to stay, if the question said so.
    pub(super) fn sealed(&mut self, question: Sealed) -> Option<KeepAlive> {
        let Sealed {
            key,
            ciphertext,
            steps,
        } = question;
        let pool = Arc::clone(self.pool());
        let model = self.model_key().to_owned();
        let send = |step| super::worker::send(&pool, &steps, step);
        let Some((runner, _)) = self.runner().filter(|(runner, _)| runner.key().id() == key) else {
            send(unknown());
            return None;
        };
        let canceller = runner.canceller();
        let failed = match runner.sealed(&ciphertext.bytes) {
            Err(error) => error,
            // Dropping the steps takes the question back.
            Ok(answer) => {
                drop(ciphertext);
                if !pool.arm(&model, canceller) {
                    return None;
                }
                let mut failed = None;
                for step in answer {
                    let step = match step {
                        Ok(SealedStep::Frames(bytes)) => Step::Frames(bytes),
                        Ok(SealedStep::Refused { status, word }) => Step::Refused { status, word },
                        Ok(SealedStep::Done { keep_alive }) => {
                            send(Step::Done);
                            return keep_alive;
                        }
                        Err(error) => {
                            failed = Some(error);
                            continue;
                        }
                    };
                    if !send(step) {
                        return None;
                    }
                }
                failed?
            }
        };
        // What came is not whole, and who can open it sees that.
        let failure = self.failed(&failed);
        send(Step::Refused {
            status: failure.kind.status(),
            word: "runner".into(),
        });
        None
    }
}
