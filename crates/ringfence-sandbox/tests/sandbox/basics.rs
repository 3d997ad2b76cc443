//! Exit codes, signals, environment, descriptors, identity, privileges.

use std::io::Read;

use ringfence_policy::spec::Network;
use ringfence_sandbox::LaunchError;

use crate::Case;
use crate::fixture::{Fixture, Outcome, same, text};

pub const CASES: &[Case] = &[
    ("exit codes pass through", exit_codes),
    ("signals pass through", signals),
    ("output arrives", output),
    ("the environment is exactly the one given", environment),
    ("only three descriptors are open", descriptors),
    ("no capability and no new privileges", privileges),
    ("identity and host name", identity),
    ("a missing program is an error", missing_program),
    ("a missing working directory is an error", missing_cwd),
    ("namespaces are the sandbox's own", namespaces),
    ("a signal reaches the payload", forwarded),
    (
        "capture sockets arrive and inner sockets can be made",
        sockets,
    ),
];

fn exit_codes(f: &Fixture<'_>) -> Outcome {
    for code in [0, 1, 7, 255] {
        let ended = f.run(&f.shell(&format!("exit {code}")))?;
        same(
            (ended.report.code, ended.report.reason.as_str()),
            (Some(code), "exit"),
        )?;
    }
    Ok(())
}

fn signals(f: &Fixture<'_>) -> Outcome {
    for signal in [15, 9, 6] {
        let ended = f.run(&f.shell(&format!("kill -{signal} $$")))?;
        same(
            (ended.report.signal, ended.report.code),
            (Some(signal), None),
        )?;
    }
    Ok(())
}

fn output(f: &Fixture<'_>) -> Outcome {
    let ended = f.run(&f.shell("echo one; echo two >&2"))?;
    same((ended.out.as_str(), ended.err.as_str()), ("one\n", "two\n"))
}

fn environment(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("");
    spec.claim.program = "/usr/bin/env".into();
    spec.claim.argv = vec!["env".into()];
    let mut found: Vec<String> = f.expect_ok(&spec)?.lines().map(String::from).collect();
    found.sort();
    let wanted: Vec<String> = spec
        .claim
        .env
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    same(found, wanted)
}

fn descriptors(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("");
    spec.claim.program = "/usr/bin/ls".into();
    spec.claim.argv = vec!["ls".into(), "/proc/self/fd".into()];
    // 3 is the directory that ls itself has open.
    same(
        f.expect_ok(&spec)?.split_whitespace().collect::<Vec<_>>(),
        vec!["0", "1", "2", "3"],
    )
}

fn privileges(f: &Fixture<'_>) -> Outcome {
    let out = f.sh("grep -E '^(Cap...|NoNewPrivs|Seccomp):' /proc/self/status")?;
    for line in out.lines() {
        let (name, value) = line.split_once(':').ok_or(line)?;
        let wanted = match name {
            "NoNewPrivs" => "1",
            "Seccomp" => "2",
            _ => "0000000000000000",
        };
        same((name, value.trim()), (name, wanted))?;
    }
    same(out.lines().count(), 7)
}

fn identity(f: &Fixture<'_>) -> Outcome {
    let spec = f.shell(
        "id -u; id -g; cat /proc/sys/kernel/hostname; cat /proc/self/setgroups; echo $$; pwd",
    );
    let id = spec.shape.identity.clone();
    same(
        f.expect_ok(&spec)?,
        format!("{}\n{}\nfence\ndeny\n2\n/work\n", id.uid, id.gid),
    )
}

fn missing_program(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("");
    spec.claim.program = "/usr/bin/no-such-program".into();
    match f.begin(&spec) {
        Err(LaunchError::Exec { source, .. }) => same(source.kind(), std::io::ErrorKind::NotFound),
        other => Err(format!("{other:?}")),
    }
}

fn missing_cwd(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("");
    spec.claim.cwd = "/nowhere".into();
    match f.begin(&spec) {
        Err(e) if e.to_string().contains("/nowhere") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn namespaces(f: &Fixture<'_>) -> Outcome {
    let out =
        f.sh("for n in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$n; done")?;
    for line in out.lines() {
        let name = line.split(':').next().unwrap_or_default();
        let host = std::fs::read_link(format!("/proc/self/ns/{name}")).map_err(text)?;
        if host.to_string_lossy() == line {
            return Err(format!("{name} is the host's"));
        }
    }
    same(out.lines().count(), 7)
}

fn forwarded(f: &Fixture<'_>) -> Outcome {
    let (sandbox, mut out, _err) = f
        .begin(
            &f.shell("trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.05; done"),
        )
        .map_err(text)?;
    let mut byte = [0; 6];
    out.read_exact(&mut byte).map_err(text)?;
    sandbox.signal(15).map_err(text)?;
    let mut rest = String::new();
    out.read_to_string(&mut rest).map_err(text)?;
    same(
        (sandbox.wait().map_err(text)?.code, rest.as_str()),
        (Some(3), "caught\n"),
    )
}

fn sockets(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("exec sleep 5");
    spec.claim.network = Network::None;
    let (sandbox, _out, _err) = f.begin(&spec).map_err(text)?;
    same(sandbox.inner_sockets(2).map_err(text)?.len(), 2)?;
    same(sandbox.listening_ports().map_err(text)?, vec![])?;
    same(sandbox.process_of(1).map_err(text)?, None)?;
    sandbox.kill();
    same(sandbox.wait().map_err(text)?.signal, Some(9))?;
    spec.claim.network = Fixture::captured();
    let pending = f
        .spawner
        .launch(
            f.backend,
            &spec,
            ringfence_sandbox::Stdio::null().map_err(text)?,
        )
        .map_err(text)?;
    same(pending.capture.is_some(), true)
}
