//! Placeholders, their journal, the layout and the report, on directories of the test's own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ringfence_policy::spec::{
    Claim, Identity, Level, Limits, Mount, Network, Placeholder, Protected, Requirement,
    SandboxSpec, SeccompProfile, Shape, Source,
};

use super::layout::host_roots;
use super::*;

struct Place {
    _dir: tempfile::TempDir,
    state: PathBuf,
    workspace: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().expect("dir");
    let root = dir.path().canonicalize().expect("canonical");
    let (state, workspace) = (root.join("state"), root.join("ws"));
    fs::create_dir(&workspace).expect("workspace");
    Place {
        _dir: dir,
        state,
        workspace,
    }
}

impl Place {
    fn at(&self, name: &str) -> PathBuf {
        self.workspace.join(name)
    }
    fn journal(&self, session: &str) -> Journal {
        Journal::open(&self.state, session).expect("journal")
    }
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.workspace)
            .expect("listing")
            .map(|entry| {
                entry
                    .expect("entry")
                    .file_name()
                    .into_string()
                    .expect("name")
            })
            .collect();
        names.sort();
        names
    }
    fn journals(&self) -> usize {
        fs::read_dir(self.state.join("journal")).map_or(0, Iterator::count)
    }
    fn fixed(&self, protected: &[(&str, Placeholder)]) -> Result<Vec<(String, How)>, ProtectError> {
        let spec = spec(&self.workspace, protected);
        let roots = host_roots(&spec)?;
        let fixed = layout(&spec, &roots)?;
        Ok(fixed
            .into_iter()
            .map(|fixed| {
                let below = fixed.path.strip_prefix(&self.workspace).expect("below");
                (below.to_str().expect("text").to_owned(), fixed.how)
            })
            .collect())
    }
}

fn text(text: &str) -> Placeholder {
    Placeholder::File(text.into())
}

fn spec(workspace: &Path, protected: &[(&str, Placeholder)]) -> SandboxSpec {
    SandboxSpec {
        shape: Shape {
            level: Level::Standard,
            root: Vec::new(),
            limits: Limits::default(),
            seccomp: SeccompProfile::Agent,
            landlock: Requirement::Required,
            identity: Identity {
                uid: 1000,
                gid: 1000,
                user: "user".into(),
                home: "/home/user".into(),
                hostname: "fence".into(),
            },
            single_process: false,
            image: None,
        },
        claim: Claim {
            session: "s".into(),
            program: "/bin/true".into(),
            argv: vec!["true".into()],
            cwd: "/".into(),
            env: BTreeMap::new(),
            mounts: vec![Mount {
                target: workspace.to_owned(),
                source: Source::Bind {
                    path: workspace.to_owned(),
                    writable: true,
                    optional: false,
                },
                why: "workspace".into(),
            }],
            masks: Vec::new(),
            protected: protected
                .iter()
                .map(|(path, absent)| Protected {
                    path: workspace.join(path),
                    absent: absent.clone(),
                    why: format!("kind of {path}"),
                })
                .collect(),
            network: Network::None,
            terminal: None,
            collect: None,
        },
    }
}

#[test]
fn a_placeholder_comes_and_goes() {
    let place = place();
    fs::write(place.at(".envrc"), "mine").expect("file");
    let mut journal = place.journal("one");
    journal
        .hold(&place.at(".mcp.json"), &text("{}\n"))
        .expect("file");
    journal
        .hold(&place.at(".idea"), &Placeholder::Directory)
        .expect("directory");
    journal
        .hold(&place.at(".idea/x.xml"), &text(""))
        .expect("child");
    journal
        .hold(&place.at(".envrc"), &text(""))
        .expect("exists");
    journal
        .hold(&place.at(".mcp.json"), &text("{}\n"))
        .expect("twice");
    journal
        .hold(&place.at("nothing"), &Placeholder::Nothing)
        .expect("nothing");
    assert_eq!(
        fs::read_to_string(place.at(".mcp.json")).expect("read"),
        "{}\n"
    );
    assert_eq!(place.names(), [".envrc", ".idea", ".mcp.json"]);
    let (made, above) = (
        fs::metadata(place.at(".mcp.json")).expect("stat"),
        fs::metadata(&place.workspace).expect("stat"),
    );
    assert_eq!((made.uid(), made.gid()), (above.uid(), above.gid()));
    assert_eq!(place.journals(), 1);
    // A sweep leaves a living session alone.
    assert!(sweep(&place.state).expect("sweep").is_empty());
    journal.release().expect("release");
    assert_eq!(place.names(), [".envrc"]);
    assert_eq!(
        fs::read_to_string(place.at(".envrc")).expect("read"),
        "mine"
    );
    assert_eq!(place.journals(), 0);
}

