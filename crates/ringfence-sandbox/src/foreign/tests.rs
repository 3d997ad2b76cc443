//! The texts are read back by a small reader of their language, and asked what they allow: no path ends a string or adds a rule.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use proptest::prelude::*;
use ringfence_policy::spec::{
    Capture, Claim, Identity, Level, Limits, Network, Requirement, SandboxSpec, SeccompProfile,
    Shape, TerminalSize,
};

use super::seatbelt::profile;
use super::*;

fn bind(target: &str, path: &Path) -> Mount {
    Mount {
        target: target.into(),
        source: Source::Bind {
            path: path.into(),
            writable: false,
            optional: false,
        },
        why: "why\n) (allow default) (".into(),
    }
}

/// What a runner gets, with these files of the host.
fn runner(program: &Path, libraries: &[PathBuf]) -> SandboxSpec {
    let mut root = vec![bind("/runner", program)];
    root.extend(
        libraries
            .iter()
            .enumerate()
            .map(|(n, path)| bind(&format!("/lib/{n}"), path)),
    );
    root.push(bind("/dev/null", Path::new("/dev/null")));
    root.push(Mount {
        target: "/proc".into(),
        source: Source::Proc,
        why: String::new(),
    });
    SandboxSpec {
        shape: Shape {
            level: Level::Standard,
            root,
            limits: Limits {
                memory: Some(1 << 30),
                pids: Some(4),
                ..Limits::default()
            },
            seccomp: SeccompProfile::Custom {
                name: "load".into(),
                json: "{}".into(),
            },
            landlock: Requirement::Required,
            identity: Identity {
                uid: 1,
                gid: 1,
                user: "runner".into(),
                home: "/".into(),
                hostname: "runner".into(),
            },
            single_process: true,
            image: None,
        },
        claim: Claim {
            session: "s-1".into(),
            program: "/runner".into(),
            argv: vec!["runner".into()],
            cwd: "/".into(),
            env: BTreeMap::new(),
            mounts: Vec::new(),
            masks: Vec::new(),
            protected: Vec::new(),
            network: Network::None,
            terminal: None,
            collect: None,
        },
    }
}

/// A form of the profile's language.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    Word(String),
    Text(String),
    List(Vec<Form>),
}

/// Reads every form of a text; panics where it is none. Strings are read as TinyScheme reads them.
fn read(text: &str) -> Vec<Form> {
    let mut open: Vec<Vec<Form>> = vec![Vec::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' => open.push(Vec::new()),
            ')' => {
                let list = open.pop().unwrap();
                open.last_mut()
                    .expect("a parenthesis too many")
                    .push(Form::List(list));
            }
            ';' => while chars.next().is_some_and(|c| c != '\n') {},
            '"' => {
                let mut said = String::new();
                loop {
                    match chars.next().expect("a string that does not end") {
                        '"' => break,
                        '\\' => said.push(match chars.next().unwrap() {
                            'n' => '\n',
                            'r' => '\r',
                            't' => '\t',
                            'x' | 'X' | '0'..='7' => panic!("a number in a string"),
                            other => other,
                        }),
                        other => said.push(other),
                    }
                }
                open.last_mut().unwrap().push(Form::Text(said));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(more) =
                    chars.next_if(|c| !c.is_whitespace() && !"();\"".contains(*c))
                {
                    word.push(more);
                }
                open.last_mut().unwrap().push(Form::Word(word));
            }
        }
    }
    assert_eq!(open.len(), 1, "a list that does not end");
    open.remove(0)
}

/// Whether a profile allows an operation on something: the last rule that matches counts.
fn allows(forms: &[Form], operation: &str, on: &str) -> bool {
    let mut allowed = None;
    for form in forms {
        let Form::List(rule) = form else {
            panic!("{form:?} outside of a rule")
        };
        let Form::Word(verb) = &rule[0] else {
            panic!("{rule:?}")
        };
        let verdict = match verb.as_str() {
            "version" => continue,
            "allow" => true,
            "deny" => false,
            other => panic!("an unknown verb {other}"),
        };
        let mut named = false;
        let mut filters = Vec::new();
        for part in &rule[1..] {
            match part {
                Form::Word(word) => {
                    named |= word == "default"
                        || word == operation
                        || word
                            .strip_suffix('*')
                            .is_some_and(|start| operation.starts_with(start));
                }
                Form::List(filter) => filters.push(filter),
                Form::Text(text) => panic!("a text {text:?} outside of a filter"),
            }
        }
        let met = filters.is_empty()
            || filters.iter().any(|filter| match filter.as_slice() {
                [Form::Word(kind), Form::Text(value)] => match kind.as_str() {
                    "literal" | "sysctl-name" => value == on,
                    "subpath" => on == value || on.starts_with(&format!("{value}/")),
                    other => panic!("an unknown filter {other}"),
                },
                other => panic!("{other:?}"),
            });
        if named && met {
            allowed = Some(verdict);
        }
    }
    allowed.expect("a profile that decides nothing")
}

