//! From a model of the store to a runner that answers with its Modelfile's manner; for the server and for chats.

use std::fs::File;

use ringfence_inference::{Digest, Options};
use ringfence_runner::engine::{Loading, threads};
use ringfence_runner::{Config, JobError, Manner, Runner, StartError};
use ringfence_sandbox::Spawner;

/// Why a model does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// Its runner did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Its template is none.
    #[error("the model's template can not be used: {0}")]
    Template(JobError),
}

/// How to load: as asked, else as the Modelfile says, else as usual.
pub(crate) fn loading(options: &Options, own: &Options, default: &Loading) -> Loading {
    let either = |asked: Option<u32>, own: Option<u32>, default: u32| {
        asked.or(own).filter(|n| *n > 0).unwrap_or(default)
    };
    Loading {
        context: either(options.num_ctx, own.num_ctx, default.context),
        batch: either(options.num_batch, own.num_batch, default.batch)
            .min(ringfence_runner::limits::BATCH),
        threads: threads(Some(either(
            options.num_thread,
            own.num_thread,
            default.threads,
        ))),
        gpu: default.gpu.map(|layers| {
            let asked = options.num_gpu.or(own.num_gpu).unwrap_or(layers);
            asked.clamp(-1, ringfence_runner::limits::LAYERS)
        }),
    }
}

/// Starts it in its sandbox, or as an ordinary process where that was switched off. Its file is hashed there.
pub(crate) fn start(
    spawner: &Spawner,
    session: &str,
    (file, digest): (File, Digest),
    manner: Manner,
    config: &Config,
    sandbox: bool,
) -> Result<Runner, LoadError> {
    let mut runner = match sandbox {
        true => Runner::start(spawner, session, file.into(), digest, config),
        false => Runner::danger_start_without_sandbox(file.into(), digest, config),
    }?;
    runner.dress(manner).map_err(LoadError::Template)?;
    Ok(runner)
}
