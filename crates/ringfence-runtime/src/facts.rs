//! Learns about this host what planning needs, so that planning itself can stay pure.

mod git;
mod named_sets;
mod program;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ringfence_policy::HostFacts;
use ringfence_policy::spec::TerminalSize;

pub use program::{ProgramError, find as find_program};
pub(crate) use program::{install_root, look_up};

/// Why the host could not be described.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The working directory is gone or unreadable.
    #[error("cannot tell the working directory: {0}")]
    Cwd(#[source] std::io::Error),
    /// No home directory is known.
    #[error(
        "cannot tell the home directory of uid {uid}: HOME is unset or not an absolute path, and /etc/passwd has no entry"
    )]
    Home {
        /// The caller.
        uid: u32,
    },
    /// The program could not be found.
    #[error(transparent)]
    Program(#[from] ProgramError),
}

/// What to look at; the rest follows from the process.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Program as the user or the tool section names it.
    pub program: Option<String>,
    /// Named sets that the policy mentions (`pip`, `npm`, …); the others are not looked up, since that reads files.
    pub named_sets: BTreeSet<String>,
}

/// What is known before any configuration was read.
#[derive(Debug, Clone)]
pub struct Place {
    /// Home directory, canonical.
    pub home: PathBuf,
    /// Working directory, canonical.
    pub cwd: PathBuf,
    /// The caller's environment.
    pub env: BTreeMap<String, String>,
    user: String,
}

/// Where this process is and whose it is.
///
/// # Errors
/// When the working directory or the home directory is unknown.
pub fn place() -> Result<Place, FactsError> {
    let uid = rustix::process::geteuid().as_raw();
    let cwd = std::env::current_dir()
        .and_then(|p| p.canonicalize())
        .map_err(FactsError::Cwd)?;
    let env = environment();
    let passwd = passwd_entry(uid);
    let home = home_directory(&env, passwd.as_ref()).ok_or(FactsError::Home { uid })?;
    let user = passwd
        .map(|(name, _)| name)
        .or_else(|| env.get("USER").cloned())
        .unwrap_or_else(|| format!("uid{uid}"));
    Ok(Place {
        home,
        cwd,
        env,
        user,
    })
}

/// Gathers the rest.
///
/// # Errors
/// When the program can not be found.
pub fn gather(place: Place, wanted: &Wanted) -> Result<HostFacts, FactsError> {
    let Place {
        home,
        cwd,
        env,
        user,
    } = place;
    let program = match &wanted.program {
        Some(name) => Some(find_program(
            name,
            &cwd,
            env.get("PATH").map(String::as_str).unwrap_or_default(),
        )?),
        None => None,
    };
    let git_dirs = git::outside_directories(&cwd);
    Ok(HostFacts {
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        user,
        named_sets: named_sets::look_up(&wanted.named_sets, &home, &cwd, &env),
        root_links: root_links(),
        git_linked: git::linked_directories(git_dirs.iter().cloned().chain([cwd.join(".git")])),
        git_dirs,
        git_identity: git::identity(&home),
        ca_bundle_overlays: trust::overlays(
            &home,
            &cwd,
            env.get("VIRTUAL_ENV").map(String::as_str),
        ),
        java_store_overlays: trust::java_overlays(env.get("JAVA_HOME").map(String::as_str)),
        terminal: terminal_size(),
        home,
        cwd,
        env,
        program,
        ..HostFacts::default()
    })
}

/// The facts that a plan for code needs: who the caller is, what the system's root looks like, the program.
#[must_use]
pub fn for_code(place: Place, program: ringfence_policy::plan::Program) -> HostFacts {
    HostFacts {
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        user: place.user,
        root_links: root_links(),
        home: place.home,
        cwd: place.cwd,
        env: place.env,
        program: Some(program),
        ..HostFacts::default()
    }
}

/// Adds what a plan with a network needs as well.
pub fn add_network(facts: &mut HostFacts, named_sets: &BTreeSet<String>) {
    facts.named_sets = named_sets::look_up(named_sets, &facts.home, &facts.cwd, &facts.env);
    let venv = facts.env.get("VIRTUAL_ENV").map(String::as_str);
    facts.ca_bundle_overlays = trust::overlays(&facts.home, &facts.cwd, venv);
}

/// Looks at the paths that planning wants to know about.
pub fn look_at(facts: &mut HostFacts, candidates: Vec<PathBuf>) {
    for path in candidates {
        let Ok(meta) = path.symlink_metadata() else {
            continue;
        };
        match path.canonicalize() {
            Ok(real) if real != path => {
                if !real.is_dir() {
                    facts.files.insert(path.clone());
                }
                facts.resolved.insert(path.clone(), real);
            }
            // A dangling link exists as a name and is no directory.
            Ok(_) | Err(_) if !meta.is_dir() => {
                facts.files.insert(path.clone());
            }
            Ok(_) | Err(_) => {}
        }
        facts.existing.insert(path);
    }
}

/// Variables that are not UTF-8 are left out: the sandbox's environment is an allow-list, and none of it needs them.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Login name and home out of `/etc/passwd`. Read directly: a static binary has no NSS.
fn passwd_entry(uid: u32) -> Option<(String, PathBuf)> {
    let text = std::fs::read_to_string("/etc/passwd").ok()?;
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, entry_uid, _, _, home, ..] = fields.as_slice() else {
            return None;
        };
        (entry_uid.parse() == Ok(uid)).then(|| ((*name).to_owned(), PathBuf::from(home)))
    })
}

fn home_directory(
    env: &BTreeMap<String, String>,
    passwd: Option<&(String, PathBuf)>,
) -> Option<PathBuf> {
    let written = env
        .get("HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute());
    let home = written.or_else(|| passwd.map(|(_, home)| home.clone()))?;
    Some(home.canonicalize().unwrap_or(home))
}

/// `/bin` → `usr/bin` and its like, so that the sandbox's root looks as the host's does.
fn root_links() -> BTreeMap<PathBuf, PathBuf> {
    ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
        .into_iter()
        .filter_map(|p| {
            std::fs::read_link(p)
                .ok()
                .map(|text| (PathBuf::from(p), text))
        })
        .collect()
}

fn terminal_size() -> Option<TerminalSize> {
    let stdin = std::io::stdin();
    if !rustix::termios::isatty(&stdin) || !rustix::termios::isatty(std::io::stdout()) {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdin).ok()?;
    Some(TerminalSize {
        rows: size.ws_row.max(1),
        cols: size.ws_col.max(1),
    })
}

/// Whether `path` lies in a directory that every sandbox shows anyway.
fn is_system(path: &Path) -> bool {
    ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/etc"]
        .iter()
        .any(|root| path.starts_with(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_this_process_name_its_own_directory_and_uid() {
        let facts = gather(
            place().unwrap(),
            &Wanted {
                program: Some("sh".into()),
                ..Wanted::default()
            },
        )
        .unwrap();
        assert_eq!(
            facts.cwd,
            std::env::current_dir().unwrap().canonicalize().unwrap()
        );
        assert_eq!(facts.uid, rustix::process::geteuid().as_raw());
        assert!(facts.program.unwrap().path.is_absolute());
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error_that_names_it() {
        let error = gather(
            place().unwrap(),
            &Wanted {
                program: Some("no-such-program-here".into()),
                ..Wanted::default()
            },
        )
        .unwrap_err();
        assert!(
            error.to_string().contains("no-such-program-here"),
            "{error}"
        );
    }
}
