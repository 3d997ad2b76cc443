//! The plainest client of the approvals socket, for the popup tests: `approver approvals --session ID --dir DIR --popup VIA`
//! shows how many questions are open and allows the first when `y` is typed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::Read as _;
use std::path::Path;

use ringfence_policy::{Answer, Grant, Scope};
use ringfence_runtime::prompt::approvals::client::Client;
use ringfence_runtime::prompt::approvals::{FromServer, Via};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [
        _,
        approvals,
        session_flag,
        session,
        dir_flag,
        dir,
        popup_flag,
        via,
    ] = args.as_slice()
    else {
        panic!("arguments: {args:?}");
    };
    assert_eq!(
        [approvals, session_flag, dir_flag, popup_flag],
        ["approvals", "--session", "--dir", "--popup"]
    );
    assert_eq!(via, "tmux");
    let mut client = Client::connect(Path::new(dir), session).unwrap();
    client.attach(Via::Tmux).unwrap();
    let pending = loop {
        if let Some(FromServer::Pending(pending)) = client.receive().unwrap() {
            break pending;
        }
    };
    println!("approver: {} open, y allows", pending.len());
    let mut key = [0];
    // The popup's terminal waits for whole lines; `stty` spares this example a terminal library.
    std::process::Command::new("stty")
        .args(["-icanon", "min", "1"])
        .status()
        .unwrap();
    std::io::stdin().read_exact(&mut key).unwrap();
    if key == *b"y" {
        client
            .answer(
                pending[0].id,
                Answer {
                    grant: Grant::Allow,
                    scope: Scope::Once,
                },
            )
            .unwrap();
        while !matches!(client.receive().unwrap(), Some(FromServer::Taken { .. })) {}
    }
}
