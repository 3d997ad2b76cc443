//! `ringfence model create`: a Modelfile becomes a model.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ringfence_inference::{Modelfile, limits};
use ringfence_model::{CreateError, ImportError};
use ringfence_runtime::facts;

use super::progress::Progress;
use crate::arguments::model::Create;
use crate::command::{failure, output_failed};
use crate::error::Failure;
use crate::exit::Exit;

/// Reads the Modelfile and makes the model.
pub fn run(arguments: &Create) -> Result<(), Failure> {
    let text = read(&arguments.file)?;
    let modelfile = Modelfile::parse(&text).map_err(|error| {
        let file = arguments.file.display();
        let place = format!("{file}:{}:{}", error.line, error.column);
        Failure::message(Exit::Config, format!("{place}: {}", error.reason))
    })?;
    let store = super::open()?;
    let home = facts::place().map_err(|e| failure(e.into()))?.home;
    let directory = arguments.file.parent().unwrap_or(Path::new(""));
    let mut progress = Progress::new();
    let made = ringfence_model::create(
        &store,
        &modelfile,
        (directory, &home),
        &arguments.name,
        &mut |done, all| progress.show("copying", done, all),
    );
    progress.end();
    let id = made.map_err(|error| match error {
        CreateError::From { .. } | CreateError::Adapter(_) => Failure::new(Exit::Config, error),
        CreateError::Import(ImportError::Store(error)) => super::stored(error),
        other => Failure::new(Exit::Found, other),
    })?;
    super::say(&mut std::io::stdout().lock(), &arguments.name, &id).map_err(output_failed)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |why: String| Failure::message(Exit::Config, format!("{}: {why}", path.display()));
    let most = limits::MODELFILE_BYTES as u64;
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_string(&mut text))
        .map_err(|e| failed(e.to_string()))?;
    Ok(text)
}
