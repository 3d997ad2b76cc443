use super::*;

#[test]
fn every_instruction() {
    let modelfile = Modelfile::parse(concat!(
        "\u{feff}# A comment\n\n",
        "from ./tiny.gguf\r\n",
        "PARAMETER temperature 0.5\nparameter num_ctx 4096\nPARAMETER stop \"<|im_end|>\"\nPARAMETER stop User:\nPARAMETER seed -1\n",
        "SYSTEM \"\"\"You are\n# no comment\n\"brief\".\"\"\"\n",
        "TEMPLATE \"\"\"{% for m in messages %}{{ m.content }}{% endfor %}\"\"\"\n",
        "ADAPTER \"./a b.gguf\"\n",
        "MESSAGE user Hi there, \"you\"\nMESSAGE assistant \"\"\"Hello\"\"\"\n",
        "LICENSE MIT\nLICENSE \"\"\"two\nlines\"\"\"\nREQUIRES 0.14.0",
    ))
    .unwrap();
    assert_eq!(modelfile.from, "./tiny.gguf");
    assert_eq!(modelfile.parameters.temperature, Some(0.5));
    assert_eq!(modelfile.parameters.num_ctx, Some(4096));
    assert_eq!(
        modelfile.parameters.stop,
        Some(vec!["<|im_end|>".into(), "User:".into()])
    );
    assert_eq!(
        modelfile.system.as_deref(),
        Some("You are\n# no comment\n\"brief\".")
    );
    assert_eq!(modelfile.adapters, ["./a b.gguf"]);
    assert_eq!(modelfile.messages[0].content, "Hi there, \"you\"");
    assert_eq!(modelfile.messages[1].role, Role::Assistant);
    assert_eq!(modelfile.license, ["MIT", "two\nlines"]);
    assert_eq!(modelfile.requires.as_deref(), Some("0.14.0"));
    assert_eq!(Modelfile::parse(&modelfile.to_string()).unwrap(), modelfile);
}

#[test]
fn errors_say_line_column_and_what_to_do() {
    for (text, expected) in [
        ("", "Modelfile:1:1: there is no FROM"),
        ("SYSTEM x", "Modelfile:1:1: there is no FROM"),
        (
            "FROM a\n  FORM b",
            "Modelfile:2:3: \"FORM\" is no instruction; known are FROM, PARAMETER",
        ),
        ("FROM a\nFROM b", "Modelfile:2:1: there is a FROM already"),
        ("FROM", "Modelfile:1:5: FROM takes a value"),
        ("FROM   \nSYSTEM x", "Modelfile:1:8: FROM takes a value"),
        (
            "FROM a\nSYSTEM \"\"\"open\n\n",
            "Modelfile:2:8: these \"\"\" are not closed",
        ),
        (
            "FROM a\nSYSTEM \"open",
            "Modelfile:2:8: this \" is not closed on its line",
        ),
        (
            "FROM a\nSYSTEM \"\"\"x\"\"\" y",
            "Modelfile:2:16: nothing may follow",
        ),
        (
            "FROM a\nPARAMETER temprature 1",
            "Modelfile:2:11: \"temprature\" is no parameter; known are num_ctx",
        ),
        (
            "FROM a\nPARAMETER temperature hot",
            "Modelfile:2:11: temperature takes a number",
        ),
        (
            "FROM a\nPARAMETER num_ctx 1.5",
            "Modelfile:2:11: num_ctx: a whole number",
        ),
        (
            "FROM a\nPARAMETER top_p 7",
            "Modelfile:2:11: top_p: a number from 0 to 1",
        ),
        (
            "FROM a\nPARAMETER mirostat 2",
            "Modelfile:2:11: mirostat has no effect",
        ),
        (
            "FROM a\nPARAMETER",
            "Modelfile:2:10: PARAMETER takes a name",
        ),
        (
            "FROM a\nMESSAGE tool x",
            "Modelfile:2:9: MESSAGE takes a role",
        ),
        (
            "FROM a\nRENDERER qwen3",
            "Modelfile:2:1: RENDERER is not supported",
        ),
        (
            "FROM a\nTEMPLATE {{ if .System }}x{{ end }}",
            "Modelfile:2:10: this TEMPLATE is written for Go ({{ if .System }})",
        ),
        (
            "FROM a\nTEMPLATE {{ .Prompt }}",
            "Modelfile:2:10: this TEMPLATE is written for Go",
        ),
        (
            "FROM a\nTEMPLATE \"\"\"a\n{% for %}\"\"\"",
            "Modelfile:2:10: line 2 of this TEMPLATE",
        ),
    ] {
        let error = Modelfile::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
    let long = format!("FROM a\n{}", "LICENSE x\n".repeat(limits::INSTRUCTIONS));
    assert!(
        Modelfile::parse(&long)
            .unwrap_err()
            .reason
            .contains("more than 10000 instructions")
    );
    assert!(Modelfile::parse(&"#".repeat(limits::MODELFILE_BYTES + 1)).is_err());
}

proptest::proptest! {
    #[test]
    fn what_is_read_is_written_and_read_the_same(parts in proptest::collection::vec(proptest::sample::select(vec![
        "FROM a", "SYSTEM ", "\"\"\"", "\"", "\n", " ", "x y", "PARAMETER stop ", "\u{c}", "\r", "PARAMETER top_k 3", "MESSAGE user ", "#", "LICENSE ", "TEMPLATE ", "{{", "é",
    ]), 0..20)) {
        if let Ok(modelfile) = Modelfile::parse(&format!("FROM a\n{}", parts.concat())) {
            let again = Modelfile::parse(&modelfile.to_string());
            proptest::prop_assert_eq!(again.as_ref(), Ok(&modelfile));
        }
    }
}
