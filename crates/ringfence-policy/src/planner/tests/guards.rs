//! What is hidden below a grant, and what stays as it is.

use super::*;

#[test]
fn a_sensitive_path_needs_its_own_name() {
    let facts = host(&[
        "/home/dev/.ssh/",
        "/home/dev/.ssh/known_hosts",
        "/home/dev/.docker/",
    ]);
    let all = RunOptions {
        ro: vec!["/home/dev".into()],
        ..run(None)
    };
    assert!(masked(&good("", &all, &facts), "/home/dev/.ssh"));
    let by_name = RunOptions {
        ro: vec!["/home/dev".into(), "/home/dev/.ssh".into()],
        ..run(None)
    };
    let plan = good("", &by_name, &facts);
    assert!(!masked(&plan, "/home/dev/.ssh") && masked(&plan, "/home/dev/.docker"));
    assert!(plan.remarks.iter().any(|remark| remark.contains(".ssh")));
    // One file of it, while its parent is shown: the mask would hide it or be undone.
    let both = RunOptions {
        ro: vec!["/home/dev".into(), "/home/dev/.ssh/known_hosts".into()],
        ..run(None)
    };
    assert!(super::resolve(&[], &both, &facts).is_err());
    let file = RunOptions {
        ro: vec!["/home/dev/.ssh/known_hosts".into()],
        ..run(None)
    };
    assert!(
        binds(&good("", &file, &facts)).contains(&("/home/dev/.ssh/known_hosts".to_owned(), false))
    );
    // As a workspace it is not named, only stood in.
    let mut inside = facts;
    inside.cwd = "/home/dev/.ssh".into();
    assert!(super::resolve(&[], &run(None), &inside).is_err());
}

#[test]
fn masks_follow_symlinks() {
    let mut facts = host(&["/data/keys/", "/home/dev/.ssh/"]);
    facts
        .resolved
        .insert("/home/dev/.ssh".into(), "/data/keys".into());
    let options = RunOptions {
        ro: vec!["/data".into(), "/home/dev".into()],
        ..run(None)
    };
    let plan = good("", &options, &facts);
    assert!(masked(&plan, "/data/keys"));
}

#[test]
fn a_grant_written_through_a_symlink_is_guarded_where_it_really_is() {
    let mut facts = host(&["/home/dev/.claude/settings.json", "/home/dev/dots/claude/"]);
    facts
        .resolved
        .insert("/home/dev/.claude".into(), "/home/dev/dots/claude".into());
    facts.resolved.insert(
        "/home/dev/.claude/settings.json".into(),
        "/home/dev/dots/claude/settings.json".into(),
    );
    let plan = resolve(&[], &run(Some("claude")), &facts).unwrap();
    assert!(binds(&plan).contains(&("/home/dev/dots/claude".to_owned(), true)));
    assert!(kept(&plan, "/home/dev/dots/claude/settings.json").is_some());
    assert_eq!(
        kept(&plan, "/home/dev/dots/claude/hooks"),
        Some(Placeholder::Directory)
    );
}

#[test]
fn standing_in_a_sensitive_directory_is_not_naming_it() {
    let mut facts = host(&["/home/dev/.ssh/"]);
    facts.cwd = "/home/dev/.ssh".into();
    assert_eq!(
        plan(SECURE_LLM, &run(Some("claude")), &facts)
            .unwrap_err()
            .kind(),
        ErrorKind::Refused
    );
}

#[test]
fn what_is_absent_behind_a_symlink_keeps_the_symlink() {
    let mut facts = host(&["/home/dev/.config/", "/data/config/"]);
    facts
        .resolved
        .insert("/home/dev/.config".into(), "/data/config".into());
    let options = RunOptions {
        rw: vec!["/home/dev".into()],
        ..run(None)
    };
    let plan = good("", &options, &facts);
    assert_eq!(kept(&plan, "/home/dev/.config"), Some(Placeholder::Nothing));
    assert_eq!(kept(&plan, "/home/dev/.config/ringfence"), None);
}

#[test]
fn a_repository_keeps_what_its_git_would_run() {
    let plan = good(
        "",
        &run(None),
        &host(&["/home/dev/work/.git/config", "/home/dev/work/.git/hooks/"]),
    );
    assert!(kept(&plan, "/home/dev/work/.git/config").is_some());
    assert!(kept(&plan, "/home/dev/work/.git/hooks").is_some());
    assert_eq!(
        kept(&plan, "/home/dev/work/.git/commondir"),
        Some(Placeholder::File(".\n".into()))
    );
    assert_eq!(
        kept(&plan, "/home/dev/work/.git/info"),
        Some(Placeholder::Directory)
    );
    assert_eq!(
        kept(&plan, "/home/dev/work/.claude"),
        Some(Placeholder::Directory),
        "one placeholder for what lies below it"
    );
    assert_eq!(
        kept(&plan, "/home/dev/work/.mcp.json"),
        Some(Placeholder::File("{\"mcpServers\": {}}\n".into()))
    );
    assert_eq!(
        kept(&plan, "/home/dev/work/.git"),
        None,
        "commits must work"
    );
}

