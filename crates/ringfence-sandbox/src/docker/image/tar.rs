//! Tar archives as the engine imports them, the same bytes for the same contents: no time, no owner but root.

use std::io::{self, Write};
use std::path::Path;

const BLOCK: usize = 512;

/// Writes an archive.
pub(super) struct Writer<W> {
    into: W,
}

/// What an entry is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    File(u64),
    Directory,
    Symlink,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(into: W) -> Self {
        Self { into }
    }

    /// A directory; `path` relative to the root, as everywhere here.
    pub(super) fn directory(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        self.header(path, mode, Kind::Directory, Path::new(""))
    }

    /// A symlink.
    pub(super) fn symlink(&mut self, path: &Path, text: &Path) -> io::Result<()> {
        self.header(path, 0o777, Kind::Symlink, text)
    }

    /// A file of exactly `size` bytes.
    pub(super) fn file(
        &mut self,
        path: &Path,
        mode: u32,
        size: u64,
        contents: impl io::Read,
    ) -> io::Result<()> {
        self.header(path, mode, Kind::File(size), Path::new(""))?;
        let copied = io::copy(&mut contents.take(size), &mut self.into)?;
        if copied != size {
            let why = format!("{} became shorter while it was read", path.display());
            return Err(io::Error::other(why));
        }
        self.pad(size)
    }

    /// Ends the archive.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.into.write_all(&[0; 2 * BLOCK])?;
        self.into.flush()?;
        Ok(self.into)
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
        let zeros = [0; BLOCK];
        let rest = zeros.get(over..).filter(|_| over > 0).unwrap_or_default();
        self.into.write_all(rest)
    }

    fn header(&mut self, path: &Path, mode: u32, kind: Kind, link: &Path) -> io::Result<()> {
        let mut name = bytes(path).to_vec();
        if matches!(kind, Kind::Directory) {
            name.push(b'/');
        }
        // Names longer than their field come in entries of their own before (GNU).
        self.long(b'L', &name)?;
        self.long(b'K', bytes(link))?;
        let (flag, size) = match kind {
            Kind::File(size) => (b'0', size),
            Kind::Directory => (b'5', 0),
            Kind::Symlink => (b'2', 0),
        };
        self.raw(&name, mode, flag, size, bytes(link))
    }

    fn long(&mut self, flag: u8, text: &[u8]) -> io::Result<()> {
        if text.len() <= 100 {
            return Ok(());
        }
        let size = text.len() as u64 + 1;
        self.raw(b"././@LongLink", 0o644, flag, size, b"")?;
        self.into.write_all(text)?;
        self.into.write_all(&[0])?;
        self.pad(size)
    }

    fn raw(&mut self, name: &[u8], mode: u32, flag: u8, size: u64, link: &[u8]) -> io::Result<()> {
        let mut block = [0_u8; BLOCK];
        let mut put = |at: usize, text: &[u8]| {
            if let Some(field) = block.get_mut(at..at + text.len()) {
                field.copy_from_slice(text);
            }
        };
        put(0, name.get(..100).unwrap_or(name));
        put(100, format!("{:07o}\0", mode & 0o7777).as_bytes());
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        put(124, format!("{size:011o}\0").as_bytes());
        put(136, b"00000000000\0");
        put(148, b"        ");
        put(156, &[flag]);
        put(157, link.get(..100).unwrap_or(link));
        put(257, b"ustar  \0");
        put(265, b"root");
        put(297, b"root");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        if let Some(field) = block.get_mut(148..156) {
            field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        self.into.write_all(&block)
    }
}

fn bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn tar_reads_what_is_written() {
        let long = format!("{}/file", "d".repeat(120));
        let mut tar = Writer::new(Vec::new());
        tar.directory(Path::new("usr"), 0o755).unwrap();
        tar.symlink(Path::new("bin"), Path::new("usr/bin")).unwrap();
        tar.file(Path::new("usr/a"), 0o644, 3, b"abc".as_slice())
            .unwrap();
        tar.file(Path::new(&long), 0o755, 0, b"".as_slice())
            .unwrap();
        let archive = tar.finish().unwrap();
        assert_eq!(archive.len() % BLOCK, 0);
        let mut child = Command::new("tar")
            .args(["-tvf", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&archive).unwrap();
        let listed = child.wait_with_output().unwrap();
        assert!(listed.status.success());
        let listed = String::from_utf8(listed.stdout).unwrap();
        for line in ["drwxr-xr-x root/root", " bin -> usr/bin", " usr/a\n", &long] {
            assert!(listed.contains(line), "{line} in {listed}");
        }
        assert!(
            Writer::new(Vec::new())
                .file(Path::new("x"), 0o644, 4, b"abc".as_slice())
                .is_err()
        );
    }
}
