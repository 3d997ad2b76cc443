use super::*;
use crate::{
    DoneReason, Format, KeepAlive, Options, Prompt, Role, Think, Timings, ToolCall, ToolChoice,
    Usage, limits,
};

fn read(path: &str, body: &str) -> Result<(Request, Wire), Failure> {
    Endpoint::of_path(path).unwrap().read(body.as_bytes())
}

fn request(path: &str, body: &str) -> Request {
    read(path, body)
        .unwrap_or_else(|error| panic!("{body}: {error}"))
        .0
}

fn error(path: &str, body: &str) -> String {
    read(path, body)
        .err()
        .unwrap_or_else(|| panic!("{body} was taken"))
        .message
}

/// Bodies as the clients send them, recorded from the wire.
#[test]
fn what_real_clients_send_is_read() {
    let recorded = include_str!("../../tests/recorded.jsonl");
    let mut read_ones = 0;
    for line in recorded.lines() {
        let row = Json::parse(line.as_bytes(), 1 << 20).unwrap();
        let text = |name: &str| row.get(name).unwrap().as_str().unwrap();
        let outcome = read(text("path"), text("body"));
        let refused = ["\"../x\"", "\"n\":2", "\"image\""];
        if refused.iter().any(|mark| text("body").contains(mark)) {
            assert!(outcome.is_err(), "{line}");
        } else {
            assert!(outcome.is_ok(), "{line}: {}", outcome.unwrap_err());
            read_ones += 1;
        }
    }
    assert!(read_ones > 50, "{read_ones}");
}

