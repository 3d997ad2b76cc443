//! The mount table of code: what the system needs to run an interpreter, and nothing of the user's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{CodeOptions, InputFile, Run};
use crate::plan::{HostFacts, Program};
use crate::resolve::ResolveError;
use crate::spec::{Identity, Mount, Source};

/// Working directory and home: private, writable, with the files that were named.
pub const WORK_DIR: &str = "/workspace";
/// Where `--context` documents are.
pub const CONTEXT_DIR: &str = "/context";
/// Where files are left that are to come back.
pub const OUT_DIR: &str = "/out";

/// Host paths shown read-only when they exist, and why.
const SYSTEM: &[(&str, &str)] = &[
    ("/usr", "programs and libraries"),
    ("/nix/store", "programs and libraries on NixOS"),
    ("/gnu/store", "programs and libraries on Guix"),
    ("/etc/ld.so.cache", "where the loader finds libraries"),
    (
        "/etc/alternatives",
        "which of several programs a name means",
    ),
    ("/etc/ssl/certs", "the system's trust anchors"),
    ("/etc/ssl/openssl.cnf", "how OpenSSL is set up"),
    ("/etc/pki/tls/certs", "the system's trust anchors on Fedora"),
    ("/etc/localtime", "the time zone"),
    ("/etc/fonts", "how fonts are found"),
    ("/etc/matplotlibrc", "how Debian sets matplotlib up"),
    ("/etc/mime.types", "types of files by their names"),
    ("/etc/services", "numbers of services"),
    ("/etc/protocols", "numbers of protocols"),
];

/// Root entries that are symlinks into /usr on merged systems and directories on others.
const ROOT_LINKS: &[&str] = &["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// Directories that every sandbox for code shows.
const SHOWN: &[&str] = &["/usr", "/nix/store", "/gnu/store"];

pub(super) fn candidates() -> Vec<PathBuf> {
    SYSTEM.iter().map(|(path, _)| PathBuf::from(path)).collect()
}

/// The system part, parents before children.
pub(super) fn system(facts: &HostFacts, identity: &Identity, out: bool) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    let mut add = |target: &str, source: Source, why: &str| {
        mounts.push(Mount {
            target: target.into(),
            source,
            why: why.to_owned(),
        });
    };
    let bind = |path: &Path| Source::Bind {
        path: path.to_owned(),
        writable: false,
        optional: true,
    };
    for path in ROOT_LINKS {
        match facts.root_links.get(Path::new(path)) {
            Some(text) => add(
                path,
                Source::Symlink(text.clone()),
                "programs and libraries",
            ),
            None => add(path, bind(Path::new(path)), "programs and libraries"),
        }
    }
    for (path, why) in SYSTEM {
        let path = Path::new(path);
        if facts.existing.contains(path) {
            let real = facts.resolved.get(path).map_or(path, PathBuf::as_path);
            add(&path.display().to_string(), bind(real), why);
        }
    }
    for (path, text, mode, why) in generated(identity) {
        add(path, Source::File { text, mode }, why);
    }
    add("/proc", Source::Proc, "the sandbox's own processes");
    add(
        "/dev",
        Source::Dev,
        "null, zero, full, random, urandom and tty",
    );
    add(
        "/tmp",
        Source::Scratch { mode: 0o1777 },
        "private temporary files",
    );
    add(
        WORK_DIR,
        Source::Scratch { mode: 0o755 },
        "the working directory",
    );
    if out {
        add(
            OUT_DIR,
            Source::Scratch { mode: 0o755 },
            "files that come back",
        );
    }
    mounts
}

/// Files of `/etc` that are made for the sandbox.
fn generated(identity: &Identity) -> [(&'static str, String, u32, &'static str); 6] {
    let Identity {
        uid,
        gid,
        user,
        home,
        hostname,
    } = identity;
    let home = home.display();
    [
        (
            "/etc/passwd",
            format!(
                "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n{user}:x:{uid}:{gid}:{user}:{home}:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
            ),
            0o444,
            "who the code is; the users of this machine stay unnamed",
        ),
        (
            "/etc/group",
            format!("root:x:0:\n{user}:x:{gid}:\nnogroup:x:65534:\n"),
            0o444,
            "groups of the code",
        ),
        (
            "/etc/shadow",
            String::new(),
            0,
            "unreadable, as programs expect it; yours is not there",
        ),
        (
            "/etc/hosts",
            format!("127.0.0.1 localhost {hostname}\n::1 localhost\n"),
            0o444,
            "the sandbox's own names",
        ),
        (
            "/etc/resolv.conf",
            "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n".to_owned(),
            0o444,
            "names are answered by the policy engine, or not at all",
        ),
        (
            "/etc/nsswitch.conf",
            "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n".to_owned(),
            0o444,
            "no lookups through sockets of the host",
        ),
    ]
}

/// What belongs to this run: the interpreter where it is not part of the system, the named files, the context.
pub(super) fn claimed(
    options: &CodeOptions,
    program: &Program,
    facts: &HostFacts,
) -> Result<Vec<Mount>, ResolveError> {
    let mut mounts = Vec::new();
    for path in outside(program) {
        if facts.home.starts_with(&path) {
            return Err(ResolveError::refused(
                format!("the program needs all of {} to be visible", path.display()),
                "install it into a directory of its own",
            ));
        }
        mounts.push(Mount {
            target: path.clone(),
            source: Source::Bind {
                path,
                writable: false,
                optional: false,
            },
            why: "the program".into(),
        });
    }
    let script = match &options.run {
        Run::Script { file, .. } => Some(file),
        _ => None,
    };
    shown(
        WORK_DIR,
        script.into_iter().chain(&options.files),
        "--file",
        &mut mounts,
    )?;
    shown(
        CONTEXT_DIR,
        options.context.iter(),
        "--context",
        &mut mounts,
    )?;
    Ok(mounts)
}

/// Whether a host path is visible inside under its own name.
pub(super) fn is_shown(path: &Path, program: &Program) -> bool {
    let system = SYSTEM.iter().map(|(path, _)| Path::new(*path));
    let needs = program.needs.iter().map(PathBuf::as_path);
    system.chain(needs).any(|dir| path.starts_with(dir))
}

/// What the program needs and the system part does not show; nothing that lies below another entry.
fn outside(program: &Program) -> Vec<PathBuf> {
    let shown = |path: &Path| {
        SHOWN.iter().any(|dir| path.starts_with(dir))
            || ROOT_LINKS.iter().any(|dir| path.starts_with(dir))
            || path.starts_with(WORK_DIR)
    };
    let wanted: BTreeSet<&PathBuf> = program.needs.iter().filter(|path| !shown(path)).collect();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in wanted {
        if !kept.iter().any(|parent| path.starts_with(parent)) {
            kept.push(path.clone());
        }
    }
    kept
}

fn shown<'f>(
    dir: &str,
    files: impl Iterator<Item = &'f InputFile>,
    option: &str,
    mounts: &mut Vec<Mount>,
) -> Result<(), ResolveError> {
    let mut seen = BTreeSet::new();
    for file in files {
        let name = &file.name;
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            return Err(ResolveError::usage(
                format!("{option}: `{}` is no name of a file", name.escape_debug()),
                None,
            ));
        }
        if !seen.insert(name.clone()) {
            return Err(ResolveError::usage(
                format!("two files would be {dir}/{}", name.escape_debug()),
                Some("give one of them another name".into()),
            ));
        }
        mounts.push(Mount {
            target: Path::new(dir).join(name),
            source: file.source(),
            why: "a file that was named, read-only".into(),
        });
    }
    Ok(())
}
