//! The files of the host that an image needs: programs, the libraries that they are linked with, and what their languages want.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use super::elf;

/// Most files of an image.
const FILES: usize = 200_000;
/// Largest program or library whose needs are read, in bytes.
const PROGRAM_BYTES: u64 = 1 << 30;
/// Most symlinks in one path.
const LINKS: usize = 40;
/// Where programs are looked for.
const PROGRAMS: &[&str] = &["/usr/local/bin", "/usr/bin", "/bin"];
/// Where libraries are looked for, after what a program says itself.
const LIBRARIES: &[&str] = &[
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
    "/usr/local/lib",
];
/// What comes with bash: a script without these does little.
const TOOLS: &[&str] = &[
    "sh",
    "awk",
    "basename",
    "cat",
    "chmod",
    "cmp",
    "comm",
    "cp",
    "cut",
    "date",
    "diff",
    "dirname",
    "echo",
    "env",
    "expr",
    "false",
    "find",
    "fold",
    "grep",
    "gzip",
    "head",
    "id",
    "join",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nl",
    "od",
    "paste",
    "printf",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sha256sum",
    "sleep",
    "sort",
    "split",
    "stat",
    "tac",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "tsort",
    "uname",
    "uniq",
    "wc",
    "xargs",
    "yes",
];
/// Parts of Python's library that run nothing: its own tests, its editor, and the installer's wheels.
const LEFT_OUT: &[&str] = &[
    "test",
    "tests",
    "idlelib",
    "ensurepip",
    "turtledemo",
    "__pycache__",
];

/// What stands at a path of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A directory.
    Directory,
    /// A symlink with this text.
    Symlink(PathBuf),
    /// A file of the host's, from the same path.
    Host {
        /// Permission bits.
        mode: u32,
        /// Size in bytes.
        size: u64,
    },
    /// A file made for the image.
    Made(&'static str),
}

/// Why an image can not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum GatherError {
    #[error("{0} is not installed on this machine; it would come from {places}", places = PROGRAMS.join(", "))]
    Absent(String),
    #[error("{program} needs {library}, which is not to be found on this machine")]
    Library { program: PathBuf, library: PathBuf },
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{0} is not known; there are bash, node and python3")]
    Unknown(String),
    #[error("more than {FILES} files")]
    Many,
}

/// A tree in the making.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) entries: BTreeMap<PathBuf, Entry>,
    read: BTreeSet<PathBuf>,
}

impl Tree {
    /// What every image has.
    pub(super) fn new() -> Self {
        let mut tree = Self::default();
        for dir in [
            "/dev",
            "/etc",
            "/proc",
            "/sys",
            "/tmp",
            "/usr/bin",
            "/workspace",
            "/out",
            "/context",
        ] {
            tree.directory(Path::new(dir));
        }
        let passwd = "root:x:0:0:root:/:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n";
        let group = "root:x:0:\nnogroup:x:65534:\n";
        for (path, text) in [("/etc/passwd", passwd), ("/etc/group", group)] {
            tree.entries.insert(path.into(), Entry::Made(text));
        }
        tree
    }

