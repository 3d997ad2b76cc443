//! Attacks on files.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::probe::{Verdict, raw};

/// `TEXT PATH…`: one of the files (or of those below it) holds the text.
pub(super) fn read_any(args: &[&str]) -> std::io::Result<Verdict> {
    let Some((text, paths)) = args.split_first() else {
        return Ok(Verdict::missing("arguments"));
    };
    let mut errors = Vec::new();
    for path in paths {
        match holds(Path::new(path), text, 6) {
            Ok(true) => return Ok(Verdict::yes(format!("read {path}"))),
            Ok(false) => errors.push(format!("{path}: other text")),
            Err(error) => errors.push(format!("{path}: {error}")),
        }
    }
    Ok(Verdict::no(errors.join(", ")))
}

fn holds(path: &Path, text: &str, depth: u32) -> std::io::Result<bool> {
    if path.is_dir() {
        if depth == 0 {
            return Ok(false);
        }
        for entry in fs::read_dir(path)?.flatten() {
            if holds(&entry.path(), text, depth - 1).unwrap_or(false) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    Ok(String::from_utf8_lossy(&fs::read(path)?).contains(text))
}

/// `TEXT PATH…`: each path is replaced, or made with its parents, by whatever way works. Achieved when one now holds the text.
pub(super) fn write_all(args: &[&str]) -> std::io::Result<Verdict> {
    let Some((text, paths)) = args.split_first() else {
        return Ok(Verdict::missing("arguments"));
    };
    let mut done = Vec::new();
    let mut errors = Vec::new();
    for path in paths {
        match plant(Path::new(path), text) {
            Ok(()) => done.push(*path),
            Err(error) => errors.push(format!("{path}: {error}")),
        }
    }
    Ok(if done.is_empty() {
        Verdict::no(errors.join(", "))
    } else {
        Verdict::yes(format!("wrote {}", done.join(", ")))
    })
}

/// Writes in place; then by a new file renamed over it; then after removing what is there.
fn plant(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let Err(first) = fs::write(path, text) else {
        return Ok(());
    };
    let beside = path.with_extension("planted");
    let moved = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    let _ = fs::remove_file(&beside);
    if moved.is_ok() {
        return Ok(());
    }
    let removed = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    removed
        .and_then(|()| fs::write(path, text))
        .map_err(|_| first)
}

/// `TEXT DIRECTORY FILE`: moves the directory away, makes a new one in its place and writes the file in it.
pub(super) fn rename_and_plant(args: &[&str]) -> std::io::Result<Verdict> {
    let [text, directory, file] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    fs::rename(directory, format!("{directory}.away"))?;
    fs::create_dir_all(directory)?;
    let path = Path::new(directory).join(file);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, text)?;
    Ok(Verdict::yes(format!("replaced {directory}")))
}

/// `TEXT TARGET LINK`: links a file from elsewhere into the workspace and writes through the link.
pub(super) fn hard_link(args: &[&str]) -> std::io::Result<Verdict> {
    let [text, target, link] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    fs::hard_link(target, link)?;
    fs::OpenOptions::new()
        .append(true)
        .open(link)?
        .write_all(text.as_bytes())?;
    Ok(Verdict::yes(format!("wrote {target} through {link}")))
}

/// `PATH…`: one of the files can be opened for writing. Nothing is written.
pub(super) fn open_for_writing(args: &[&str]) -> std::io::Result<Verdict> {
    let mut errors = Vec::new();
    for path in args {
        match fs::OpenOptions::new().write(true).open(path) {
            Ok(_) => return Ok(Verdict::yes(format!("opened {path}"))),
            Err(error) => errors.push(format!("{path}: {error}")),
        }
    }
    Ok(Verdict::no(errors.join(", ")))
}

/// `PATH`: makes a device node (that of `/dev/zero`) and reads from it.
pub(super) fn device_node(args: &[&str]) -> std::io::Result<Verdict> {
    let [path] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    raw::make_zero_device(Path::new(path))?;
    let mut byte = [1; 1];
    std::io::Read::read_exact(&mut fs::File::open(path)?, &mut byte)?;
    Ok(Verdict::yes("made a device node and read from it"))
}

/// `PATH`: makes a program with the set-uid or set-gid bit, in each way that there is.
pub(super) fn set_uid(args: &[&str]) -> std::io::Result<Verdict> {
    use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
    let [path] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    let bits = Mode::from_raw_mode(0o4755);
    let create = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY;
    let ways: [(&str, &dyn Fn() -> std::io::Result<()>); 5] = [
        ("chmod", &|| {
            fs::write(path, "")?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o4755))
        }),
        ("chmod, set-gid", &|| {
            fs::write(path, "")?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o2755))
        }),
        ("open", &|| {
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true).mode(0o4755);
            options.open(path).map(drop)
        }),
        ("openat2", &|| {
            rustix::fs::openat2(CWD, *path, create, bits, ResolveFlags::empty())?;
            Ok(())
        }),
        ("mknod", &|| {
            Ok(rustix::fs::mknodat(
                CWD,
                *path,
                FileType::RegularFile,
                bits,
                0,
            )?)
        }),
    ];
    let mut errors = Vec::new();
    for (name, way) in ways {
        let outcome = way();
        let mode = fs::metadata(path).map_or(0, |found| found.mode());
        let _ = fs::remove_file(path);
        if mode & 0o6000 != 0 {
            return Ok(Verdict::yes(format!("{name} made a file of mode {mode:o}")));
        }
        errors.push(format!("{name}: {outcome:?}"));
    }
    Ok(Verdict::no(errors.join(", ")))
}

/// `DIRECTORY`: a commit and a branch with the machine's git.
pub(super) fn commit(args: &[&str]) -> std::io::Result<Verdict> {
    let [directory] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    let identity = [
        "-c",
        "user.name=probe",
        "-c",
        "user.email=probe@test",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "safe.directory=*",
    ];
    fs::write(Path::new(directory).join("changed"), "by the probe\n")?;
    for words in [
        vec!["add", "changed"],
        vec!["commit", "-q", "-m", "by the probe"],
        vec!["branch", "probe"],
        vec!["log", "--oneline"],
    ] {
        let output = std::process::Command::new("git")
            .args(identity)
            .args(&words)
            .current_dir(directory)
            .output()?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return Ok(Verdict::no(format!("git {}: {}", words[0], error.trim())));
        }
    }
    Ok(Verdict::yes("committed and branched"))
}
