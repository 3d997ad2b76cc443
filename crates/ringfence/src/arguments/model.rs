//! `ringfence model …`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum, value_parser};
use ringfence_inference::{KeepAlive, ModelName};
use ringfence_model::quote::Registers;

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
    /// Serve the models of the store on this machine, to clients of Ollama, OpenAI and Anthropic.
    Serve(Box<Serve>),
    /// What this machine's TPM says of it: its key and the state of its registers, for `connect --require-quote` on another one.
    Quote(QuoteOf),
    /// What the running server has loaded, how it is fenced, and which protections are off.
    Ps(Ps),
    /// Make a token for one program: it is printed once, and its hash is added to a file for `serve --tokens`.
    Token(Token),
    /// All settings, explained.
    Config(Config),
    /// Print what would fence a model's process on macOS or Windows. To be read: Ringfence does not run there yet.
    SandboxProfile(SandboxProfile),
    /// Talk to a server's models with everything sealed to the process that runs the model: programs on this machine ask here, in
    /// clear, and what leaves is ciphertext.
    Connect(Box<Connect>),
    /// Chat with a model in this terminal, or have one prompt answered; no server is needed.
    Run(Box<Chat>),
    /// The conversations that are kept, encrypted; or one of them.
    History(History),
    /// Destroy conversations. There is no way back.
    Forget(Forget),
}

/// What a TPM quotes unless something else is said: firmware, its drivers, the boot loader and its keys.
const REGISTERS: &str = "sha256:0,2,4,7";

/// Where a server listens unless something else is said.
const HERE: &str = "127.0.0.1:11434";

/// `ringfence model serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Address of loopback to listen at; port 0 lets the system choose. `OLLAMA_HOST` is not read.
    #[arg(long, value_name = "ADDRESS", default_value = HERE, conflicts_with = "socket")]
    pub listen: SocketAddr,
    /// Listen at a unix socket instead, which only you can use.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Have this machine's TPM 2.0 quote every statement about a model's process, for clients with `connect --require-quote`. Which
    /// TPM that is, tpm2-tools read from TPM2TOOLS_TCTI.
    #[arg(long)]
    pub quote: bool,
    /// Registers of the TPM's SHA-256 bank that it quotes.
    #[arg(long, value_name = "REGISTERS", default_value = REGISTERS, requires = "quote")]
    pub quote_registers: Registers,
    /// Ask every program for its token; the file is one that `ringfence model token` made.
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// Let a web page ask: its origin, to the letter (`https://notes.example`, `app://mine`). May be repeated.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,
    /// Clients ask models and change none: no pull, create, upload, copy or delete. For agents in a fence, whose pulls would go out
    /// by this server.
    #[arg(long)]
    pub ask_only: bool,
    /// How long a model stays loaded after an answer when the client does not say: `300`, `5m`, `0` not at all, `-1` for ever.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = keep_alive, allow_hyphen_values = true)]
    pub keep_alive: KeepAlive,
    /// Models that are loaded at once; the one that was not used for longest goes for another.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u8).range(1..=32))]
    pub loaded: u8,
    /// Tokens of context when neither the client nor the model says.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(16..=4_194_304))]
    pub context: Option<u32>,
    /// Threads of one model; never all processors compute, whatever is said.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=256))]
    pub threads: Option<u32>,
    /// Memory of one model's process (`512m`, `8g`), instead of an estimate from its size.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<u64>,
    /// What models are given.
    #[command(flatten)]
    pub grant: Grant,
    /// What may be switched off.
    #[command(flatten)]
    pub danger: Danger,
}

/// What the process of a model is given besides its model.
#[derive(Debug, Clone, Default, Args)]
pub struct Grant {
    /// Give models the device node of a graphics processor (`/dev/dri/renderD128`; of NVIDIA's `/dev/nvidiactl`, `/dev/nvidia-uvm` and
    /// `/dev/nvidia0`). May be repeated. Only for a program that was built with gpu-cuda or gpu-vulkan.
    #[arg(long, value_name = "PATH")]
    pub device: Vec<PathBuf>,
}

/// `ringfence model quote`
#[derive(Debug, Args)]
pub struct QuoteOf {
    /// Registers of the TPM's SHA-256 bank, the same as for `serve`.
    #[arg(long, value_name = "REGISTERS", default_value = REGISTERS)]
    pub quote_registers: Registers,
}

/// What has to stand on the command line as well before a variable of SecLlama turns something off.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Danger {
    /// Allow SECLLAMA_ENABLE_ENCRYPTION=false.
    #[arg(long)]
    pub danger_no_encryption: bool,
    /// Allow SECLLAMA_ENABLE_SANDBOX=false: models run as ordinary processes. Never as root.
    #[arg(long)]
    pub danger_no_sandbox: bool,
    /// Allow SECLLAMA_STRICT_NETWORK_ISOLATION=false: pulls follow a registry to any public host.
    #[arg(long)]
    pub danger_no_network_isolation: bool,
}

