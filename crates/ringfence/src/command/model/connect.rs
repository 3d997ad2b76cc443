//! `ringfence model connect`: plain APIs for programs on this machine, sealed to the model's process for everybody else.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_model::connect::{self, Connect, Notice, Pins, Quoted, Settings, Verified};
use ringfence_model::local::token;
use ringfence_model::quote::{read_wanted, written};
use ringfence_model::server::{Listen, ServeError, Tokens};
use ringfence_model::switches::{Flags, Switches};
use ringfence_runtime::facts;
use ringfence_runtime::outbound::Outbound;
use ringfence_runtime::paths::Paths;

use crate::arguments::model;
use crate::command::{failure, output_failed, print_json};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Connects until SIGINT or SIGTERM, or does the one thing that was asked for.
pub fn run(arguments: &model::Connect, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    // Prompts and answers pass through this process.
    ringfence_store::keys::harden().map_err(|e| {
        Failure::message(
            Exit::Fence,
            format!("this process could not be kept out of core dumps: {e}"),
        )
    })?;
    let place = facts::place().map_err(|e| failure(e.into()))?;
    let flags = Flags {
        no_encryption: arguments.danger_no_encryption,
        ..Flags::default()
    };
    // The other two are the server's.
    let env = |name: &str| match name {
        "SECLLAMA_ENABLE_ENCRYPTION" => place.env.get(name).cloned(),
        _ => None,
    };
    let switches = Switches::read(env, &flags).map_err(super::switched)?;
    let paths = Paths::of(&place.home, &place.env);
    paths.prepare().map_err(|e| failure(e.into()))?;
    let pins = paths.state.join("connect");
    if arguments.forget_server || arguments.forget.is_some() {
        forget(arguments, pins)?;
        return Ok(Exit::Success.into());
    }
    let tokens = match &arguments.tokens {
        Some(path) => Tokens::load(path)
            .map_err(|e| Failure::message(Exit::Config, format!("{}: {e}", path.display())))?,
        None => Tokens::default(),
    };
    let server_token = match &arguments.server_token_file {
        Some(path) => Some(token(path).map_err(|e| Failure::new(Exit::Config, e))?),
        None => None,
    };
    let quote = match &arguments.require_quote {
        Some(path) => Some(read_wanted(path).map_err(|e| Failure::new(Exit::Config, e))?),
        None => None,
    };
    let required = quote.as_ref().map(|quote| written(&quote.registers));
    // Who names a server wants it asked; what the configuration blocks stays blocked.
    let allow = vec![arguments.server.rule()];
    let settings = Settings {
        listen: match &arguments.socket {
            Some(path) => Listen::Unix(path.clone()),
            None => Listen::Tcp(arguments.listen),
        },
        tokens,
        origins: arguments.allow_origin.clone(),
        server: arguments.server.clone(),
        server_token,
        pins,
        outbound: Outbound::new(config, allow).map_err(failure)?,
        quote,
        encryption: switches.encryption,
        told: Some(Box::new(told)),
    };
    if let Some(model) = &arguments.verify {
        let verified = connect::verify(settings, &model.to_string())
            .map_err(|error| Failure::new(Exit::Found, error))?;
        show(&verified, arguments.json)?;
        return Ok(Exit::Success.into());
    }
    let connect = Connect::bind(settings).map_err(not_served)?;
    let at = match (&arguments.socket, connect.address()) {
        (_, Some(address)) => format!("http://{address}"),
        (Some(path), None) => path.display().to_string(),
        (None, None) => String::new(),
    };
    let server = &arguments.server;
    let how = match switches.encryption {
        true => "sealed to the process that runs the model (encrypted = required)",
        false => {
            "IN CLEAR: ENCRYPTION IS SWITCHED OFF, the server and whoever is in between read everything"
        }
    };
    let required = match required {
        Some(registers) => {
            format!("\n  quote   of the TPM's {registers} required of every statement")
        }
        None => String::new(),
    };
    // Nobody reads it where standard error is gone.
    let _ = writeln!(
        std::io::stderr(),
        "  server  {server}\n  prompts {how}{required}"
    );
    // Standard output has the one line that a program may wait for.
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening at {at}")
        .and_then(|()| out.flush())
        .map_err(output_failed)?;
    drop(out);
    connect.run().map_err(not_served)?;
    Ok(Exit::Success.into())
}

