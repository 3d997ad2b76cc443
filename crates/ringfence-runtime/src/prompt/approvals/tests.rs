use super::client::{Client, ClientError, sessions};
use super::server::{ServeError, Server};
use super::*;
use crate::prompt::{Desk, DeskSetup, Kind, Question};
use ringfence_policy::Answer;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

fn question() -> Question {
    Question {
        kind: Kind::Host,
        tool: "demo".into(),
        host: "paste.example".into(),
        port: 443,
        method: None,
        url: Some("https://paste.example/\u{1b}[2J\n".into()),
        process: None,
        size: None,
        credential: None,
    }
}

fn start() -> (tempfile::TempDir, Arc<Desk>, CancellationToken) {
    let base = tempfile::tempdir().unwrap();
    let dir = base.path().join("approvals");
    let desk = Desk::new(DeskSetup {
        timeout: Duration::from_secs(30),
        no_prompt: false,
        config: None,
    });
    let stop = CancellationToken::new();
    let server = Server::bind(&dir, "s-1", "Demo").unwrap();
    let mode = |p: &std::path::Path| p.symlink_metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(server.path())), (0o700, 0o600));
    tokio::spawn(server.run(Arc::clone(&desk), stop.clone()));
    (base, desk, stop)
}

fn pending(client: &mut Client) -> Vec<Pending> {
    loop {
        match client.receive().unwrap() {
            Some(FromServer::Pending(list)) => return list,
            Some(_) => {}
            None => panic!("no message"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_the_question_and_answers_it() {
    let (base, desk, stop) = start();
    let dir = base.path().join("approvals");
    assert_eq!(sessions(&dir), ["s-1"]);
    let person = std::thread::spawn({
        let dir = dir.clone();
        move || {
            let mut client = Client::connect(&dir, "s-1").unwrap();
            assert_eq!(
                (client.session.as_str(), client.tool.as_str()),
                ("s-1", "Demo")
            );
            assert_eq!(pending(&mut client), []);
            client.attach(Via::Approvals).unwrap();
            let list = pending(&mut client);
            assert_eq!(list[0].question, question());
            let answer = Answer {
                grant: Grant::Allow,
                scope: Scope::Session,
            };
            client.answer(list[0].id + 1, answer).unwrap();
            client.answer(list[0].id, answer).unwrap();
            let mut taken = Vec::new();
            while taken.len() < 2 {
                if let Some(FromServer::Taken { id, error, .. }) = client.receive().unwrap() {
                    taken.push((id, error.is_none()));
                }
            }
            assert_eq!(taken, [(list[0].id + 1, false), (list[0].id, true)]);
        }
    });
    while desk.attached() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let answered = desk.ask(question()).await;
    assert_eq!(
        (answered.answer.grant, answered.by),
        (Grant::Allow, "approvals")
    );
    person.join().unwrap();
    while desk.attached() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    while !sessions(&dir).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_long_lines_and_crowds_are_turned_away() {
    let (base, desk, _stop) = start();
    let path = socket_path(&base.path().join("approvals"), "s-1").unwrap();
    let dir = base.path().join("approvals");
    let ended = tokio::task::spawn_blocking(move || {
        for junk in [
            b"hello\n".to_vec(),
            b"{\"answer\":{}}\n".to_vec(),
            vec![b'x'; 100_000],
            b"{\"run\":\"sh\"}\n".to_vec(),
        ] {
            let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            let _ = stream.write_all(&junk);
            let mut all = Vec::new();
            // Ends by the server's hand (or with a reset, when it had not read everything).
            let end = stream.read_to_end(&mut all);
            assert!(
                end.is_ok() || end.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset)
            );
        }
        let crowd: Vec<_> = (0..crate::prompt::limits::MAX_CLIENTS)
            .map(|_| Client::connect(&dir, "s-1").unwrap())
            .collect();
        let one_more = Client::connect(&dir, "s-1");
        assert!(
            matches!(one_more, Err(ClientError::Refused(_))),
            "{one_more:?}"
        );
        drop(crowd);
    });
    ended.await.unwrap();
    assert_eq!(desk.attached(), 0);
}

#[tokio::test]
async fn names_and_directories_that_are_not_private_are_refused() {
    let base = tempfile::tempdir().unwrap();
    for id in ["", "../x", "a/b", "a b", "-x", "$(id)", &"x".repeat(65)] {
        assert!(
            matches!(Server::bind(base.path(), id, "t"), Err(ServeError::Session)),
            "{id}"
        );
        assert!(socket_path(base.path(), id).is_none());
    }
    std::fs::set_permissions(base.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(
        Server::bind(base.path(), "a", "t"),
        Err(ServeError::Directory(_))
    ));
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(base.path(), &link).unwrap();
    assert!(matches!(
        Server::bind(&link, "a", "t"),
        Err(ServeError::Directory(_))
    ));
}

#[tokio::test]
async fn leftovers_of_killed_sessions_are_swept_and_live_sockets_are_not() {
    let base = tempfile::tempdir().unwrap();
    let dir = base.path().join("approvals");
    let live = Server::bind(&dir, "live", "t").unwrap();
    let age = |name: &str| {
        let times = rustix::fs::Timestamps {
            last_access: rustix::fs::Timespec {
                tv_sec: 1_000_000,
                tv_nsec: 0,
            },
            last_modification: rustix::fs::Timespec {
                tv_sec: 1_000_000,
                tv_nsec: 0,
            },
        };
        rustix::fs::utimensat(
            rustix::fs::CWD,
            dir.join(name),
            &times,
            rustix::fs::AtFlags::empty(),
        )
        .unwrap();
    };
    for name in ["dead.sock", "young.sock"] {
        drop(std::os::unix::net::UnixListener::bind(dir.join(name)).unwrap());
    }
    age("dead.sock");
    age("live.sock");
    let next = Server::bind(&dir, "next", "t").unwrap();
    assert_eq!(sessions(&dir), ["live", "next", "young"]);
    drop((live, next));
    assert_eq!(sessions(&dir), ["young"]);
}