/// Which server is asked.
#[derive(Debug, Args)]
pub struct At {
    /// Its address.
    #[arg(long, value_name = "ADDRESS", default_value = HERE, conflicts_with = "socket")]
    pub server: SocketAddr,
    /// Its unix socket.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// A file (mode 0600) that holds a token of the server's, and nothing else.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// `ringfence model ps`
#[derive(Debug, Args)]
pub struct Ps {
    /// Which server.
    #[command(flatten)]
    pub at: At,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// `ringfence model token`
#[derive(Debug, Args)]
pub struct Token {
    /// The program that gets it: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// File that its hash is added to (0600); it is made if it is not there.
    #[arg(long, value_name = "FILE")]
    pub tokens: PathBuf,
}

/// `ringfence model config`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct Config {
    /// Print a commented template of all settings.
    #[arg(long, group = "what")]
    pub example: bool,
}

/// `ringfence model sandbox-profile`
#[derive(Debug, Args)]
pub struct SandboxProfile {
    /// The system that it is for.
    #[arg(long = "for", value_name = "SYSTEM")]
    pub system: System,
    /// The runner's program on that system; without it this program, with the libraries that it has here.
    #[arg(long, value_name = "PATH")]
    pub program: Option<PathBuf>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
}

/// A system that a runner's sandbox can be written down for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// A profile for `sandbox-exec`.
    Macos,
    /// Firewall rules, as commands of `netsh`.
    Windows,
}

fn keep_alive(text: &str) -> Result<KeepAlive, String> {
    KeepAlive::parse(text).map_err(|error| error.to_string())
}

/// `512m`, `8g`, `8GiB`; a number alone is bytes.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a size like 512m or 8g");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number.checked_mul(factor).ok_or_else(wrong)?;
    match bytes >= 64 << 20 {
        true => Ok(bytes),
        false => Err("a model's process needs at least 64m".into()),
    }
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
    /// Allow SECLLAMA_STRICT_NETWORK_ISOLATION=false: follow the registry to any public host.
    #[arg(long)]
    pub danger_no_network_isolation: bool,
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

/// `ringfence model run`
#[derive(Debug, Args)]
#[command(
    after_help = "A chat is kept in the encrypted vault (`ringfence keys init` makes one). One prompt, on the command line or on standard \
input, is answered and not kept, unless --resume goes on with a conversation."
)]
pub struct Chat {
    /// The model.
    pub name: ModelName,
    /// A prompt, answered once; standard input, where it is no terminal, comes before it.
    pub prompt: Vec<String>,
    /// A system prompt, in place of the model's own.
    #[arg(long, value_name = "TEXT")]
    pub system: Option<String>,
    /// The form of answers: `json`, or a file with a JSON schema.
    #[arg(long, value_name = "json|SCHEMA.json")]
    pub format: Option<String>,
    /// Keep nothing.
    #[arg(long, conflicts_with = "resume")]
    pub no_history: bool,
    /// Go on with a conversation: the last one with this model, or the one whose number begins so.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "")]
    pub resume: Option<String>,
    /// Say after each answer how many tokens there were, and how many of them were known from before.
    #[arg(long)]
    pub verbose: bool,
    /// Directory of the vault, instead of `vault` in the state directory.
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// What the model is given.
    #[command(flatten)]
    pub grant: Grant,
    /// What may be switched off.
    #[command(flatten)]
    pub danger: Danger,
}

/// `ringfence model history`
#[derive(Debug, Args)]
pub struct History {
    /// Print this conversation; the beginning of its number is enough.
    pub id: Option<String>,
    /// Print JSON to standard output.
    #[arg(long)]
    pub json: bool,
    /// Directory of the vault, instead of `vault` in the state directory.
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
}

/// `ringfence model forget`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Forget {
    /// Conversations; the beginnings of their numbers are enough.
    #[arg(value_name = "ID", conflicts_with = "all")]
    pub ids: Vec<String>,
    /// All conversations, and all prompt caches.
    #[arg(long)]
    pub all: bool,
    /// Directory of the vault, instead of `vault` in the state directory.
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
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

/// `ringfence model connect`
#[derive(Debug, Args)]
pub struct Connect {
    /// The server: `http://127.0.0.1:11434`, or `https://` and a name.
    #[arg(value_name = "URL")]
    pub server: ringfence_model::connect::Address,
    /// Address of loopback to listen at; port 0 lets the system choose.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:11435",
        conflicts_with = "socket"
    )]
    pub listen: SocketAddr,
    /// Listen at a unix socket instead, which only you can use.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Ask every program for its token; the file is as for `ringfence model serve`.
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// Let a web page ask: its origin, to the letter (`https://notes.example`, `app://mine`). May be repeated.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,
    /// Believe no statement but one that a TPM quoted as this file says, which `ringfence model quote` printed on the server's machine.
    #[arg(long, value_name = "FILE", conflicts_with = "danger_no_encryption")]
    pub require_quote: Option<PathBuf>,
    /// A file that holds the token which the server asks for.
    #[arg(long, value_name = "FILE")]
    pub server_token_file: Option<PathBuf>,
    /// Ask for what the server says, signed, about the process that runs this model, check it, print it, and end. Pins nothing.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["forget", "forget_server"])]
    pub verify: Option<ModelName>,
    /// Print JSON to standard output, with `--verify`.
    #[arg(long, requires = "verify")]
    pub json: bool,
    /// Forget what is pinned of this model, and end; it is met anew then.
    #[arg(long, value_name = "MODEL", conflicts_with = "forget_server")]
    pub forget: Option<ModelName>,
    /// Forget the server's key and all its models, and end; it is met anew then.
    #[arg(long)]
    pub forget_server: bool,
    /// Allow SECLLAMA_ENABLE_ENCRYPTION=false: questions go to the server in clear.
    #[arg(long)]
    pub danger_no_encryption: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("512m").unwrap(), 512 << 20);
        assert_eq!(size("8GiB").unwrap(), 8 << 30);
        assert_eq!(size("134217728").unwrap(), 128 << 20);
        for wrong in ["", "g", "1t", "-1g", "1.5g", "63m", "99999999999g"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