    /// An interpreter and what its language needs.
    pub(super) fn language(&mut self, name: &str) -> Result<(), GatherError> {
        match name {
            "bash" => {
                self.program("bash")?;
                for tool in TOOLS {
                    match self.program(tool) {
                        Ok(()) | Err(GatherError::Absent(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            }
            "node" => {
                self.program("node")?;
                // Debian ships parts of the standard library as files.
                for line in ask("node", &["-e", NODE_FILES])?.lines() {
                    self.any(Path::new(line))?;
                }
                Ok(())
            }
            "python3" => {
                self.program("python3")?;
                for line in ask("python3", &["-I", "-S", "-c", PYTHON_FILES])?.lines() {
                    self.directory_of(Path::new(line), LEFT_OUT)?;
                }
                Ok(())
            }
            other => Err(GatherError::Unknown(other.to_owned())),
        }
    }

    fn program(&mut self, name: &str) -> Result<(), GatherError> {
        self.any(&find(name)?)
    }

    /// The libraries of a program that itself does not come along.
    pub(super) fn libraries_of(&mut self, program: &Path) -> Result<(), GatherError> {
        let real = fs::canonicalize(program).map_err(|e| failed(program, e))?;
        self.needs(&real)
    }

    fn directory(&mut self, path: &Path) {
        for above in path.ancestors().filter(|path| path.parent().is_some()) {
            self.entries
                .entry(above.to_owned())
                .or_insert(Entry::Directory);
        }
    }

    /// A file with every symlink on the way to it, and what it is linked with.
    fn any(&mut self, path: &Path) -> Result<(), GatherError> {
        if self.entries.len() > FILES {
            return Err(GatherError::Many);
        }
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            match self.first_link(&path)? {
                Some((link, target)) => {
                    let rest = path.strip_prefix(&link).unwrap_or(Path::new("")).to_owned();
                    let above = link.parent().unwrap_or(Path::new("/"));
                    self.directory(above);
                    self.entries
                        .insert(link.clone(), Entry::Symlink(target.clone()));
                    let target = normal(&above.join(target));
                    path = match rest.as_os_str().is_empty() {
                        true => target,
                        false => target.join(rest),
                    };
                }
                None => return self.real(&path),
            }
        }
        Err(failed(&path, io::Error::other("too many symlinks")))
    }

    /// The first component that is a symlink.
    fn first_link(&self, path: &Path) -> Result<Option<(PathBuf, PathBuf)>, GatherError> {
        let mut above: Vec<&Path> = path.ancestors().collect();
        above.reverse();
        for part in above {
            let meta = fs::symlink_metadata(part).map_err(|e| failed(part, e))?;
            if meta.is_symlink() {
                let target = fs::read_link(part).map_err(|e| failed(part, e))?;
                return Ok(Some((part.to_owned(), target)));
            }
        }
        Ok(None)
    }

    /// A path without a symlink in it.
    fn real(&mut self, path: &Path) -> Result<(), GatherError> {
        if matches!(self.entries.get(path), Some(Entry::Host { .. })) {
            return Ok(());
        }
        let meta = fs::symlink_metadata(path).map_err(|e| failed(path, e))?;
        if meta.is_dir() {
            return self.directory_of(path, &[]);
        }
        if !meta.is_file() {
            return Ok(());
        }
        self.directory(path.parent().unwrap_or(Path::new("/")));
        let mode = if meta.mode() & 0o111 == 0 {
            0o644
        } else {
            0o755
        };
        let size = meta.len();
        self.entries
            .insert(path.to_owned(), Entry::Host { mode, size });
        self.needs(path)
    }

    fn directory_of(&mut self, path: &Path, without: &[&str]) -> Result<(), GatherError> {
        let path = fs::canonicalize(path).map_err(|e| failed(path, e))?;
        self.directory(&path);
        let mut names: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(&path).map_err(|e| failed(&path, e))? {
            names.push(entry.map_err(|e| failed(&path, e))?.path());
        }
        names.sort();
        for child in names {
            let name = child.file_name().unwrap_or_default();
            if without.iter().any(|other| name == *other) {
                continue;
            }
            let meta = fs::symlink_metadata(&child).map_err(|e| failed(&child, e))?;
            if meta.is_dir() {
                self.directory_of(&child, without)?;
            } else if !meta.is_symlink() || child.exists() {
                // A dangling symlink leads nowhere inside either.
                self.any(&child)?;
            }
        }
        Ok(())
    }

    fn needs(&mut self, path: &Path) -> Result<(), GatherError> {
        let meta = fs::metadata(path).map_err(|e| failed(path, e))?;
        if meta.len() > PROGRAM_BYTES || !self.read.insert(path.to_owned()) {
            return Ok(());
        }
        let mut magic = [0; 4];
        let file = fs::File::open(path).map_err(|e| failed(path, e))?;
        if io::Read::read_exact(&mut &file, &mut magic).is_err() || magic != *b"\x7fELF" {
            return Ok(());
        }
        let bytes = fs::read(path).map_err(|e| failed(path, e))?;
        let Some(needs) = elf::needs(&bytes, path) else {
            return Ok(());
        };
        drop(bytes);
        if let Some(interpreter) = &needs.interpreter {
            self.any(interpreter)?;
        }
        for library in &needs.libraries {
            let usual = LIBRARIES.iter().map(PathBuf::from);
            let found = needs
                .search
                .iter()
                .cloned()
                .chain(usual)
                .map(|dir| dir.join(library))
                .find(|path| path.is_file());
            match found {
                Some(found) => self.any(&found)?,
                None => {
                    return Err(GatherError::Library {
                        program: path.to_owned(),
                        library: library.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Prints the directories of Python's standard library.
const PYTHON_FILES: &str = "import sysconfig; print('\\n'.join(sorted({sysconfig.get_path('stdlib'), sysconfig.get_path('platstdlib')})))";
/// Prints files that Node's own library is read from, where the distribution keeps them outside of the program.
const NODE_FILES: &str = "const v = process.config.variables.node_builtin_shareable_builtins || []; const fs = require('fs'); \
    for (const p of v) { const f = '/usr/share/nodejs/' + p.replace(/^deps\\//, ''); if (fs.existsSync(f)) console.log(f) }";

pub(super) fn find(name: &str) -> Result<PathBuf, GatherError> {
    PROGRAMS
        .iter()
        .map(|dir| Path::new(dir).join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| GatherError::Absent(name.to_owned()))
}

/// Runs an interpreter of the host's with a program of ours.
fn ask(name: &str, arguments: &[&str]) -> Result<String, GatherError> {
    let path = find(name)?;
    let done = Command::new(&path)
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(&path, e))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(failed(&path, io::Error::other(said)))
    }
}

fn failed(path: &Path, source: io::Error) -> GatherError {
    GatherError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Without `.` and `..`; only for paths whose components above are no symlinks.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_comes_with_its_loader_and_libraries() {
        let mut tree = Tree::new();
        tree.program("sh").unwrap();
        let has = |part: &str| {
            let mut paths = tree.entries.keys();
            paths.any(|path| path.to_string_lossy().contains(part))
        };
        assert!(has("/usr/bin/sh") || has("/bin/sh"));
        assert!(
            has("ld-") || has("ld.so") || !has("libc.so"),
            "{:?}",
            tree.entries.keys()
        );
        // Every file's directory is there before it.
        for path in tree.entries.keys() {
            for above in path.ancestors().skip(1).filter(|a| a.parent().is_some()) {
                assert!(tree.entries.contains_key(above), "{}", path.display());
            }
        }
        assert!(matches!(
            tree.language("cobol"),
            Err(GatherError::Unknown(_))
        ));
        assert!(matches!(
            tree.program("not-there"),
            Err(GatherError::Absent(_))
        ));
    }
}
