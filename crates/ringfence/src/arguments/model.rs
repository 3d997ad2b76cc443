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
    /// Make a model of another one, or of a GGUF file, with a Modelfile.
    Create(Create),
    /// Fetch a model from a registry; an interrupted pull goes on where it stopped.
    Pull(Pull),
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

/// `ringfence model create`
#[derive(Debug, Args)]
pub struct Create {
    /// What to make it of.
    #[arg(short, long, value_name = "MODELFILE", default_value = "Modelfile")]
    pub file: PathBuf,
    /// Its name.
    pub name: ModelName,
}

/// `ringfence model pull`
#[derive(Debug, Args)]
pub struct Pull {
    /// The model; its host is the registry, registry.ollama.ai unless named.
    pub name: ModelName,
    /// Allow another host that the registry redirects to (`name`, `*.name`, `name:port`).
    #[arg(long, value_name = "HOST")]
    pub allow: Vec<String>,
    /// Print JSON to standard output at the end.
    #[arg(long)]
    pub json: bool,
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
