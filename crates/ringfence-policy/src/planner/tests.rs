use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::{ConfigKind, ProjectTrust};
use crate::plan::{CredentialSource, Fill, Inject, Program};
use crate::resolve::ErrorKind;
use crate::spec::{Level, Placeholder, Source};

const SEED: &str = include_str!("../../tests/data/seed.toml");

/// A host with the given paths; those that end in `/` are directories, the others files.
fn host(paths: &[&str]) -> HostFacts {
    let mut facts = HostFacts {
        uid: 1000,
        gid: 1000,
        user: "dev".into(),
        home: "/home/dev".into(),
        cwd: "/home/dev/work".into(),
        program: Some(Program {
            path: "/usr/bin/true".into(),
            needs: vec![],
        }),
        root_links: BTreeMap::from([("/bin".into(), "usr/bin".into())]),
        ..HostFacts::default()
    };
    for path in paths.iter().chain(&[
        "/home/dev/work/",
        "/usr/",
        "/etc/passwd",
        "/etc/hosts",
        "/etc/resolv.conf",
    ]) {
        for ancestor in Path::new(path)
            .ancestors()
            .skip(1)
            .filter(|a| a.components().count() > 1)
        {
            facts.existing.insert(ancestor.to_owned());
        }
        facts
            .existing
            .insert(PathBuf::from(path.trim_end_matches('/')));
        if !path.ends_with('/') {
            facts.files.insert(PathBuf::from(path));
        }
    }
    facts
}

fn run(tool: Option<&str>) -> RunOptions {
    RunOptions {
        tool: tool.map(str::to_owned),
        argv: if tool.is_some() {
            vec![]
        } else {
            vec!["true".into()]
        },
        ..RunOptions::default()
    }
}

fn plan(text: &str, options: &RunOptions, facts: &HostFacts) -> Result<Plan, ResolveError> {
    resolve(&[ConfigSource::user("/c.toml", text)], options, facts)
}

fn good(text: &str, options: &RunOptions, facts: &HostFacts) -> Plan {
    plan(text, options, facts).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str, options: &RunOptions, facts: &HostFacts) -> String {
    match plan(text, options, facts) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("not refused: {text}"),
    }
}

fn binds(plan: &Plan) -> Vec<(String, bool)> {
    let bind = |mount: &crate::spec::Mount| match &mount.source {
        Source::Bind { writable, .. } => Some((mount.target.display().to_string(), *writable)),
        _ => None,
    };
    plan.spec.claim.mounts.iter().filter_map(bind).collect()
}

fn masked(plan: &Plan, path: &str) -> bool {
    plan.spec
        .claim
        .masks
        .iter()
        .any(|mask| mask.path == Path::new(path))
}

fn kept(plan: &Plan, path: &str) -> Option<Placeholder> {
    plan.spec
        .claim
        .protected
        .iter()
        .find(|entry| entry.path == Path::new(path))
        .map(|entry| entry.absent.clone())
}

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
fn the_seed_runs_claude_and_its_masks_hold_under_the_whole_home() {
    let mut facts = host(&[
        "/home/dev/.ssh/",
        "/home/dev/.config/gh/",
        "/home/dev/.npmrc",
        "/home/dev/.local/state/ringfence/",
        "/home/dev/work/.git/config",
        "/home/dev/.bashrc",
    ]);
    facts.env.insert("ANTHROPIC_API_KEY".into(), "real".into());
    let plan = good(SEED, &run(Some("claude")), &facts);
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
fn the_seed_names_cursors_window_which_needs_a_display() {
    let mut facts = host(&[]);
    assert!(refusal(SEED, &run(Some("cursor")), &facts).contains("graphical"));
    facts.env.extend([
        ("WAYLAND_DISPLAY".to_owned(), "wayland-0".to_owned()),
        ("XDG_RUNTIME_DIR".to_owned(), "/run/user/1000".to_owned()),
    ]);
    let text = SEED.replace("display_name = \"Cursor IDE\"", "display = [\"wayland\"]");
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
        plan(SEED, &run(Some("claude")), &facts).unwrap_err().kind(),
        ErrorKind::Refused
    );
}

