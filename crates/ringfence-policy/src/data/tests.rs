use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// The few lines that read the files and a TOML parser agree on every key of every table.
#[test]
fn the_files_are_toml_and_mean_the_same() {
    for (name, text) in FILES {
        let parsed: toml::Table =
            toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let tables = read(text).unwrap_or_else(|line| panic!("{name}:{line}"));
        let mut seen = 0;
        for (section, list) in &parsed {
            let ours: Vec<&Table> = tables
                .iter()
                .filter(|table| table.name == section)
                .collect();
            let list = list.as_array().unwrap();
            assert_eq!(ours.len(), list.len(), "{name} {section}");
            for (table, wanted) in ours.into_iter().zip(list) {
                let wanted = wanted.as_table().unwrap();
                assert_eq!(table.pairs.len(), wanted.len(), "{name} {wanted:?}");
                for (key, value) in wanted {
                    let got = table.get(key).unwrap();
                    match value {
                        toml::Value::String(text) => assert_eq!(&unescaped(got), text),
                        toml::Value::Integer(number) => {
                            assert_eq!(i64::from_str_radix(&got[2..], 8).unwrap(), *number)
                        }
                        other => assert_eq!(got, other.to_string()),
                    }
                }
                seen += 1;
            }
        }
        assert_eq!(seen, tables.len());
    }
}

#[test]
fn every_entry_says_why_and_stands_once() {
    let data = Data::get().unwrap();
    let mut seen = BTreeSet::new();
    for entry in data.sensitive.iter().chain(&data.host_run) {
        assert!(
            !entry.why.is_empty() && seen.insert((format!("{:?}", entry.at), entry.path)),
            "{entry:?}"
        );
        assert_eq!(
            Path::new(entry.path).is_absolute(),
            entry.at == At::Root,
            "{entry:?}"
        );
        let known =
            ["dir", "file", "nothing"].contains(&entry.absent) || entry.absent.starts_with("file:");
        assert!(known, "{entry:?}");
    }
    let environment = &data.environment;
    let mut names = BTreeSet::new();
    for variable in environment
        .pass
        .iter()
        .chain(&environment.ca)
        .chain(&environment.proxy)
    {
        assert!(names.insert(variable.name), "{variable:?}");
    }
    for table in read(FILES[0].1).unwrap() {
        assert!(
            table.get("why").is_some_and(|why| !why.is_empty()),
            "{:?}",
            table.pairs
        );
    }
}

#[test]
fn nothing_that_carries_a_secret_or_an_agent_is_passed() {
    for variable in &Data::get().unwrap().environment.pass {
        let name = variable.name.to_ascii_uppercase();
        for bad in [
            "TOKEN", "KEY", "SECRET", "PASS", "AUTH", "SOCK", "DBUS", "DISPLAY", "XDG", "LD_",
            "GPG",
        ] {
            assert!(!name.contains(bad), "{name}");
        }
    }
}

#[test]
fn a_broken_file_is_an_error() {
    for text in [
        "key = \"before any table\"",
        "[[x]]\nkey",
        "[[x]]\nkey = \"open",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    assert!(
        entries_of(
            &read("[[x]]\nat = \"moon\"\npath = \"x\"\nabsent = \"dir\"\nwhy = \"y\"").unwrap()
        )
        .is_none()
    );
}
