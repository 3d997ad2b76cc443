//! `ringfence prove`: runs the attack table on this machine and prints it.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ringfence_conformance::{Bare, Case, CliFence, CodeFence, Fence, json, prove, table, text};
use ringfence_sandbox::docker::{DockerError, DockerHost, facts, image};

use super::output_failed;
use crate::arguments::Prove;
use crate::error::Failure;
use crate::exit::Exit;

/// Backends of this build.
const BACKENDS: &[&str] = &["native", "bubblewrap", GVISOR, DOCKER];
const GVISOR: &str = "gvisor";
/// The backend that is not there unless an engine answers.
const DOCKER: &str = "docker";
/// The image that its half of the table runs on; removed afterwards.
const IMAGE: &str = "ringfence/prove:latest";
/// Width when standard output is no terminal.
const PLAIN_WIDTH: usize = 120;

/// Runs the table; exit code 1 when a row failed.
pub fn run(arguments: &Prove) -> Result<ExitCode, Failure> {
    let program = std::env::current_exe().map_err(Failure::fence)?;
    let named: Vec<&str> = arguments.backend.iter().map(String::as_str).collect();
    if let Some(unknown) = named.iter().find(|name| !BACKENDS.contains(name)) {
        return Err(Failure::message(
            Exit::Usage,
            format!(
                "there is no backend {unknown:?}; there are {}",
                BACKENDS.join(", ")
            ),
        ));
    }
    let chosen = if named.is_empty() {
        BACKENDS.to_vec()
    } else {
        named
    };
    let mut fences: Vec<Box<dyn Fence>> = Vec::new();
    let mut absent: Vec<String> = Vec::new();
    for name in &chosen {
        if *name == GVISOR
            && let Some(why) = ringfence_sandbox::gvisor_unusable()
        {
            if !arguments.backend.is_empty() {
                return Err(Failure::message(Exit::Fence, why));
            }
            absent.push(format!("gvisor: not run: {why}"));
            continue;
        }
        if *name != DOCKER {
            fences.push(Box::new(CliFence::new(&program, name)));
            continue;
        }
        match on_docker(&program) {
            Ok(found) => fences.extend(found),
            Err(why) if arguments.backend.is_empty() => {
                absent.push(format!("docker: not run: {why}"));
            }
            Err(why) => return Err(Failure::fence(why)),
        }
    }
    let _image = fences
        .iter()
        .any(|f| f.name().starts_with(DOCKER))
        .then_some(OwnImage);
    let cases: Vec<Case> = table()
        .into_iter()
        .filter(|case| wanted(case, &arguments.only))
        .collect();
    if cases.is_empty() {
        return Err(Failure::message(
            Exit::Usage,
            format!("no row begins with {}", arguments.only.join(" or ")),
        ));
    }
    let progress = progress_bar(cases.len() * fences.len());
    let fences: Vec<&dyn Fence> = fences.iter().map(AsRef::as_ref).collect();
    let report = prove(
        &cases,
        &Bare {
            program: program.clone(),
        },
        &fences,
        &mut |row| {
            progress.set_message(row.id.to_string());
            progress.inc(1);
        },
    );
    progress.finish_and_clear();
    let mut out = std::io::stdout().lock();
    let printed = if arguments.json {
        json(&report).map_err(|e| output_failed(e.into()))?
    } else {
        let width =
            crossterm::terminal::size().map_or(PLAIN_WIDTH, |(columns, _)| usize::from(columns));
        text(
            &report,
            if std::io::stdout().is_terminal() {
                width
            } else {
                PLAIN_WIDTH
            },
            crate::table::colored(),
        )
    };
    writeln!(out, "{printed}").map_err(output_failed)?;
    for line in absent.iter().filter(|_| !arguments.json) {
        writeln!(out, "{line}").map_err(output_failed)?;
    }
    Ok(if report.passed() {
        Exit::Success
    } else {
        Exit::Found
    }
    .into())
}

/// The levels that the engine can give, on an image that is made for it.
fn on_docker(program: &std::path::Path) -> Result<Vec<Box<dyn Fence>>, DockerError> {
    let host = DockerHost::from_variable(std::env::var_os("DOCKER_HOST").as_deref())?;
    let known = facts(&host)?.runtimes;
    image::build(&host, IMAGE, &["bash".to_owned()])?;
    let mut fences: Vec<Box<dyn Fence>> = Vec::new();
    for (runtime, level) in [("runc", "standard"), ("runsc", "high")] {
        if known.iter().any(|name| name == runtime) {
            fences.push(Box::new(CodeFence::docker(program, level, IMAGE)));
        }
    }
    Ok(fences)
}

/// Removed when the table is done.
struct OwnImage;

impl Drop for OwnImage {
    fn drop(&mut self) {
        let variable = std::env::var_os("DOCKER_HOST");
        if let Ok(host) = DockerHost::from_variable(variable.as_deref()) {
            let _ = image::remove(&host, IMAGE);
        }
    }
}

fn wanted(case: &Case, only: &[String]) -> bool {
    only.is_empty()
        || only.iter().any(|word| {
            case.id.starts_with(word.as_str()) || case.incident.starts_with(word.as_str())
        })
}

fn progress_bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