#[test]
fn a_secret_behind_a_symlink_is_out_of_reach_too() {
    let mut facts = host(&["/home/dev/token", "/home/dev/work/real"]);
    facts
        .resolved
        .insert("/home/dev/token".into(), "/home/dev/work/real".into());
    let text = format!("{CREDENTIAL}source = {{ file = \"~/token\" }}");
    let paths = candidate_paths(
        &[ConfigSource::user("/c.toml", text.as_str())],
        &run(None),
        &facts,
    );
    assert!(paths.contains(&PathBuf::from("/home/dev/token")));
    assert!(refusal(&text, &run(None), &facts).contains("could be written from inside"));
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
fn only_the_allow_list_of_the_environment_enters() {
    let mut facts = host(&[]);
    for (name, value) in [
        ("TERM", "xterm"),
        ("LC_TIME", "C"),
        ("GITHUB_TOKEN", "t"),
        ("SSH_AUTH_SOCK", "s"),
        ("AWS_SECRET_ACCESS_KEY", "a"),
        ("LD_PRELOAD", "l"),
        ("EDITOR", "vi"),
        ("PATH", "/usr/bin:.:x"),
    ] {
        facts.env.insert(name.into(), value.into());
    }
    let plan = good(
        "[sandbox]\nenv_pass = [\"EDITOR\"]",
        &RunOptions {
            env: vec![("A".into(), Some("1".into())), ("NOT_SET".into(), None)],
            ..run(None)
        },
        &facts,
    );
    let env = &plan.spec.claim.env;
    for (name, value) in [
        ("TERM", "xterm"),
        ("LC_TIME", "C"),
        ("EDITOR", "vi"),
        ("A", "1"),
        ("HOME", "/home/dev"),
        ("USER", "dev"),
        ("PATH", "/usr/bin"),
    ] {
        assert_eq!(env[name], value);
    }
    for name in [
        "GITHUB_TOKEN",
        "SSH_AUTH_SOCK",
        "AWS_SECRET_ACCESS_KEY",
        "LD_PRELOAD",
        "NOT_SET",
    ] {
        assert!(!env.contains_key(name), "{name}");
    }
}

#[test]
fn every_entry_of_the_environment_list_is_used() {
    let data = Data::get().unwrap();
    let mut facts = host(&[]);
    for variable in &data.environment.pass {
        facts
            .env
            .insert(variable.name.replace('*', "X"), "/marker".into());
    }
    let env = good("", &run(None), &facts).spec.claim.env;
    for variable in &data.environment.pass {
        assert_eq!(
            env[&variable.name.replace('*', "X")],
            "/marker",
            "{}",
            variable.name
        );
    }
    for variable in data.environment.ca.iter().chain(&data.environment.proxy) {
        let expected = match variable.value {
            "" => "/run/ringfence/ca.pem",
            "${SANDBOX_PROXY}" => "http://127.0.0.1:3128",
            literal => literal,
        };
        assert_eq!(env[variable.name], expected);
    }
}

#[test]
fn templates_expand_known_names_only() {
    let options = RunOptions {
        env: vec![("TEAM".into(), Some("blue".into()))],
        ..run(None)
    };
    let plan = good(
        "[sandbox.env]\nX = \"${HOME}/${TEAM}\"",
        &options,
        &host(&[]),
    );
    assert_eq!(plan.spec.claim.env["X"], "/home/dev/blue");
    let error = refusal(
        "[sandbox.env]\nX = \"${HOME}/${USER}\"\nY = \"${Z\"",
        &run(None),
        &host(&[]),
    );
    assert!(
        error.contains("/c.toml:2:5: `${USER}` is not known here") && error.contains(":3:5:"),
        "{error}"
    );
}

const CREDENTIAL: &str = "[credentials.k]\nhosts = [\"api.test\"]\nenv = \"K\"\nplaceholder = \"tok-{}\"\nheader = \"Authorization: Bearer {}\"\n";

#[test]
fn credentials_are_placeholders_inside() {
    let mut facts = host(&[]);
    facts.env.insert("REAL".into(), "hunter2".into());
    let text = format!("{CREDENTIAL}source = {{ env = \"REAL\" }}");
    let mut plan = good(&text, &run(None), &facts);
    assert_eq!(
        plan.credentials[0].inject,
        Some(Inject::Header("Authorization".into(), "Bearer {}".into()))
    );
    plan.fill(&Fill {
        session: "s1",
        ca_bundle: Path::new("/state/ca.pem"),
        java_store: None,
        placeholders: &BTreeMap::from([("k".to_owned(), "tok-abc".to_owned())]),
    });
    assert_eq!(plan.spec.claim.env["K"], "tok-abc");
    assert_eq!(plan.spec.claim.session, "s1");
    assert!(
        plan.spec
            .claim
            .mounts
            .iter()
            .any(|m| m.target == Path::new("/run/ringfence/ca.pem"))
    );
    assert!(
        !serde_json::to_string(&plan.spec)
            .unwrap()
            .contains("hunter2")
    );
    // Passed on by name as well: the placeholder all the same.
    facts.env.insert("K".into(), "hunter2".into());
    let passing = format!("[sandbox]\nenv_pass = [\"K\"]\n{text}");
    assert!(
        !good(&passing, &run(None), &facts)
            .spec
            .claim
            .env
            .contains_key("K")
    );
    // Not set: an error in its place, unless optional.
    facts.env.clear();
    assert!(refusal(&text, &run(None), &facts).contains("REAL is not set"));
    assert!(
        good(&format!("{text}\noptional = true"), &run(None), &facts)
            .credentials
            .is_empty()
    );
}

#[test]
fn env_on_the_command_line_can_not_undo_a_credential() {
    let mut facts = host(&[]);
    facts.env.insert("REAL".into(), "hunter2".into());
    let text = format!("{CREDENTIAL}source = {{ env = \"REAL\" }}");
    for (name, fine) in [("K", false), ("A B", false), ("1A", false), ("OTHER", true)] {
        let options = RunOptions {
            env: vec![(name.into(), Some("x".into()))],
            ..run(None)
        };
        let kind = plan(&text, &options, &facts)
            .err()
            .map(|error| error.kind());
        assert_eq!(kind, (!fine).then_some(ErrorKind::Usage), "{name}");
    }
}

#[test]
fn a_project_asks_about_what_it_can_not_see() {
    let project =
        "[network]\nrules = [{ host = \"c.test\", methods = [\"POST\"], action = \"ask\" }]";
    let plan = with_project(
        "[network]\nallowlist = [\"c.test\"]",
        project,
        ProjectTrust::Trusted,
    )
    .unwrap();
    for (request, answer) in [
        ("GET https://c.test/", "allow"),
        ("POST https://c.test/", "ask"),
        ("post https://c.test/", "ask"),
        ("c.test:443", "ask"),
    ] {
        assert_eq!(outcome(&plan.policy, request), Ok(answer), "{request}");
    }
}

#[test]
fn a_whole_top_level_domain_is_remarked() {
    let plan = good(
        "[network]\nallowlist = [\"*.test\", \"*.a.test\"]",
        &run(None),
        &host(&[]),
    );
    assert_eq!(
        plan.remarks
            .iter()
            .filter(|remark| remark.contains("top-level"))
            .count(),
        1
    );
}

#[test]
fn the_source_of_a_credential_is_out_of_reach() {
    let facts = host(&[
        "/home/dev/work/token",
        "/home/dev/ro/token",
        "/home/dev/work/get",
    ]);
    let with = |source: &str| format!("{CREDENTIAL}source = {source}");
    assert!(
        refusal(&with("{ file = \"token\" }"), &run(None), &facts)
            .contains("could be written from inside")
    );
    assert!(
        refusal(
            &with("{ command = [\"/home/dev/work/get\"] }"),
            &run(None),
            &facts
        )
        .contains("could be written from inside")
    );
    assert!(
        refusal(&with("{ command = [\"get\"] }"), &run(None), &facts).contains("absolute path")
    );
    assert!(
        refusal(&with("{ env = \"A\", file = \"/x\" }"), &run(None), &facts).contains("one source")
    );
    let options = RunOptions {
        ro: vec!["/home/dev/ro".into()],
        ..run(None)
    };
    let plan = good(&with("{ file = \"~/ro/token\" }"), &options, &facts);
    assert!(masked(&plan, "/home/dev/ro/token"));
    assert_eq!(
        plan.credentials[0].source,
        CredentialSource::File("/home/dev/ro/token".into())
    );
}

fn with_project(user: &str, project: &str, trust: ProjectTrust) -> Result<Plan, ResolveError> {
    let sources = [
        ConfigSource::user("/c.toml", user),
        ConfigSource {
            name: "/home/dev/work/.ringfence.toml".into(),
            text: project.into(),
            kind: ConfigKind::Project(trust),
        },
    ];
    resolve(
        &sources,
        &run(None),
        &host(&["/home/dev/work/.ringfence.toml", "/home/dev/work/private/"]),
    )
}

#[test]
fn a_project_file_tightens() {
    let user = "[network]\ndefault = \"ask\"\nallowlist = [\"a.test\", \"b.test\", \"c.test\"]\n[limits]\nmemory = \"1g\"\npids = 10\n[prompts]\nupload_over = \"1m\"";
    let project = "[network]\ndefault = \"deny\"\nblocklist = [\"a.test\"]\ngraylist = [\"b.test\", \"zzz.test\"]\n[filesystem]\ndenylist = [\"private\"]\n[limits]\nmemory = \"512m\"\npids = 100\n[prompts]\nupload_over = \"2m\"";
    let plan = with_project(user, project, ProjectTrust::Trusted)
        .unwrap_or_else(|error| panic!("{error}"));
    for (host, answer) in [
        ("a.test", "deny"),
        ("b.test", "ask"),
        ("c.test", "allow"),
        ("zzz.test", "deny"),
        ("other.test", "deny"),
    ] {
        assert_eq!(outcome(&plan.policy, host).unwrap(), answer, "{host}");
    }
    assert_eq!(plan.spec.shape.limits.memory, Some(512 << 20));
    assert_eq!(plan.spec.shape.limits.pids, Some(10));
    assert_eq!(plan.ask_for.upload_over, Some(1 << 20));
    assert!(masked(&plan, "/home/dev/work/private"));
    assert!(kept(&plan, "/home/dev/work/.ringfence.toml").is_some());
}

#[test]
fn a_project_file_never_loosens() {
    for (project, word) in [
        ("[network]\nallowlist = [\"x.test\"]", "only tighten"),
        ("[network]\ndefault = \"ask\"", "only tighten"),
        (
            "[network]\nrules = [{ host = \"x.test\", action = \"allow\" }]",
            "only tighten",
        ),
        (
            "[network.host_rewrite]\n\"a.test\" = \"evil.test\"",
            "only tighten",
        ),
        (
            "[credentials.k]\nhosts = [\"evil.test\"]\nsource = { env = \"X\" }",
            "only tighten",
        ),
        ("[sandbox.env]\nX = \"1\"", "only tighten"),
        ("[tools.claude]\nbinary = \"./evil\"", "only tighten"),
        ("[filesystem]\nbind_rw = [\"~\"]", "only tighten"),
        ("nonsense = 1", "unknown key"),
    ] {
        for trust in [ProjectTrust::Trusted, ProjectTrust::Unknown] {
            let error = with_project("", project, trust)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(error.contains(word), "{project}: {error}");
        }
    }
    assert_eq!(
        with_project("", "", ProjectTrust::Changed)
            .unwrap_err()
            .kind(),
        ErrorKind::Refused
    );
    assert!(
        with_project("", "", ProjectTrust::Unknown)
            .unwrap()
            .remarks
            .iter()
            .any(|remark| remark.contains("not trusted"))
    );
}

#[test]
fn tool_sections_override_globals_and_presets() {
    let text = "[sandbox]\nbackend = \"native\"\n[limits]\nmemory = \"1g\"\n[sandbox.env]\nA = \"global\"\nB = \"global\"\n[network.host_rewrite]\n\"a.test\" = \"one.test\"\n[tools.claude]\nallowlist = [\"a.test\"]\nbackend = \"bubblewrap\"\nargs = [\"--x\"]\n[tools.claude.limits]\nmemory = \"2g\"\n[tools.claude.env]\nA = \"tool\"\n[tools.claude.host_rewrite]\n\"a.test\" = \"two.test\"";
    let plan = good(
        text,
        &RunOptions {
            argv: vec!["-p".into()],
            ..run(Some("claude"))
        },
        &host(&[]),
    );
    assert_eq!(plan.backend, "bubblewrap");
    assert_eq!(plan.spec.shape.limits.memory, Some(2 << 30));
    assert_eq!(
        (
            plan.spec.claim.env["A"].as_str(),
            plan.spec.claim.env["B"].as_str()
        ),
        ("tool", "global")
    );
    assert_eq!(
        plan.spec.claim.env["DISABLE_AUTOUPDATER"], "1",
        "from the preset"
    );
    assert_eq!(plan.spec.claim.argv, ["claude", "--x", "-p"]);
    assert_eq!(outcome(&plan.policy, "a.test"), Ok("allow"));
    assert_eq!(
        outcome(&plan.policy, "platform.claude.com"),
        Ok("deny"),
        "the user's list replaces the preset's"
    );
    assert!(plan.policy.canonical().contains("-> https://two.test:443"));
}

#[test]
fn the_command_line_allows_and_blocks() {
    let options = RunOptions {
        allow: vec!["a.test".into(), "@pip".into()],
        block: vec!["b.test".into()],
        ..run(None)
    };
    let mut facts = host(&[]);
    facts
        .named_sets
        .insert("@pip".into(), BTreeSet::from(["mirror.test".to_owned()]));
    let plan = good("[network]\nallowlist = [\"b.test\"]", &options, &facts);
    for (host, answer) in [
        ("a.test", "allow"),
        ("mirror.test", "allow"),
        ("b.test", "deny"),
    ] {
        assert_eq!(outcome(&plan.policy, host), Ok(answer), "{host}");
    }
    for bad in ["*", "@pipp", "https://x", "a b"] {
        let options = RunOptions {
            allow: vec![bad.into()],
            ..run(None)
        };
        assert_eq!(
            super::resolve(&[], &options, &facts).unwrap_err().kind(),
            ErrorKind::Usage,
            "{bad}"
        );
    }
}

#[test]
fn named_sets_are_what_this_machine_says() {
    let mut facts = host(&[]);
    facts
        .named_sets
        .insert("npm".into(), BTreeSet::from(["npm.corp:8443".to_owned()]));
    let plan = good(
        "[network]\nallowlist = [\"@npm\", \"@apt\"]",
        &run(None),
        &facts,
    );
    assert_eq!(
        outcome(&plan.policy, "https://npm.corp:8443/x"),
        Ok("allow")
    );
    assert!(plan.remarks.iter().any(|remark| remark.contains("@apt")));
    assert!(
        refusal("[network]\nallowlist = [\"@nmp\"]", &run(None), &facts).contains("no named set")
    );
}

#[test]
fn examples_are_checked_whenever_the_file_is_loaded() {
    let good_text = "[network]\nallowlist = [\"a.test\"]\ngraylist = [\"g.test\"]\n[network.examples]\nmatch = [\"a.test\", \"POST https://a.test/x\", \"a.test:443\"]\nask = [\"g.test\"]\nnot_match = [\"b.test\", \"a.test:22\"]";
    good(good_text, &run(None), &host(&[]));
    let error = refusal(
        &good_text.replace("not_match = [\"b.test\"", "not_match = [\"a.test\""),
        &run(None),
        &host(&[]),
    );
    assert!(error.contains("comes out as allow"), "{error}");
    // The command line and a project file do not break them.
    good(
        good_text,
        &RunOptions {
            block: vec!["a.test".into()],
            ..run(None)
        },
        &host(&[]),
    );
}

#[test]
fn every_preset_loads_and_its_examples_hold() {
    for (name, text) in presets::PRESETS {
        let mut facts = host(&[]);
        let mut sources = Vec::new();
        if *name == "windsurf" {
            // A graphical program: refused, unless the user opens a display to it.
            let error = resolve(&[], &run(Some(name)), &facts).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused);
            for (name, value) in [
                ("WAYLAND_DISPLAY", "wayland-0"),
                ("XDG_RUNTIME_DIR", "/run/user/1000"),
            ] {
                facts.env.insert(name.into(), value.into());
            }
            sources.push(ConfigSource::user(
                "/c.toml",
                "[tools.windsurf]\ndisplay = [\"wayland\"]",
            ));
        }
        let plan = resolve(&sources, &run(Some(name)), &facts)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            plan.credentials.is_empty(),
            "{name}: only active when the variable is set"
        );
        for (path, writable) in binds(&plan) {
            assert!(
                path != "/home/dev" && path != "/home",
                "{name} exposes the home directory"
            );
            assert!(
                !writable || path == "/home/dev/work" || path.starts_with("/home/dev/."),
                "{name}: {path}"
            );
        }
        let checked = check(
            &[ConfigSource::user(format!("policies/{name}.toml"), *text)],
            &facts,
        )
        .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(checked, [*name]);
        let examples = &Layers::parse(&[ConfigSource::user("x", *text)], Some(name))
            .unwrap()
            .user
            .unwrap()
            .written
            .tools[*name]
            .examples;
        assert!(
            !examples.r#match.is_empty() && !examples.not_match.is_empty(),
            "{name} has no examples"
        );
        // With its variable set, a credential is active and the variable inside is a placeholder.
        let variables: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("env = \""))
            .map(|rest| rest.trim_end_matches('"').to_owned())
            .collect();
        for variable in &variables {
            facts.env.insert(variable.clone(), "real".into());
        }
        let plan = resolve(&sources, &run(Some(name)), &facts)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(plan.credentials.len(), variables.len(), "{name}");
        assert!(
            !plan.spec.claim.env.values().any(|value| value == "real"),
            "{name}"
        );
    }
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
fn what_can_not_be_had_is_refused_and_not_lowered() {
    let facts = host(&[]);
    let high = RunOptions {
        level: Some(Level::High),
        ..run(None)
    };
    assert_eq!(
        plan("", &high, &facts).unwrap_err().kind(),
        ErrorKind::Refused
    );
    let backend = RunOptions {
        backend: Some("docker".into()),
        ..run(None)
    };
    assert_eq!(
        plan("", &backend, &facts).unwrap_err().kind(),
        ErrorKind::Usage
    );
    assert_eq!(
        plan("", &run(Some("nope")), &facts).unwrap_err().kind(),
        ErrorKind::Usage
    );
    assert_eq!(
        plan("", &RunOptions::default(), &facts).unwrap_err().kind(),
        ErrorKind::Usage
    );
    let missing = HostFacts {
        program: None,
        ..facts
    };
    assert_eq!(
        plan("", &run(None), &missing).unwrap_err().kind(),
        ErrorKind::Refused
    );
}

