//! `ringfence image`: container images for the docker backend, made of this machine's own interpreters.

use std::io::Write;
use std::process::ExitCode;

use ringfence_sandbox::docker::image::{self, LANGUAGES};
use ringfence_sandbox::docker::{DockerError, DockerHost};

use super::{output_failed, print_json};
use crate::arguments::{Image, ImageBuild, Output};
use crate::error::Failure;
use crate::exit::Exit;

/// Builds, lists or removes.
pub fn run(arguments: &Image) -> Result<ExitCode, Failure> {
    let variable = std::env::var_os("DOCKER_HOST");
    let host = DockerHost::from_variable(variable.as_deref()).map_err(failure)?;
    match arguments {
        Image::Build(arguments) => build(&host, arguments),
        Image::List(arguments) => list(&host, arguments),
        Image::Rm(arguments) => image::remove(&host, &arguments.name).map_err(failure),
    }?;
    Ok(Exit::Success.into())
}

fn build(host: &DockerHost, arguments: &ImageBuild) -> Result<(), Failure> {
    let with = if arguments.with.is_empty() {
        let installed = image::installed();
        if installed.is_empty() {
            return Err(Failure::message(
                Exit::NotFound,
                format!("none of {} is installed here", LANGUAGES.join(", ")),
            ));
        }
        installed
    } else {
        arguments.with.clone()
    };
    let built = image::build(host, &arguments.name, &with).map_err(failure)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        return print_json(&mut out, &built);
    }
    let name = built.names.first().map_or(arguments.name.as_str(), |n| n);
    writeln!(out, "{name}  {}  {}", megabytes(built.size), built.with).map_err(output_failed)
}

fn list(host: &DockerHost, arguments: &Output) -> Result<(), Failure> {
    let found = image::list(host).map_err(failure)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        return print_json(&mut out, &found);
    }
    for image in found {
        for name in &image.names {
            let size = megabytes(image.size);
            writeln!(out, "{name:<40} {size:>10}  {}", image.with).map_err(output_failed)?;
        }
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

fn failure(error: DockerError) -> Failure {
    let exit = match error {
        DockerError::Host(_) | DockerError::Spec(_) => Exit::Usage,
        _ => Exit::Fence,
    };
    Failure::new(exit, error)
}
