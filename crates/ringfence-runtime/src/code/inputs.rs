//! Reads the files that a command line names: scripts, data, documents. What can not be used is said before anything starts.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ringfence_policy::code::{Content, InputFile, Language};

use super::limits::{CONTEXT_BYTES, COPIED_BYTES, NAMED_FILES, SCRIPT_BYTES};
use crate::error::RunError;

/// A script, and the language that its name or first line says.
///
/// # Errors
/// When it is missing, unreadable, a directory, empty or too large.
pub fn script(path: &Path) -> Result<(InputFile, Option<Language>), RunError> {
    let option = "script";
    let bytes = read(option, path, SCRIPT_BYTES)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(wrong(option, path, "it is empty"));
    }
    let language = Language::of_file(path, &bytes);
    let file = InputFile {
        name: name_of(option, path)?,
        content: Content::Bytes(bytes),
        path: path.canonicalize().ok(),
    };
    Ok((file, language))
}

/// Code from a stream, to its end.
///
/// # Errors
/// When it can not be read, is empty or too large.
pub fn code(from: impl Read, language: Language) -> Result<InputFile, RunError> {
    let (option, path) = ("code from", Path::new("standard input"));
    let mut bytes = Vec::new();
    from.take(SCRIPT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(option, path, error))?;
    if bytes.len() as u64 > SCRIPT_BYTES {
        return Err(too_large(option, path, SCRIPT_BYTES));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(wrong(option, path, "it is empty"));
    }
    Ok(InputFile {
        name: language.file_name().to_owned(),
        content: Content::Bytes(bytes),
        path: None,
    })
}

/// The files of `--file` and of `--context`. Small ones are copied, as long as there is room, and others shown in place.
///
/// # Errors
/// For the first that is missing, unreadable or no regular file, and for documents over the limit of all together.
pub fn named(
    data: &[PathBuf],
    context: &[PathBuf],
) -> Result<(Vec<InputFile>, Vec<InputFile>), RunError> {
    let mut room = COPIED_BYTES;
    let mut all = |option: &'static str, paths: &[PathBuf], limit: u64| {
        if let Some(path) = paths.get(NAMED_FILES) {
            let why = format!("more than {NAMED_FILES} files are named; put them into an archive");
            return Err(wrong(option, path, why));
        }
        let mut left = limit;
        let one = |path: &PathBuf| {
            let (file, size) = shown(option, path, &mut room)?;
            left = left
                .checked_sub(size)
                .ok_or_else(|| too_large(option, path, limit))?;
            Ok(file)
        };
        paths.iter().map(one).collect::<Result<Vec<_>, _>>()
    };
    let data = all("--file", data, u64::MAX)?;
    let context = all("--context", context, CONTEXT_BYTES)?;
    Ok((data, context))
}

fn shown(option: &'static str, path: &Path, room: &mut u64) -> Result<(InputFile, u64), RunError> {
    let (file, meta) = open(option, path)?;
    let name = name_of(option, path)?;
    let real = path
        .canonicalize()
        .map_err(|error| wrong(option, path, error))?;
    let mut size = meta.len();
    let content = if size <= *room {
        let bytes = bounded(option, path, file, *room)?;
        size = bytes.len() as u64;
        *room -= size;
        Content::Bytes(bytes)
    } else if rustix::process::geteuid().is_root() && meta.mode() & 0o004 == 0 {
        // Inside, the code is not root: a file that only root reads would be there and unreadable.
        let why = "it is too large to be copied, and readable for its owner alone; `chmod o+r` it, or run as its owner";
        return Err(wrong(option, path, why));
    } else {
        Content::Host(real.clone())
    };
    let file = InputFile {
        name,
        content,
        path: Some(real),
    };
    Ok((file, size))
}

/// A text file of the configuration.
pub(super) fn text(path: &Path, limit: u64) -> Result<String, RunError> {
    let option = "--profile";
    let bytes = read(option, path, limit)?;
    String::from_utf8(bytes).map_err(|_| wrong(option, path, "it is not UTF-8 text"))
}

fn read(option: &'static str, path: &Path, limit: u64) -> Result<Vec<u8>, RunError> {
    let (file, _) = open(option, path)?;
    bounded(option, path, file, limit)
}

fn bounded(option: &'static str, path: &Path, file: File, limit: u64) -> Result<Vec<u8>, RunError> {
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(option, path, error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(option, path, limit));
    }
    Ok(bytes)
}

/// Opens a regular file; nothing else, and without waiting for the other end of a FIFO.
fn open(option: &'static str, path: &Path) -> Result<(File, std::fs::Metadata), RunError> {
    let file = File::options()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => wrong(option, path, "there is no such file"),
            _ => wrong(option, path, error),
        })?;
    let meta = file
        .metadata()
        .map_err(|error| wrong(option, path, error))?;
    if meta.is_dir() {
        return Err(wrong(option, path, "it is a directory; name a file"));
    }
    if !meta.is_file() {
        return Err(wrong(option, path, "it is not a regular file"));
    }
    Ok((file, meta))
}

fn name_of(option: &'static str, path: &Path) -> Result<String, RunError> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned)
        .ok_or_else(|| wrong(option, path, "its name is not UTF-8"))
}

fn too_large(option: &'static str, path: &Path, limit: u64) -> RunError {
    wrong(
        option,
        path,
        format!("it is larger than {} MiB", limit >> 20),
    )
}

fn wrong(option: &'static str, path: &Path, why: impl ToString) -> RunError {
    RunError::Input {
        option,
        path: path.to_owned(),
        why: why.to_string(),
    }
}