#[test]
fn a_profile_denies_by_default_and_has_no_network() {
    let libraries = [PathBuf::from("/opt/libm.dylib")];
    let made = profile(&runner(Path::new("/opt/ringfence"), &libraries)).unwrap();
    let forms = read(&made.text);
    for operation in [
        "network-outbound",
        "network-inbound",
        "network-bind",
        "mach-lookup",
        "file-write-data",
        "file-write-create",
        "process-fork",
        "file-read-data",
        "ipc-posix-shm-read-data",
        "process-exec",
        "iokit-open",
        "system-socket",
        "signal",
    ] {
        for on in ["/Users/a/.ssh/id_ed25519", "/etc/passwd", "/opt", "/"] {
            assert!(!allows(&forms, operation, on), "{operation} {on}");
        }
    }
    assert!(allows(&forms, "process-exec", "/opt/ringfence"));
    assert!(!allows(&forms, "process-exec", "/opt/libm.dylib"));
    for path in ["/opt/ringfence", "/opt/libm.dylib", "/usr/lib/dyld"] {
        assert!(allows(&forms, "file-read-data", path), "{path}");
        assert!(allows(&forms, "file-map-executable", path), "{path}");
        assert!(!allows(&forms, "file-write-data", path), "{path}");
    }
    assert!(allows(&forms, "file-read-data", "/dev/null"));
    assert!(allows(&forms, "file-write-data", "/dev/null"));
    assert!(!allows(&forms, "file-map-executable", "/dev/null"));
    assert!(!allows(&forms, "file-read-data", "/dev/urandom"));
    assert!(!allows(&forms, "file-read-data", "/dev/disk0"));
    assert!(allows(&forms, "sysctl-read", "hw.ncpu"));
    assert!(!allows(&forms, "sysctl-read", "kern.procargs2"));
    // What neither of the two holds is said.
    for part in ["memory", "tasks", "system calls"] {
        assert!(
            made.not_held.iter().any(|said| said.contains(part)),
            "{:?}",
            made.not_held
        );
    }
}

/// Without quoting, a path is as dangerous as the property tests take it for.
#[test]
fn a_path_in_a_profile_is_dangerous_unless_quoted() {
    let path = "/opt/x\")) (allow default) (deny file-write* (literal \"/y";
    let naive = format!("(version 1)(deny default)(allow file-read* (literal \"{path}\"))");
    assert!(allows(&read(&naive), "network-outbound", "x"));
    let made = profile(&runner(Path::new(path), &[])).unwrap();
    assert!(!allows(&read(&made.text), "network-outbound", "x"));
    assert!(allows(&read(&made.text), "process-exec", path));
}

#[test]
fn the_profile_as_a_whole() {
    let libraries = [PathBuf::from("/opt/a \"b\" (c)\\d\n.dylib")];
    let made = profile(&runner(Path::new("/opt/ringfence"), &libraries)).unwrap();
    insta::assert_snapshot!(made.text);
    let argv = seatbelt::command(&made, Path::new("/opt/ringfence"), &["--x".into()]);
    assert_eq!(argv[..2], ["/usr/bin/sandbox-exec", "-p"]);
    assert_eq!(argv[2], OsStr::new(&made.text));
    assert_eq!(argv[3..], ["/opt/ringfence", "--x"]);
}

#[test]
fn the_rules_as_a_whole() {
    let made = firewall::rules(&runner(
        Path::new(r"C:\Program Files\Ringfence\runner.exe"),
        &[],
    ))
    .unwrap();
    let mut text = vec![firewall::line(&made.check)];
    text.extend(
        made.add
            .iter()
            .chain(&made.remove)
            .map(|argv| firewall::line(argv)),
    );
    text.extend(made.not_held.clone());
    insta::assert_snapshot!(text.join("\n"));
    assert_eq!(firewall::command(&made.check)[0], "netsh");
}

