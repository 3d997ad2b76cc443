//! The file of `--report`. It often lies in the workspace, so its name is the agent's to replace: by a symlink to a file
//! that only the user may write, for example.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf, absolute};

use ringfence_policy::spec::{SandboxSpec, Source};
use ringfence_runtime::session::Outcome;

/// The open report. What is written goes where the path led before the agent started.
#[derive(Debug)]
pub(super) struct Report {
    file: File,
    path: PathBuf,
}

impl Report {
    /// Opens (or makes) the file; its contents stay until there are new ones.
    ///
    /// # Errors
    /// When it can not be opened, or a symlink of a writable grant leads to it: an earlier session may have made that.
    pub(super) fn open(path: &Path, spec: &SandboxSpec) -> io::Result<Self> {
        let written = absolute(path)?;
        let name = written.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = written.parent().unwrap_or(Path::new("/"));
        let path = fs::canonicalize(parent)?.join(name);
        let grants: Vec<&Path> = writable(spec).collect();
        let granted = |path: &Path| grants.iter().any(|grant| path.starts_with(grant));
        // The grants are canonical, and what was written may lead into one of them and out again.
        let mut on_the_way = parent
            .ancestors()
            .filter_map(|at| fs::canonicalize(at).ok());
        let enters = on_the_way.any(|at| granted(&at));
        let agents = enters || granted(&path);
        if agents {
            let here = fs::symlink_metadata(&path);
            let plain = here.map_or(true, |found| found.is_file());
            if !plain || (enters && !granted(&path)) {
                return Err(io::Error::other(
                    "a symlink, or no file, where the agent may write; remove it or choose another place",
                ));
            }
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        // Another session may have been faster.
        if agents && fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))? != path {
            return Err(io::Error::other("it was replaced while it was opened"));
        }
        Ok(Self { file, path })
    }

    /// Writes it.
    ///
    /// # Errors
    /// When that fails, or the agent has moved or replaced the file, so that nobody would find it.
    pub(super) fn write(mut self, outcome: &Outcome) -> io::Result<()> {
        let own = self.file.metadata()?;
        if own.is_file() {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
        }
        let mut text = serde_json::to_vec_pretty(outcome)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        let there = fs::metadata(&self.path)?;
        if (there.dev(), there.ino()) != (own.dev(), own.ino()) {
            return Err(io::Error::other("something else stands there now"));
        }
        Ok(())
    }
}

/// Host paths that can be written from inside.
fn writable(spec: &SandboxSpec) -> impl Iterator<Item = &Path> {
    let mounts = spec.shape.root.iter().chain(&spec.claim.mounts);
    mounts.filter_map(|mount| match &mount.source {
        Source::Bind {
            path,
            writable: true,
            ..
        } => Some(path.as_path()),
        _ => None,
    })
}
