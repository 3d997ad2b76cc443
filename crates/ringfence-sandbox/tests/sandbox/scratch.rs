//! Scratch directories: one bound for all of them, and what is collected from one.

use std::io::Read;

use ringfence_policy::spec::{SandboxSpec, Source};
use rustix::fs::{Mode, OFlags, ResolveFlags};

use crate::Case;
use crate::fixture::{Fixture, Outcome, mount, same, text};

pub const CASES: &[Case] = &[
    ("scratch directories are private and writable", private),
    ("a disk filler meets the limit", filler),
    ("a hundred thousand files meet the limit", many_files),
    ("what is collected outlives the sandbox", collected),
    ("only a scratch directory is collected", not_collected),
];

/// The bound of the cases.
const DISK: u64 = 8 << 20;

/// `script` in `/work`, with `/scratch` and `/out` as scratch directories.
fn spec(f: &Fixture<'_>, script: &str) -> SandboxSpec {
    let mut spec = f.shell(script);
    spec.shape.limits.disk = Some(DISK);
    for (target, mode) in [("/scratch", 0o1777), ("/out", 0o700)] {
        spec.shape
            .root
            .push(mount(target, Source::Scratch { mode }));
    }
    spec
}

fn private(f: &Fixture<'_>) -> Outcome {
    let script = "stat -c '%a %u' /scratch /out; echo x > /scratch/a && echo x > /out/b && mkdir /out/d && \
                  ln -s /etc/passwd /out/link && ls /scratch /out; ls -a / | grep -c ringfence-s";
    let ended = f.run(&spec(f, script))?;
    let uid = spec(f, "").shape.identity.uid;
    same(
        ended.out,
        format!("1777 {uid}\n700 {uid}\n/out:\nb\nd\nlink\n\n/scratch:\na\n0\n"),
    )
}

/// Whether what was tried ended as it should where the kernel bounds all directories as one (native), or where the
/// init watches their sum and kills (bubblewrap).
fn bounded(f: &Fixture<'_>, script: &str) -> Outcome {
    let ended = f.run(&spec(f, script))?;
    let refused = ended.err.contains("No space left") && ended.out == "refused\n";
    let killed = (ended.report.reason.as_str(), ended.report.signal) == ("disk", Some(9));
    match f.backend {
        ringfence_sandbox::BackendName::Native | ringfence_sandbox::BackendName::Gvisor
            if refused =>
        {
            Ok(())
        }
        ringfence_sandbox::BackendName::Bubblewrap if refused || killed => Ok(()),
        _ => Err(format!("{ended:?}")),
    }
}

fn filler(f: &Fixture<'_>) -> Outcome {
    // Each alone is within the bound; together they are not. Shared memory counts.
    let one = |path: &str| format!("head -c 3000000 /dev/zero > {path}");
    let fits = format!("{} && {} && echo fits", one("/scratch/a"), one("/out/a"));
    same(f.expect_ok(&spec(f, &fits))?.as_str(), "fits\n")?;
    let all = [one("/scratch/a"), one("/out/a"), one("/dev/shm/a")].join(" && ");
    bounded(
        f,
        &format!("({all} && sleep 20 && echo all) || echo refused"),
    )?;
    bounded(
        f,
        "head -c 100000000 /dev/zero > /scratch/a || echo refused",
    )
}

fn many_files(f: &Fixture<'_>) -> Outcome {
    let script = "perl -e 'for (1..100000) { open(F, \">\", \"/\".($_ % 2 ? \"scratch\" : \"out\").\"/$_\") or die \"$!\"; } sleep 20' \
                  || echo refused";
    bounded(f, script)
}

fn collected(f: &Fixture<'_>) -> Outcome {
    let script = "mkdir /out/deep; echo result > /out/deep/file; ln -s /etc/hostname /out/link; mkfifo /out/fifo; echo no > /scratch/x";
    let mut spec = spec(f, script);
    spec.claim.collect = Some("/out".into());
    let (sandbox, ..) = f.begin(&spec).map_err(text)?;
    same(sandbox.wait().map_err(text)?.code, Some(0))?;
    let dir = sandbox.collected().ok_or("nothing collected")?;
    same(sandbox.collected().is_none(), true)?;
    drop(sandbox);
    let mut names: Vec<String> = rustix::fs::Dir::read_from(&dir)
        .map_err(text)?
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    same(names, ["deep", "fifo", "link"].map(String::from).to_vec())?;
    let open = |name: &str| {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        rustix::fs::openat2(&dir, name, flags, Mode::empty(), how)
    };
    let mut said = String::new();
    std::fs::File::from(open("deep/file").map_err(text)?)
        .read_to_string(&mut said)
        .map_err(text)?;
    same(said.as_str(), "result\n")?;
    same(open("link").err(), Some(rustix::io::Errno::LOOP))?;
    same(open("../scratch/x").err(), Some(rustix::io::Errno::XDEV))
}

fn not_collected(f: &Fixture<'_>) -> Outcome {
    let mut spec = spec(f, "true");
    spec.claim.collect = Some("/work".into());
    match f.run(&spec) {
        Err(why) if why.contains("no scratch directory") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}
