//! Finds the interpreter of a language and the directories that it needs, without running anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ringfence_policy::code::Language;
use ringfence_policy::plan::Program;

use crate::facts::{ProgramError, install_root, look_up};

/// Most symlinks between a name on `PATH` and the program.
const LINKS: usize = 16;
/// Most bytes of a version file of pyenv and its like.
const VERSION_FILE_BYTES: usize = 256;

/// Finds what runs `language`: the active virtual environment's, else the first on `PATH`. A shim of pyenv or nodenv is
/// looked through: it is a shell script that could not do its work inside.
///
/// # Errors
/// When there is none; the error names the first that was looked for.
pub fn find(
    language: Language,
    cwd: &Path,
    env: &BTreeMap<String, String>,
) -> Result<Program, ProgramError> {
    let path = env.get("PATH").map(String::as_str).unwrap_or_default();
    let mut missing = None;
    for name in language.interpreters() {
        match find_named(name, cwd, path, env) {
            Ok(program) => return Ok(program),
            Err(error) => {
                missing.get_or_insert(error);
            }
        }
    }
    Err(missing.unwrap_or(ProgramError::NotFound {
        name: language.name().to_owned(),
    }))
}

fn find_named(
    name: &str,
    cwd: &Path,
    path: &str,
    env: &BTreeMap<String, String>,
) -> Result<Program, ProgramError> {
    if let Some(program) = of_environment(name, env) {
        return Ok(program);
    }
    let mut rest = path;
    loop {
        let found = look_up(name, cwd, rest)?;
        if !is_shim(&found) {
            return described(&found, None);
        }
        if let Some(real) = behind_shim(&found, name, cwd, env) {
            return described(&real, None);
        }
        // A shim without a version behind it: the next one on PATH.
        let dir = found
            .parent()
            .unwrap_or(Path::new("/"))
            .display()
            .to_string();
        let mut entries = rest
            .split(':')
            .skip_while(|entry| entry.trim_end_matches('/') != dir);
        entries.next();
        let behind = entries.next().and_then(|next| {
            let at = next.as_ptr() as usize - rest.as_ptr() as usize;
            rest.get(at..)
        });
        rest = behind.ok_or_else(|| ProgramError::NotFound {
            name: name.to_owned(),
        })?;
    }
}

/// The interpreter of an active virtual environment. Its own name is kept: python finds the environment by it.
fn of_environment(name: &str, env: &BTreeMap<String, String>) -> Option<Program> {
    let venv = PathBuf::from(env.get("VIRTUAL_ENV")?);
    let venv = venv
        .is_absolute()
        .then(|| venv.canonicalize().ok())
        .flatten()?;
    if !name.starts_with("python") || !venv.join("pyvenv.cfg").is_file() {
        return None;
    }
    let program = venv.join("bin").join(name);
    described(&program, Some(&venv)).ok()
}

/// The program, and what has to be visible for it to start: its prefix, and every link on the way to it.
fn described(found: &Path, venv: Option<&Path>) -> Result<Program, ProgramError> {
    let missing = || ProgramError::NotFound {
        name: found.display().to_string(),
    };
    let real = found.canonicalize().map_err(|_| missing())?;
    let mut needs = vec![prefix_of(&real)];
    if let Some(venv) = venv {
        needs.push(venv.to_owned());
        needs.extend(links(found).iter().map(|path| prefix_of(path)));
    }
    let path = if venv.is_some() {
        found.to_owned()
    } else {
        real
    };
    Ok(Program { path, needs })
}

/// Every path that the links lead over, the last one canonical.
fn links(path: &Path) -> Vec<PathBuf> {
    let mut seen = Vec::new();
    let mut at = path.to_owned();
    for _ in 0..LINKS {
        let Ok(text) = fs::read_link(&at) else { break };
        at = at.parent().unwrap_or(Path::new("/")).join(text);
        seen.push(at.clone());
    }
    seen
}