#[test]
fn git_inside_knows_who_commits() {
    let mut facts = host(&["/home/dev/work/.git/config"]);
    assert!(
        !good("", &run(None), &facts)
            .spec
            .claim
            .env
            .contains_key("GIT_CONFIG_SYSTEM")
    );
    facts.git_identity = Some(("Dev \"D\"".into(), "dev@x.test".into()));
    let plan = good("", &run(None), &facts);
    let path = &plan.spec.claim.env["GIT_CONFIG_SYSTEM"];
    let mount = plan
        .spec
        .claim
        .mounts
        .iter()
        .find(|mount| mount.target == Path::new(path))
        .unwrap();
    let Source::File { text, .. } = &mount.source else {
        panic!()
    };
    assert!(
        text.contains("name = \"Dev \\\"D\\\"\"\n\temail = \"dev@x.test\"\n"),
        "{text}"
    );
}

#[test]
fn a_place_without_repository_gets_none() {
    let plan = good("", &run(None), &host(&[]));
    assert_eq!(
        kept(&plan, "/home/dev/work/.git"),
        Some(Placeholder::Directory)
    );
    let plan = good(
        "",
        &run(None),
        &host(&["/home/dev/work/HEAD", "/home/dev/work/objects/"]),
    );
    assert_eq!(
        kept(&plan, "/home/dev/work/hooks"),
        Some(Placeholder::Directory),
        "a bare repository is guarded as one"
    );
}

#[test]
fn a_linked_worktree_can_write_its_repository_but_not_its_hooks() {
    let mut facts = host(&[
        "/home/dev/work/.git",
        "/home/dev/main/.git/hooks/",
        "/home/dev/main/.git/config",
        "/home/dev/main/.git/worktrees/work/gitdir",
        "/home/dev/main/.git/worktrees/work/commondir",
    ]);
    facts.git_dirs = vec![
        "/home/dev/main/.git".into(),
        "/home/dev/main/.git/worktrees/work".into(),
    ];
    facts.git_linked = Some(vec!["/home/dev/main/.git/worktrees/work".into()]);
    let plan = good("", &run(None), &facts);
    assert_eq!(
        binds(&plan),
        [
            ("/home/dev/main/.git".to_owned(), true),
            ("/home/dev/work".to_owned(), true)
        ]
    );
    for path in [
        "/home/dev/work/.git",
        "/home/dev/main/.git/hooks",
        "/home/dev/main/.git/config",
        "/home/dev/main/.git/worktrees/work/gitdir",
        "/home/dev/main/.git/worktrees/work/commondir",
    ] {
        assert!(kept(&plan, path).is_some(), "{path}");
    }
    // Nobody looked into worktrees/ and modules/: they are read-only as a whole.
    facts.git_linked = None;
    assert!(
        kept(
            &good("", &run(None), &facts),
            "/home/dev/main/.git/worktrees"
        )
        .is_some()
    );
}

#[test]
fn kinds_of_files_that_the_host_runs_are_known_anywhere() {
    for path in [
        "/w/sub/.git/hooks/pre-commit",
        "/w/a/b/.vscode/tasks.json",
        "/w/x/.envrc",
        "/w/x/.mcp.json",
        "/w/x/.claude/settings.json",
        // A submodule whose repository lies where no name gives it away, and one in the usual place.
        "/w/sub/.git",
        "/w/sub/.claude",
        "/w/.git/modules/a/b/config",
        "/w/.git/modules/a/hooks/post-checkout",
        "/w/.git/worktrees/a/commondir",
    ] {
        assert!(host_run_kind(Path::new(path)).is_some(), "{path}");
    }
    for path in [
        "/w/src/main.rs",
        "/w/git/hooks",
        "/w/.envrc.example",
        "/w/.git/modules/a/objects/12/345",
        "/w/.git/worktrees/a/HEAD",
        "/w/modules/a/config",
        "/w/.gitignore",
    ] {
        assert!(host_run_kind(Path::new(path)).is_none(), "{path}");
    }
}

#[test]
fn what_is_run_from_the_home_directory_is_known_there() {
    for path in [
        ".bash_profile",
        ".local/bin/ls",
        ".local/share/systemd/user/x.service",
    ] {
        assert!(home_run_kind(Path::new(path)).is_some(), "{path}");
    }
    for path in ["work/.bash_profile", ".local/share/x", "src/bin/main.rs"] {
        assert!(home_run_kind(Path::new(path)).is_none(), "{path}");
    }
}
