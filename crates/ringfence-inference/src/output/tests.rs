use super::*;
use crate::Alternative;

/// Feeds `text` in pieces of `size` bytes; returns content, thinking, calls and the reason.
fn run(spec: &OutputSpec, text: &str, size: usize) -> (String, String, Vec<String>, DoneReason) {
    let mut output = Output::new(spec.clone());
    let mut events = Vec::new();
    for bytes in text.as_bytes().chunks(size) {
        events.extend(output.push(Piece {
            bytes: bytes.to_vec(),
            logprob: None,
        }));
        if output.stopped().is_some() {
            break;
        }
    }
    events.extend(output.finish(DoneReason::Stop, Usage::default(), Timings::default()));
    let (mut said, mut thought, mut calls, mut end) = (String::new(), String::new(), vec![], None);
    for event in events {
        assert!(end.is_none(), "something after the end");
        match event {
            Event::Token { text, .. } => said.push_str(&text),
            Event::Thinking { text } => thought.push_str(&text),
            Event::ToolCall(call) => {
                calls.push(format!("{} {}{}", call.id, call.name, call.arguments))
            }
            Event::Done { reason, .. } => end = Some(reason),
            other => panic!("{other:?}"),
        }
    }
    (said, thought, calls, end.unwrap())
}

/// The same for every way to cut the text into equal pieces.
fn all(spec: &OutputSpec, text: &str) -> (String, String, Vec<String>, DoneReason) {
    let whole = run(spec, text, text.len().max(1));
    for size in 1..text.len().max(1) {
        assert_eq!(
            run(spec, text, size),
            whole,
            "cut every {size} bytes: {text:?}"
        );
    }
    whole
}

fn with_tools(form: ToolForm) -> OutputSpec {
    OutputSpec {
        tools: Some(form),
        tool_names: vec!["weather".into(), "time".into()],
        call_id: "call_".into(),
        ..OutputSpec::default()
    }
}

fn said(spec: &OutputSpec, text: &str) -> String {
    let (said, thought, calls, _) = all(spec, text);
    assert!(
        thought.is_empty() && calls.is_empty(),
        "{thought} {calls:?}"
    );
    said
}

#[test]
fn characters_are_whole_and_wrong_bytes_are_replaced() {
    assert_eq!(
        said(&OutputSpec::default(), "Grüße, 世界 🦀"),
        "Grüße, 世界 🦀"
    );
    let mut output = Output::new(OutputSpec::default());
    let mut text = String::new();
    for byte in [b'a', 0xff, b'b', 0xe4, 0xb8, b'c', 0xf0, 0x9f] {
        for event in output.push(Piece {
            bytes: vec![byte],
            logprob: None,
        }) {
            let Event::Token { text: more, .. } = event else {
                panic!()
            };
            text.push_str(&more);
        }
    }
    let events = output.finish(DoneReason::Length, Usage::default(), Timings::default());
    assert_eq!(text, "a\u{fffd}b\u{fffd}c");
    assert!(matches!(&events[0], Event::Token { text, .. } if text == "\u{fffd}"));
    assert!(matches!(
        &events[1],
        Event::Done {
            reason: DoneReason::Length,
            ..
        }
    ));
}

#[test]
fn a_stop_string_ends_the_answer_however_it_is_cut() {
    let spec = OutputSpec {
        stop: vec![
            "STOP".into(),
            "\n\nUser:".into(),
            "é!".into(),
            String::new(),
        ],
        ..OutputSpec::default()
    };
    let (text, _, _, reason) = all(&spec, "one STO two STOP three");
    assert_eq!(
        (text.as_str(), reason),
        ("one STO two ", DoneReason::StopString("STOP".into()))
    );
    let (text, _, _, reason) = all(&spec, "one\n\n\nUser: two");
    assert_eq!(
        (text.as_str(), reason),
        ("one\n", DoneReason::StopString("\n\nUser:".into()))
    );
    let (text, _, _, reason) = all(&spec, "caf\u{e9} caf\u{e9}! no");
    assert_eq!(
        (text.as_str(), reason),
        ("café caf", DoneReason::StopString("é!".into()))
    );
    assert_eq!(said(&spec, "ends with ST"), "ends with ST");
}

#[test]
fn nothing_but_a_possible_stop_is_held_back() {
    let mut output = Output::new(OutputSpec {
        stop: vec!["END".into()],
        ..OutputSpec::default()
    });
    let mut push = |text: &str| {
        output
            .push(Piece {
                bytes: text.into(),
                logprob: None,
            })
            .into_iter()
            .map(|event| match event {
                Event::Token { text, .. } => text,
                other => panic!("{other:?}"),
            })
            .collect::<String>()
    };
    assert_eq!(push("abc"), "abc");
    assert_eq!(push("xE"), "x");
    assert_eq!(push("N"), "");
    assert_eq!(push("x"), "ENx");
}