#[test]
fn ollama_fields_mean_what_they_say() {
    let chat = request(
        "/api/chat",
        r#"{"model":"Me/tiny:1b","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},
            {"role":"assistant","thinking":"t","content":"","tool_calls":[{"function":{"name":"f","arguments":{"b":1,"a":2}}}]},
            {"role":"tool","content":"r","tool_name":"f"}],
            "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
            "options":{"temperature":0,"num_ctx":4096.0,"seed":-1,"stop":["a","b"],"unknown_option":1,"top_k":null},
            "format":{"type":"object"},"think":"high","keep_alive":"1h","logprobs":true,"top_logprobs":3,"unknown":{},"stream":false}"#,
    );
    assert_eq!(chat.model.to_string(), "registry.ollama.ai/Me/tiny:1b");
    assert_eq!(chat.model_as_written, "Me/tiny:1b");
    let Prompt::Chat {
        messages, tools, ..
    } = &chat.prompt
    else {
        panic!()
    };
    assert_eq!(
        messages[2].tool_calls[0].arguments.to_string(),
        r#"{"b":1,"a":2}"#
    );
    assert_eq!(messages[3].tool_name.as_deref(), Some("f"));
    assert_eq!(tools.len(), 1);
    assert_eq!(chat.options.num_ctx, Some(4096));
    assert_eq!(chat.settings(Options::default()).seed, None);
    assert_eq!(chat.think, Some(Think::High));
    assert_eq!(
        chat.keep_alive,
        Some(KeepAlive::For(Duration::from_secs(3600)))
    );
    assert_eq!(chat.logprobs, Some(3));
    assert!(matches!(chat.format, Format::Schema(_)) && !chat.stream);

    assert!(request("/api/generate", r#"{"model":"t","prompt":"x"}"#).stream);
    assert_eq!(
        request("/api/generate", r#"{"model":"t"}"#).prompt,
        Prompt::Load
    );
    let unload = request("/api/chat", r#"{"model":"t","keep_alive":0}"#);
    assert_eq!(
        (unload.prompt, unload.keep_alive),
        (Prompt::Load, Some(KeepAlive::Unload))
    );
    assert_eq!(
        request(
            "/api/generate",
            r#"{"model":"t","prompt":"a","suffix":"b"}"#
        )
        .prompt,
        Prompt::Raw {
            text: "a".into(),
            suffix: Some("b".into())
        }
    );
    let system = request(
        "/api/generate",
        r#"{"model":"t","prompt":"a","system":"s"}"#,
    );
    assert!(
        matches!(system.prompt, Prompt::Chat { messages, .. } if messages[0].role == Role::System && messages.len() == 2)
    );
}

#[test]
fn defaults_of_the_api_are_under_those_of_the_modelfile() {
    let modelfile = Options {
        temperature: Some(0.25),
        ..Options::default()
    };
    let plain = request(
        "/v1/chat/completions",
        r#"{"model":"t","messages":[{"role":"user","content":"x"}]}"#,
    );
    assert_eq!(plain.settings(Options::default()).temperature, 1.0);
    assert_eq!(plain.settings(modelfile.clone()).temperature, 0.25);
    let written = request(
        "/v1/chat/completions",
        r#"{"model":"t","temperature":2,"messages":[{"role":"user","content":"x"}]}"#,
    );
    assert_eq!(written.settings(modelfile).temperature, 2.0);
}

#[test]
fn openai_and_anthropic_fields_mean_what_they_say() {
    let chat = request(
        "/v1/chat/completions",
        r#"{"model":"t","messages":[{"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"max_tokens":1,
            "max_completion_tokens":2,"stop":"x","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"array"}}},
            "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}},
            "reasoning_effort":"none","n":1,"logit_bias":{},"user":"u","store":true,"metadata":{"a":"b"}}"#,
    );
    let Prompt::Chat {
        messages,
        tool_choice,
        ..
    } = &chat.prompt
    else {
        panic!()
    };
    assert_eq!(
        (messages[0].role, messages[0].content.as_str()),
        (Role::System, "ab")
    );
    assert_eq!(*tool_choice, ToolChoice::Named("f".into()));
    assert_eq!(chat.options.num_predict, Some(2));
    assert_eq!(chat.options.stop, Some(vec!["x".into()]));
    assert_eq!(chat.think, Some(Think::Off));
    assert_eq!(
        chat.format,
        Format::Schema(Json::parse(br#"{"type":"array"}"#, 99).unwrap())
    );

    let message = request(
        "/v1/messages",
        r#"{"model":"t","max_tokens":5,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[
            {"role":"user","content":"u"},
            {"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":""},{"type":"text","text":"a"},{"type":"tool_use","id":"i","name":"f","input":{"x":1}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"i","content":"bad","is_error":true},
                {"type":"tool_result","tool_use_id":"j","content":[{"type":"text","text":"found"},{"type":"tool_reference","tool_name":"f"}]},{"type":"text","text":"go on"}]}],
            "tools":[{"name":"f","input_schema":{"type":"object"},"defer_loading":true}],"tool_choice":{"type":"any"},"thinking":{"type":"enabled","budget_tokens":2000},
            "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}}"#,
    );
    let Prompt::Chat {
        messages,
        tool_choice,
        ..
    } = &message.prompt
    else {
        panic!()
    };
    let shape: Vec<_> = messages
        .iter()
        .map(|m| (m.role, m.content.as_str()))
        .collect();
    assert_eq!(
        shape,
        [
            (Role::System, "s"),
            (Role::User, "u"),
            (Role::Assistant, "a"),
            (Role::Tool, "Error: bad"),
            (Role::Tool, "found\nf"),
            (Role::User, "go on")
        ]
    );
    assert_eq!(messages[3].tool_name.as_deref(), Some("f"));
    assert_eq!(*tool_choice, ToolChoice::Required);
    assert_eq!(message.think, Some(Think::Low));
    assert!(matches!(message.format, Format::Schema(_)));

    let responses = request(
        "/v1/responses",
        r#"{"model":"t","instructions":"i","input":[{"role":"user","content":"u"},{"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"h"}]},
            {"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"},{"type":"function_call_output","call_id":"c","output":"r"}],
            "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}},"max_output_tokens":7,"truncation":"auto"}"#,
    );
    let Prompt::Chat { messages, .. } = &responses.prompt else {
        panic!()
    };
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[2].thinking.as_deref(), Some("h"));
    assert_eq!(messages[2].tool_calls[0].name, "f");
    assert!(responses.truncate);

    // As agents send them: tools that no model can call, and hints about thinking.
    let codex = request(
        "/v1/responses",
        r#"{"model":"t","input":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"d"}]},{"type":"message","role":"user","content":"u"}],
            "tools":[{"type":"function","name":"f","strict":false,"parameters":{}},{"type":"namespace","name":"n","tools":[]},{"type":"web_search","external_web_access":true}],
            "reasoning":{"summary":"auto"},"store":false,"include":["reasoning.encrypted_content"],"client_metadata":{},"stream":true}"#,
    );
    assert!(matches!(&codex.prompt, Prompt::Chat { tools, .. } if tools.len() == 1));
    let claude = request(
        "/v1/messages",
        r#"{"model":"t","max_tokens":9,"messages":[{"role":"user","content":"u"},{"role":"system","content":"s"}],"thinking":{"type":"adaptive"},
            "context_management":{"edits":[]},"output_config":{"effort":"high"},"metadata":{"user_id":"u"}}"#,
    );
    assert_eq!(
        (claude.think, claude.think_required),
        (Some(Think::High), false)
    );
}

