//! What the backend promises, on either runtime.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio as Streams};
use std::time::{Duration, Instant};

use ringfence_policy::spec::{Level, SandboxSpec, Source, TerminalSize};
use ringfence_sandbox::{BackendName, Spawner, Stdio};

use crate::fixture::{Fixture, Outcome, mount, same, text};

pub type Case = (&'static str, fn(&Fixture<'_>, Level) -> Outcome);

pub const CASES: &[Case] = &[
    ("streams and exit code", streams),
    ("input reaches the payload and ends", input),
    ("much output arrives whole", output),
    ("locked down", locked_down),
    ("no network", no_network),
    ("files are made and cannot be written", files),
    ("a grant of the host's", grant),
    ("scratch is bounded", scratch),
    ("files come back", collected),
    ("memory", memory),
    ("too many processes", pids),
    ("time", time),
    ("a signal", signal),
    ("a daemon left behind", daemon),
    ("killed by the supervisor", killed),
    ("a program that is not there", absent),
    ("what can not be done is refused", refused),
    ("an image that is not there", no_image),
    ("an image of this machine's interpreters", own_image),
    ("the supervisor is killed", life),
    ("the keeper is killed", swept),
];

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// `sh -c` without a grant of the host's.
fn shell(fixture: &Fixture<'_>, level: Level, script: &str) -> SandboxSpec {
    let mut spec = fixture.shell(script);
    spec.shape.level = level;
    spec.claim.session = format!("{}-{level:?}", spec.claim.session);
    spec.claim.mounts.clear();
    spec.claim.cwd = "/tmp".into();
    spec
}

fn uid(fixture: &Fixture<'_>) -> u32 {
    match fixture.root {
        true => 62_000,
        false => rustix::process::getuid().as_raw(),
    }
}

fn streams(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let script = "echo out; echo err >&2; id -u; hostname; env | sort | tr '\\n' ' '; pwd; exit 7";
    let ended = fixture.run(&shell(fixture, level, script))?;
    let env = "HOME=/home/agent MARK=visible PATH=/usr/bin:/bin:/usr/sbin:/sbin PWD=/tmp";
    same(
        ended.out,
        format!("out\n{}\nfence\n{env} /tmp\n", uid(fixture)),
    )?;
    same(ended.err.as_str(), "err\n")?;
    same(ended.report.code, Some(7))?;
    same(ended.report.reason.as_str(), "exit")?;
    // The second time nothing has to be made before.
    fixture.expect_ok(&shell(fixture, level, "true")).map(drop)
}

fn input(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let (stdin, mut feed) = std::io::pipe().map_err(text)?;
    let (mut out, stdout) = std::io::pipe().map_err(text)?;
    let stdio = Stdio {
        stdin: stdin.into(),
        stderr: stdout.try_clone().map_err(text)?.into(),
        stdout: stdout.into(),
    };
    let spec = shell(
        fixture,
        level,
        "read first; echo \"got $first\"; cat | wc -c",
    );
    let pending = fixture.spawner.launch(fixture.backend, &spec, stdio);
    let sandbox = pending.and_then(|p| p.release()).map_err(text)?;
    feed.write_all(b"hello\n").map_err(text)?;
    let mut answer = [0; 10];
    out.read_exact(&mut answer).map_err(text)?;
    same(&answer, b"got hello\n")?;
    let writer = std::thread::spawn(move || feed.write_all(&vec![b'x'; 1 << 20]));
    let mut rest = String::new();
    out.read_to_string(&mut rest).map_err(text)?;
    writer.join().expect("thread").map_err(text)?;
    same(rest.trim(), "1048576")?;
    same(sandbox.wait().map_err(text)?.code, Some(0))
}

fn output(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let script = "head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2";
    let spec = shell(fixture, level, script);
    let (sandbox, mut out, mut err) = fixture.begin(&spec).map_err(text)?;
    let other = std::thread::spawn(move || std::io::copy(&mut err, &mut std::io::sink()));
    let count = std::io::copy(&mut out, &mut std::io::sink()).map_err(text)?;
    same(count, 5_000_000)?;
    same(other.join().expect("thread").map_err(text)?, 3_000_000)?;
    same(sandbox.wait().map_err(text)?.code, Some(0))
}