#[test]
fn thinking_is_apart_from_the_answer() {
    let spec = OutputSpec {
        think: Some(ThinkTags::default()),
        ..OutputSpec::default()
    };
    let (text, thought, _, _) = all(
        &spec,
        "\n<think>\nIs 1 < 2?  Yes.\n</think>\n\nYes: </think> is text.",
    );
    assert_eq!(thought, "Is 1 < 2?  Yes.");
    assert_eq!(text, "Yes: </think> is text.");
    let (text, thought, _, _) = all(&spec, "<think></think>Yes.");
    assert_eq!((text.as_str(), thought.as_str()), ("Yes.", ""));
    assert_eq!(said(&spec, " <thin is no tag"), " <thin is no tag");
    assert_eq!(
        said(&spec, "later <think>x</think>"),
        "later <think>x</think>"
    );
    let open = OutputSpec {
        think_open: true,
        ..spec.clone()
    };
    let (text, thought, _, _) = all(&open, "hm.</think>Yes.");
    assert_eq!((text.as_str(), thought.as_str()), ("Yes.", "hm."));
    let (text, thought, _, _) = all(&open, "never closed </thin");
    assert_eq!(
        (text.as_str(), thought.as_str()),
        ("", "never closed </thin")
    );
    assert!(ThinkTags::default().left_open_by("<|im_start|>assistant\n<think>\n"));
}

#[test]
fn hermes_calls() {
    let spec = with_tools(ToolForm::Hermes);
    let text = "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Köln </tool>\", \"a\": [1]}}\n</tool_call>\n<tool_call>{\"name\":\"time\",\"arguments\":{}}</tool_call>\n";
    let (said_text, _, calls, reason) = all(&spec, text);
    assert_eq!(said_text, "Let me see.");
    assert_eq!(
        calls,
        [
            "call_0 weather{\"city\":\"Köln </tool>\",\"a\":[1]}",
            "call_1 time{}"
        ]
    );
    assert_eq!(reason, DoneReason::ToolCalls);
    let xml = "<tool_call>\n<function=weather>\n<parameter=city>\nBonn\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>";
    assert_eq!(
        all(&spec, xml).2,
        ["call_0 weather{\"city\":\"Bonn\",\"days\":3}"]
    );
    let pairs = "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Bonn</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call><tool_call>time</tool_call>";
    assert_eq!(
        all(&spec, pairs).2,
        [
            "call_0 weather{\"city\":\"Bonn\",\"days\":3}",
            "call_1 time{}"
        ]
    );
    // White space between a call and what follows belongs to neither.
    let (text, _, _, _) = all(&spec, "a <tool_call>{\"name\":\"time\"}</tool_call> \r\n b");
    assert_eq!(text, "ab");
    // A model that stops before the closing tag has still called.
    assert_eq!(
        all(&spec, "<tool_call>{\"name\":\"time\"}").2,
        ["call_0 time{}"]
    );
    // Arguments as a string of JSON.
    assert_eq!(
        all(
            &spec,
            r#"<tool_call>{"name":"time","arguments":"{\"z\":1}"}</tool_call>"#
        )
        .2,
        ["call_0 time{\"z\":1}"]
    );
}

#[test]
fn what_is_no_call_stays_text() {
    let hermes = with_tools(ToolForm::Hermes);
    for text in [
        "<tool_call>{\"name\":\"rm\",\"arguments\":{}}</tool_call> x",
        "<tool_call>not json</tool_call>",
        "<tool_call>{\"name\":\"time\"",
        "a <tool_cal",
        "<tool_call>",
        "a  b \n",
        "",
    ] {
        assert_eq!(said(&hermes, text), text);
    }
    let llama = with_tools(ToolForm::Llama3);
    for text in [
        "{\"a\": 1} and more",
        "{ \"name\": \"rm\", \"parameters\": {}}",
        "{",
        "{{{",
        "plain {\"name\":\"time\"}",
        "<|python_tag|> {\"x\": 1}",
        "<|python_tag|> print(1)",
    ] {
        assert_eq!(said(&llama, text), text);
    }
    let mistral = with_tools(ToolForm::Mistral);
    for text in [
        "[TOOL_CALLS] [1, 2]",
        "[TOOL_CALLS]rm[ARGS]{}",
        "[TOOL_CALLS]",
        "[TOOL",
        "[TOOL_CALLS][{\"name\":\"time\"",
    ] {
        assert_eq!(said(&mistral, text), text);
    }
}

