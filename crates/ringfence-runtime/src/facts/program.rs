//! Finds the program to run and what it needs to be visible for it to start.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use ringfence_policy::plan::Program;

use super::is_system;

/// Why a program can not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// On no directory of PATH.
    #[error("there is no program {name:?} on PATH; install it, or give its path")]
    NotFound {
        /// As the user wrote it.
        name: String,
    },
    /// Found, but not executable.
    #[error("{path} is not an executable file; `chmod +x` it, or name its interpreter")]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
}

/// How far an interpreter line is followed (`#!/usr/bin/env node`, where `node` is a script again).
const INTERPRETER_DEPTH: usize = 3;

/// Finds `name` as a shell would, and the directories outside the system ones that it needs read-only.
///
/// # Errors
/// When nothing of that name is on `path`, or it is no executable file.
pub fn find(name: &str, cwd: &Path, path: &str) -> Result<Program, ProgramError> {
    let found = look_up(name, cwd, path)?;
    let canonical = found.canonicalize().map_err(|_| ProgramError::NotFound {
        name: name.to_owned(),
    })?;
    let mut needs = BTreeSet::new();
    collect_needs(&canonical, cwd, path, INTERPRETER_DEPTH, &mut needs);
    Ok(Program {
        path: canonical,
        needs: needs.into_iter().collect(),
    })
}

pub(crate) fn look_up(name: &str, cwd: &Path, path: &str) -> Result<PathBuf, ProgramError> {
    if name.contains('/') {
        let file = cwd.join(name);
        return match is_executable(&file) {
            Some(true) => Ok(file),
            Some(false) => Err(ProgramError::NotExecutable { path: file }),
            None => Err(ProgramError::NotFound {
                name: name.to_owned(),
            }),
        };
    }
    std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|file| is_executable(file) == Some(true))
        .ok_or_else(|| ProgramError::NotFound {
            name: name.to_owned(),
        })
}

/// `None` when there is no such file.
fn is_executable(file: &Path) -> Option<bool> {
    let meta = file.metadata().ok()?;
    Some(meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn collect_needs(
    program: &Path,
    cwd: &Path,
    path: &str,
    depth: usize,
    needs: &mut BTreeSet<PathBuf>,
) {
    if !is_system(program) && !program.starts_with(cwd) {
        needs.insert(install_root(program));
    }
    if depth == 0 {
        return;
    }
    for interpreter in interpreters(program) {
        if let Ok(found) = look_up(&interpreter, cwd, path)
            && let Ok(canonical) = found.canonicalize()
        {
            collect_needs(&canonical, cwd, path, depth - 1, needs);
        }
    }
}

/// The smallest directory that holds an installed program whole: the prefix above `lib/node_modules`, the project
/// above any other `node_modules`, the prefix above `bin` of a tool that lives alone there, else the file itself.
pub(crate) fn install_root(program: &Path) -> PathBuf {
    let modules = program
        .ancestors()
        .filter(|p| p.file_name().is_some_and(|n| n == "node_modules"))
        .last();
    if let Some(parent) = modules.and_then(Path::parent) {
        let above_lib = parent
            .parent()
            .filter(|_| parent.file_name().is_some_and(|n| n == "lib"));
        return above_lib
            .filter(|p| is_private_prefix(p))
            .unwrap_or_else(|| modules.unwrap_or(parent))
            .to_path_buf();
    }
    let Some(dir) = program.parent() else {
        return program.to_path_buf();
    };
    if dir.file_name().is_some_and(|n| n == "bin")
        && let Some(prefix) = dir
            .parent()
            .filter(|p| is_private_prefix(p) && p.join("lib").is_dir())
    {
        return prefix.to_path_buf();
    }
    program.to_path_buf()
}

/// A prefix of one tool's own, as `~/.nvm/versions/node/v22`; `~/.local`, `/usr/local` and home directories are shared.
fn is_private_prefix(prefix: &Path) -> bool {
    let deep = prefix
        .components()
        .filter(|c| matches!(c, Component::Normal(_)))
        .count()
        >= 4;
    deep && prefix.file_name().is_none_or(|n| n != ".local")
}

/// The programs that a `#!` line names: the interpreter, and for `env` the program it looks up.
fn interpreters(program: &Path) -> Vec<String> {
    let mut head = [0u8; 256];
    let Ok(read) = std::fs::File::open(program).and_then(|mut f| f.read(&mut head)) else {
        return Vec::new();
    };
    let Some(line) = head[..read].strip_prefix(b"#!") else {
        return Vec::new();
    };
    let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else {
        return Vec::new();
    };
    let named = words
        .find(|w| !w.starts_with('-') && !w.contains('='))
        .filter(|_| first.ends_with("/env"));
    std::iter::once(first)
        .chain(named)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(dir: &Path, name: &str, text: &str) -> PathBuf {
        let file = dir.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        file.canonicalize().unwrap()
    }

    #[test]
    fn a_node_tool_needs_its_prefix_and_its_interpreter() {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap();
        let prefix = root.join("home/u/.nvm/versions/node/v22");
        let node = script(&prefix, "bin/node", "#!/bin/sh\n");
        let cli = script(
            &prefix,
            "lib/node_modules/agent/cli.js",
            "#!/usr/bin/env node\n",
        );
        std::os::unix::fs::symlink(&cli, prefix.join("bin/agent")).unwrap();
        let found = find(
            "agent",
            Path::new("/nowhere"),
            prefix.join("bin").to_str().unwrap(),
        )
        .unwrap();
        assert_eq!(found.path, cli);
        assert_eq!(found.needs, vec![prefix]);
        assert!(node.exists());
    }

    #[test]
    fn a_lone_file_in_a_shared_bin_brings_only_itself() {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("home/u/.local/lib")).unwrap();
        let tool = script(&root, "home/u/.local/bin/tool", "#!/bin/sh\n");
        let found = find(
            "tool",
            Path::new("/nowhere"),
            tool.parent().unwrap().to_str().unwrap(),
        )
        .unwrap();
        assert_eq!(found.needs, vec![tool]);
    }

    #[test]
    fn a_file_without_the_execute_bit_says_so() {
        let tmp = tempfile::tempdir().unwrap();
        let file = tmp.path().join("x");
        std::fs::write(&file, "").unwrap();
        let error = find(file.to_str().unwrap(), Path::new("/"), "").unwrap_err();
        assert!(matches!(error, ProgramError::NotExecutable { .. }));
    }
}
