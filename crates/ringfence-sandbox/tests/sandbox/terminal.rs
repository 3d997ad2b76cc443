//! The payload's own terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use ringfence_policy::spec::TerminalSize;
use ringfence_sandbox::{Sandbox, Stdio};

use crate::Case;
use crate::fixture::{Fixture, Outcome, same, text};

pub const CASES: &[Case] = &[
    ("the terminal is the sandbox's own and has its size", size),
    ("a resize reaches the foreground job", resize),
    ("control-C interrupts, control-Z suspends", job_control),
];

fn start(f: &Fixture<'_>, script: &str) -> Result<(Sandbox, File), String> {
    let mut spec = f.shell(script);
    spec.claim.terminal = Some(TerminalSize {
        rows: 33,
        cols: 101,
    });
    let mut pending = f
        .spawner
        .launch(f.backend, &spec, Stdio::null().map_err(text)?)
        .map_err(text)?;
    let terminal: OwnedFd = pending.terminal.take().ok_or("no terminal")?;
    Ok((pending.release().map_err(text)?, terminal.into()))
}

/// Reads until the text has been seen.
fn until(terminal: &mut File, wanted: &str) -> Result<String, String> {
    let mut seen = String::new();
    let mut chunk = [0; 256];
    while !seen.contains(wanted) {
        match terminal.read(&mut chunk) {
            Ok(n) if n > 0 => seen.push_str(&String::from_utf8_lossy(&chunk[..n])),
            _ => return Err(format!("ended with {seen:?}, wanted {wanted:?}")),
        }
    }
    Ok(seen)
}

fn size(f: &Fixture<'_>) -> Outcome {
    let (sandbox, mut terminal) = start(
        f,
        "tty; stty size; ls -1A /dev/pts; ps -o tty= -p $$; echo done",
    )?;
    let seen = until(&mut terminal, "done")?.replace('\r', "");
    same(
        seen.lines().collect::<Vec<_>>(),
        vec!["/dev/pts/0", "33 101", "0", "ptmx", "pts/0", "done"],
    )?;
    same(sandbox.wait().map_err(text)?.code, Some(0))
}

fn resize(f: &Fixture<'_>) -> Outcome {
    let (sandbox, mut terminal) = start(
        f,
        "trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.05; done",
    )?;
    until(&mut terminal, "ready")?;
    sandbox
        .resize(TerminalSize { rows: 44, cols: 55 })
        .map_err(text)?;
    until(&mut terminal, "44 55")?;
    same(sandbox.wait().map_err(text)?.code, Some(4))
}

fn job_control(f: &Fixture<'_>) -> Outcome {
    let (sandbox, mut terminal) = start(
        f,
        "trap : INT; set -m; echo ready; sleep 60; echo \"left $?\"; sleep 60; echo \"stopped $?\"; kill -9 %1; exit 9; exit 9",
    )?;
    until(&mut terminal, "ready")?;
    // Sent until it is seen: the shell may not have started its job yet, and ignores the key itself.
    press_until(&mut terminal, 3, "left 130")?;
    press_until(&mut terminal, 26, "stopped 148")?;
    same(sandbox.wait().map_err(text)?.code, Some(9))
}

fn press_until(terminal: &mut File, key: u8, wanted: &str) -> Outcome {
    let mut other = terminal.try_clone().map_err(text)?;
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let presser = std::thread::spawn(move || {
        while stopped.recv_timeout(std::time::Duration::from_millis(300))
            == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            let _ = other.write_all(&[key]);
        }
    });
    let seen = until(terminal, wanted);
    drop(stop);
    let _ = presser.join();
    seen.map(drop)
}
