//! The mount table, masks and protected paths.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use ringfence_policy::spec::{Mask, Placeholder, Protected, Source};

use ringfence_sandbox::BackendName;

use crate::Case;
use crate::fixture::{Fixture, Outcome, bind, mount, same, text};

pub const CASES: &[Case] = &[
    ("workspace writes keep the host's owner", ownership),
    ("the system is read-only", read_only),
    ("the root shows only the table", only_the_table),
    ("a symlink in a granted path is refused", symlinked_source),
    ("a symlink in a mount point is refused", symlinked_target),
    ("a mount point is never created on the host", no_ghosts),
    ("optional grants may be missing", optional),
    ("what can not be id-mapped is refused as root", not_mappable),
    ("made files are read-only and shared by name", made_files),
    ("masks hide files and directories", masks),
    ("a mask follows a symlink to what it hides", masked_link),
    (
        "a mask below a closed directory does not stop the run",
        unreachable_mask,
    ),
    (
        "protected paths can not be changed, moved or uncovered",
        protected,
    ),
    ("a protected symlink can not be replaced", protected_link),
    ("an absent protected path can not be created", placeholder),
    ("a missing parent is kept as well", placeholder_parent),
    ("a tmpfs keeps its size", tmpfs_size),
    ("nothing can be mounted or escaped from inside", escapes),
];

fn ownership(f: &Fixture<'_>) -> Outcome {
    f.write("old", "old\n");
    let out = f.sh(
        "cat old && echo changed > old && echo new > new && mkdir sub && stat -c %u new && id -u",
    )?;
    let lines: Vec<&str> = out.lines().collect();
    same((lines.first(), lines.get(1)), (Some(&"old"), lines.get(2)))?;
    let owner = fs::metadata(f.dir.join("work")).map_err(text)?.uid();
    same(owner, rustix::process::getuid().as_raw())?;
    for name in ["old", "new", "sub"] {
        same(
            fs::metadata(f.dir.join("work").join(name))
                .map_err(text)?
                .uid(),
            owner,
        )?;
    }
    same(
        fs::read_to_string(f.dir.join("work/old"))
            .map_err(text)?
            .as_str(),
        "changed\n",
    )
}

fn read_only(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell(
        "for d in / /usr /etc /dev /proc/sys /ro; do touch $d/x 2>/dev/null && echo wrote $d; done; \
         (echo x > /ro/file) 2>/dev/null && echo changed; \
         (echo 1 > /proc/sys/kernel/core_pattern) 2>/dev/null && echo core_pattern; exit 0",
    );
    let shown = f.dir.join("shown");
    fs::create_dir_all(&shown).map_err(text)?;
    fs::write(shown.join("file"), "").map_err(text)?;
    spec.claim.mounts.push(bind(&shown, "/ro", false));
    same(f.expect_ok(&spec)?.as_str(), "")
}

fn only_the_table(f: &Fixture<'_>) -> Outcome {
    let out = f.sh("ls -A /; ls -A /dev; ls -A /dev/pts /dev/shm /tmp /home")?;
    // bwrap shows our binary, and a link to the (covered) /proc/kcore.
    let extra = |name: &&str| {
        f.backend == BackendName::Bubblewrap && [".ringfence-init", "core"].contains(name)
    };
    let found: Vec<&str> = out.split_whitespace().filter(|name| !extra(name)).collect();
    let wanted = "bin dev etc home lib lib64 proc sbin tmp usr work fd full null ptmx pts random shm stderr stdin stdout \
                  tty urandom zero /dev/pts: ptmx /dev/shm: /home: agent /tmp:";
    same(found, wanted.split_whitespace().collect())
}

