use super::*;
use std::os::unix::fs::PermissionsExt as _;

fn target(path: PathBuf) -> ConfigTarget {
    ConfigTarget { path, tool: None }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn makes_the_file_and_its_directory() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a/b/config.toml");
    remember(&target(path.clone()), "a.example", 443, Grant::Allow).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("# Ringfence configuration") && text.contains("\"a.example:443\""),
        "{text}"
    );
    assert_eq!(
        path.metadata().unwrap().permissions().mode() & 0o7777,
        0o600
    );
    assert_eq!(names(path.parent().unwrap()), ["config.toml"]);
}

#[test]
fn keeps_the_mode() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.toml");
    std::fs::write(&path, "# mine\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    remember(&target(path.clone()), "a.example", 443, Grant::Deny).unwrap();
    assert_eq!(
        path.metadata().unwrap().permissions().mode() & 0o7777,
        0o644
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("# mine\n")
    );
}

#[test]
fn follows_no_link_and_touches_no_other_file() {
    let home = tempfile::tempdir().unwrap();
    let victim = home.path().join("victim");
    std::fs::write(&victim, "# untouched\n").unwrap();
    let link = home.path().join("config.toml");
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    assert!(matches!(
        remember(&target(link.clone()), "a.example", 443, Grant::Allow),
        Err(WriteError::Symlink(_))
    ));
    std::fs::remove_file(&link).unwrap();
    std::fs::hard_link(&victim, &link).unwrap();
    assert!(matches!(
        remember(&target(link.clone()), "a.example", 443, Grant::Allow),
        Err(WriteError::NotPlain(_))
    ));
    std::fs::remove_file(&link).unwrap();
    std::fs::create_dir(&link).unwrap();
    assert!(matches!(
        remember(&target(link), "a.example", 443, Grant::Allow),
        Err(WriteError::NotPlain(_))
    ));
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "# untouched\n");
}

#[test]
fn a_leftover_or_planted_temporary_name_is_not_followed() {
    let home = tempfile::tempdir().unwrap();
    let victim = home.path().join("victim");
    std::fs::write(&victim, "# untouched\n").unwrap();
    let planted = home
        .path()
        .join(format!(".config.toml.{}.new", std::process::id()));
    std::os::unix::fs::symlink(&victim, planted).unwrap();
    remember(
        &target(home.path().join("config.toml")),
        "a.example",
        443,
        Grant::Allow,
    )
    .unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "# untouched\n");
    assert_eq!(names(home.path()), ["config.toml", "victim"]);
}

#[test]
fn broken_files_stay_as_they_are() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.toml");
    for text in ["[network\n", "network = 1\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(
            remember(&target(path.clone()), "a.example", 443, Grant::Allow),
            Err(WriteError::Edit(_))
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    std::fs::write(&path, vec![b'#'; MAX_CONFIG_BYTES as usize + 1]).unwrap();
    assert!(matches!(
        remember(&target(path), "a.example", 443, Grant::Allow),
        Err(WriteError::TooLarge(_))
    ));
    assert_eq!(names(home.path()), ["config.toml"]);
}

#[test]
fn concurrent_sessions_lose_no_answer() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.toml");
    std::thread::scope(|scope| {
        for n in 0..12 {
            let path = path.clone();
            scope.spawn(move || {
                remember(&target(path), &format!("h{n}.example"), 443, Grant::Allow).unwrap()
            });
        }
    });
    let text = std::fs::read_to_string(&path).unwrap();
    for n in 0..12 {
        assert!(text.contains(&format!("\"h{n}.example:443\"")), "{text}");
    }
}
