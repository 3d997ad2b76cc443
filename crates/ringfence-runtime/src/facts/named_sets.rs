//! `@pip`, `@npm`, `@cargo`, `@apt`, `@git`: the hosts that this machine's own clients are configured to use.
//!
//! Nothing here knows a registry by name. A client without configuration of its own uses a built-in default, which
//! is read from the installed client's files; where that fails too the set is empty and the plan says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Largest configuration file that is read.
const FILE_LIMIT: u64 = 1024 * 1024;

struct Place<'a> {
    home: &'a Path,
    workspace: &'a Path,
    env: &'a BTreeMap<String, String>,
}

/// Looks up the wanted sets; unknown names give no entry.
pub fn look_up(
    wanted: &BTreeSet<String>,
    home: &Path,
    workspace: &Path,
    env: &BTreeMap<String, String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let place = Place {
        home,
        workspace,
        env,
    };
    let mut sets = BTreeMap::new();
    for name in wanted {
        let hosts = match name.as_str() {
            "pip" => pip(&place),
            "npm" => npm(&place),
            "cargo" => cargo(&place),
            "apt" => apt(),
            "git" => git(&place),
            _ => continue,
        };
        sets.insert(name.clone(), hosts);
    }
    sets
}

fn pip(place: &Place<'_>) -> BTreeSet<String> {
    let mut text = from_env(
        place,
        &[
            "PIP_INDEX_URL",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "UV_INDEX_URL",
            "UV_DEFAULT_INDEX",
        ],
    );
    let named = place.env.get("PIP_CONFIG_FILE").map(PathBuf::from);
    let files = [
        PathBuf::from("/etc/pip.conf"),
        place.home.join(".pip/pip.conf"),
        place.home.join(".config/pip/pip.conf"),
    ];
    for file in files.into_iter().chain(named) {
        text.push_str(&lines_with(
            &file,
            &["index-url", "extra-index-url", "find-links"],
        ));
    }
    let configured = hosts_in(&text);
    let default = pip_model_files(place)
        .into_iter()
        .map(|f| first_lines_with(&f, "PackageIndex(", 3))
        .find(|t| !t.is_empty());
    // An extra index adds to the default one; only `index-url` replaces it.
    let replaced = text.contains("index-url") && !text.contains("extra-index-url")
        || place.env.contains_key("PIP_INDEX_URL");
    match default {
        Some(text) if !replaced => configured
            .into_iter()
            .chain(hosts_in(&text))
            .chain(bare_hosts_in(&text))
            .collect(),
        _ => configured,
    }
}

fn pip_model_files(place: &Place<'_>) -> Vec<PathBuf> {
    let mut roots = vec![PathBuf::from("/usr/lib/python3/dist-packages")];
    let mut parents = vec![
        PathBuf::from("/usr/lib"),
        PathBuf::from("/usr/local/lib"),
        place.home.join(".local/lib"),
    ];
    parents.extend(
        entries(&place.home.join(".pyenv/versions"))
            .into_iter()
            .map(|v| v.join("lib")),
    );
    for parent in parents {
        roots.extend(
            entries(&parent)
                .into_iter()
                .map(|python| python.join("site-packages")),
        );
    }
    roots
        .into_iter()
        .map(|r| r.join("pip/_internal/models/index.py"))
        .filter(|f| f.is_file())
        .collect()
}

fn npm(place: &Place<'_>) -> BTreeSet<String> {
    let mut text = from_env(place, &["NPM_CONFIG_REGISTRY", "npm_config_registry"]);
    for file in [
        place.home.join(".npmrc"),
        place.workspace.join(".npmrc"),
        PathBuf::from("/etc/npmrc"),
        PathBuf::from("/usr/etc/npmrc"),
    ] {
        text.push_str(&lines_with(&file, &["registry"]));
    }
    let configured = hosts_in(&text);
    if text
        .lines()
        .any(|l| l.trim_start().starts_with("registry") || l.starts_with("http"))
    {
        return configured;
    }
    let definitions =
        "lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js";
    let mut prefixes = vec![
        PathBuf::from("/usr"),
        PathBuf::from("/usr/local"),
        PathBuf::from("/usr/share/nodejs"),
    ];
    prefixes.extend(entries(&place.home.join(".nvm/versions/node")));
    let default = prefixes
        .into_iter()
        .map(|p| first_lines_with(&p.join(definitions), "new Definition('registry'", 4));
    let default = default
        .map(|t| hosts_in(&t))
        .find(|hosts| !hosts.is_empty())
        .unwrap_or_default();
    configured.into_iter().chain(default).collect()
}

/// The index hosts that cargo has used leave a directory each; its `config.json` names the download host.
fn cargo(place: &Place<'_>) -> BTreeSet<String> {
    let cargo_home = place
        .env
        .get("CARGO_HOME")
        .map_or_else(|| place.home.join(".cargo"), PathBuf::from);
    let mut hosts = BTreeSet::new();
    for file in ["config.toml", "config"] {
        for dir in [cargo_home.clone(), place.workspace.join(".cargo")] {
            hosts.extend(hosts_in(&lines_with(
                &dir.join(file),
                &["registry", "index"],
            )));
        }
    }
    for index in entries(&cargo_home.join("registry/index")) {
        let name = index
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        if let Some((host, _hash)) = name.rsplit_once('-').filter(|(host, _)| host.contains('.')) {
            hosts.insert(host.to_owned());
        }
        hosts.extend(hosts_in(&read_small(&index.join("config.json"))));
    }
    hosts
}