fn locked_down(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let script = "
        grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs)' /proc/self/status | tr -d '\\t' | tr '\\n' ' '
        touch /x 2>/dev/null && echo root writable
        touch /usr/x 2>/dev/null && echo usr writable
        cat /etc/shadow 2>/dev/null && echo shadow
        ls /proc/1/root/ >/dev/null 2>&1 && echo looked at pid 1
        grep -q MARK /proc/1/environ 2>/dev/null && echo environment of pid 1
        unshare -U true 2>/dev/null && echo user namespace
        ls /var/run/docker.sock 2>/dev/null
        mount -t tmpfs x /tmp 2>/dev/null && echo mounted
        echo end";
    let out = fixture.expect_ok(&shell(fixture, level, script))?;
    let status = out
        .split("end")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let wanted = "CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000";
    if !status.starts_with(wanted) {
        return Err(status);
    }
    // This gVisor does not show the flag.
    let rest = status.trim_start_matches(wanted).trim();
    match level {
        Level::High => {
            same(rest.trim_start_matches("NoNewPrivs:1"), "").or_else(|_| same(rest, ""))
        }
        _ => same(rest, "NoNewPrivs:1"),
    }
}

fn no_network(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let script = "cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' ' | tr '\\n' ' '";
    let out = fixture.expect_ok(&shell(fixture, level, script))?;
    same(out.trim(), "lo")
}

fn files(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let script =
        "cat /srv/text /srv/again /srv/data; echo x 2>/dev/null > /srv/text || echo refused";
    let mut spec = shell(fixture, level, script);
    let file = Source::File {
        text: "made\n".into(),
        mode: 0o400,
    };
    let data = Source::Base64 {
        data: "Yg==".into(),
        mode: 0o444,
    };
    spec.claim.mounts = vec![
        mount("/srv/text", file),
        mount("/srv/again", Source::SameAs("/srv/text".into())),
        mount("/srv/data", data),
    ];
    same(fixture.expect_ok(&spec)?.as_str(), "made\nmade\nbrefused\n")
}

fn grant(fixture: &Fixture<'_>, level: Level) -> Outcome {
    fixture.write("mine", "from the host\n");
    let mut spec = fixture.shell("cat mine; echo inside > new");
    spec.shape.level = level;
    if fixture.root {
        let error = fixture.run(&spec).expect_err("root's directory");
        return match error.contains("start as its owner") {
            true => Ok(()),
            false => Err(error),
        };
    }
    same(fixture.expect_ok(&spec)?.as_str(), "from the host\n")?;
    let new = std::fs::read_to_string(fixture.dir.join("work/new")).map_err(text)?;
    same(new.as_str(), "inside\n")
}

fn scratch(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let script = "echo a > /one/a && echo b > /two/b && cat /one/* /two/*
        head -c 20000000 /dev/zero > /one/big 2>/dev/null && echo unbounded; true";
    let mut spec = shell(fixture, level, script);
    spec.shape.limits.disk = Some(16 << 20);
    spec.claim.mounts = ["/one", "/two"]
        .map(|path| mount(path, Source::Scratch { mode: 0o700 }))
        .to_vec();
    same(fixture.expect_ok(&spec)?.as_str(), "a\nb\n")
}

fn collected(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let mut spec = shell(fixture, level, "mkdir /out/d; echo result > /out/d/file");
    spec.shape.limits.disk = Some(16 << 20);
    spec.claim.mounts = vec![mount("/out", Source::Scratch { mode: 0o755 })];
    spec.claim.collect = Some("/out".into());
    if level == Level::High {
        let error = fixture.run(&spec).expect_err("gVisor");
        return same(error.contains("--backend gvisor"), true);
    }
    let (sandbox, _out, _err) = fixture.begin(&spec).map_err(text)?;
    same(sandbox.wait().map_err(text)?.code, Some(0))?;
    let dir = sandbox.collected().ok_or("nothing to collect")?;
    drop(sandbox);
    let path = format!("/proc/self/fd/{}/d/file", dir.as_raw_fd());
    same(
        std::fs::read_to_string(path).map_err(text)?.as_str(),
        "result\n",
    )
}

fn memory(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let script = "exec python3 -I -c \"x = 'a' * 10**9; print(len(x))\"";
    let mut spec = shell(fixture, level, script);
    spec.shape.limits.memory = Some(256 << 20);
    let ended = fixture.run(&spec)?;
    same(ended.out.as_str(), "")?;
    same(ended.report.reason.as_str(), "oom")?;
    same(ended.report.signal, Some(9))
}

fn pids(fixture: &Fixture<'_>, level: Level) -> Outcome {
    if level == Level::High {
        // What the limit counts there are the threads of gVisor.
        return Ok(());
    }
    let script = "i=0; while [ $i -lt 40 ]; do sleep 30 & i=$((i+1)); done; echo all";
    let mut spec = shell(fixture, level, script);
    spec.shape.limits.pids = Some(20);
    let ended = fixture.run(&spec)?;
    same(ended.out.as_str(), "")?;
    same(ended.err.contains("fork"), true)
}