#[test]
fn bad_values_are_shown_in_place_all_at_once() {
    let error = refusal(
        "[general]\nprompt_timeout = \"2 days\"\n[limits]\nmemory = \"lots\"\npids = 0\ncpuset = [-1]\n[network]\nallowlist = [\"*\", \"a b\"]\nresolver = [\"dns.test\"]\n[network.host_rewrite]\n\"*.x\" = \"y\"\n[audit]\nsinks = [\"mail\"]\n[gateway]\nurl = \"gw\"\n",
        &run(None),
        &host(&[]),
    );
    for place in [
        ":2:", ":4:", ":5:", ":6:", ":8:14:", ":8:19:", ":9:", ":11:", ":13:", ":15:",
    ] {
        assert!(
            error.contains(&format!("/c.toml{place}")),
            "{place} in\n{error}"
        );
    }
}

#[test]
fn candidates_name_everything_that_planning_asks_about() {
    let facts = host(&[]);
    let sources = [ConfigSource::user("/c.toml", SEED)];
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
    let plan = good(SEED, &run(Some("claude")), &host(&["/home/dev/.ssh/"]));
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

#[test]
fn kinds_of_files_that_the_host_runs_are_known_anywhere() {
    for path in [
        "/w/sub/.git/hooks/pre-commit",
        "/w/a/b/.vscode/tasks.json",
        "/w/x/.envrc",
        "/w/x/.mcp.json",
        "/w/x/.claude/settings.json",
    ] {
        assert!(host_run_kind(Path::new(path)).is_some(), "{path}");
    }
    for path in ["/w/src/main.rs", "/w/git/hooks", "/w/.envrc.example"] {
        assert!(host_run_kind(Path::new(path)).is_none(), "{path}");
    }
}
