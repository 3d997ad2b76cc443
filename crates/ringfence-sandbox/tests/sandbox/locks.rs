//! Landlock, seccomp and placeholders as the payload meets them.

use std::fs;
use std::io::Read;

use ringfence_policy::spec::{Placeholder, Protected};
use ringfence_sandbox::Stdio;

use crate::Case;
use crate::fixture::{Fixture, Outcome, same, text};

pub const CASES: &[Case] = &[
    ("placeholders stay out of commits", commits),
    ("a file handed in for reading can not be written", handed_in),
    ("streams can be opened again", streams),
    ("ordinary writes to /proc and /dev work", proc_and_dev),
    ("no namespace, no debugger, no keyring", refused_calls),
];

fn commits(f: &Fixture<'_>) -> Outcome {
    f.write("file", "text\n");
    let mut spec = f.shell(
        "git init -q . && git add -A && git -c user.name=n -c user.email=e commit -q -m m && \
         git ls-files && git status --short && test -e .mcp.json && git config core.excludesFile",
    );
    spec.claim.protected = [".mcp.json", ".envrc"]
        .map(|name| Protected {
            path: format!("/work/{name}").into(),
            absent: Placeholder::File("{}\n".into()),
            why: "test".into(),
        })
        .to_vec();
    spec.claim.env.insert("GIT_CONFIG_COUNT".into(), "1".into());
    spec.claim
        .env
        .insert("GIT_CONFIG_KEY_0".into(), "safe.directory".into());
    spec.claim
        .env
        .insert("GIT_CONFIG_VALUE_0".into(), "*".into());
    same(
        f.expect_ok(&spec)?.as_str(),
        "file\n/.ringfence-gitignore\n",
    )?;
    // Unfenced, the same file would be committed.
    fs::write(f.dir.join("work/.mcp.json"), "{}\n").map_err(text)?;
    let status = std::process::Command::new("git")
        .args(["-c", "safe.directory=*", "status", "--short"])
        .current_dir(f.dir.join("work"))
        .output()
        .map_err(text)?;
    same(
        String::from_utf8_lossy(&status.stdout).as_ref(),
        "?? .mcp.json\n",
    )
}

fn handed_in(f: &Fixture<'_>) -> Outcome {
    let input = f.dir.join("input");
    fs::write(&input, "host\n").map_err(text)?;
    // Otherwise the ids would be what refuses it, when the caller is root.
    fs::set_permissions(&input, std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .map_err(text)?;
    let spec = f.shell("cat; (echo bad > /proc/self/fd/0) 2>/dev/null || echo refused");
    let (out, inside) = rustix::pipe::pipe().map_err(text)?;
    let stdio = Stdio {
        stdin: fs::File::open(&input).map_err(text)?.into(),
        stdout: inside,
        stderr: fs::File::open("/dev/null").map_err(text)?.into(),
    };
    let sandbox = f
        .spawner
        .launch(f.backend, &spec, stdio)
        .map_err(text)?
        .release()
        .map_err(text)?;
    sandbox.wait().map_err(text)?;
    let mut said = String::new();
    fs::File::from(out)
        .read_to_string(&mut said)
        .map_err(text)?;
    same(said.as_str(), "host\nrefused\n")?;
    same(fs::read_to_string(&input).map_err(text)?.as_str(), "host\n")
}

fn streams(f: &Fixture<'_>) -> Outcome {
    // As root the pipe belongs to another user than the payload: the kernel refuses that with or without a fence.
    if f.root {
        return Ok(());
    }
    same(f.sh("echo out > /dev/stdout")?.as_str(), "out\n")
}

fn proc_and_dev(f: &Fixture<'_>) -> Outcome {
    let out = f.sh(
        "echo 500 > /proc/self/oom_score_adj && cat /proc/self/oom_score_adj && echo x > /dev/null && \
         echo x > /dev/shm/file && cat /dev/shm/file",
    )?;
    same(out.as_str(), "500\nx\n")
}

fn refused_calls(f: &Fixture<'_>) -> Outcome {
    let out = f.sh(
        "unshare -U true 2>/dev/null || echo userns; unshare -n true 2>/dev/null || echo netns; \
         nsenter -t 1 -m true 2>/dev/null || echo setns; mount -t tmpfs x /tmp 2>/dev/null || echo mount; \
         grep -c '^Seccomp:.2' /proc/self/status; grep -c '^Seccomp_filters:.1$' /proc/self/status",
    )?;
    same(out.as_str(), "userns\nnetns\nsetns\nmount\n1\n1\n")
}
