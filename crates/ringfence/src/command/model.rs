//! `ringfence model`: the store of private models, its server, and chats; a file a subcommand.

mod config;
mod connect;
mod cp;
mod create;
mod forget;
mod history;
mod import;
mod list;
mod progress;
mod ps;
mod pull;
mod quote;
mod rm;
mod run;
mod sandbox_profile;
mod serve;
mod show;
mod token;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_inference::{Digest, ModelName};
use ringfence_model::switches::{Flags, SETTINGS, SwitchError, Switches};
use ringfence_model::{ImportError, Store, StoreError, place};
use ringfence_runner::{DeviceError, Devices};
use ringfence_runtime::facts;
use ringfence_sandbox::Spawner;

use super::failure;
use crate::arguments::model::{Danger, Grant, Model};
use crate::error::Failure;
use crate::exit::Exit;
use crate::text::clean;

/// Dispatches.
pub fn run(
    arguments: &Model,
    config: Option<PathBuf>,
    passphrase_fd: Option<u32>,
    spawner: Spawner,
) -> Result<ExitCode, Failure> {
    match arguments {
        Model::Serve(arguments) => return serve::run(arguments, config, spawner),
        Model::Connect(arguments) => {
            drop(spawner);
            return connect::run(arguments, config);
        }
        Model::Run(arguments) => return run::run(arguments, config, passphrase_fd, spawner),
        Model::History(arguments) => history::run(arguments, passphrase_fd),
        Model::Forget(arguments) => forget::run(arguments, config, passphrase_fd),
        Model::Ps(arguments) => return ps::run(arguments),
        Model::Quote(arguments) => quote::run(arguments),
        Model::Token(arguments) => token::run(arguments),
        Model::Config(arguments) => config::run(arguments),
        Model::Import(arguments) => import::run(arguments),
        Model::Create(arguments) => create::run(arguments),
        Model::Pull(arguments) => pull::run(arguments, config),
        Model::List(arguments) => list::run(arguments),
        Model::Show(arguments) => show::run(arguments),
        Model::Cp(arguments) => cp::run(arguments),
        Model::Rm(arguments) => rm::run(arguments),
        Model::SandboxProfile(arguments) => sandbox_profile::run(arguments),
    }?;
    Ok(Exit::Success.into())
}

/// Which protections are on, from the environment and the command line.
fn switches(flags: &Flags) -> Result<Switches, Failure> {
    let here = facts::place().map_err(|e| failure(e.into()))?;
    Switches::read(|name| here.env.get(name).cloned(), flags).map_err(switched)
}

/// Whether strict network isolation is on, for what neither runs a model nor talks to one.
fn strict_network(no_network_isolation: bool) -> Result<bool, Failure> {
    let here = facts::place().map_err(|e| failure(e.into()))?;
    let [_, _, setting] = SETTINGS;
    let own = |name: &str| {
        let value = here.env.get(name).cloned();
        value.filter(|_| name == setting.variable)
    };
    let flags = Flags {
        no_network_isolation,
        ..Flags::default()
    };
    Ok(Switches::read(own, &flags)
        .map_err(switched)?
        .strict_network)
}

fn switched(error: SwitchError) -> Failure {
    let exit = match &error {
        SwitchError::Value { .. } => Exit::Config,
        SwitchError::VariableMissing { .. } => Exit::Usage,
        SwitchError::FlagMissing { .. } | SwitchError::Root => Exit::Fence,
    };
    Failure::new(exit, error)
}

fn flags(danger: &Danger) -> Flags {
    Flags {
        no_encryption: danger.danger_no_encryption,
        no_sandbox: danger.danger_no_sandbox,
        no_network_isolation: danger.danger_no_network_isolation,
    }
}

/// The devices that were asked for, each looked at.
fn devices(grant: &Grant) -> Result<Devices, Failure> {
    Devices::asked(grant.device.iter().cloned()).map_err(|error| {
        let exit = match &error {
            DeviceError::Name(_) | DeviceError::TooMany => Exit::Usage,
            _ => Exit::Found,
        };
        Failure::message(exit, format!("--device: {error}"))
    })
}

fn open() -> Result<Store, Failure> {
    let here = facts::place().map_err(|e| failure(e.into()))?;
    let path = place(|name| here.env.get(name).cloned(), &here.home);
    Store::open(&path).map_err(stored)
}

/// What was added, and its id.
fn say(out: &mut impl Write, name: &ModelName, id: &Digest) -> std::io::Result<()> {
    let short: String = id.hex().chars().take(12).collect();
    writeln!(out, "{}  {short}", name.short())
}

fn stored(error: StoreError) -> Failure {
    Failure::new(Exit::Found, error)
}

fn imported(error: ImportError) -> Failure {
    Failure::new(Exit::Found, error)
}

/// Bytes as people read them: 1.5 GB is 1.5 × 10⁹.
fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1_000),
    ];
    match UNITS.iter().find(|(_, unit)| count >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", count / unit, count % unit * 10 / unit),
        None => format!("{count} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500), "1.5 kB");
        assert_eq!(bytes(4_661_211_424), "4.6 GB");
        assert_eq!(bytes(u64::MAX), "18446744.0 TB");
    }
}