#[test]
fn what_a_runner_does_not_have_is_refused() {
    type Change = fn(&mut SandboxSpec);
    let changes: [(&str, Change); 9] = [
        ("a network", |spec| {
            spec.claim.network = Network::Captured(Capture {
                http_proxy_port: 1,
                socks_port: 2,
                fallback_ports: Vec::new(),
            });
        }),
        ("a terminal", |spec| {
            spec.claim.terminal = Some(TerminalSize { rows: 1, cols: 1 });
        }),
        ("collected", |spec| spec.claim.collect = Some("/x".into())),
        ("image", |spec| spec.shape.image = Some("x".into())),
        ("level high", |spec| spec.shape.level = Level::High),
        ("a place to write to", |spec| {
            let mut mount = bind("/w", Path::new("/w"));
            if let Source::Bind { writable, .. } = &mut mount.source {
                *writable = true;
            }
            spec.claim.mounts.push(mount);
        }),
        ("is made for it", |spec| {
            spec.shape.root.push(Mount {
                target: "/t".into(),
                source: Source::Tmpfs {
                    size: None,
                    mode: 0o700,
                },
                why: String::new(),
            });
        }),
        ("hidden", |spec| {
            spec.claim.masks.push(ringfence_policy::spec::Mask {
                path: "/m".into(),
                absent: ringfence_policy::spec::Placeholder::Nothing,
                why: String::new(),
            });
        }),
        ("not in its mount table", |spec| {
            spec.claim.program = "/other".into()
        }),
    ];
    for (word, change) in changes {
        let mut spec = runner(Path::new("/opt/ringfence"), &[]);
        change(&mut spec);
        let said = profile(&spec).unwrap_err().to_string();
        assert!(said.contains(word) && said.contains("macOS"), "{said}");
        let said = firewall::rules(&spec).unwrap_err().to_string();
        assert!(said.contains(word) && said.contains("Windows"), "{said}");
    }
}

#[test]
fn paths_that_can_not_be_written_down_are_refused() {
    let long = format!("/{}", "x".repeat(5_000));
    let bad: [&[u8]; 7] = [
        b"/opt/\xff\xfe",
        b"relative",
        b"",
        b"/opt/../etc/passwd",
        b"/opt/\x07",
        b"/opt/\x00x",
        long.as_bytes(),
    ];
    for bytes in bad {
        let path = Path::new(OsStr::from_bytes(bytes));
        assert!(profile(&runner(path, &[])).is_err(), "{path:?}");
        let as_library = runner(Path::new("/opt/ringfence"), &[path.into()]);
        assert!(profile(&as_library).is_err(), "{path:?}");
    }
    let many: Vec<PathBuf> = (0..300).map(|n| format!("/lib/{n}").into()).collect();
    let said = profile(&runner(Path::new("/opt/ringfence"), &many)).unwrap_err();
    assert!(matches!(said, ForeignError::TooMany { found: 300 }));
}

#[test]
fn only_plain_paths_of_programs_become_firewall_rules() {
    let good = [
        r"C:\ringfence-runner.exe",
        r"d:\Program Files (x86)\Ringfence\runner.EXE",
        r"C:\Users\Jörg\runner.exe",
    ];
    for path in good {
        let made = firewall::rules(&runner(Path::new(path), &[])).unwrap();
        assert!(
            made.add
                .iter()
                .all(|argv| argv.contains(&format!("program={path}")))
        );
    }
    let bad = [
        "/usr/bin/ringfence",
        r"\\server\share\runner.exe",
        r"\\?\C:\runner.exe",
        r"C:runner.exe",
        r"C:\%TEMP%\runner.exe",
        r"C:\a\..\runner.exe",
        "C:\\a\" enable=no\\runner.exe",
        "C:\\a\nnetsh\\runner.exe",
        r"C:\a & calc\runner.exe",
        r"C:\$(calc)\runner.exe",
        r"C:\`calc`\runner.exe",
        "C:\\“x”\\runner.exe",
        r"C:\*.exe",
        r"C:\runner",
        r"C:\runner.exe\",
        r"C:\.exe",
        "any",
        "",
    ];
    for path in bad {
        assert!(
            firewall::rules(&runner(Path::new(path), &[])).is_err(),
            "{path}"
        );
    }
    for session in ["", "a b", "all\" x", "x=y", &"s".repeat(65)] {
        let mut spec = runner(Path::new(good[0]), &[]);
        spec.claim.session = session.to_owned();
        assert!(
            matches!(firewall::rules(&spec), Err(ForeignError::Session(_))),
            "{session}"
        );
    }
}

#[test]
fn the_last_step_is_refused_on_this_system() {
    for platform in [Platform::Macos, Platform::Windows] {
        let argv = [OsString::from("true")];
        let said = start(platform, &argv).unwrap_err();
        assert_eq!(said.kind(), io::ErrorKind::Unsupported);
    }
}