#[test]
fn options_and_messages_of_layers() {
    let json = |text: &str| Json::parse(text.as_bytes(), 999).unwrap();
    let options = read_options(json(
        r#"{"stop":["<|im_end|>"],"temperature":0.6,"penalize_newline":true}"#,
    ))
    .unwrap();
    assert_eq!(
        (options.temperature, options.stop),
        (Some(0.6), Some(vec!["<|im_end|>".to_owned()]))
    );
    let failure = read_options(json(r#"{"temperature":"hot"}"#)).unwrap_err();
    assert!(
        failure.message.starts_with("parameters.temperature: "),
        "{failure}"
    );
    assert_eq!(
        read_messages(json(r#"[{"role":"user","content":"x"}]"#))
            .unwrap()
            .len(),
        1
    );
    assert!(
        read_messages(json("7"))
            .unwrap_err()
            .message
            .starts_with("messages: ")
    );
}

#[test]
fn a_complaint_names_the_field() {
    const OLLAMA: &str = "/api/chat";
    const OPENAI: &str = "/v1/chat/completions";
    const ANTHROPIC: &str = "/v1/messages";
    for (path, body, start) in [
        (OLLAMA, "", "request body: "),
        (
            OLLAMA,
            "[]",
            "the request body is to be a JSON object, not an array",
        ),
        (OLLAMA, "{}", "model is required"),
        (OLLAMA, r#"{"model":""}"#, "model is required"),
        (OLLAMA, r#"{"model":"../../etc/passwd"}"#, "model: "),
        (
            OLLAMA,
            r#"{"model":7}"#,
            "model: a string is expected, not a number",
        ),
        (
            OLLAMA,
            r#"{"model":"t","messages":[{"role":"user","content":"x"},{"role":"bot","content":"x"}]}"#,
            "messages[1].role: \"bot\"",
        ),
        (
            OLLAMA,
            r#"{"model":"t","messages":[{"role":"user","content":"x","images":["aGk="]}]}"#,
            "messages[0].images is not supported",
        ),
        (
            OLLAMA,
            r#"{"model":"t","options":{"num_ctx":"big"}}"#,
            "options.num_ctx: a whole number is expected, not a string",
        ),
        (
            OLLAMA,
            r#"{"model":"t","options":{"temperature":-1}}"#,
            "options.temperature: a number from 0 to 100",
        ),
        (
            OLLAMA,
            r#"{"model":"t","options":{"num_ctx":1e300}}"#,
            "options.num_ctx: a whole number from",
        ),
        (OLLAMA, r#"{"model":"t","format":"xml"}"#, "format: \"xml\""),
        (
            OLLAMA,
            r#"{"model":"t","keep_alive":"soon"}"#,
            "keep_alive takes seconds",
        ),
        (
            OLLAMA,
            r#"{"model":"t","tools":[{"type":"function"}]}"#,
            "tools[0].function is required",
        ),
        (
            OLLAMA,
            r#"{"model":"t","top_logprobs":99}"#,
            "top_logprobs: ",
        ),
        (
            "/api/generate",
            r#"{"model":"t","prompt":"x","template":"{{ .Prompt }}"}"#,
            "template is not supported",
        ),
        (
            "/api/generate",
            r#"{"model":"t","prompt":"x","context":[1]}"#,
            "context is not supported",
        ),
        (
            OPENAI,
            r#"{"model":"t","messages":[]}"#,
            "messages: at least one",
        ),
        (
            OPENAI,
            r#"{"model":"t","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x"}}]}]}"#,
            "messages[0].content[0].type is not supported",
        ),
        (
            OPENAI,
            r#"{"model":"t","messages":[{"role":"user","content":"x"}],"n":3}"#,
            "n is not supported",
        ),
        (
            OPENAI,
            r#"{"model":"t","messages":[{"role":"user","content":"x"}],"logit_bias":{"1":2}}"#,
            "logit_bias is not supported",
        ),
        (
            OPENAI,
            r#"{"model":"t","messages":[{"role":"user","content":"x"}],"tool_choice":"required"}"#,
            "tool_choice asks for a tool",
        ),
        (
            OPENAI,
            r#"{"model":"t","messages":[{"role":"assistant","tool_calls":[{"id":"i","function":{"name":"f","arguments":"[1]"}}]}]}"#,
            "messages[0].tool_calls[0].function.arguments: ",
        ),
        (
            "/v1/responses",
            r#"{"model":"t","input":"x","previous_response_id":"r"}"#,
            "previous_response_id is not supported",
        ),
        (
            "/v1/responses",
            r#"{"model":"t","input":"x","tools":[{"type":"web_search"}],"tool_choice":"required"}"#,
            "tool_choice asks for a tool",
        ),
        (
            "/v1/embeddings",
            r#"{"model":"t","input":[1,2]}"#,
            "input is not supported",
        ),
        (
            ANTHROPIC,
            r#"{"model":"t","messages":[{"role":"user","content":"x"}]}"#,
            "max_tokens is required",
        ),
        (
            ANTHROPIC,
            r#"{"model":"t","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image"}]}]}"#,
            "messages[0].content[0].type is not supported",
        ),
        (
            ANTHROPIC,
            r#"{"model":"t","max_tokens":1,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"bash_20250124","name":"bash"}]}"#,
            "tools[0].type: ",
        ),
    ] {
        let message = error(path, body);
        assert!(message.starts_with(start), "{body}: {message}");
    }
}

#[test]
fn counts_and_sizes_are_bounded() {
    let message = r#"{"role":"user","content":"x"}"#;
    let messages = vec![message; limits::MESSAGES + 1].join(",");
    assert!(
        error(
            "/api/chat",
            &format!(r#"{{"model":"t","messages":[{messages}]}}"#)
        )
        .contains("at most 10000")
    );
    let tools = vec![r#"{"function":{"name":"f"}}"#; limits::TOOLS + 1].join(",");
    assert!(
        error(
            "/api/chat",
            &format!(r#"{{"model":"t","tools":[{tools}]}}"#)
        )
        .contains("at most 256")
    );
    let stops = vec!["\"x\""; limits::STOPS + 1].join(",");
    assert!(
        error(
            "/api/chat",
            &format!(r#"{{"model":"t","options":{{"stop":[{stops}]}}}}"#)
        )
        .contains("at most 64")
    );
    let long = "x".repeat(limits::STOP_BYTES + 1);
    assert!(
        error(
            "/api/chat",
            &format!(r#"{{"model":"t","options":{{"stop":["{long}"]}}}}"#)
        )
        .contains("at most 256 bytes")
    );
    let schema = format!(
        r#"{{"description":"{}"}}"#,
        "x".repeat(limits::SCHEMA_BYTES)
    );
    assert!(
        error(
            "/api/chat",
            &format!(
                r#"{{"model":"t","tools":[{{"function":{{"name":"f","parameters":{schema}}}}}]}}"#
            )
        )
        .contains("at most 262144 bytes")
    );
    let deep = format!(
        r#"{{"model":"t","format":{}{}}}"#,
        r#"{"a":"#.repeat(100),
        "1".to_owned() + &"}".repeat(100)
    );
    assert!(error("/api/chat", &deep).contains("nested deeper"));
    let failure = Endpoint::OllamaChat
        .read(&vec![b' '; limits::BODY_BYTES + 1])
        .unwrap_err();
    assert_eq!(failure.kind.status(), 413);
}

/// The answer to `body`, of these steps, and its status.
fn answer(path: &str, body: &str, events: &[Event]) -> (u16, &'static str, String) {
    let (request, wire) = read(path, body).unwrap();
    let identity = Identity {
        id: "X1".into(),
        created: Duration::from_secs(1_722_079_266),
    };
    let mut writer = Writer::new(wire, &request, identity);
    let mut bytes = Vec::new();
    for event in events {
        bytes.extend(writer.event(event, Duration::from_secs(1_722_079_266)));
    }
    assert!(writer.ended());
    assert!(writer.event(&events[0], Duration::ZERO).is_empty());
    (
        writer.status(),
        writer.content_type(),
        String::from_utf8(bytes).unwrap(),
    )
}

fn token(text: &str) -> Event {
    Event::Token {
        text: text.into(),
        logprobs: vec![],
    }
}

fn done(reason: DoneReason) -> Event {
    Event::Done {
        reason,
        usage: Usage {
            prompt_tokens: 3,
            cached_tokens: 1,
            completion_tokens: 2,
        },
        timings: Timings {
            total: Duration::from_nanos(9),
            ..Timings::default()
        },
    }
}

fn call() -> Event {
    Event::ToolCall(ToolCall {
        id: "c0".into(),
        name: "f".into(),
        arguments: Json::parse(br#"{"z":1,"a":"x"}"#, 99).unwrap(),
    })
}

fn failed() -> Event {
    Event::Error(Failure::new(FailureKind::Overloaded, "busy"))
}

#[test]
fn ollama_answers() {
    let chat = r#"{"model":"t","messages":[{"role":"user","content":"x"}]}"#;
    let (status, kind, text) = answer(
        "/api/chat",
        chat,
        &[token("a\n"), call(), done(DoneReason::ToolCalls)],
    );
    assert_eq!((status, kind), (200, "application/x-ndjson"));
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            r#"{"model":"t","created_at":"2024-07-27T11:21:06.000000000Z","message":{"role":"assistant","content":"a\n"},"done":false}"#,
            r#"{"model":"t","created_at":"2024-07-27T11:21:06.000000000Z","message":{"role":"assistant","content":"","tool_calls":[{"id":"c0","function":{"index":0,"name":"f","arguments":{"z":1,"a":"x"}}}]},"done":false}"#,
            r#"{"model":"t","created_at":"2024-07-27T11:21:06.000000000Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":9,"load_duration":0,"prompt_eval_count":3,"prompt_eval_duration":0,"eval_count":2,"eval_duration":0}"#,
        ]
    );
    let whole = r#"{"model":"t","prompt":"x","stream":false}"#;
    let (_, kind, text) = answer(
        "/api/generate",
        whole,
        &[token("a"), token("b"), done(DoneReason::Length)],
    );
    assert_eq!(kind, "application/json");
    assert!(
        text.contains(r#""response":"ab","done":true,"done_reason":"length""#),
        "{text}"
    );
    let (_, _, text) = answer(
        "/api/generate",
        r#"{"model":"t","stream":false}"#,
        &[done(DoneReason::Load)],
    );
    assert!(
        text.ends_with(r#""response":"","done":true,"done_reason":"load"}"#),
        "{text}"
    );
    let vectors = [
        Event::Embedding {
            index: 1,
            vector: vec![0.1],
        },
        Event::Embedding {
            index: 0,
            vector: vec![1.5],
        },
        done(DoneReason::Stop),
    ];
    let (_, _, text) = answer("/api/embed", r#"{"model":"t","input":["a","b"]}"#, &vectors);
    assert!(
        text.starts_with(r#"{"model":"t","embeddings":[[1.5],[0.1]],"total_duration":9"#),
        "{text}"
    );
}

#[test]
fn errors_have_the_shape_of_their_api() {
    let chat =
        r#"{"model":"t","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#;
    for (path, before, after) in [
        (
            "/api/chat",
            "{\"error\":\"busy\"}",
            "{\"error\":\"busy\"}\n",
        ),
        (
            "/v1/chat/completions",
            r#"{"error":{"message":"busy","type":"server_error","param":null,"code":null}}"#,
            "data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n",
        ),
        (
            "/v1/messages",
            r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n",
        ),
    ] {
        let (status, kind, text) = answer(path, chat, &[failed()]);
        assert_eq!(
            (status, kind, text.as_str()),
            (503, "application/json", before)
        );
        let (status, _, text) = answer(path, chat, &[token("a"), failed()]);
        assert_eq!(status, 200);
        assert!(text.ends_with(after), "{text}");
    }
    assert_eq!(Api::of_path("/v1/nothing"), Api::OpenAi);
    assert_eq!(Api::of_path("/nothing"), Api::Ollama);
}

#[test]
fn streams_of_openai_and_anthropic() {
    let chat = r#"{"model":"t","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}"#;
    let (_, kind, text) = answer(
        "/v1/chat/completions",
        chat,
        &[token("a"), done(DoneReason::Stop)],
    );
    assert_eq!(kind, "text/event-stream");
    let head = r#"data: {"id":"chatcmpl-X1","object":"chat.completion.chunk","created":1722079266,"model":"t","system_fingerprint":"fp_ringfence","choices":"#;
    let bodies: Vec<_> = text
        .split_terminator("\n\n")
        .map(|line| line.strip_prefix(head).unwrap_or(line))
        .collect();
    assert_eq!(
        bodies,
        [
            r#"[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":null}"#,
            r#"[{"index":0,"delta":{"content":"a"},"logprobs":null,"finish_reason":null}],"usage":null}"#,
            r#"[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}"#,
            r#"[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1}}}"#,
            "data: [DONE]",
        ]
    );
    let message =
        r#"{"model":"t","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#;
    let (_, _, text) = answer(
        "/v1/messages",
        message,
        &[
            Event::Thinking { text: "h".into() },
            token("a"),
            call(),
            done(DoneReason::ToolCalls),
        ],
    );
    let names: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    assert!(
        text.contains(r#""partial_json":"{\"z\":1,\"a\":\"x\"}""#),
        "{text}"
    );
    assert!(text.contains(r#""delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":2,"cache_creation_input_tokens":0,"cache_read_input_tokens":1,"output_tokens":2}"#), "{text}");
    let responses = r#"{"model":"t","stream":true,"input":"x"}"#;
    let (_, _, text) = answer(
        "/v1/responses",
        responses,
        &[token("a"), token("b"), done(DoneReason::Length)],
    );
    let names: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("event: response."))
        .collect();
    assert_eq!(
        names,
        [
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "incomplete",
        ]
    );
    for (n, line) in text
        .lines()
        .filter(|line| line.starts_with("data: "))
        .enumerate()
    {
        assert!(
            line.contains(&format!("\"sequence_number\":{n},")),
            "{line}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_body_brings_a_reader_down(body in "[\\[\\]{}\":,a-z0-9 ]{0,60}") {
        for path in ["/api/generate", "/api/chat", "/api/embed", "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"] {
            let _ = read(path, &body);
            let _ = read(path, &format!(r#"{{"model":"t","max_tokens":1,"messages":{body},"input":{body},"tools":{body}}}"#));
        }
    }
}
