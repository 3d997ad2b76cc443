use super::*;
use crate::prompt::{DeskSetup, Kind, Question};
use std::os::unix::fs::PermissionsExt as _;

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

#[test]
fn chooses_by_the_environment() {
    let pane = Some("%3".to_owned());
    assert_eq!(
        FrontEnd::choose(&env(&[("TMUX", "/tmp/x,1,0"), ("TMUX_PANE", "%3")]), true),
        FrontEnd::Tmux { pane }
    );
    assert_eq!(
        FrontEnd::choose(&env(&[("TMUX", "x"), ("TMUX_PANE", "%3;id")]), false),
        FrontEnd::Tmux { pane: None }
    );
    assert_eq!(
        FrontEnd::choose(&env(&[("ZELLIJ", "0")]), false),
        FrontEnd::Zellij
    );
    assert_eq!(
        FrontEnd::choose(&env(&[("TMUX", "")]), true),
        FrontEnd::Overlay
    );
    assert_eq!(FrontEnd::choose(&env(&[]), false), FrontEnd::None);
}

fn popups(front: FrontEnd) -> Popups {
    Popups {
        front,
        program: "/usr/bin/ringfence".into(),
        dir: "/run/user/1000/ringfence".into(),
        session: "s-1".into(),
        terminal: true,
    }
}

#[test]
fn command_lines_hold_ids_and_paths_of_ours_only() {
    let line = |argv: &Vec<OsString>| {
        argv.iter()
            .map(|a| a.to_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let client =
        "/usr/bin/ringfence approvals --session s-1 --dir /run/user/1000/ringfence --popup";
    let tmux = popups(FrontEnd::Tmux {
        pane: Some("%3".into()),
    })
    .ways();
    assert_eq!(
        line(&tmux[0]),
        format!("tmux display-popup -t %3 -E -w 80% -h 20 {client} tmux")
    );
    assert_eq!(
        line(&tmux[1]),
        format!("tmux split-window -t %3 -l 16 {client} tmux")
    );
    let zellij = popups(FrontEnd::Zellij).ways();
    assert_eq!(
        line(&zellij[0]),
        format!("zellij run --floating --close-on-exit --name ringfence -- {client} zellij")
    );
}

fn hostile_question() -> Question {
    let hostile = "$(touch /tmp/pwned); #(id) `id` ' \" \n".to_owned();
    Question {
        kind: Kind::Host,
        tool: hostile.clone(),
        host: hostile.clone(),
        port: 1,
        method: Some(hostile.clone()),
        url: Some(hostile.clone()),
        process: Some(hostile),
        size: None,
        credential: None,
    }
}

/// A multiplexer that fails gives way to the next way, and at last to the overlay. A stand-in records how it is called.
#[tokio::test]
async fn what_does_not_work_gives_way_to_the_overlay() {
    let base = tempfile::tempdir().unwrap();
    let log = base.path().join("log");
    let fake = base.path().join("fake-mux");
    std::fs::write(
        &fake,
        format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >> {}\nexit 1\n",
            log.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();

    let desk = Desk::new(DeskSetup {
        timeout: Duration::from_secs(20),
        no_prompt: false,
        config: None,
    });
    let stop = CancellationToken::new();
    let mut ways = popups(FrontEnd::Tmux { pane: None }).ways();
    for way in &mut ways {
        way[0] = fake.clone().into();
    }
    let running = tokio::spawn({
        let (desk, stop) = (Arc::clone(&desk), stop.clone());
        async move {
            popups(FrontEnd::Tmux { pane: None })
                .run_ways(ways, desk, stop)
                .await
        }
    });
    while desk.attached() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let ask = tokio::spawn({
        let desk = Arc::clone(&desk);
        async move { desk.ask(hostile_question()).await }
    });
    running.await.unwrap();
    assert!(desk.overlay_wanted());
    let calls = std::fs::read_to_string(&log).unwrap();
    assert_eq!(calls.lines().count(), 2);
    assert!(
        !calls.contains("touch") && !calls.contains('#') && !calls.contains('`'),
        "{calls}"
    );
    ask.abort();
}