fn symlinked_source(f: &Fixture<'_>) -> Outcome {
    fs::create_dir_all(f.dir.join("secret")).map_err(text)?;
    symlink("secret", f.dir.join("link")).map_err(text)?;
    let mut spec = f.shell("ls /granted");
    spec.claim
        .mounts
        .push(bind(&f.dir.join("link"), "/granted", false));
    match f.run(&spec) {
        Err(e) if e.contains("symlink") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn symlinked_target(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("true");
    fs::create_dir_all(f.dir.join("outside")).map_err(text)?;
    symlink(f.dir.join("outside"), f.dir.join("work/link")).map_err(text)?;
    spec.claim.mounts.push(mount(
        "/work/link/sub",
        Source::Tmpfs {
            size: None,
            mode: 0o755,
        },
    ));
    match f.run(&spec) {
        Err(e) if e.contains("symlink") => same(f.dir.join("outside/sub").exists(), false),
        other => Err(format!("{other:?}")),
    }
}

fn no_ghosts(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("true");
    spec.claim.mounts.push(mount(
        "/work/absent",
        Source::Tmpfs {
            size: None,
            mode: 0o755,
        },
    ));
    match f.run(&spec) {
        Err(e) if e.contains("does not exist") => same(f.dir.join("work/absent").exists(), false),
        other => Err(format!("{other:?}")),
    }
}

fn optional(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("test ! -e /maybe");
    let source = Source::Bind {
        path: f.dir.join("nothing"),
        writable: true,
        optional: true,
    };
    spec.claim.mounts.push(mount("/maybe", source));
    f.expect_ok(&spec)?;
    spec.claim.mounts.pop();
    spec.claim
        .mounts
        .push(bind(&f.dir.join("nothing"), "/maybe", true));
    same(f.run(&spec).is_err(), true)
}

fn not_mappable(f: &Fixture<'_>) -> Outcome {
    if !f.root {
        return Ok(());
    }
    let mut spec = f.shell("true");
    // procfs has no id maps on any kernel so far; nothing runs that could write there.
    spec.claim
        .mounts
        .push(bind(Path::new("/proc/sys/vm"), "/vm", true));
    match f.run(&spec) {
        Err(e) if e.contains("id-mapped") && e.contains("chown") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn made_files(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell(
        "cat /etc/hostname /opt/made /opt/same /opt/binary; \
         for p in /etc/hostname /opt/made /opt/same; do (echo x > $p) 2>/dev/null && echo wrote; rm -f $p 2>/dev/null && echo gone; done; exit 0",
    );
    spec.claim.mounts.push(mount(
        "/etc/hostname",
        Source::File {
            text: "fence\n".into(),
            mode: 0o444,
        },
    ));
    spec.claim.mounts.push(mount(
        "/opt/made",
        Source::File {
            text: "made\n".into(),
            mode: 0o644,
        },
    ));
    spec.claim
        .mounts
        .push(mount("/opt/same", Source::SameAs("/opt/made".into())));
    spec.claim.mounts.push(mount(
        "/opt/binary",
        Source::Base64 {
            data: "YmluYXJ5Cg==".into(),
            mode: 0o444,
        },
    ));
    same(f.expect_ok(&spec)?.as_str(), "fence\nmade\nmade\nbinary\n")
}

fn mask(path: &str) -> Mask {
    Mask {
        path: path.into(),
        absent: Placeholder::Nothing,
        why: "test".into(),
    }
}

fn masks(f: &Fixture<'_>) -> Outcome {
    f.write(".ssh/id", "key");
    f.write(".npmrc", "token");
    let script = "cat .ssh/id .npmrc; ls -A .ssh; (echo x > .npmrc) 2>/dev/null && echo wrote; \
                  mv .ssh elsewhere 2>/dev/null; cat elsewhere/id; rm -rf .npmrc 2>/dev/null && echo removed; exit 0";
    let mut spec = f.shell(script);
    // The attack works without the masks.
    same(
        f.run(&f.shell("cat .ssh/id .npmrc"))?.out.as_str(),
        "keytoken",
    )?;
    spec.claim.masks = vec![
        mask("/work/.ssh"),
        mask("/work/.npmrc"),
        mask("/work/not-there"),
        mask("/not/there"),
    ];
    same(f.run(&spec)?.out.as_str(), "")?;
    same(
        fs::read_to_string(f.dir.join("work/.ssh/id"))
            .map_err(text)?
            .as_str(),
        "key",
    )
}

fn masked_link(f: &Fixture<'_>) -> Outcome {
    f.write("dotfiles/ssh/id", "key");
    symlink("dotfiles/ssh", f.dir.join("work/.ssh")).map_err(text)?;
    let mut spec = f.shell("cat .ssh/id dotfiles/ssh/id");
    same(f.run(&spec)?.out.as_str(), "keykey")?;
    spec.claim.masks = vec![mask("/work/.ssh")];
    same(f.run(&spec)?.out.as_str(), "")
}

fn unreachable_mask(f: &Fixture<'_>) -> Outcome {
    let shown = f.dir.join("shown");
    fs::create_dir_all(shown.join("closed/.ssh")).map_err(text)?;
    fs::set_permissions(shown.join("closed"), fs::Permissions::from_mode(0o000)).map_err(text)?;
    let mut spec = f.shell("ls /shown");
    spec.claim.mounts.push(bind(&shown, "/shown", false));
    spec.claim.masks = vec![mask("/shown/closed/.ssh"), mask("/shown/closed/.npmrc")];
    same(f.expect_ok(&spec)?.as_str(), "closed\n")
}

fn protect(path: &str, absent: Placeholder) -> Protected {
    Protected {
        path: path.into(),
        absent,
        why: "test".into(),
    }
}

fn protected(f: &Fixture<'_>) -> Outcome {
    let attacks = "(echo bad > .git/hooks/pre-commit) 2>/dev/null; \
        (echo bad > .git/hooks/new) 2>/dev/null; rm -rf .git/hooks 2>/dev/null; \
        mv .git moved 2>/dev/null; mv .git/hooks .git/h 2>/dev/null; mkdir -p .git/hooks 2>/dev/null; \
        ln .git/hooks/pre-commit alias 2>/dev/null && echo bad > alias; \
        (echo bad > .git/hooks/pre-commit) 2>/dev/null; umount .git/hooks 2>/dev/null; \
        cat .git/hooks/pre-commit; ls .git/hooks | wc -l; echo ok > .git/index; mv .git/index .git/index2; cat .git/index2";
    f.write(".git/hooks/pre-commit", "good\n");
    f.write("control/.git/hooks/pre-commit", "good\n");
    let free = f.run(&f.shell(&format!("cd control; {attacks}")))?;
    if free.out.contains("good") {
        return Err(format!(
            "the attack does not work without protection: {free:?}"
        ));
    }
    let mut spec = f.shell(attacks);
    spec.claim.protected = vec![protect("/work/.git/hooks", Placeholder::Nothing)];
    same(f.run(&spec)?.out.as_str(), "good\n1\nok\n")?;
    same(
        fs::read_to_string(f.dir.join("work/.git/hooks/pre-commit"))
            .map_err(text)?
            .as_str(),
        "good\n",
    )
}

fn protected_link(f: &Fixture<'_>) -> Outcome {
    f.write("real/settings.json", "good\n");
    symlink("real/settings.json", f.dir.join("work/settings.json")).map_err(text)?;
    let mut spec = f.shell(
        "cat settings.json; rm -f settings.json 2>/dev/null; echo bad > other; mv other settings.json 2>/dev/null; \
         mv real gone 2>/dev/null; (echo bad > real/settings.json) 2>/dev/null; (echo bad > settings.json) 2>/dev/null; \
         readlink settings.json; cat settings.json real/settings.json; exit 0",
    );
    spec.claim.protected = vec![protect("/work/settings.json", Placeholder::Nothing)];
    if f.backend == BackendName::Bubblewrap {
        // It has no way to pin a symlink, and says so.
        return match f.run(&spec) {
            Err(e) if e.contains("symlink") && e.contains("--backend native") => Ok(()),
            other => Err(format!("{other:?}")),
        };
    }
    same(
        f.run(&spec)?.out.as_str(),
        "good\nreal/settings.json\ngood\ngood\n",
    )?;
    same(
        fs::read_link(f.dir.join("work/settings.json"))
            .map_err(text)?
            .to_string_lossy()
            .as_ref(),
        "real/settings.json",
    )?;
    same(
        fs::read_to_string(f.dir.join("work/real/settings.json"))
            .map_err(text)?
            .as_str(),
        "good\n",
    )?;
    // What a dangling link leads to could be made from inside, and the host would obey it.
    symlink("nowhere", f.dir.join("work/.envrc")).map_err(text)?;
    spec.claim.protected = vec![protect("/work/.envrc", Placeholder::Nothing)];
    same(f.run(&spec).is_err(), true)
}

fn placeholder(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("(echo bad > .mcp.json) 2>/dev/null; rm -f .mcp.json 2>/dev/null; mv .mcp.json x 2>/dev/null; cat .mcp.json; exit 0");
    spec.claim.protected = vec![protect("/work/.mcp.json", Placeholder::File("{}\n".into()))];
    same(f.run(&spec)?.out.as_str(), "{}\n")?;
    same(fs::read_dir(f.dir.join("work")).map_err(text)?.count(), 0)
}

fn placeholder_parent(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("mkdir -p .claude 2>/dev/null; (echo bad > .claude/settings.json) 2>/dev/null; mv .claude x 2>/dev/null; ls -A; ls -A .claude");
    spec.claim.protected = vec![protect(
        "/work/.claude/settings.json",
        Placeholder::File("{}\n".into()),
    )];
    same(f.run(&spec)?.out.as_str(), ".claude\n")?;
    same(fs::read_dir(f.dir.join("work")).map_err(text)?.count(), 0)
}

fn tmpfs_size(f: &Fixture<'_>) -> Outcome {
    f.sh("head -c 1000000 /dev/zero > /tmp/fits && ! head -c 20000000 /dev/zero > /tmp/too-much 2>/dev/null").map(drop)
}

fn escapes(f: &Fixture<'_>) -> Outcome {
    let out = f.sh(
        "mount -t tmpfs x /tmp 2>/dev/null && echo mounted; umount /proc/sys 2>/dev/null && echo unmounted; \
         mknod /tmp/sda b 8 0 2>/dev/null && echo mknod; unshare -Urm true 2>/dev/null && echo unshared; \
         chroot / true 2>/dev/null && echo chrooted; ls /proc/1/root/ /proc/1/cwd/ 2>/dev/null; \
         ls -A /proc/acpi /proc/bus /proc/scsi 2>/dev/null | grep -v : ; cat /proc/kcore /proc/keys /proc/kallsyms /proc/timer_list; \
         (echo b > /proc/sysrq-trigger) 2>/dev/null && echo sysrq; (echo x > /proc/sys/kernel/hostname) 2>/dev/null && echo sysctl; \
         head -c 1 /proc/kmsg 2>/dev/null; exit 0",
    )?;
    same(out.trim(), "")
}