/// Splits a line as a program of Windows does with its command line (quotes, and backslashes before them).
fn split(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut slashes = 0;
    for c in line.chars() {
        match c {
            '\\' => slashes += 1,
            '"' => {
                let word = word.get_or_insert_default();
                word.extend(std::iter::repeat_n('\\', slashes / 2));
                match slashes % 2 {
                    0 => quoted = !quoted,
                    _ => word.push('"'),
                }
                slashes = 0;
            }
            c => {
                if slashes > 0 {
                    word.get_or_insert_default()
                        .extend(std::iter::repeat_n('\\', slashes));
                    slashes = 0;
                }
                match c {
                    ' ' | '\t' if !quoted => found.extend(word.take()),
                    c => word.get_or_insert_default().push(c),
                }
            }
        }
    }
    assert!(!quoted, "a quote that does not end: {line}");
    found.extend(word.map(|word| word + &"\\".repeat(slashes)));
    found
}

/// Parts of paths that try to be more than a path.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\\\"".to_owned()),
        Just("\n".to_owned()),
        Just(")".to_owned()),
        Just("\") (allow default) (deny network* (literal \"".to_owned()),
        Just(";".to_owned()),
        Just("#t".to_owned()),
        Just("\r\t".to_owned()),
        Just("\\x22".to_owned()),
        Just(" program=any".to_owned()),
        Just("\" action=allow \"".to_owned()),
        Just(".exe".to_owned()),
        "[ -~]{0,12}",
        "\\PC{0,6}",
        ".{0,4}",
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    /// With any paths, the profile has the same rules as with plain ones, and the paths read back as they were.
    #[test]
    fn no_path_ends_a_string_or_adds_a_rule(paths in proptest::collection::vec(hostile(), 1..5)) {
        let mut paths: Vec<PathBuf> = paths.iter().map(|path| format!("/opt/{path}").into()).collect();
        paths.sort_unstable();
        paths.dedup();
        let (program, libraries) = paths.split_first().unwrap();
        let Ok(made) = profile(&runner(program, libraries)) else {
            // Refused for a control character, or `..`: never for what can be quoted.
            let refused = |p: &PathBuf| {
                let text = p.to_str().unwrap();
                text.chars().any(|c| c.is_control()) || text.split('/').any(|part| part == "." || part == "..")
            };
            prop_assert!(paths.iter().any(refused));
            return Ok(());
        };
        let plain: Vec<PathBuf> = (0..libraries.len()).map(|n| format!("/lib/{n}").into()).collect();
        let expected = profile(&runner(Path::new("/plain"), &plain)).unwrap();
        let (found, expected) = (read(&made.text), read(&expected.text));
        let same = |path: &Path| match path.to_str().unwrap() {
            "/plain" => program.to_str().unwrap().to_owned(),
            other => match other.strip_prefix("/lib/").and_then(|n| n.parse::<usize>().ok()) {
                Some(n) => libraries[n].to_str().unwrap().to_owned(),
                None => other.to_owned(),
            },
        };
        fn renamed(form: &Form, same: &dyn Fn(&Path) -> String) -> Form {
            match form {
                Form::Text(text) => Form::Text(same(Path::new(text))),
                Form::List(list) => Form::List(list.iter().map(|f| renamed(f, same)).collect()),
                word => word.clone(),
            }
        }
        let expected: Vec<Form> = expected.iter().map(|form| renamed(form, &same)).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert!(!allows(&found, "network-outbound", "x"));
        prop_assert!(!allows(&found, "file-read-data", "/etc/passwd"));
    }

    /// Whatever the path, a line is the arguments that it was made of, and no argument is another one.
    #[test]
    fn no_path_adds_an_argument_to_a_rule(part in hostile()) {
        let path = format!("C:\\{part}.exe");
        if let Ok(made) = firewall::rules(&runner(Path::new(&path), &[])) {
            for argv in made.add.iter().chain(&made.remove).chain([&made.check]) {
                let line = firewall::line(argv);
                prop_assert_eq!(&split(&line), argv);
                prop_assert!(!line.contains(['\n', '\r', '%', '$', '`', '&', '|', '<', '>']));
            }
            for argv in &made.add {
                let keys: Vec<&str> = argv.iter().filter_map(|a| Some(a.split_once('=')?.0)).collect();
                prop_assert_eq!(
                    keys,
                    ["name", "dir", "action", "program", "protocol", "profile", "interfacetype", "enable"]
                );
                prop_assert!(argv.contains(&"action=block".to_owned()));
            }
        }
    }

    #[test]
    fn plain_paths_are_not_refused(name in "[a-zA-Z0-9 ()_.+-]{1,40}") {
        let plain = PathBuf::from(format!("/opt/x{name}"));
        prop_assert!(profile(&runner(&plain, &[])).is_ok());
        let plain = PathBuf::from(format!("C:\\x{name}.exe"));
        prop_assert!(firewall::rules(&runner(&plain, &[])).is_ok());
    }
}