#[test]
fn llama_and_mistral_calls() {
    let llama = with_tools(ToolForm::Llama3);
    for text in [
        "{\"name\": \"weather\", \"parameters\": {\"city\": \"B}\\\"\"}}",
        "<|python_tag|>{\"type\": \"function\", \"name\": \"weather\", \"parameters\": {\"city\": \"B}\\\"\"}}",
        "\n{\"function\": {\"name\": \"weather\", \"arguments\": {\"city\": \"B}\\\"\"}}}",
    ] {
        let (text, _, calls, reason) = all(&llama, text);
        assert_eq!(text, "");
        assert_eq!(calls, ["call_0 weather{\"city\":\"B}\\\"\"}"]);
        assert_eq!(reason, DoneReason::ToolCalls);
    }
    let two = "{\"name\":\"time\",\"parameters\":{}}; {\"name\":\"weather\",\"parameters\":{}}";
    assert_eq!(all(&llama, two).2, ["call_0 time{}", "call_1 weather{}"]);

    let mistral = with_tools(ToolForm::Mistral);
    let list = "[TOOL_CALLS] [{\"name\": \"time\", \"arguments\": {\"zone\": \"]\"}, \"id\": \"abc\"}, {\"name\":\"weather\",\"arguments\":{}}]";
    assert_eq!(
        all(&mistral, list).2,
        ["call_0 time{\"zone\":\"]\"}", "call_1 weather{}"]
    );
    let new = "Sure.[TOOL_CALLS]time[CALL_ID]x9[ARGS]{\"zone\": \"UTC\"}[TOOL_CALLS]weather{\"city\":\"X\"}";
    let (text, _, calls, _) = all(&mistral, new);
    assert_eq!(text, "Sure.");
    assert_eq!(
        calls,
        [
            "call_0 time{\"zone\":\"UTC\"}",
            "call_1 weather{\"city\":\"X\"}"
        ]
    );
}

#[test]
fn a_call_that_never_ends_is_text_after_the_limit() {
    let spec = with_tools(ToolForm::Hermes);
    let text = format!(
        "<tool_call>{}",
        "x".repeat(crate::limits::TOOL_CALL_BYTES + 10_000)
    );
    assert_eq!(run(&spec, &text, 4096).0, text);
}

#[test]
fn log_probabilities_go_with_the_text_of_their_token() {
    let mut output = Output::new(OutputSpec {
        stop: vec!["XYZ".into()],
        ..OutputSpec::default()
    });
    let mut seen = Vec::new();
    for (token, logprob) in [
        ("a", -1.0),
        ("bX", -2.0),
        ("Y", -3.0),
        ("c", -4.0),
        ("X", -5.0),
        ("YZ", -6.0),
    ] {
        for event in output.push(Piece {
            bytes: token.into(),
            logprob: Some(Logprob {
                token: Alternative {
                    bytes: token.into(),
                    logprob,
                },
                top: vec![],
            }),
        }) {
            let Event::Token { text, logprobs } = event else {
                panic!()
            };
            seen.push((
                text,
                logprobs.iter().map(|l| l.token.logprob).collect::<Vec<_>>(),
            ));
        }
    }
    assert_eq!(
        seen,
        [
            ("a".to_owned(), vec![-1.0]),
            ("b".to_owned(), vec![-2.0]),
            ("XYc".to_owned(), vec![-3.0, -4.0])
        ]
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1500))]
    #[test]
    fn the_cuts_change_nothing(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "<tool_call>", "</tool_call>", "{\"name\":\"time\"}", "{", "}", "[TOOL_CALLS]", "[", "]", "[ARGS]", "time", "<think>", "</think>",
            "<|python_tag|>", " ", "\n", "\"", "\\", "é", "STOP", "ST", "text", "<", ";", "{\"name\":\"weather\",\"arguments\":{\"a\":1}}",
        ]), 0..10),
        form in proptest::sample::select(vec![None, Some(ToolForm::Hermes), Some(ToolForm::Llama3), Some(ToolForm::Mistral)]),
        think in proptest::bool::ANY,
        stop in proptest::bool::ANY,
        size in 1_usize..9,
    ) {
        let spec = OutputSpec {
            stop: if stop { vec!["STOP".into()] } else { vec![] },
            think: think.then(ThinkTags::default),
            tools: form,
            ..with_tools(ToolForm::Hermes)
        };
        let text = parts.concat();
        proptest::prop_assert_eq!(run(&spec, &text, size), run(&spec, &text, text.len().max(1)));
    }
}
