//! `ringfence keys export|import`.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use ringfence_store::keys::{self, Ask, Exported, KeyStoreError, MAX_EXPORT, Place, SECLLAMA_SALT};
use ringfence_store::vault::{Purpose, Vault, VaultError};

use super::{Context, choice, failure, kdf, store_failure};
use crate::arguments::{KeysExport, KeysImport};
use crate::command::output_failed;
use crate::error::Failure;
use crate::exit::Exit;

fn file_failed(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| Failure::message(Exit::Found, format!("{}: {error}", path.display()))
}

/// Writes a new file (0600).
pub(super) fn export(context: &Context, arguments: &KeysExport) -> Result<ExitCode, Failure> {
    let vault = context.open()?;
    let passphrase = context
        .ask
        .clone()
        .new_passphrase("New passphrase for the export")
        .map_err(store_failure)?;
    let bytes = keys::export(&vault, &passphrase, kdf(arguments.kdf)).map_err(failure)?;
    let failed = || file_failed(&arguments.file);
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&arguments.file)
        .map_err(failed())?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half an export would be found when it is needed.
        let _ = std::fs::remove_file(&arguments.file);
        return Err(failed()(error));
    }
    let secrets = vault.secrets().map_err(failure)?;
    let names = secrets.len();
    context.notes.name(&secrets);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}: the keys of epoch {} and {names} named secrets; the files of the vault itself are to be copied beside it",
        arguments.file.display(),
        vault.status().epoch
    )
    .map_err(output_failed)?;
    Ok(Exit::Success.into())
}

/// Takes keys, secrets or SecLlama's conversations in.
pub(super) fn import(context: &Context, arguments: &KeysImport) -> Result<ExitCode, Failure> {
    if let Some(salt) = &arguments.secllama_salt {
        return secllama(context, arguments, salt);
    }
    let file = read(&arguments.file, MAX_EXPORT)?;
    let passphrase = context
        .ask
        .clone()
        .passphrase("Passphrase of the export")
        .map_err(store_failure)?;
    let exported = keys::import(&file, &passphrase).map_err(|error| match error {
        // Of the file, and not of the store that the same error is known from elsewhere.
        KeyStoreError::Damaged(why) => Failure::message(
            Exit::Found,
            format!(
                "{} is no export of keys, or it is damaged: {why}; nothing was changed",
                arguments.file.display()
            ),
        )
        .or_else("name a file that `ringfence keys export` wrote, or another copy of it"),
        error => store_failure(error),
    })?;
    let (mut vault, restored) = open_or_restore(context, arguments, &exported)?;
    let present = vault.secrets().map_err(failure)?;
    let (mut taken, mut left) = (0, 0);
    for (name, value) in &exported.secrets {
        if present.contains(name) && !arguments.replace {
            left += 1;
        } else {
            vault.set_secret(name, value).map_err(failure)?;
            context.notes.name(&[name]);
            taken += 1;
        }
    }
    let mut out = std::io::stdout().lock();
    if restored {
        context
            .notes
            .say(format!("keys brought back to {}", vault.store().1));
        writeln!(out, "the keys of the vault are back in {}", vault.store().1)
            .map_err(output_failed)?;
    }
    writeln!(out, "{taken} named secrets were taken in").map_err(output_failed)?;
    if left > 0 {
        writeln!(
            out,
            "{left} are here already and stayed as they are; --replace replaces them"
        )
        .map_err(output_failed)?;
    }
    Ok(Exit::Success.into())
}

/// The vault, or where its store has lost the keys, the vault with the keys of the export.
fn open_or_restore(
    context: &Context,
    arguments: &KeysImport,
    exported: &Exported,
) -> Result<(Vault, bool), Failure> {
    let kdf = kdf(arguments.kdf);
    if let Some(argument) = arguments.store {
        let place = Place::choose(choice(argument)).map_err(store_failure)?;
        let store = context.store(&place, kdf)?;
        let vault = Vault::restore_keys(&context.directory, store, exported).map_err(failure)?;
        place.write(&context.directory).map_err(store_failure)?;
        return Ok((vault, true));
    }
    let place = context.place()?;
    match Vault::open(&context.directory, context.store(&place, kdf)?) {
        Err(VaultError::NoKeys { .. }) => {
            let store = context.store(&place, kdf)?;
            Vault::restore_keys(&context.directory, store, exported)
                .map(|vault| (vault, true))
                .map_err(failure)
        }
        other => other.map(|vault| (vault, false)).map_err(failure),
    }
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(file_failed(path))?;
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(file_failed(path))?;
    if bytes.len() as u64 > most {
        return Err(Failure::message(
            Exit::Usage,
            format!("{} is longer than {most} bytes", path.display()),
        ));
    }
    Ok(bytes)
}

/// Every line of the file becomes a record of one new conversation.
fn secllama(context: &Context, arguments: &KeysImport, salt: &Path) -> Result<ExitCode, Failure> {
    let salt_bytes: [u8; SECLLAMA_SALT] =
        read(salt, SECLLAMA_SALT as u64)?.try_into().map_err(|_| {
            Failure::message(
                Exit::Usage,
                format!(
                    "{}: a salt of SecLlama is {SECLLAMA_SALT} bytes",
                    salt.display()
                ),
            )
        })?;
    let passphrase = context
        .ask
        .clone()
        .passphrase("Passphrase of the SecLlama file")
        .map_err(store_failure)?;
    let file = File::open(&arguments.file).map_err(file_failed(&arguments.file))?;
    let found = keys::read_secllama(&mut BufReader::new(file), &passphrase, &salt_bytes)
        .map_err(store_failure)?;
    let mut vault = context.open()?;
    let mut conversation = vault.begin(Purpose::History).map_err(failure)?;
    for line in &found.lines {
        conversation.append(line).map_err(failure)?;
    }
    vault.settle(&[&conversation]).map_err(failure)?;
    context.notes.name(&[conversation.id()]);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "conversation {}: {} records; the file itself was left as it is",
        conversation.id(),
        found.lines.len()
    )
    .map_err(output_failed)?;
    if found.failed.is_empty() {
        return Ok(Exit::Success.into());
    }
    let lines: Vec<_> = found.failed.iter().map(ToString::to_string).collect();
    Err(Failure::message(
        Exit::Found,
        format!(
            "{}: these lines do not open and were left out: {}",
            arguments.file.display(),
            lines.join(", ")
        ),
    ))
}
