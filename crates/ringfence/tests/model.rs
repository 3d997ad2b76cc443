//! `ringfence model` as a program: the store of models, what bad input gets for an answer, and a full disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use ringfence_runner::testing::Tiny;
use support::{Place, Ran, places};

fn model(place: &Place, arguments: &[&str]) -> Ran {
    place.run([&["model"], arguments].concat())
}

fn ok(place: &Place, arguments: &[&str]) -> String {
    let ran = model(place, arguments);
    assert_eq!(
        ran.code,
        Some(0),
        "{}: {arguments:?}: {}",
        place.who(),
        ran.err
    );
    ran.out
}

fn refused(place: &Place, arguments: &[&str], code: i32, why: &str) {
    let ran = model(place, arguments);
    assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
    assert!(ran.err.contains(why), "{arguments:?}: {}", ran.err);
    assert!(ran.out.is_empty(), "{}", ran.out);
}

fn tiny(place: &Place) {
    place.write("work/empty", "");
    fs::write(
        place.path("work/tiny.gguf"),
        Tiny::script("all is well").file(),
    )
    .unwrap();
}

#[test]
fn a_model_goes_in_is_looked_at_and_goes_out() {
    for place in places() {
        tiny(&place);
        assert!(ok(&place, &["list"]).starts_with("There are no models in"));
        let imported = ok(&place, &["import", "tiny.gguf", "--name", "tiny"]);
        let id = imported
            .trim()
            .strip_prefix("tiny:latest  ")
            .unwrap()
            .to_owned();
        let listed = ok(&place, &["list"]);
        assert!(
            listed.contains("tiny:latest") && listed.contains(&id),
            "{listed}"
        );
        let json: serde_json::Value =
            serde_json::from_str(&ok(&place, &["list", "--json"])).unwrap();
        assert_eq!(json[0]["name"], "tiny:latest");
        let shown: serde_json::Value =
            serde_json::from_str(&ok(&place, &["show", "tiny", "--json"])).unwrap();
        assert_eq!(shown["architecture"], "llama");
        assert!(
            shown["id"]
                .as_str()
                .unwrap()
                .starts_with(&format!("sha256:{id}"))
        );
        let table = ok(&place, &["show", "tiny"]);
        assert!(
            table.contains("llama") && table.contains("(checked)"),
            "{table}"
        );
        ok(&place, &["cp", "tiny", "me/same:1"]);
        assert!(ok(&place, &["rm", "tiny"]).contains("0 B freed"));
        assert!(ok(&place, &["rm", "me/same:1"]).contains(" MB freed"));
        assert!(ok(&place, &["list"]).starts_with("There are no models in"));
    }
}

#[test]
fn bad_input_gets_a_reason_and_a_mend() {
    for place in places() {
        tiny(&place);
        refused(
            &place,
            &["show", "nobody"],
            1,
            "there is no model \"nobody:latest\"",
        );
        refused(&place, &["rm", "nobody"], 1, "`ringfence model list` shows");
        refused(&place, &["show", "../../etc/passwd"], 2, "invalid value");
        refused(&place, &["rm", "a:../../x"], 2, "a model name");
        refused(&place, &["import", "empty", "--name", "x"], 1, "byte 0");
        refused(
            &place,
            &["import", "none.gguf", "--name", "x"],
            1,
            "none.gguf",
        );
        refused(
            &place,
            &["import", "/dev/zero", "--name", "x"],
            1,
            "not a regular file",
        );
        ok(&place, &["import", "tiny.gguf", "--name", "tiny"]);
        let blobs = place.path("home/.local/share/ringfence/models/blobs");
        let largest = fs::read_dir(&blobs)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .max_by_key(|path| fs::metadata(path).unwrap().len())
            .unwrap();
        let mut bytes = fs::read(&largest).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::remove_file(&largest).unwrap();
        fs::write(&largest, bytes).unwrap();
        fs::set_permissions(
            &largest,
            std::os::unix::fs::PermissionsExt::from_mode(0o644),
        )
        .unwrap();
        refused(
            &place,
            &["show", "tiny"],
            1,
            "was changed or is damaged and is not loaded",
        );
    }
}

#[test]
fn a_modelfile_becomes_a_model_and_a_bad_one_is_refused_with_its_place() {
    for place in places() {
        tiny(&place);
        place.write("work/Modelfile", "FROM ./tiny.gguf\nSYSTEM Be brief.\n");
        ok(&place, &["create", "mine"]);
        let shown: serde_json::Value =
            serde_json::from_str(&ok(&place, &["show", "mine", "--json"])).unwrap();
        assert_eq!(shown["system"], "Be brief.");
        place.write("work/bad", "FROM mine\nPARAMETER temperature hot\n");
        refused(&place, &["create", "-f", "bad", "x"], 78, "bad:2:11");
        refused(&place, &["create", "-f", "none", "x"], 78, "none");
        place.write("work/base", "FROM nobody\n");
        refused(
            &place,
            &["create", "-f", "base", "x"],
            1,
            "ringfence model pull",
        );
    }
}

/// A limit on the size of files stands for the disk: the write fails in the middle either way.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    for place in places() {
        tiny(&place);
        let size = fs::metadata(place.path("work/tiny.gguf")).unwrap().len();
        assert!(size > 8 * 1024);
        // In blocks of 512 bytes; the signal that comes with the error is ignored.
        let script = "trap '' XFSZ; ulimit -f 8; exec ringfence model import tiny.gguf --name tiny";
        let mut command = place.command("sh");
        command.args(["-c", script]);
        let ran = support::finish(command.spawn().unwrap());
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        assert!(
            ran.err.contains("the disk is full") && ran.err.contains("ringfence model rm"),
            "{}",
            ran.err
        );
        let blobs = place.path("home/.local/share/ringfence/models/blobs");
        assert_eq!(fs::read_dir(blobs).unwrap().count(), 0);
        assert!(ok(&place, &["list"]).starts_with("There are no models in"));
    }
}

/// What another system would get is printed, as anybody, and says that it was not tried.
#[test]
fn a_runners_sandbox_is_written_down_for_other_systems() {
    for place in places() {
        let asked = ["sandbox-profile", "--for", "macos", "--program"];
        let ran = model(&place, &[&asked[..], &["/opt/a \"b\" (c)"]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.out.contains("(deny default)"), "{}", ran.out);
        assert!(ran.out.ends_with("(deny network*)\n"), "{}", ran.out);
        let quoted = r#"(allow process-exec (literal "/opt/a \"b\" (c)"))"#;
        assert!(ran.out.contains(quoted), "{}", ran.out);
        assert!(!ran.out.contains(".so"), "{}", ran.out);
        assert!(ran.err.contains("was not tried there"), "{}", ran.err);
        assert!(ran.err.contains("not held by it: the limit on memory"));

        // The same with this program and its libraries here.
        let here = ok(&place, &["sandbox-profile", "--for", "macos"]);
        assert!(
            here.contains("libc.so") && here.contains("ringfence"),
            "{here}"
        );

        let asked = ["sandbox-profile", "--for", "windows", "--program"];
        let program = r"C:\Tools\ringfence-runner.exe";
        let text = ok(&place, &[&asked[..], &[program]].concat());
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains(r#"action=block "program=C:\Tools\ringfence-runner.exe""#));
        let json = ok(&place, &[&asked[..], &[program, "--json"]].concat());
        assert!(
            json.contains("\"remove\"") && json.contains("not_held"),
            "{json}"
        );
        let bad = [&asked[..], &[r"C:\%TEMP%\x.exe"]].concat();
        refused(&place, &bad, 2, "could read as more than a name");
    }
}
