//! The command line of `ringfence keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `ringfence keys`
#[derive(Debug, Args)]
#[command(
    after_help = "A passphrase is asked for on the terminal without showing it, or read from the descriptor of --passphrase-fd, a line \
for each question in the order in which they come. It is never taken from an argument or the environment."
)]
pub struct Keys {
    /// Directory of the vault, instead of `vault` in the state directory.
    #[arg(long, global = true, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub action: KeysAction,
}

/// `ringfence keys …`
#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Make a vault and its first key.
    Init(KeysInit),
    /// Where the keys live, why there, and how things stand.
    Status(super::Output),
    /// The conversations, and the names of the secrets.
    List(super::Output),
    /// Keep a named secret, read from standard input or asked for on the terminal; `source = "keys:NAME"` uses it.
    Set(KeysSet),
    /// Begin a new epoch: a new key, under which every conversation's key is wrapped anew.
    Rotate(KeysRotate),
    /// Write the keys and the named secrets to a file under a passphrase.
    Export(KeysExport),
    /// Take the keys and the named secrets of such a file back, or conversations from SecLlama.
    Import(KeysImport),
    /// Destroy the keys of conversations, or a named secret. There is no way back.
    Forget(KeysForget),
    /// Read everything and name what is damaged.
    Verify(KeysVerify),
}

/// A place for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum StoreArgument {
    /// The Secret Service where one answers, else a file under a passphrase.
    #[default]
    Auto,
    /// The desktop's key store (gnome-keyring, KWallet).
    SecretService,
    /// A file under a passphrase.
    Passphrase,
    /// A file that only this machine's TPM 2.0 opens.
    Tpm,
}

/// How a passphrase becomes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum KdfArgument {
    /// Argon2id with 64 MiB, 3 passes, 4 lanes.
    #[default]
    Argon2id,
    /// PBKDF2-SHA-256 with 600,000 iterations, where a standard asks for it.
    Pbkdf2,
}

/// `ringfence keys init`
#[derive(Debug, Args)]
pub struct KeysInit {
    /// Where the keys live.
    #[arg(long, value_enum, default_value_t)]
    pub store: StoreArgument,
    /// How a passphrase becomes a key.
    #[arg(long, value_enum, default_value_t)]
    pub kdf: KdfArgument,
}

/// `ringfence keys set`
#[derive(Debug, Args)]
pub struct KeysSet {
    /// Name: letters, digits, `-`, `_` and `.`.
    pub name: String,
}

/// `ringfence keys rotate`
#[derive(Debug, Args)]
pub struct KeysRotate {
    /// Ask for a new passphrase as well.
    #[arg(long)]
    pub new_passphrase: bool,
    /// How the new passphrase becomes a key.
    #[arg(long, value_enum, default_value_t)]
    pub kdf: KdfArgument,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence keys export`
#[derive(Debug, Args)]
pub struct KeysExport {
    /// File to make.
    pub file: PathBuf,
    /// How its passphrase becomes a key.
    #[arg(long, value_enum, default_value_t)]
    pub kdf: KdfArgument,
}

/// `ringfence keys import`
#[derive(Debug, Args)]
pub struct KeysImport {
    /// File that `keys export` made, or with `--secllama-salt` one of SecLlama's.
    pub file: PathBuf,
    /// Replace named secrets that are here already; otherwise they stay as they are.
    #[arg(long)]
    pub replace: bool,
    /// When keys are brought back: keep them here instead of in the store that the vault had.
    #[arg(long, value_enum, value_name = "STORE")]
    pub store: Option<StoreArgument>,
    /// How a new passphrase becomes a key.
    #[arg(long, value_enum, default_value_t)]
    pub kdf: KdfArgument,
    /// The file has SecLlama's form (a base64 line a message, PBKDF2 with 100,000 iterations); its 32 bytes of salt are in this file.
    #[arg(long, value_name = "FILE")]
    pub secllama_salt: Option<PathBuf>,
}

/// `ringfence keys forget`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct KeysForget {
    /// Conversations, by the numbers that `keys list` prints.
    #[arg(value_name = "ID", conflicts_with = "all")]
    pub ids: Vec<String>,
    /// All conversations; named secrets stay.
    #[arg(long)]
    pub all: bool,
    /// A named secret.
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
}

/// `ringfence keys verify`
#[derive(Debug, Args)]
pub struct KeysVerify {
    /// Write what can be read of damaged conversations anew; the damaged files stay beside it.
    #[arg(long)]
    pub repair: bool,
    /// Take a vault that was restored from a copy as the newest there is.
    #[arg(long)]
    pub accept_restored: bool,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}
