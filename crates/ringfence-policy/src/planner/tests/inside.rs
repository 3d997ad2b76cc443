//! Environment and credentials.

use super::*;

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
    for two in [
        "{ env = \"A\", file = \"/x\" }",
        "{ keys = \"a\", env = \"A\" }",
        "{}",
    ] {
        assert!(refusal(&with(two), &run(None), &facts).contains("one source"));
    }
    for (text, why) in [
        ("\"key:a\"", "a source that is a text"),
        ("\"keys:\"", "the name of a secret"),
        ("\"keys:a b\"", "the name of a secret"),
        ("{ keys = \"../a\" }", "the name of a secret"),
    ] {
        let error = refusal(&with(text), &run(None), &facts);
        // The place, the line and a hint.
        assert!(error.contains(why) && error.contains(":6:10"), "{error}");
    }
    for text in ["\"keys:my-token\"", "{ keys = \"my-token\" }"] {
        let plan = good(&with(text), &run(None), &facts);
        assert_eq!(
            plan.credentials[0].source,
            CredentialSource::Keys("my-token".into())
        );
    }
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