/// `…/bin/python3.12` needs `…`, when that holds a `lib`; anything else what a tool of its kind needs.
fn prefix_of(program: &Path) -> PathBuf {
    let prefix = program
        .parent()
        .filter(|dir| dir.file_name().is_some_and(|name| name == "bin"))
        .and_then(Path::parent);
    match prefix {
        Some(prefix) if prefix.join("lib").is_dir() && !prefix.ends_with(".local") => {
            prefix.to_owned()
        }
        _ => install_root(program),
    }
}

fn is_shim(program: &Path) -> bool {
    program
        .parent()
        .and_then(Path::file_name)
        .is_some_and(|dir| dir == "shims")
}

/// `ROOT/shims/python3` → `ROOT/versions/VERSION/bin/python3`, by the variable, the directory's or the global version.
fn behind_shim(
    shim: &Path,
    name: &str,
    cwd: &Path,
    env: &BTreeMap<String, String>,
) -> Option<PathBuf> {
    let root = shim.parent()?.parent()?;
    let (variable, file) = if name.starts_with("node") {
        ("NODENV_VERSION", ".node-version")
    } else {
        ("PYENV_VERSION", ".python-version")
    };
    let named = env.get(variable).cloned();
    let local = || cwd.ancestors().find_map(|dir| version(&dir.join(file)));
    let chosen = named
        .or_else(local)
        .or_else(|| version(&root.join("version")))?;
    chosen
        .split([':', '\n', ' '])
        .filter(|word| !word.is_empty() && !word.contains('/') && *word != "..")
        .map(|word| root.join("versions").join(word).join("bin").join(name))
        .find(|program| program.is_file())
}

fn version(file: &Path) -> Option<String> {
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > VERSION_FILE_BYTES as u64 {
        return None;
    }
    fs::read_to_string(file)
        .ok()
        .map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "\x7fELF").unwrap();
        fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn env(pairs: &[(&str, &Path)]) -> BTreeMap<String, String> {
        let pair = |(name, path): &(&str, &Path)| ((*name).to_owned(), path.display().to_string());
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_shim_is_looked_through_to_the_version_that_it_would_start() {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap();
        program(&root.join("shims/python3"));
        program(&root.join("versions/3.12.1/bin/python3"));
        fs::create_dir(root.join("versions/3.12.1/lib")).unwrap();
        fs::write(root.join("version"), "3.12.1\n").unwrap();
        let env = env(&[("PATH", &root.join("shims"))]);
        let found = find(Language::Python, &root, &env).unwrap();
        assert_eq!(found.path, root.join("versions/3.12.1/bin/python3"));
        assert_eq!(found.needs, [root.join("versions/3.12.1")]);
    }

    #[test]
    fn a_shim_without_a_version_is_passed_over() {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap();
        program(&root.join("shims/python3"));
        program(&root.join("other/python3"));
        let path = format!("{0}/shims:{0}/other", root.display());
        let env = env(&[("PATH", Path::new(&path))]);
        assert_eq!(
            find(Language::Python, &root, &env).unwrap().path,
            root.join("other/python3")
        );
    }

    #[test]
    fn an_active_virtual_environment_wins_and_keeps_its_name() {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap();
        program(&root.join("base/bin/python3.12"));
        fs::create_dir(root.join("base/lib")).unwrap();
        fs::create_dir_all(root.join("venv/bin")).unwrap();
        fs::write(root.join("venv/pyvenv.cfg"), "home = x\n").unwrap();
        symlink(
            root.join("base/bin/python3.12"),
            root.join("venv/bin/python3"),
        )
        .unwrap();
        let env = env(&[
            ("PATH", Path::new("/usr/bin")),
            ("VIRTUAL_ENV", &root.join("venv")),
        ]);
        let found = find(Language::Python, &root, &env).unwrap();
        assert_eq!(found.path, root.join("venv/bin/python3"));
        assert!(found.needs.contains(&root.join("venv")));
        assert!(found.needs.contains(&root.join("base")));
    }

    #[test]
    fn a_language_that_is_not_installed_is_an_error_that_names_the_program() {
        let tmp = tempfile::tempdir().unwrap();
        let env = env(&[("PATH", tmp.path())]);
        let error = find(Language::Node, tmp.path(), &env).unwrap_err();
        assert!(error.to_string().contains("\"node\""), "{error}");
    }
}
