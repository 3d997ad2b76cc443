//! A network of the probe's own for unfenced halves: user, network and mount namespaces in which every address is local and an
//! origin, a name server and a proxy without policy answer. An attack there harms nobody, and an ordinary user can run it.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::process::{Command, ExitCode};

use crate::probe::{HIDDEN, Verdict, raw};
use crate::server::{
    ANYWHERE, Log, Stop, serve_echo, serve_names, serve_names_tcp, serve_open_proxy, serve_origin,
};

/// `PORT PROBE ARGS…`: makes the namespaces, serves, and runs the probe in them.
pub(super) fn in_own_network(args: &[String]) -> ExitCode {
    match prepare(args) {
        Ok(code) => code,
        Err(error) => {
            let verdict = Verdict::missing(format!("namespaces of its own: {error}"));
            let line = serde_json::to_string(&verdict).unwrap_or_default();
            use std::io::Write;
            let _ = writeln!(std::io::stdout(), "{}{line}", super::PREFIX);
            ExitCode::FAILURE
        }
    }
}

fn prepare(args: &[String]) -> std::io::Result<ExitCode> {
    let Some((port, probe)) = args.split_first() else {
        return Ok(ExitCode::FAILURE);
    };
    let port: u16 = port.parse().map_err(std::io::Error::other)?;
    raw::enter_own_namespaces()?;
    for words in [
        "link set lo up",
        "route add local 0.0.0.0/0 dev lo",
        "-6 route add local ::/0 dev lo",
    ] {
        let output = Command::new("ip").args(words.split(' ')).output()?;
        // IPv6 may be switched off; nothing here needs it.
        if !output.status.success() && !words.starts_with("-6") {
            return Err(std::io::Error::other(format!(
                "ip {words}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )));
        }
    }
    for port in [port, port.wrapping_add(1), 80, 443] {
        serve_origin(
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?,
            Log::default(),
            Stop::default(),
        )?;
    }
    serve_names(
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 53))?,
        ANYWHERE,
        Log::default(),
        Stop::default(),
    )?;
    serve_names_tcp(TcpListener::bind((Ipv4Addr::UNSPECIFIED, 53))?, ANYWHERE)?;
    for port in [443, 123, port] {
        serve_echo(UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port))?)?;
    }
    for port in [3128, 1080] {
        serve_open_proxy(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?)?;
    }
    let status = Command::new("/proc/self/exe")
        .arg(HIDDEN)
        .args(probe)
        .env("HTTP_PROXY", "http://127.0.0.1:3128")
        .env("ALL_PROXY", "socks5h://127.0.0.1:1080")
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
