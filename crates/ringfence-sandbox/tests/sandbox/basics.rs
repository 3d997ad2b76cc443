//! Exit codes, signals, environment, descriptors, identity, privileges.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use ringfence_sandbox::{BackendName, LaunchError, Stdio};

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
        "a captured connection arrives and names its process",
        sockets,
    ),
    (
        "a port inside is reached through an inner socket",
        published,
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
    let ended = f.run(&f.shell("echo one; echo two >&2; echo three > /dev/stderr"))?;
    same(
        (ended.out.as_str(), ended.err.as_str()),
        ("one\n", "two\nthree\n"),
    )
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
    // `read` waits for a line, so the connection stays open until it has been looked at.
    let script = "exec 3<>/dev/tcp/1.2.3.4/8080; echo hello >&3; read answer <&3; echo $answer";
    let mut spec = f.shell("");
    spec.claim.program = "/usr/bin/bash".into();
    spec.claim.argv = ["bash", "-c", script].map(String::from).to_vec();
    spec.claim.network = Fixture::captured();
    let (out, out_inside) = rustix::pipe::pipe().map_err(text)?;
    let mut stdio = Stdio::null().map_err(text)?;
    stdio.stdout = out_inside;
    let mut pending = f
        .spawner
        .launch(BackendName::Native, &spec, stdio)
        .map_err(text)?;
    let capture = pending.capture.take().ok_or("no capture")?;
    let sandbox = pending.release().map_err(text)?;
    let (mut connection, peer) = capture
        .tcp
        .iter()
        .find(|l| l.local_addr().is_ok_and(|a| a.is_ipv4()))
        .ok_or("no IPv4 listener")?
        .accept_blocking()
        .map_err(text)?;
    same(
        connection.local_addr().map_err(text)?.to_string().as_str(),
        "1.2.3.4:8080",
    )?;
    let process = sandbox.process_of(peer.port()).map_err(text)?;
    same(process.map(|p| p.name).as_deref(), Some("bash"))?;
    connection.set_nonblocking(false).map_err(text)?;
    connection.write_all(b"world\n").map_err(text)?;
    let mut text_out = String::new();
    std::fs::File::from(out)
        .read_to_string(&mut text_out)
        .map_err(text)?;
    same(text_out.as_str(), "world\n")
}

/// The capture's listeners may be non-blocking; here is nothing else to do meanwhile.
trait AcceptBlocking {
    fn accept_blocking(&self) -> std::io::Result<(TcpStream, SocketAddr)>;
}

impl AcceptBlocking for TcpListener {
    fn accept_blocking(&self) -> std::io::Result<(TcpStream, SocketAddr)> {
        self.set_nonblocking(false)?;
        self.accept()
    }
}

fn published(f: &Fixture<'_>) -> Outcome {
    let server = "use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(3000, INADDR_LOOPBACK)) or die; \
                  listen(S, 5); $| = 1; print \"up\\n\"; accept(C, S); syswrite(C, \"served\\n\"); close C;";
    let mut spec = f.shell("");
    spec.claim.program = "/usr/bin/perl".into();
    spec.claim.argv = ["perl", "-e", server].map(String::from).to_vec();
    let (sandbox, mut out, _err) = f.begin(&spec).map_err(text)?;
    let mut up = [0; 3];
    out.read_exact(&mut up).map_err(text)?;
    same(sandbox.listening_ports().map_err(text)?, vec![3000])?;
    same(
        sandbox
            .process_of(3000)
            .map_err(text)?
            .map(|p| p.name)
            .as_deref(),
        Some("perl"),
    )?;
    let mut sockets = sandbox.inner_sockets(2).map_err(text)?;
    same(sockets.len(), 2)?;
    let socket = sockets.pop().ok_or("no socket")?;
    let mapped = std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped();
    let address = SocketAddr::from((mapped, 3000));
    rustix::net::connect(&socket, &address).map_err(text)?;
    let mut served = String::new();
    TcpStream::from(socket)
        .read_to_string(&mut served)
        .map_err(text)?;
    same(served.as_str(), "served\n")?;
    same(sandbox.wait().map_err(text)?.code, Some(0))
}