fn time(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let mut spec = shell(
        fixture,
        level,
        "trap '' TERM; echo began; while :; do sleep 1; done",
    );
    spec.shape.limits.wall_ms = Some(1500);
    let ended = fixture.run(&spec)?;
    same(ended.out.as_str(), "began\n")?;
    same(ended.report.reason.as_str(), "timeout")
}

fn signal(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let spec = shell(fixture, level, "echo began; sleep 100");
    let (sandbox, mut out, _err) = fixture.begin(&spec).map_err(text)?;
    let mut began = [0; 6];
    out.read_exact(&mut began).map_err(text)?;
    sandbox.signal(15).map_err(text)?;
    let report = sandbox.wait().map_err(text)?;
    same(
        (report.signal, report.reason.as_str()),
        (Some(15), "signal"),
    )
}

fn daemon(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let spec = shell(fixture, level, "(setsid sleep 1000 &) ; sleep 0.2; exit 0");
    let ended = fixture.run(&spec)?;
    same((ended.report.code, ended.report.leftover), (Some(0), 1))
}

fn killed(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let spec = shell(fixture, level, "sleep 1000");
    let (sandbox, _out, _err) = fixture.begin(&spec).map_err(text)?;
    sandbox.kill();
    same(sandbox.wait().map_err(text)?.reason.as_str(), "killed")?;
    // One that is never released.
    let pending = fixture
        .spawner
        .launch(fixture.backend, &spec, Stdio::null().map_err(text)?);
    drop(pending.map_err(text)?);
    let session = spec.claim.session;
    until(|| containers(&session).is_empty(), "a container is left")
}

fn absent(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let mut spec = shell(fixture, level, "true");
    spec.claim.program = "/usr/bin/not-there".into();
    let error = fixture.run(&spec).expect_err("no such program");
    same(error.contains("No such file"), true)?;
    let mut spec = shell(fixture, level, "true");
    spec.claim.program = "/etc/passwd".into();
    let error = fixture.run(&spec).expect_err("not executable");
    same(error.contains("Permission denied"), true)
}

fn refused(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let mut spec = shell(fixture, level, "true");
    spec.claim.network = Fixture::captured();
    let error = fixture.run(&spec).expect_err("captured");
    same(error.contains("--network none"), true)?;
    let mut spec = shell(fixture, level, "true");
    spec.claim.terminal = Some(TerminalSize { rows: 2, cols: 2 });
    let error = fixture.run(&spec).expect_err("terminal");
    same(error.contains("terminal"), true)?;
    let mut spec = shell(fixture, level, "true");
    spec.shape.identity.uid = 0;
    let error = fixture.run(&spec).expect_err("root inside");
    same(error.contains("is root"), true)
}

fn no_image(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let mut spec = shell(fixture, level, "true");
    spec.shape.image = Some("ringfence-test/absent:1".into());
    let error = fixture.run(&spec).expect_err("no image");
    match error.contains("ringfence image build") {
        true => Ok(()),
        false => Err(error),
    }
}

fn own_image(fixture: &Fixture<'_>, level: Level) -> Outcome {
    use ringfence_sandbox::docker::{DockerHost, image};
    let variable = std::env::var_os("DOCKER_HOST");
    let host = DockerHost::from_variable(variable.as_deref()).map_err(text)?;
    let name = format!("ringfence-test/own:{}", std::process::id());
    let with = ["bash", "python3"].map(str::to_owned);
    let built = image::build(&host, &name, &with).map_err(text)?;
    same(built.names, vec![name.clone()])?;
    same(built.with.as_str(), "bash,python3")?;
    let again = image::build(&host, &name, &with).map_err(text)?;
    same(again.size, built.size)?;
    let mut spec = shell(
        fixture,
        level,
        "python3 -I -c 'import ssl, sqlite3, ctypes; print(1)'; seq 3 | tail -1",
    );
    spec.shape.image = Some(name.clone());
    same(fixture.expect_ok(&spec)?.as_str(), "1\n3\n")?;
    // What the host has and the image has not.
    let mut spec = shell(
        fixture,
        level,
        "ls /etc/shadow /usr/sbin/dockerd 2>/dev/null; true",
    );
    spec.shape.image = Some(name.clone());
    same(fixture.expect_ok(&spec)?.as_str(), "")?;
    let other = image::remove(&host, "ringfence-test/other").expect_err("not ours");
    same(other.to_string().contains("image list"), true)?;
    image::remove(&host, &name).map_err(text)?;
    let left = image::list(&host).map_err(text)?;
    same(left.iter().any(|image| image.names.contains(&name)), false)
}