fn apt() -> BTreeSet<String> {
    let mut text = lines_with(Path::new("/etc/apt/sources.list"), &["deb"]);
    for file in entries(Path::new("/etc/apt/sources.list.d")) {
        text.push_str(&lines_with(&file, &["deb", "URIs:"]));
    }
    hosts_in(&text)
}

fn git(place: &Place<'_>) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for file in [
        place.workspace.join(".git/config"),
        place.home.join(".gitconfig"),
        place.home.join(".config/git/config"),
    ] {
        let text = lines_with(&file, &["url"]);
        hosts.extend(hosts_in(&text));
        hosts.extend(text.lines().filter_map(scp_host));
    }
    hosts
}

/// Host of git's short ssh form, `user@host:path`.
fn scp_host(line: &str) -> Option<String> {
    let value = line.split('=').nth(1)?.trim();
    let (_, rest) = value.split_once('@').filter(|_| !value.contains("://"))?;
    let (host, _) = rest.split_once(':')?;
    host_like(host).then(|| format!("{host}:22"))
}

/// Hosts of every URL in a text, with the port where one is written.
fn hosts_in(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let end = rest
            .find(|c: char| c.is_whitespace() || "/\"'`,;)]}?#".contains(c))
            .unwrap_or(rest.len());
        let authority = rest[..end].rsplit('@').next().unwrap_or_default();
        let host = authority.split(':').next().unwrap_or_default();
        if host_like(host) {
            let ssh = text[..at].ends_with("ssh") && !authority.contains(':');
            found.insert(if ssh {
                format!("{host}:22")
            } else {
                authority.to_owned()
            });
        }
    }
    found
}

/// Quoted words that look like a host, as in pip's `file_storage_domain="…"`.
fn bare_hosts_in(text: &str) -> BTreeSet<String> {
    text.split('"')
        .filter(|w| host_like(w) && w.contains('.'))
        .map(str::to_owned)
        .collect()
}

fn host_like(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

fn from_env(place: &Place<'_>, names: &[&str]) -> String {
    names
        .iter()
        .filter_map(|n| place.env.get(*n))
        .map(|v| format!("{v}\n"))
        .collect()
}

fn lines_with(file: &Path, words: &[&str]) -> String {
    let text = read_small(file);
    let wanted = text
        .lines()
        .filter(|l| !l.trim_start().starts_with(['#', ';']) && words.iter().any(|w| l.contains(w)));
    wanted.map(|l| format!("{l}\n")).collect()
}

fn first_lines_with(file: &Path, word: &str, count: usize) -> String {
    let text = read_small(file);
    text.lines()
        .skip_while(|l| !l.contains(word))
        .take(count)
        .map(|l| format!("{l}\n"))
        .collect()
}

fn read_small(file: &Path) -> String {
    let small = file
        .metadata()
        .is_ok_and(|m| m.is_file() && m.len() <= FILE_LIMIT);
    if small {
        std::fs::read_to_string(file).unwrap_or_default()
    } else {
        String::new()
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str) -> BTreeSet<String> {
        BTreeSet::from([name.to_owned()])
    }

    #[test]
    fn a_mirror_in_the_clients_own_configuration_is_the_set() {
        let tmp = tempfile::tempdir().unwrap();
        let home = tmp.path();
        std::fs::write(
            home.join(".npmrc"),
            "registry=https://user:pw@mirror.example:8443/npm/\n; https://comment.example\n",
        )
        .unwrap();
        let sets = look_up(&wanted("npm"), home, home, &BTreeMap::new());
        assert_eq!(
            sets["npm"],
            BTreeSet::from(["mirror.example:8443".to_owned()])
        );

        let env = BTreeMap::from([(
            "PIP_INDEX_URL".to_owned(),
            "https://wheels.example/simple".to_owned(),
        )]);
        let sets = look_up(&wanted("pip"), home, home, &env);
        assert!(sets["pip"].contains("wheels.example"), "{sets:?}");
    }

    #[test]
    fn git_remotes_in_both_spellings() {
        let tmp = tempfile::tempdir().unwrap();
        std::fs::create_dir(tmp.path().join(".git")).unwrap();
        let config = "[remote \"a\"]\n\turl = git@code.example:team/repo.git\n[remote \"b\"]\n\turl = https://other.example/x\n";
        std::fs::write(tmp.path().join(".git/config"), config).unwrap();
        let sets = look_up(
            &wanted("git"),
            Path::new("/nonexistent"),
            tmp.path(),
            &BTreeMap::new(),
        );
        assert_eq!(
            sets["git"],
            BTreeSet::from(["code.example:22".to_owned(), "other.example".to_owned()])
        );
    }

    #[test]
    fn a_cargo_index_names_its_hosts() {
        let tmp = tempfile::tempdir().unwrap();
        let index = tmp
            .path()
            .join(".cargo/registry/index/index.example-0123456789abcdef");
        std::fs::create_dir_all(&index).unwrap();
        std::fs::write(
            index.join("config.json"),
            r#"{"dl":"https://static.example/crates","api":null}"#,
        )
        .unwrap();
        let sets = look_up(&wanted("cargo"), tmp.path(), tmp.path(), &BTreeMap::new());
        assert_eq!(
            sets["cargo"],
            BTreeSet::from(["index.example".to_owned(), "static.example".to_owned()])
        );
    }
}
