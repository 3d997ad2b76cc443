//! The session against a plain child process: what needs no sandbox. The sandbox's part is tested with the real binary.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use ringfence_dlp::{Filter, Known, Settings};
use ringfence_sandbox::ExitReport;
use rustix::process::{Pid, PidfdFlags, Signal};
use zeroize::Zeroizing;

use super::*;

mod others;
mod python;

struct Plain {
    child: Mutex<Child>,
    pid: Pid,
    pidfd: OwnedFd,
}

impl Process for Plain {
    fn signal(&self, signal: i32) -> io::Result<()> {
        let signal = Signal::from_named_raw(signal).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(rustix::process::kill_process_group(self.pid, signal)?)
    }

    fn kill(&self) {
        let _ = rustix::process::kill_process_group(self.pid, Signal::KILL);
    }

    fn wait(&self) -> io::Result<ExitReport> {
        let status = self.child.lock().unwrap().wait()?;
        Ok(report(status.code(), status.signal()))
    }

    fn ended(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

fn report(code: Option<i32>, signal: Option<i32>) -> ExitReport {
    let reason = if signal.is_some() { "signal" } else { "exit" };
    serde_json::from_value(serde_json::json!({
        "code": code, "signal": signal, "reason": reason, "wall_ms": 0, "leftover": 0,
        "peak_memory": null, "cpu_ms": null,
    }))
    .unwrap()
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.kill();
        let _ = self.wait();
    }
}

/// Starts the driver as a child of the test.
struct Children {
    program: &'static str,
    arguments: Vec<String>,
    _file: tempfile::TempDir,
}

impl Launcher for Children {
    fn launch(&mut self) -> Result<Launched, ReplError> {
        // As the sandbox starts it, also where this test was started in the background: bash hands an ignored signal on.
        let mut child = Command::new("env")
            .args(["--default-signal=INT,QUIT", self.program])
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
        let (stdin, stdout, stderr) = (
            child.stdin.take().unwrap().into(),
            child.stdout.take().unwrap().into(),
            child.stderr.take().unwrap().into(),
        );
        let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty()).unwrap();
        Ok(Launched {
            process: Box::new(Plain {
                child: Mutex::new(child),
                pid,
                pidfd,
            }),
            stdin,
            stdout,
            stderr,
        })
    }
}

const SECRET: &str = "correct-horse-battery-staple";

fn setup(driver: Driver, program: &'static str) -> Setup {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("driver");
    std::fs::write(&file, driver.source()).unwrap();
    let known = Known {
        name: "test".into(),
        value: Zeroizing::new(SECRET.as_bytes().to_vec()),
    };
    let settings = Settings {
        known: vec![known],
        ..Settings::default()
    };
    Setup {
        launcher: Box::new(Children {
            program,
            arguments: driver.arguments_for(file.display().to_string()),
            _file: dir,
        }),
        driver,
        filter: Some(Filter::new(settings).unwrap()),
        cell_time: None,
        cell_output: 10 << 20,
        memory: None,
        record: None,
    }
}

/// A session and what it delivered.
struct Session {
    repl: Repl,
    out: String,
    err: String,
    shown: Vec<Bundle>,
}

impl Session {
    fn new(setup: Setup) -> Self {
        Self {
            repl: Repl::start(setup).unwrap(),
            out: String::new(),
            err: String::new(),
            shown: Vec::new(),
        }
    }

    fn run(&mut self, code: &str) -> CellResult {
        let (out, err, shown) = (&mut self.out, &mut self.err, &mut self.shown);
        out.clear();
        err.clear();
        shown.clear();
        let mut sink = |event| match event {
            Event::Stream { stream, data } => {
                let text = String::from_utf8_lossy(&data).into_owned();
                match stream {
                    StreamName::Stdout => out.push_str(&text),
                    StreamName::Stderr => err.push_str(&text),
                }
            }
            Event::Display(bundle) => shown.push(bundle),
            Event::Ending { .. } => {}
        };
        self.repl.run(code, &mut sink).unwrap()
    }

    /// The plain text of the cell's value.
    fn value(&mut self, code: &str) -> Option<String> {
        let result = self.run(code);
        assert_eq!(result.status, CellStatus::Ok, "{code}: {:?}", result.error);
        result.value.and_then(|v| v.text().map(str::to_owned))
    }

    /// Interrupts the next cell that often, `after` its start and then every so often.
    fn interrupting(&mut self, code: &str, times: u32, after: Duration) -> CellResult {
        let interrupter = self.repl.interrupter();
        let thread = std::thread::spawn(move || {
            for _ in 0..times {
                std::thread::sleep(after);
                interrupter.interrupt();
            }
        });
        let result = self.run(code);
        thread.join().unwrap();
        self.repl.interrupter().clear();
        result
    }

    fn death(&self) -> &str {
        &self.repl.death().unwrap().reason
    }
}
