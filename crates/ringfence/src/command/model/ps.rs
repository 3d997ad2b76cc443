//! `ringfence model ps`: what the running server has loaded, and which of its protections are off.

use std::io::Write;
use std::process::ExitCode;

use ringfence_model::local::{Local, LocalError, token};
use ringfence_model::server::Listen;
use serde_json::{Value, json};

use crate::arguments::model::Ps;
use crate::command::{output_failed, print_json};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Asks and prints.
pub fn run(arguments: &Ps) -> Result<ExitCode, Failure> {
    let at = match &arguments.at.socket {
        Some(path) => Listen::Unix(path.clone()),
        None => Listen::Tcp(arguments.at.server),
    };
    let token = arguments.at.token_file.as_deref().map(token);
    let server = Local::new(at, token.transpose().map_err(failed)?).map_err(failed)?;
    let version: Value = server.get("/api/version").map_err(failed)?;
    let mut running: Value = server.get("/api/ps").map_err(failed)?;
    let Some(off) = version["ringfence"]["off"].as_array().map(|off| texts(off)) else {
        return Err(Failure::message(
            Exit::Found,
            format!("what answers at {server} is another server of models, not Ringfence's"),
        ));
    };
    let models = running["models"].take();
    let mut out = std::io::stdout().lock();
    if arguments.json {
        let all = json!({
            "server": server.to_string(), "version": version["ringfence"]["version"], "off": off, "models": models,
        });
        print_json(&mut out, &all)?;
        return Ok(Exit::Success.into());
    }
    let models = models.as_array().map(Vec::as_slice).unwrap_or_default();
    if models.is_empty() {
        writeln!(out, "no model is loaded at {server}").map_err(output_failed)?;
    } else {
        let mut table = table::new(&[
            "name",
            "id",
            "size",
            "level",
            "sealed",
            "protections",
            "until",
        ]);
        for model in models {
            let fence = &model["ringfence"];
            let text = |value: &Value| super::clean(value.as_str().unwrap_or("?"));
            let level = text(&fence["level"]);
            let tone = match level.as_str() {
                "standard" | "high" => Tone::Good,
                _ => Tone::Bad,
            };
            let id: String = text(&model["digest"]).chars().take(12).collect();
            let protections = fence["protections"].as_array().map(|all| texts(all));
            table.add_row(vec![
                table::cell(text(&model["name"]), Tone::Plain),
                table::cell(id, Tone::Plain),
                table::cell(
                    super::bytes(model["size"].as_u64().unwrap_or(0)),
                    Tone::Plain,
                ),
                table::cell(level, tone),
                match fence["sealed"].as_bool() {
                    Some(true) => table::cell("yes", Tone::Good),
                    _ => table::cell("no", Tone::Bad),
                },
                table::cell(protections.unwrap_or_default().join(", "), Tone::Plain),
                table::cell(text(&model["expires_at"]), Tone::Plain),
            ]);
        }
        writeln!(out, "{table}").map_err(output_failed)?;
    }
    match off.as_slice() {
        [] => Ok(()),
        off => writeln!(out, "SWITCHED OFF: {}", off.join(", ")),
    }
    .map_err(output_failed)?;
    Ok(Exit::Success.into())
}

fn texts(all: &[Value]) -> Vec<String> {
    let texts = all.iter().filter_map(Value::as_str);
    texts.map(super::clean).collect()
}

fn failed(error: LocalError) -> Failure {
    match error {
        LocalError::NotLoopback(_) => Failure::new(Exit::Usage, error),
        LocalError::TokenFile { .. } => Failure::new(Exit::Config, error),
        error => Failure::new(Exit::Found, error),
    }
}