/// What is met for the first time is said, whatever the level of the log.
fn told(notice: &Notice<'_>) {
    let text = match notice {
        Notice::Met(server) => format!(
            "met this server for the first time; its key is\n    {server}\n  Compare it with what the server's owner sees (`ringfence model connect URL --verify MODEL` there). From now on another key is refused."
        ),
        Notice::Pinned(statement) => format!(
            "met {} for the first time: manifest {}, level {}; a change is refused from now on",
            statement.model,
            statement.manifest.short(),
            statement.level
        ),
    };
    // Nobody reads it where standard error is gone.
    let _ = writeln!(std::io::stderr(), "ringfence: {text}");
}

fn forget(arguments: &model::Connect, pins: PathBuf) -> Result<(), Failure> {
    let model = arguments.forget.as_ref().map(ToString::to_string);
    let pins = Pins::new(pins, &arguments.server);
    let was = pins
        .forget(model.as_deref())
        .map_err(|error| Failure::new(Exit::Found, error))?;
    let what = model.unwrap_or_else(|| arguments.server.to_string());
    let text = match was {
        true => format!("{what} is forgotten; it is met anew when it is asked for"),
        false => format!("{what} was not known"),
    };
    writeln!(std::io::stdout(), "{text}").map_err(output_failed)
}

fn show(verified: &Verified, json: bool) -> Result<(), Failure> {
    let statement = &verified.statement;
    let protections: Vec<&str> = statement.protections.iter().map(String::as_str).collect();
    let mut out = std::io::stdout().lock();
    if json {
        let quote = match &verified.quote {
            Quoted::None => serde_json::Value::Null,
            Quoted::NotChecked => serde_json::json!({ "checked": false }),
            Quoted::Checked(wanted, says) => serde_json::json!({
                "checked": true,
                "key": wanted.key,
                "registers": wanted.registers,
                "state": wanted.state,
                "resets": says.reset_count,
                "restarts": says.restart_count,
                "firmware": format!("{:016x}", says.firmware),
            }),
        };
        return print_json(
            &mut out,
            &serde_json::json!({
                "server": statement.server,
                "server_known": verified.server_known,
                "model": statement.model,
                "model_known": verified.model_known,
                "manifest": statement.manifest,
                "binary": statement.binary,
                "sandbox": statement.sandbox,
                "level": statement.level,
                "protections": protections,
                "key": { "id": statement.key.id(), "kem": statement.key.kem().to_string(), "digest": statement.key.digest() },
                "issued": statement.issued,
                "expires": statement.expires,
                "quote": quote,
            }),
        );
    }
    let known = |known: bool| match known {
        true => ("known, and the same", Tone::Good),
        false => ("not known yet: compare it before you use it", Tone::Care),
    };
    let (quote, note) = match &verified.quote {
        Quoted::None => (
            "none".to_owned(),
            ("what is stated is the server's word", Tone::Care),
        ),
        Quoted::NotChecked => (
            "there is one, not checked".into(),
            (
                "what is stated is the server's word; --require-quote checks it",
                Tone::Care,
            ),
        ),
        Quoted::Checked(wanted, _) => (
            format!(
                "registers {}\n{}\nby key {}",
                written(&wanted.registers),
                wanted.state,
                wanted.key.digest()
            ),
            ("as wanted: worth what they measure", Tone::Good),
        ),
    };
    let left = statement.expires.0.saturating_sub(statement.issued.0) / 60;
    let mut table = table::new(&["what", "stated", ""]);
    let (server, model) = (known(verified.server_known), known(verified.model_known));
    for (what, stated, (note, tone)) in [
        ("server", statement.server.to_string(), server),
        ("model", statement.model.clone(), model),
        (
            "manifest",
            statement.manifest.to_string(),
            ("", Tone::Plain),
        ),
        ("program", statement.binary.to_string(), ("", Tone::Plain)),
        ("sandbox", statement.sandbox.to_string(), ("", Tone::Plain)),
        ("level", statement.level.to_string(), ("", Tone::Plain)),
        ("protections", protections.join(", "), ("", Tone::Plain)),
        (
            "key",
            format!("{}, {}", statement.key.kem(), statement.key.digest()),
            ("made inside the runner", Tone::Plain),
        ),
        (
            "expires",
            format!("{left} min after it was signed"),
            ("", Tone::Plain),
        ),
        ("TPM quote", quote, note),
    ] {
        table.add_row(vec![
            table::cell(what, Tone::Plain),
            table::cell(stated, Tone::Plain),
            table::cell(note, tone),
        ]);
    }
    writeln!(out, "{table}").map_err(output_failed)
}

fn not_served(error: ServeError) -> Failure {
    match error {
        ServeError::NotLoopback(_) => Failure::new(Exit::Usage, error),
        ServeError::Listen { .. } => Failure::new(Exit::Found, error),
        ServeError::Start(_) => Failure::new(Exit::Fence, error),
    }
}
