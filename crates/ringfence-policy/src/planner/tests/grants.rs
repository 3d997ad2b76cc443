//! What is visible inside, and what is refused to be.

use super::*;

#[test]
fn by_default_the_home_directory_is_not_there() {
    let plan = good(
        "",
        &run(None),
        &host(&["/home/dev/.ssh/", "/home/dev/.aws/"]),
    );
    assert_eq!(binds(&plan), [("/home/dev/work".to_owned(), true)]);
    let home = plan
        .spec
        .shape
        .root
        .iter()
        .rfind(|mount| mount.target == Path::new("/home/dev"))
        .unwrap();
    assert!(matches!(home.source, Source::Tmpfs { .. }));
    assert!(
        !masked(&plan, "/home/dev/.ssh"),
        "nothing shows it, so nothing needs hiding"
    );
    assert!(
        plan.spec
            .shape
            .root
            .iter()
            .chain(&plan.spec.claim.mounts)
            .all(|mount| !mount.why.is_empty())
    );
}

#[test]
fn a_secure_llm_file_runs_claude_and_its_masks_hold_under_the_whole_home() {
    let mut facts = host(&[
        "/home/dev/.ssh/",
        "/home/dev/.config/gh/",
        "/home/dev/.npmrc",
        "/home/dev/.local/state/ringfence/",
        "/home/dev/work/.git/config",
        "/home/dev/.bashrc",
    ]);
    facts.env.insert("ANTHROPIC_API_KEY".into(), "real".into());
    let plan = good(SECURE_LLM, &run(Some("claude")), &facts);
    assert_eq!(binds(&plan), [("/home/dev".to_owned(), true)]);
    for path in [
        "/home/dev/.ssh",
        "/home/dev/.config/gh",
        "/home/dev/.npmrc",
        "/home/dev/.local/state/ringfence",
    ] {
        assert!(masked(&plan, path), "{path}");
    }
    assert_eq!(
        kept(&plan, "/home/dev/.aws"),
        Some(Placeholder::Directory),
        "absent, but must not be created"
    );
    assert!(kept(&plan, "/home/dev/.bashrc").is_some());
    assert_eq!(
        kept(&plan, "/home/dev/.config/ringfence"),
        Some(Placeholder::Directory),
        "the next run's rules"
    );
    assert_eq!(
        kept(&plan, "/home/dev/work/.git/hooks"),
        Some(Placeholder::Directory)
    );
    assert_eq!(plan.display_name, "Claude Code");
    assert_eq!(plan.spec.claim.env["HTTP_PROXY"], "http://127.0.0.1:3128");
    assert_eq!(
        plan.spec.claim.env["SSL_CERT_FILE"],
        "/run/ringfence/ca.pem"
    );
    assert_eq!(plan.prompt_timeout_s, 30);
    assert_eq!(
        plan.gateway.as_ref().unwrap().route.to_string(),
        "https://llm-gateway.corp:443"
    );
    assert!(!plan.spec.claim.env.values().any(|value| value == "real"));
    assert_eq!(plan.env_templates["ANTHROPIC_API_KEY"], "anthropic");
}

#[test]
fn such_a_file_names_cursors_window_which_needs_a_display() {
    let mut facts = host(&[]);
    assert!(refusal(SECURE_LLM, &run(Some("cursor")), &facts).contains("graphical"));
    facts.env.extend([
        ("WAYLAND_DISPLAY".to_owned(), "wayland-0".to_owned()),
        ("XDG_RUNTIME_DIR".to_owned(), "/run/user/1000".to_owned()),
    ]);
    let text = SECURE_LLM.replace("display_name = \"Cursor IDE\"", "display = [\"wayland\"]");
    let plan = good(&text, &run(Some("cursor")), &facts);
    assert!(binds(&plan).contains(&("/run/user/1000/wayland-0".to_owned(), false)));
    assert_eq!(plan.spec.claim.env["WAYLAND_DISPLAY"], "wayland-0");
    assert!(plan.remarks.iter().any(|remark| remark.contains("wayland")));
    // Nothing else of the runtime directory comes with it.
    assert!(
        binds(&plan)
            .iter()
            .all(|(path, _)| path != "/run/user/1000" && path != "/run/user")
    );
}

#[test]
fn shared_directories_are_no_workspace() {
    for cwd in [
        "/",
        "/home",
        "/home/dev",
        "/tmp",
        "/var",
        "/etc",
        "/usr",
        "/opt",
    ] {
        let mut facts = host(&[]);
        facts.cwd = cwd.into();
        assert_eq!(
            plan("", &run(None), &facts).unwrap_err().kind(),
            ErrorKind::Refused,
            "{cwd}"
        );
    }
    let mut facts = host(&["/tmp/"]);
    facts.cwd = "/home/dev".into();
    let options = RunOptions {
        rw: vec!["/home/dev".into()],
        ..run(None)
    };
    assert_eq!(
        binds(&good("", &options, &facts)),
        [("/home/dev".to_owned(), true)]
    );
    facts.cwd = "/tmp".into();
    let options = RunOptions {
        rw: vec!["/tmp".into()],
        ..run(None)
    };
    assert_eq!(
        binds(&good("", &options, &facts)),
        [("/tmp".to_owned(), true)]
    );
    facts.cwd = "/".into();
    let options = RunOptions {
        rw: vec!["/".into()],
        ..run(None)
    };
    assert!(plan("", &options, &facts).is_err());
}