#[test]
fn a_run_without_placeholders_writes_nothing() {
    let place = place();
    fs::write(place.at(".envrc"), "mine").expect("file");
    let mut journal = place.journal("one");
    journal
        .hold(&place.at(".envrc"), &text(""))
        .expect("exists");
    drop(journal);
    assert!(!place.state.exists());
}

#[test]
fn owner_is_that_of_the_directory() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = place();
    std::os::unix::fs::chown(&place.workspace, Some(12345), Some(54321)).expect("chown");
    let mut journal = place.journal("one");
    journal
        .hold(&place.at(".mcp.json"), &text("{}"))
        .expect("file");
    journal
        .hold(&place.at(".idea"), &Placeholder::Directory)
        .expect("directory");
    for name in [".mcp.json", ".idea"] {
        let stat = fs::metadata(place.at(name)).expect("stat");
        assert_eq!((stat.uid(), stat.gid()), (12345, 54321), "{name}");
    }
}

#[test]
fn a_failure_leaves_nothing() {
    let place = place();
    for placeholder in [text("x"), Placeholder::Directory] {
        let entry = super::made::Entry {
            dir: place.workspace.clone(),
            name: "n".repeat(300),
            temporary: ".ringfence-0".into(),
            placeholder,
            identity: None,
        };
        let dir = super::at::directory(&place.workspace).expect("directory");
        let made = entry.make(&dir).expect("made under its temporary name");
        assert_eq!(place.names(), [".ringfence-0"]);
        assert!(entry.put(&dir).is_err(), "longer than a name may be");
        drop(made);
        assert!(place.names().is_empty(), "{:?}", place.names());
    }
}

#[test]
fn what_is_not_ours_any_more_stays() {
    let place = place();
    let mut journal = place.journal("one");
    for name in ["changed", "replaced", "linked", "emptied"] {
        journal.hold(&place.at(name), &text("x")).expect("file");
    }
    journal
        .hold(&place.at("used"), &Placeholder::Directory)
        .expect("directory");
    journal.hold(&place.at("gone"), &text("x")).expect("file");
    fs::write(place.at("changed"), "mine").expect("write");
    fs::write(place.at("emptied"), "").expect("write");
    fs::write(place.at("new"), "x").expect("write");
    fs::rename(place.at("new"), place.at("replaced")).expect("rename");
    fs::remove_file(place.at("linked")).expect("remove");
    symlink("changed", place.at("linked")).expect("symlink");
    fs::write(place.at("used/file"), "mine").expect("write");
    fs::remove_file(place.at("gone")).expect("remove");
    journal.release().expect("release");
    assert_eq!(
        place.names(),
        ["changed", "emptied", "linked", "replaced", "used"]
    );
    assert_eq!(place.journals(), 0);
}

#[test]
fn the_last_session_removes_what_they_share() {
    let place = place();
    let mut first = place.journal("first");
    first
        .hold(&place.at(".mcp.json"), &text("{}"))
        .expect("file");
    first
        .hold(&place.at(".idea"), &Placeholder::Directory)
        .expect("directory");
    let mut second = place.journal("second");
    second
        .hold(&place.at(".mcp.json"), &text("{}"))
        .expect("file");
    second
        .hold(&place.at(".idea"), &Placeholder::Directory)
        .expect("directory");
    first.release().expect("release");
    assert_eq!(
        place.names(),
        [".idea", ".mcp.json"],
        "the second still needs them"
    );
    second.release().expect("release");
    assert!(place.names().is_empty(), "{:?}", place.names());
    assert_eq!(place.journals(), 0);
}

/// Not a test of its own: the process that `swept_after_sigkill` kills.
#[test]
#[ignore = "started by swept_after_sigkill"]
fn holder_to_be_killed() {
    let Some(root) = std::env::var_os("RINGFENCE_TEST_HOLDER").map(PathBuf::from) else {
        return;
    };
    let mut journal = Journal::open(&root.join("state"), "victim").expect("journal");
    journal
        .hold(&root.join("ws/.mcp.json"), &text("{}"))
        .expect("file");
    journal
        .hold(&root.join("ws/.idea"), &Placeholder::Directory)
        .expect("directory");
    println!("\nholding");
    std::io::stdout().flush().expect("flush");
    std::thread::sleep(std::time::Duration::from_secs(60));
}

