use super::*;
use std::future::Future;
use std::pin::pin;

fn question(url: &str) -> Question {
    Question {
        kind: Kind::Host,
        tool: "demo".into(),
        host: "paste.example".into(),
        port: 443,
        method: Some("GET".into()),
        url: Some(url.into()),
        process: None,
        size: None,
        credential: None,
    }
}

fn desk() -> Arc<Desk> {
    Desk::new(DeskSetup {
        timeout: Duration::from_secs(30),
        no_prompt: false,
        config: None,
    })
}

fn answer(grant: Grant, scope: Scope) -> Answer {
    Answer { grant, scope }
}

async fn soon<F: Future>(future: F) -> Option<F::Output> {
    tokio::time::timeout(Duration::from_millis(50), future)
        .await
        .ok()
}

async fn until_pending(desk: &Desk, count: usize) {
    let mut changes = desk.changes();
    while desk.pending().len() != count {
        changes.changed().await.unwrap();
    }
}

#[tokio::test]
async fn identical_requests_share_one_question_and_one_answer() {
    let desk = desk();
    let _attached = desk.attach();
    let (a, b, c) = tokio::join!(
        desk.ask(question("/a")),
        desk.ask(Question {
            process: Some("x".into()),
            ..question("/a")
        }),
        async {
            until_pending(&desk, 1).await;
            assert_eq!(desk.pending()[0].waiting, 2);
            desk.answer(
                desk.pending()[0].id,
                answer(Grant::Allow, Scope::Once),
                "overlay",
            )
            .await
            .unwrap()
        }
    );
    assert_eq!(
        (a.answer, a.by),
        (answer(Grant::Allow, Scope::Once), "overlay")
    );
    assert_eq!(a.answer, b.answer);
    assert_eq!(c, None);
    // Once is once: the same request asks again.
    assert!(soon(desk.ask(question("/a"))).await.is_none());
}

#[tokio::test]
async fn other_methods_urls_and_sizes_are_other_questions() {
    let desk = desk();
    let _attached = desk.attach();
    let asks = [
        question("/a"),
        question("/b"),
        Question {
            method: Some("POST".into()),
            ..question("/a")
        },
        Question {
            size: Some(1),
            ..question("/a")
        },
        Question {
            port: 80,
            ..question("/a")
        },
        Question {
            kind: Kind::Upload,
            ..question("/a")
        },
    ];
    let mut tasks = tokio::task::JoinSet::new();
    for ask in asks {
        let desk = Arc::clone(&desk);
        tasks.spawn(async move { desk.ask(ask).await });
    }
    until_pending(&desk, 6).await;
    let first = desk.pending()[0].clone();
    desk.answer(first.id, answer(Grant::Deny, Scope::Once), "overlay")
        .await
        .unwrap();
    assert_eq!(desk.pending().len(), 5);
}

#[tokio::test]
async fn what_was_too_long_to_keep_is_not_taken_for_the_same() {
    let desk = desk();
    let _attached = desk.attach();
    let long = |end: &str| question(&format!("/{}{end}", "x".repeat(100_000)));
    let mut tasks = tokio::task::JoinSet::new();
    for ask in [long("a"), long("b"), long("b")] {
        let desk = Arc::clone(&desk);
        tasks.spawn(async move { desk.ask(ask).await });
    }
    until_pending(&desk, 3).await;
    assert!(
        desk.pending()[0]
            .question
            .url
            .as_ref()
            .unwrap()
            .ends_with("[cut, 100002 bytes]")
    );
}

#[tokio::test]
async fn a_session_answer_covers_host_and_port_and_settles_what_waits() {
    let desk = desk();
    let _attached = desk.attach();
    let other_port = Question {
        port: 8443,
        ..question("/a")
    };
    let (a, b, ()) = tokio::join!(desk.ask(question("/a")), desk.ask(question("/b")), async {
        until_pending(&desk, 2).await;
        desk.answer(
            desk.pending()[0].id,
            answer(Grant::Allow, Scope::Session),
            "tmux",
        )
        .await
        .unwrap();
    });
    assert_eq!((a.by, b.by), ("tmux", "memory"));
    assert_eq!(b.answer.grant, Grant::Allow);
    let again = desk
        .ask(Question {
            method: Some("DELETE".into()),
            ..question("/c")
        })
        .await;
    assert_eq!(
        (again.answer, again.by),
        (answer(Grant::Allow, Scope::Session), "memory")
    );
    assert!(soon(desk.ask(other_port)).await.is_none());
    assert!(
        soon(desk.ask(Question {
            kind: Kind::Upload,
            ..question("/a")
        }))
        .await
        .is_none()
    );
    assert!(
        soon(desk.ask(Question {
            host: "x.paste.example".into(),
            ..question("/a")
        }))
        .await
        .is_none()
    );
}

