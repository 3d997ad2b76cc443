//! `ringfence model …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ringfence_inference::ModelName;

use super::Output;

/// What to do with models. Names are `[host/][namespace/]model[:tag]`.
#[derive(Debug, Subcommand)]
pub enum Model {
    /// Put a GGUF file into the store.
    Import(Import),
    /// The models in the store.
    List(Output),
    /// What a model is: its file, template, options and licence. All of it is hashed.
    Show(Show),
    /// Give a model another name as well.
    Cp(Copy),
    /// Remove models, and what no other model needs of them.
    Rm(Remove),
}

/// `ringfence model import`
#[derive(Debug, Args)]
pub struct Import {
    /// A model in one GGUF file.
    pub file: PathBuf,
    /// Its name.
    #[arg(long)]
    pub name: ModelName,
}

/// `ringfence model show`
#[derive(Debug, Args)]
pub struct Show {
    /// The model.
    pub name: ModelName,
    /// Print only the chat template, as it is.
    #[arg(long, conflicts_with = "json")]
    pub template: bool,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence model cp`
#[derive(Debug, Args)]
pub struct Copy {
    /// The model.
    pub from: ModelName,
    /// The other name.
    pub to: ModelName,
}

/// `ringfence model rm`
#[derive(Debug, Args)]
pub struct Remove {
    /// The models.
    #[arg(required = true)]
    pub names: Vec<ModelName>,
}