#[test]
fn what_belongs_to_the_fence_or_the_system_is_never_granted() {
    let facts = host(&["/home/dev/.local/state/ringfence/"]);
    for (ro, rw) in [
        (None, Some("/home/dev/.local/state/ringfence/audit")),
        (Some("/home/dev/.local/state/ringfence"), None),
        (None, Some("/home/dev/.config/ringfence")),
        (Some("/etc/ringfence"), None),
        (Some("/"), None),
        (Some("/proc/1"), None),
        (Some("/run"), None),
        (None, Some("/etc")),
        (None, Some("/usr")),
        (Some("/dev"), None),
    ] {
        let options = RunOptions {
            ro: ro.into_iter().map(PathBuf::from).collect(),
            rw: rw.into_iter().map(PathBuf::from).collect(),
            ..run(None)
        };
        assert_eq!(
            plan("", &options, &facts).unwrap_err().kind(),
            ErrorKind::Refused,
            "{ro:?} {rw:?}"
        );
    }
    let mut inside = facts.clone();
    inside.cwd = "/home/dev/.local/state/ringfence/audit".into();
    assert!(plan("", &run(None), &inside).is_err());
    // An unusual place of the state directory is known too.
    let mut moved = facts;
    moved
        .env
        .insert("XDG_STATE_HOME".into(), "/home/dev/work/state".into());
    moved.existing.insert("/home/dev/work/state".into());
    moved
        .existing
        .insert("/home/dev/work/state/ringfence".into());
    assert!(masked(
        &good("", &run(None), &moved),
        "/home/dev/work/state/ringfence"
    ));
}

#[test]
fn what_the_command_line_grants_has_to_exist() {
    let options = RunOptions {
        ro: vec!["/home/dev/nowhere".into()],
        ..run(None)
    };
    assert_eq!(
        plan("", &options, &host(&[])).unwrap_err().kind(),
        ErrorKind::Usage
    );
    // What a file grants is left out, and the plan says so to the backend.
    good(
        "[filesystem]\nbind_ro = [\"/home/dev/nowhere\"]",
        &run(None),
        &host(&[]),
    );
}

#[test]
fn grants_follow_symlinks_and_keep_the_written_path() {
    let mut facts = host(&["/data/cache/"]);
    facts
        .resolved
        .insert("/home/dev/.cache/pip".into(), "/data/cache".into());
    let plan = good(
        "[filesystem]\nbind_rw = [\"~/.cache/pip\"]",
        &run(None),
        &facts,
    );
    assert!(binds(&plan).contains(&("/data/cache".to_owned(), true)));
    assert!(
        plan.spec
            .claim
            .mounts
            .iter()
            .any(|m| m.target == Path::new("/home/dev/.cache/pip")
                && m.source == Source::Symlink("/data/cache".into()))
    );
}

#[test]
fn as_root_the_payload_is_somebody_else() {
    let mut facts = host(&[]);
    (facts.uid, facts.gid, facts.home) = (0, 0, "/root".into());
    let identity = good("", &run(None), &facts).spec.shape.identity;
    assert_eq!(
        (identity.uid, identity.gid, identity.user.as_str()),
        (62_000, 62_000, "agent")
    );
}

#[test]
fn candidates_name_everything_that_planning_asks_about() {
    let facts = host(&[]);
    let sources = [ConfigSource::user("/c.toml", SECURE_LLM)];
    let paths: BTreeSet<PathBuf> = candidate_paths(&sources, &run(Some("claude")), &facts)
        .into_iter()
        .collect();
    for path in [
        "/home/dev/.ssh",
        "/home/dev/.config",
        "/home/dev/work/.git",
        "/home/dev/work/.git/hooks",
        "/home/dev/work/.mcp.json",
        "/etc/resolv.conf",
        "/bin",
        "/home/dev/.local/state/ringfence",
        "/home/dev",
    ] {
        assert!(paths.contains(Path::new(path)), "{path}");
    }
}

#[test]
fn the_spec_survives_serialisation_and_is_ordered() {
    let plan = good(
        SECURE_LLM,
        &run(Some("claude")),
        &host(&["/home/dev/.ssh/"]),
    );
    let text = serde_json::to_string(&plan.spec).unwrap();
    assert_eq!(
        serde_json::from_str::<SandboxSpec>(&text).unwrap(),
        plan.spec
    );
    let targets: Vec<&PathBuf> = plan
        .spec
        .claim
        .mounts
        .iter()
        .map(|mount| &mount.target)
        .collect();
    for (index, target) in targets.iter().enumerate() {
        assert!(
            !targets[index + 1..]
                .iter()
                .any(|later| target.starts_with(later) && target != later),
            "{target:?} comes before its parent"
        );
    }
}