#[tokio::test]
async fn nobody_answers_in_time() {
    let desk = Desk::new(DeskSetup {
        timeout: Duration::from_millis(80),
        no_prompt: false,
        config: None,
    });
    let _attached = desk.attach();
    let late = desk.ask(question("/a")).await;
    assert_eq!(
        (late.answer, late.by),
        (answer(Grant::Deny, Scope::Timeout), "none")
    );
    assert!(late.ms >= 80);
    assert!(desk.pending().is_empty());
    assert_eq!(
        desk.answer(1, answer(Grant::Allow, Scope::Once), "overlay")
            .await,
        Err(DeskError::NoSuchQuestion)
    );
}

#[tokio::test]
async fn without_anyone_to_ask_the_answer_is_no_at_once() {
    let desk = desk();
    let none = desk.ask(question("/a")).await;
    assert_eq!((none.answer.grant, none.by), (Grant::Deny, "none"));
    let attached = desk.attach();
    assert!(soon(desk.ask(question("/a"))).await.is_none());
    drop(attached);
    assert_eq!(desk.ask(question("/a")).await.by, "none");

    let quiet = Desk::new(DeskSetup {
        timeout: Duration::from_secs(30),
        no_prompt: true,
        config: None,
    });
    let _attached = quiet.attach();
    assert_eq!(quiet.ask(question("/a")).await.answer.grant, Grant::Deny);
}

#[tokio::test]
async fn the_queue_is_bounded() {
    let desk = desk();
    let _attached = desk.attach();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..MAX_PENDING {
        let desk = Arc::clone(&desk);
        tasks.spawn(async move { desk.ask(question(&format!("/{n}"))).await });
    }
    until_pending(&desk, MAX_PENDING).await;
    let over = desk.ask(question("/over")).await;
    assert_eq!((over.answer.grant, over.by), (Grant::Deny, "none"));
    // One that is asked already still merges.
    assert!(soon(desk.ask(question("/0"))).await.is_none());
}

#[tokio::test]
async fn a_request_that_goes_away_takes_its_question_back() {
    let desk = desk();
    let _attached = desk.attach();
    {
        let mut ask = pin!(desk.ask(question("/a")));
        assert!(soon(&mut ask).await.is_none());
        assert_eq!(desk.pending().len(), 1);
    }
    assert!(desk.pending().is_empty());
}

#[tokio::test]
async fn an_answer_counts_once_and_timeout_is_no_answer() {
    let desk = desk();
    let _attached = desk.attach();
    let (_, ()) = tokio::join!(desk.ask(question("/a")), async {
        until_pending(&desk, 1).await;
        assert_eq!(
            desk.answer(1, answer(Grant::Allow, Scope::Timeout), "x")
                .await,
            Err(DeskError::NotAnAnswer)
        );
        desk.answer(1, answer(Grant::Deny, Scope::Once), "x")
            .await
            .unwrap();
        assert_eq!(
            desk.answer(1, answer(Grant::Allow, Scope::Once), "x").await,
            Err(DeskError::NoSuchQuestion)
        );
    });
}

#[tokio::test]
async fn always_is_written_and_else_holds_for_the_session() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.toml");
    std::fs::write(&path, "[network]\ngraylist = [\"paste.example\"] # hm\n").unwrap();
    let target = ConfigTarget {
        path: path.clone(),
        tool: None,
    };
    let desk = Desk::new(DeskSetup {
        timeout: Duration::from_secs(30),
        no_prompt: false,
        config: Some(target),
    });
    let _attached = desk.attach();
    let (a, ()) = tokio::join!(desk.ask(question("/a")), async {
        until_pending(&desk, 1).await;
        let note = desk
            .answer(1, answer(Grant::Allow, Scope::Always), "overlay")
            .await
            .unwrap();
        assert_eq!(note, None);
    });
    assert_eq!(a.answer, answer(Grant::Allow, Scope::Always));
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "[network]\ngraylist = [] # hm\nallowlist = [\"paste.example:443\"]\n"
    );
    assert_eq!(desk.ask(question("/b")).await.by, "memory");

    // A credential can't be allowed for ever; the answer is not lost.
    let credential = Question {
        kind: Kind::Credential,
        credential: Some("key".into()),
        ..question("/a")
    };
    let (b, note) = tokio::join!(desk.ask(credential.clone()), async {
        until_pending(&desk, 1).await;
        desk.answer(
            desk.pending()[0].id,
            answer(Grant::Allow, Scope::Always),
            "overlay",
        )
        .await
        .unwrap()
    });
    assert_eq!(b.answer, answer(Grant::Allow, Scope::Session));
    assert!(note.unwrap().contains("session only"));
    assert_eq!(desk.ask(credential).await.by, "memory");
    assert!(
        soon(desk.ask(Question {
            kind: Kind::Credential,
            credential: Some("other".into()),
            ..question("/a")
        }))
        .await
        .is_none()
    );
}