/// A place that a killed session has left placeholders in.
fn left_by_the_dead() -> Place {
    let place = place();
    let mut holder = std::process::Command::new(std::env::current_exe().expect("exe"))
        .args([
            "protect::tests::holder_to_be_killed",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(
            "RINGFENCE_TEST_HOLDER",
            place.workspace.parent().expect("root"),
        )
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("spawn");
    let mut seen = String::new();
    let mut stdout = holder.stdout.take().expect("stdout");
    let mut buffer = [0; 256];
    while !seen.contains("\nholding\n") {
        let count = stdout.read(&mut buffer).expect("read");
        assert!(count > 0, "the holder ended early: {seen}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(sweep(&place.state).expect("sweep").is_empty());
    assert_eq!(place.names(), [".idea", ".mcp.json"]);
    holder.kill().expect("SIGKILL");
    holder.wait().expect("wait");
    place
}

#[test]
fn swept_after_sigkill() {
    let place = left_by_the_dead();
    let mut removed = sweep(&place.state).expect("sweep");
    removed.sort();
    assert_eq!(removed, [place.at(".idea"), place.at(".mcp.json")]);
    assert!(place.names().is_empty());
    assert_eq!(place.journals(), 0);
}

#[test]
fn the_next_session_sweeps_whatever_its_workspace() {
    let place = left_by_the_dead();
    drop(place.journal("next"));
    assert!(place.names().is_empty());
    assert_eq!(place.journals(), 0);
}

/// Every prefix of what a holder does before it is killed: the sweep leaves nothing, and takes nothing else.
#[test]
fn swept_after_death_at_any_step() {
    let intend = |place: &Place| {
        format!(
            "{{\"intend\":{{\"dir\":{:?},\"name\":\".mcp.json\",\"temporary\":\".ringfence-0\",\"placeholder\":{{\"file\":\"{{}}\"}}}}}}\n",
            place.workspace
        )
    };
    let journalled = |place: &Place, lines: &str| {
        fs::create_dir_all(place.state.join("journal")).expect("dir");
        fs::write(place.state.join("journal/dead.0"), lines).expect("journal");
    };
    let cut = place();
    journalled(&cut, &intend(&cut)[..40]);
    fs::write(cut.at(".mcp.json"), "{}").expect("the user's");
    sweep(&cut.state).expect("sweep");
    assert_eq!(
        (cut.names(), cut.journals()),
        (vec![".mcp.json".to_owned()], 0)
    );

    let temporary = place();
    journalled(&temporary, &intend(&temporary));
    fs::write(temporary.at(".ringfence-0"), "{}").expect("half made");
    fs::write(temporary.at(".mcp.json"), "{}").expect("the user's, though it looks like ours");
    sweep(&temporary.state).expect("sweep");
    assert_eq!(temporary.names(), [".mcp.json"]);
}

#[test]
fn a_symlink_on_the_way_is_refused() {
    let place = place();
    let elsewhere = tempfile::tempdir().expect("dir");
    symlink(elsewhere.path(), place.at(".vscode")).expect("symlink");
    let mut journal = place.journal("one");
    let error = journal
        .hold(&place.at(".vscode/tasks.json"), &text("{}"))
        .expect_err("refused");
    assert!(matches!(error, ProtectError::Path { .. }), "{error}");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("listing").count(), 0);
}

#[test]
fn names_of_sessions_are_no_paths() {
    for name in ["", ".", "../x", "a/b", ".hidden", "a\0b"] {
        assert!(
            Journal::open(Path::new("/nonexistent"), name).is_err(),
            "{name:?}"
        );
    }
}

#[test]
fn layout_pins_parents_and_covers_children() {
    let place = place();
    fs::create_dir_all(place.at(".git/hooks")).expect("dir");
    fs::write(place.at(".git/config"), "").expect("file");
    fs::create_dir_all(place.at("a/.vscode")).expect("dir");
    let fixed = place
        .fixed(&[
            (".git/hooks", Placeholder::Directory),
            (".git/config", Placeholder::Nothing),
            ("a/.vscode", Placeholder::Nothing),
            ("a/.vscode/tasks.json", text("{}")),
            (".envrc", Placeholder::Nothing),
        ])
        .expect("layout");
    let expected = [
        (".git", How::Pin),
        (".git/config", How::ReadOnly),
        (".git/hooks", How::ReadOnly),
        ("a", How::Pin),
        ("a/.vscode", How::ReadOnly),
    ];
    assert_eq!(fixed, expected.map(|(path, how)| (path.to_owned(), how)));
}

#[test]
fn layout_follows_symlinks_within_the_grant() {
    let place = place();
    fs::create_dir_all(place.at("config/claude")).expect("dir");
    fs::write(place.at("config/claude/settings.json"), "{}").expect("file");
    symlink("config/claude", place.at(".claude")).expect("symlink");
    let fixed = place
        .fixed(&[(".claude/settings.json", Placeholder::Nothing)])
        .expect("layout");
    let expected = [
        (".claude", How::Link),
        ("config", How::Pin),
        ("config/claude", How::Pin),
        ("config/claude/settings.json", How::ReadOnly),
    ];
    assert_eq!(fixed, expected.map(|(path, how)| (path.to_owned(), how)));
}

#[test]
fn layout_refuses_what_it_can_not_keep() {
    let place = place();
    symlink("nowhere", place.at("dangling")).expect("symlink");
    symlink("loop", place.at("loop")).expect("symlink");
    fs::create_dir(place.at("dir")).expect("dir");
    symlink("dir/../dir", place.at("winding")).expect("symlink");
    symlink("/usr", place.at("outside")).expect("symlink");
    for name in ["dangling", "loop", "winding"] {
        let error = place
            .fixed(&[(name, Placeholder::Nothing)])
            .expect_err(name);
        assert!(matches!(error, ProtectError::Unsafe { .. }), "{error}");
    }
    let error = place.fixed(&[("absent", text(""))]).expect_err("vanished");
    assert!(matches!(error, ProtectError::Unsafe { .. }), "{error}");
    // Out of reach of the sandbox: only the link itself has to stay.
    let fixed = place
        .fixed(&[("outside", Placeholder::Nothing)])
        .expect("layout");
    assert_eq!(fixed, [("outside".to_owned(), How::Link)]);
}

#[test]
fn layout_protects_a_file_in_the_place_of_a_directory() {
    let place = place();
    fs::write(place.at(".git"), "gitdir: /elsewhere").expect("file");
    let fixed = place
        .fixed(&[(".git/hooks", Placeholder::Nothing)])
        .expect("layout");
    assert_eq!(fixed, [(".git".to_owned(), How::ReadOnly)]);
}

#[test]
fn layout_finds_hard_links() {
    let place = place();
    fs::create_dir_all(place.at("deep/er")).expect("dir");
    fs::write(place.at(".envrc"), "x").expect("file");
    fs::hard_link(place.at(".envrc"), place.at("deep/er/alias")).expect("link");
    let fixed = place
        .fixed(&[(".envrc", Placeholder::Nothing)])
        .expect("layout");
    let expected = [
        (".envrc", How::ReadOnly),
        ("deep", How::Pin),
        ("deep/er", How::Pin),
        ("deep/er/alias", How::ReadOnly),
    ];
    assert_eq!(fixed, expected.map(|(path, how)| (path.to_owned(), how)));
}

#[test]
fn new_host_files_are_reported() {
    let place = place();
    fs::create_dir_all(place.at("old/.vscode")).expect("dir");
    fs::write(place.at("old/.vscode/tasks.json"), "{}").expect("file");
    fs::write(place.at("moved-later"), "x").expect("file");
    std::thread::sleep(std::time::Duration::from_millis(60));
    let since = SystemTime::now();
    fs::create_dir_all(place.at("sub/.git/hooks")).expect("dir");
    fs::write(place.at("sub/.git/hooks/pre-commit"), "x").expect("file");
    fs::write(place.at("sub/.git/index"), "x").expect("file");
    fs::create_dir_all(place.at("node_modules/p/.VSCode")).expect("dir");
    fs::write(place.at("node_modules/p/.VSCode/tasks.json"), "x").expect("file");
    fs::write(place.at("tasks.json"), "x").expect("file");
    fs::create_dir_all(place.at("module")).expect("dir");
    fs::write(place.at("module/.git"), "gitdir: ../build/hidden").expect("file");
    symlink("../build/hidden", place.at("node_modules/.git")).expect("link");
    fs::rename(place.at("moved-later"), place.at("sub/.envrc")).expect("rename");
    // Setting the time stamps back does not hide a file.
    let back = SystemTime::UNIX_EPOCH;
    let file = fs::File::options()
        .write(true)
        .open(place.at("sub/.envrc"))
        .expect("open");
    file.set_modified(back).expect("time");
    let report = report_new_host_files(&spec(&place.workspace, &[]), since).expect("report");
    let found: Vec<PathBuf> = report
        .found
        .iter()
        .map(|found| found.path.clone())
        .collect();
    let expected = [
        place.at("module/.git"),
        place.at("node_modules/.git"),
        place.at("node_modules/p/.VSCode/tasks.json"),
        place.at("sub/.envrc"),
        place.at("sub/.git/hooks/pre-commit"),
    ];
    assert_eq!(found, expected);
    assert!(report.found.iter().all(|found| !found.kind.is_empty()));
    assert!(!report.truncated);
}
