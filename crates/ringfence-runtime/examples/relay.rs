//! A session without a sandbox, for the terminal tests: a program on a pty of its own behind the relay, and questions
//! asked by writing their URL into a FIFO.
//!
//! `relay STATE_DIR overlay|tmux APPROVER PROGRAM ARGS…` — answers are appended to `STATE_DIR/answers`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::exit
)]

use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use ringfence_runtime::prompt::approvals::server::Server;
use ringfence_runtime::prompt::front::{FrontEnd, Popups};
use ringfence_runtime::prompt::{Desk, DeskSetup, Kind, Question};
use ringfence_runtime::terminal::{Relay, RelaySetup};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_util::sync::CancellationToken;

fn open_pty() -> (OwnedFd, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let slave = rustix::fs::open(&name, flags, rustix::fs::Mode::empty()).unwrap();
    (master, slave)
}

fn question(url: &str) -> Question {
    Question {
        kind: Kind::Host,
        tool: "Demo".into(),
        host: "paste.example".into(),
        port: 443,
        method: Some("GET".into()),
        url: Some(url.into()),
        process: Some("curl (7)".into()),
        size: None,
        credential: None,
    }
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let state = PathBuf::from(args.next().unwrap());
    let front = args.next().unwrap();
    let approver = PathBuf::from(args.next().unwrap());
    let program = args.next().unwrap();

    let (master, slave) = open_pty();
    let stdio = || Stdio::from(slave.try_clone().unwrap());
    // setsid(1) makes the pty the program's controlling terminal.
    let mut child = Command::new("setsid")
        .args(["--ctty", "--wait", &program])
        .args(args)
        .stdin(stdio())
        .stdout(stdio())
        .stderr(stdio())
        .spawn()
        .unwrap();
    drop(slave);

    let desk = Desk::new(DeskSetup {
        timeout: Duration::from_secs(60),
        no_prompt: false,
        config: None,
    });
    let stop = CancellationToken::new();
    let dir = state.join("sockets");
    tokio::spawn(
        Server::bind(&dir, "s-1", "Demo")
            .unwrap()
            .run(Arc::clone(&desk), stop.clone()),
    );
    let front = match front.as_str() {
        "tmux" => FrontEnd::choose(&std::env::vars().collect(), true),
        _ => FrontEnd::Overlay,
    };
    let popups = Popups {
        front,
        program: approver,
        dir,
        session: "s-1".into(),
        terminal: true,
    };
    tokio::spawn(popups.run(Arc::clone(&desk), stop.clone()));
    tokio::spawn(questions(Arc::clone(&desk), state.clone()));

    let relay = Relay::new(RelaySetup {
        master,
        desk: Some(desk),
        colour: true,
    })
    .unwrap();
    let end = relay.run(stop).await.unwrap();
    let _ = child.kill();
    let _ = child.wait();
    println!("relay ended: {end:?}");
    std::process::exit(0);
}

async fn questions(desk: Arc<Desk>, state: PathBuf) {
    let fifo = tokio::net::unix::pipe::OpenOptions::new()
        .read_write(true)
        .open_receiver(state.join("ask"))
        .unwrap();
    let mut lines = BufReader::new(fifo).lines();
    while let Some(url) = lines.next_line().await.unwrap() {
        if url == "panic" {
            panic!("as the test asked");
        }
        let (desk, path) = (Arc::clone(&desk), state.join("answers"));
        tokio::spawn(async move {
            let answered = desk.ask(question(&url)).await;
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .unwrap();
            writeln!(
                file,
                "{url} {:?} {:?} {}",
                answered.answer.grant, answered.answer.scope, answered.by
            )
            .unwrap();
        });
    }
}