/// A supervisor that is killed outright leaves no container.
fn life(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let spec = shell(fixture, level, "sleep 1000");
    let file = fixture.dir.join("spec.json");
    let json = serde_json::to_vec(&spec).map_err(text)?;
    std::fs::write(&file, json).map_err(text)?;
    let own = std::env::current_exe().map_err(text)?;
    let mut child = Command::new(own)
        .arg("--life")
        .arg(&file)
        .stdout(Streams::piped())
        .spawn()
        .map_err(text)?;
    let mut line = [0; 8];
    let mut out = child.stdout.take().expect("pipe");
    out.read_exact(&mut line).map_err(text)?;
    let session = spec.claim.session;
    same(containers(&session).len(), 1)?;
    child.kill().map_err(text)?;
    child.wait().map_err(text)?;
    until(
        || containers(&session).is_empty(),
        "the container outlives its supervisor",
    )
}

/// A keeper that is killed outright leaves its container to the next start.
fn swept(fixture: &Fixture<'_>, level: Level) -> Outcome {
    let spec = shell(fixture, level, "sleep 1000");
    let (sandbox, _out, _err) = fixture.begin(&spec).map_err(text)?;
    let session = spec.claim.session;
    let [id] = <[String; 1]>::try_from(containers(&session)).map_err(|all| format!("{all:?}"))?;
    let label = "{{index .Config.Labels \"ringfence.keeper\"}}";
    let done = Command::new("docker")
        .args(["inspect", "-f", label, &id])
        .output();
    let keeper = String::from_utf8_lossy(&done.map_err(text)?.stdout).into_owned();
    let pid = keeper.split(':').next().and_then(|pid| pid.parse().ok());
    let pid = pid.and_then(rustix::process::Pid::from_raw).ok_or(keeper)?;
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).map_err(text)?;
    same(sandbox.wait().map_err(text)?.reason.as_str(), "killed")?;
    same(containers(&session).len(), 1)?;
    // Long enough to be swept meanwhile.
    fixture.expect_ok(&shell(fixture, level, "sleep 2"))?;
    until(
        || containers(&session).is_empty(),
        "the container is not swept",
    )
}

/// The other half of [`life`].
pub fn helper(spawner: &Spawner, spec: &Path) -> ! {
    let json = std::fs::read(spec).expect("spec");
    let spec: SandboxSpec = serde_json::from_slice(&json).expect("spec");
    let stdio = Stdio::null().expect("null");
    let pending = spawner.launch(BackendName::Docker, &spec, stdio);
    let sandbox = pending.expect("launch").release().expect("release");
    println!("running");
    let _ = sandbox.wait();
    std::process::exit(0)
}

/// Another user, whom the engine's socket is closed to, is told so.
pub fn stranger(own: &Path, host: &str, base: &Path, spec: &[u8]) -> Outcome {
    const STRANGER: u32 = 61_995;
    let file = base.join("stranger.json");
    std::fs::write(&file, spec).map_err(text)?;
    let run = |host: &str| {
        let done = Command::new(own)
            .arg("--life")
            .arg(&file)
            .env("DOCKER_HOST", host)
            .uid(STRANGER)
            .gid(STRANGER)
            .current_dir("/")
            .output();
        done.map(|done| String::from_utf8_lossy(&done.stderr).into_owned())
            .map_err(text)
    };
    let said = run(host)?;
    if !said.contains("root on this machine") {
        return Err(said);
    }
    let said = run("unix:///nonexistent/docker.sock")?;
    if !said.contains("systemctl start docker") {
        return Err(said);
    }
    let said = run("tcp://127.0.0.1:2375")?;
    match said.contains("only an engine on this machine") {
        true => Ok(()),
        false => Err(said),
    }
}

/// Ids of the containers of a session, by the `docker` command, which has nothing in common with what is tested.
fn containers(session: &str) -> Vec<String> {
    let filter = format!("label=ringfence.session={session}");
    let mut command = Command::new("docker");
    command.args(["ps", "-aq", "--filter", &filter]);
    let done = command.output().expect("the docker command");
    let ids = String::from_utf8_lossy(&done.stdout).into_owned();
    ids.lines().map(str::to_owned).collect()
}

fn until(mut done: impl FnMut() -> bool, complaint: &str) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > deadline {
            return Err(complaint.to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// After everything: no container, no directory, no process of ours.
pub fn nothing_left(host: &str) -> Outcome {
    let done = Command::new("docker")
        .args(["-H", host, "ps", "-aq"])
        .output()
        .map_err(text)?;
    same(String::from_utf8_lossy(&done.stdout).trim(), "")?;
    let rooms = || {
        let entries = std::fs::read_dir("/tmp").into_iter().flatten().flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("ringfence-docker-"))
            .collect::<Vec<_>>()
    };
    until(|| rooms().is_empty(), "a directory in /tmp is left")
}
