//! `ringfence keys`: the vault's keys and named secrets.

mod audited;
mod exchange;
mod show;

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_runtime::paths::Paths;
use ringfence_store::keys::{
    Ask, Choice, Descriptor, Kdf, KeyStore, KeyStoreError, Place, Shared, StoreKind, Terminal,
};
use ringfence_store::vault::{Id, MAX_SECRET, Vault, VaultError};
use zeroize::Zeroizing;

use super::output_failed;
use crate::arguments::{
    KdfArgument, Keys, KeysAction, KeysForget, KeysInit, KeysRotate, KeysSet, StoreArgument,
};
use crate::error::Failure;
use crate::exit::Exit;

/// What every subcommand works with.
struct Context {
    directory: PathBuf,
    ask: Shared,
    /// Whether somebody gave a descriptor to read passphrases from.
    given: bool,
    /// What the audit log names.
    notes: audited::Notes,
}

/// Dispatches.
pub fn run(
    arguments: &Keys,
    passphrase_fd: Option<u32>,
    config: Option<PathBuf>,
    paths: &Paths,
) -> Result<ExitCode, Failure> {
    harden()?;
    let asked = ask(passphrase_fd)?;
    let context = Context {
        directory: arguments.vault.clone().unwrap_or_else(|| paths.vault()),
        ask: Shared::new(asked),
        given: passphrase_fd.is_some(),
        notes: audited::Notes::default(),
    };
    let action = &arguments.action;
    audited::run(&context, action, config, || match action {
        KeysAction::Init(init) => context.init(init),
        KeysAction::Status(output) => show::status(&context, output.json),
        KeysAction::List(output) => show::list(&context, output.json),
        KeysAction::Set(set) => context.set(set),
        KeysAction::Rotate(rotate) => context.rotate(rotate),
        KeysAction::Export(export) => exchange::export(&context, export),
        KeysAction::Import(import) => exchange::import(&context, import),
        KeysAction::Forget(forget) => context.forget(forget),
        KeysAction::Verify(verify) => show::verify(&context, verify),
    })
}

/// Before the first secret is in memory.
pub(super) fn harden() -> Result<(), Failure> {
    ringfence_store::keys::harden().map_err(|e| {
        Failure::message(
            Exit::Fence,
            format!("this process could not be kept out of core dumps: {e}"),
        )
    })
}

/// Whom to ask for passphrases.
pub(super) fn ask(passphrase_fd: Option<u32>) -> Result<Box<dyn Ask>, Failure> {
    Ok(match passphrase_fd {
        Some(number) => Box::new(Descriptor::new(number).map_err(store_failure)?),
        None => Box::new(Terminal),
    })
}

impl Context {
    fn place(&self) -> Result<Place, Failure> {
        Place::read(&self.directory)
            .map_err(store_failure)?
            .ok_or_else(|| {
                failure(VaultError::NotThere {
                    path: self.directory.clone(),
                })
            })
    }

    fn store(&self, place: &Place, kdf: Kdf) -> Result<Box<dyn KeyStore>, Failure> {
        place
            .store(&self.directory, kdf, Box::new(self.ask.clone()))
            .map_err(store_failure)
    }

    fn open(&self) -> Result<Vault, Failure> {
        self.open_with(Kdf::default())
    }

    fn open_with(&self, kdf: Kdf) -> Result<Vault, Failure> {
        let store = self.store(&self.place()?, kdf)?;
        Vault::open(&self.directory, store).map_err(failure)
    }

    fn init(&self, arguments: &KeysInit) -> Result<ExitCode, Failure> {
        if Vault::exists(&self.directory) {
            return Err(failure(VaultError::Exists {
                path: self.directory.clone(),
            }));
        }
        let place = Place::choose(choice(arguments.store)).map_err(store_failure)?;
        place.write(&self.directory).map_err(store_failure)?;
        let store = self.store(&place, kdf(arguments.kdf))?;
        let vault = Vault::create(&self.directory, store).map_err(failure)?;
        self.notes.say(format!("keys in {}", place.store));
        let mut out = std::io::stdout().lock();
        writeln!(out, "vault: {}", self.directory.display()).map_err(output_failed)?;
        writeln!(out, "keys:  {}", vault.store().1).map_err(output_failed)?;
        for reason in &place.reasons {
            writeln!(out, "why:   {reason}").map_err(output_failed)?;
        }
        Ok(Exit::Success.into())
    }

