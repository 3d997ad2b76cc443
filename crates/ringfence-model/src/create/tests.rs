#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ringfence_runner::testing::Tiny;

use super::*;
use crate::show;

const MODELFILE: &str = r#"
FROM tiny.gguf
TEMPLATE """{{ messages[0].content }}"""
SYSTEM You are brief.
PARAMETER temperature 0.5
PARAMETER top_k 7
LICENSE one
LICENSE two
MESSAGE user hello
MESSAGE assistant hi
"#;

fn make(directory: &Path, store: &Store, text: &str, name: &str) -> Result<Digest, CreateError> {
    let modelfile = Modelfile::parse(text).unwrap();
    let places = (directory, Path::new("/nonexistent"));
    create(
        store,
        &modelfile,
        places,
        &name.parse().unwrap(),
        &mut |_, _| {},
    )
}

#[test]
fn what_a_modelfile_says_is_over_what_its_base_says() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    std::fs::write(here.join("tiny.gguf"), Tiny::script("all is well").file()).unwrap();
    let store = Store::open(&here.join("store")).unwrap();
    make(here, &store, MODELFILE, "first").unwrap();
    let shown = show(&store, &"first".parse().unwrap()).unwrap();
    assert_eq!(shown.template.as_deref(), Some("{{ messages[0].content }}"));
    assert_eq!(shown.template_from, Some("manifest"));
    assert_eq!(shown.system.as_deref(), Some("You are brief."));
    assert_eq!(shown.license, ["one", "two"]);
    assert_eq!(
        shown.options,
        Some(serde_json::json!({ "temperature": 0.5, "top_k": 7 }))
    );
    assert_eq!(
        shown.messages,
        Some(serde_json::json!([
            { "role": "user", "content": "hello" },
            { "role": "assistant", "content": "hi" },
        ]))
    );

    make(
        here,
        &store,
        "FROM first\nSYSTEM Be long.\nPARAMETER top_k 9\n",
        "me/second:x",
    )
    .unwrap();
    let second = show(&store, &"me/second:x".parse().unwrap()).unwrap();
    assert_eq!(second.system.as_deref(), Some("Be long."));
    assert_eq!(
        (second.digest, &second.template),
        (shown.digest, &shown.template)
    );
    assert_eq!(
        second.options,
        Some(serde_json::json!({ "temperature": 0.5, "top_k": 9 }))
    );
    // The base goes, what is made of it stays whole.
    store.remove(&"first".parse().unwrap()).unwrap();
    show(&store, &"me/second:x".parse().unwrap()).unwrap();
}

#[test]
fn what_can_not_be_made_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let store = Store::open(&here.join("store")).unwrap();
    for (text, why) in [
        (
            "FROM nobody\n",
            "there is no such model in the store; fetch it (`ringfence model pull nobody:latest`)",
        ),
        ("FROM a/b/c/d\n", "write a model's name, or a path"),
        ("FROM ./none.gguf\n", "none.gguf"),
        ("FROM /etc/passwd\n", "byte 0"),
        ("FROM ~/x\n", "/nonexistent/x"),
        (
            "FROM x\nADAPTER ./lora.gguf\n",
            "adapters are not supported",
        ),
    ] {
        let error = make(here, &store, text, "x").unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    assert!(store.list().unwrap().is_empty());
    assert_eq!(
        std::fs::read_dir(here.join("store/blobs")).unwrap().count(),
        0
    );
}
