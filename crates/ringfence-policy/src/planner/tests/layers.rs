//! Files, presets, projects and command lines on top of each other.

use super::*;

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
fn what_can_not_be_had_is_refused_and_not_lowered() {
    let facts = host(&[]);
    let high = RunOptions {
        level: Some(Level::High),
        backend: Some("native".into()),
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