    fn set(&self, arguments: &KeysSet) -> Result<ExitCode, Failure> {
        let value = if std::io::stdin().is_terminal() {
            Terminal::line(&format!("Value of {}", arguments.name)).map_err(store_failure)?
        } else {
            read_value()?
        };
        if value.is_empty() {
            return Err(Failure::message(
                Exit::Usage,
                "standard input holds no value; nothing was changed",
            ));
        }
        let mut vault = self.open()?;
        vault.set_secret(&arguments.name, &value).map_err(failure)?;
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{} is kept; use it with source = \"keys:{}\"",
            arguments.name, arguments.name
        )
        .map_err(output_failed)?;
        Ok(Exit::Success.into())
    }

    fn rotate(&self, arguments: &KeysRotate) -> Result<ExitCode, Failure> {
        let mut vault = self.open_with(kdf(arguments.kdf))?;
        if arguments.new_passphrase {
            vault.change_passphrase().map_err(failure)?;
        }
        let epoch = vault.rotate().map_err(failure)?;
        let count = vault.status().conversations;
        self.notes
            .say(format!("epoch {epoch}, {count} conversations"));
        let mut out = std::io::stdout().lock();
        if arguments.json {
            let row = serde_json::json!({ "epoch": epoch, "conversations": count });
            super::print_json(&mut out, &row)?;
        } else {
            writeln!(
                out,
                "epoch {epoch}: the keys of {count} conversations are wrapped anew; exports made before no longer open this vault"
            )
            .map_err(output_failed)?;
        }
        Ok(Exit::Success.into())
    }

    fn forget(&self, arguments: &KeysForget) -> Result<ExitCode, Failure> {
        let ids = arguments
            .ids
            .iter()
            .map(|text| Id::parse(text).ok_or_else(|| VaultError::Unknown(text.clone())))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failure)?;
        let mut vault = self.open()?;
        let known = vault.list();
        if let Some(id) = ids.iter().find(|id| !known.iter().any(|e| e.id == **id)) {
            return Err(failure(vault.not_found(id)));
        }
        let mut out = std::io::stdout().lock();
        let mut missing = None;
        for name in &arguments.secret {
            if vault.forget_secret(name).map_err(failure)? {
                writeln!(out, "secret {name} is destroyed").map_err(output_failed)?;
            } else {
                missing = Some(name);
            }
        }
        for id in ids {
            vault.forget(id).map_err(failure)?;
            writeln!(out, "conversation {id} is destroyed").map_err(output_failed)?;
        }
        if arguments.all {
            let count = vault.forget_all().map_err(failure)?;
            self.notes.say(format!("all {count} conversations"));
            writeln!(out, "{count} conversations are destroyed").map_err(output_failed)?;
        }
        match missing {
            Some(name) => Err(Failure::message(
                Exit::Found,
                format!("there is no secret {name:?}"),
            )),
            None => Ok(Exit::Success.into()),
        }
    }
}

/// The value on standard input, without the newline that a shell adds.
fn read_value() -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Room for all from the start, so that growing leaves no copy behind.
    let mut value = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 3));
    std::io::stdin()
        .lock()
        .take(MAX_SECRET as u64 + 3)
        .read_to_end(&mut value)
        .map_err(|e| Failure::message(Exit::Usage, format!("standard input: {e}")))?;
    if value.last() == Some(&b'\n') {
        value.pop();
        if value.last() == Some(&b'\r') {
            value.pop();
        }
    }
    Ok(value)
}

fn choice(argument: StoreArgument) -> Choice {
    match argument {
        StoreArgument::Auto => Choice::Auto,
        StoreArgument::SecretService => Choice::Only(StoreKind::SecretService),
        StoreArgument::Passphrase => Choice::Only(StoreKind::Passphrase),
        StoreArgument::Tpm => Choice::Only(StoreKind::Tpm),
    }
}

fn kdf(argument: KdfArgument) -> Kdf {
    match argument {
        KdfArgument::Argon2id => Kdf::default(),
        KdfArgument::Pbkdf2 => Kdf::PBKDF2,
    }
}

/// What an error of a key store means, and what to do about it.
fn store_failure(error: KeyStoreError) -> Failure {
    let help = match &error {
        KeyStoreError::Gone(_) => Some(
            "`ringfence keys status` says where the keys are; `--store passphrase` needs no other program",
        ),
        KeyStoreError::Locked(_) => Some(
            "unlock it (log in to the desktop, or `gnome-keyring-daemon --unlock`), then try again",
        ),
        KeyStoreError::WrongPassphrase => Some("nothing was changed; try again"),
        KeyStoreError::NoPassphrase(_) => {
            Some("give it on a terminal, or `--passphrase-fd N` with `N< FILE`")
        }
        KeyStoreError::Damaged(_) => {
            Some("bring the keys back with `ringfence keys import FILE` from an export")
        }
        KeyStoreError::Failed(_) => None,
    };
    Failure::with_help(Exit::Keys, error, help)
}

/// What an error of the vault means.
pub(super) fn failure(error: VaultError) -> Failure {
    match error {
        VaultError::Store(error) => store_failure(error),
        error @ (VaultError::NoKeys { .. }
        | VaultError::NotThere { .. }
        | VaultError::Memory(_)) => Failure::new(Exit::Keys, error),
        error @ (VaultError::Name(_) | VaultError::Limit { .. }) => {
            Failure::new(Exit::Usage, error)
        }
        error => Failure::new(Exit::Found, error),
    }
}
