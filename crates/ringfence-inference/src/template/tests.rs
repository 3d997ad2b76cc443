use super::*;
use crate::{Json, Role, ToolCall};

const CHATML: &str = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

fn input<'a>(messages: &'a [Message], tools: &'a [Tool]) -> TemplateInput<'a> {
    TemplateInput {
        messages,
        tools,
        add_generation_prompt: true,
        bos_token: "<s>",
        eos_token: "</s>",
        think: None,
        now: Duration::from_secs(1_722_079_266),
    }
}

fn says(role: Role, content: &str) -> Message {
    Message {
        role,
        content: content.into(),
        ..Message::default()
    }
}

fn render(source: &str) -> Result<String, TemplateError> {
    ChatTemplate::new(source)?.render(input(&[says(Role::User, "hi")], &[]))
}

#[test]
fn chatml() {
    let messages = [
        says(Role::System, "Be brief."),
        says(Role::User, "{{ 7 * 7 }} <b>"),
    ];
    let text = ChatTemplate::new(CHATML)
        .unwrap()
        .render(input(&messages, &[]))
        .unwrap();
    assert_eq!(
        text,
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{{ 7 * 7 }} <b><|im_end|>\n<|im_start|>assistant\n"
    );
}

/// The constructions that published templates use, each with what Python's Jinja answers.
#[test]
fn what_published_templates_need() {
    for (source, expected) in [
        (
            "{{ bos_token }}{{ messages[0].content.strip().upper() }}{{ eos_token }}",
            "<s>HI</s>",
        ),
        (
            "{{ messages[-1]['role'] }}{{ messages[1:]|length }}{{ messages[::-1][0].role }}",
            "user0user",
        ),
        (
            "{% set ns = namespace(found=false) %}{% for m in messages %}{% set ns.found = true %}{% endfor %}{{ ns.found }}",
            "True",
        ),
        (
            "{{ 'a</think>b'.split('</think>')[-1].lstrip('\\n') }}",
            "b",
        ),
        (
            "{{ 'x' if tools is defined and tools is not none else 'y' }}",
            "y",
        ),
        (
            "{{ {'a': [1, 2.5, none, true], 'b': 'é\"<'} | tojson }}",
            "{\"a\": [1, 2.5, null, true], \"b\": \"é\\\"<\"}",
        ),
        (
            "{{ {'a': [1], 'b': {}} | tojson(indent=2) }}",
            "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}",
        ),
        (
            "{{ {'a': [1, 2]} | tojson(separators=(',', ':'), ensure_ascii=False) }}",
            "{\"a\":[1,2]}",
        ),
        ("{{ strftime_now('%d %b %Y') }}", "27 Jul 2024"),
        (
            "{% for k, v in {'z': 1, 'a': 2}.items() %}{{ k }}{{ v }}{{ ',' if not loop.last }}{% endfor %}",
            "z1,a2",
        ),
        (
            "{% for m in messages %}{% if loop.index0 == 0 %}{% continue %}{% endif %}x{% endfor %}.",
            ".",
        ),
        (
            "{% macro f(x, y=2) %}{{ x }}{{ y }}{% endmacro %}{{ f(1) }}{{ f(1, y=3) }}",
            "1213",
        ),
        (
            "{% set x %}cap{% endset %}{{ x }}{{ messages | map(attribute='role') | join(',') }}",
            "capuser",
        ),
        (
            "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}",
            "1",
        ),
        (
            "{% if messages[0].tool_calls %}a{% else %}b{% endif %}{{ messages[0].nothing is defined }}",
            "bFalse",
        ),
        (
            "{{ 'a' ~ 1 ~ none }}{{ 'content' in messages[0] }}{{ messages[0].get('x', 'd') }}",
            "a1NoneTrued",
        ),
        ("  {%- if true %}\n  x\n  {%- endif %}\n", "  x"),
        (
            "{{ tools is iterable }}{{ messages is iterable }}{{ 1 is iterable }}{{ 'a' is iterable }}",
            "FalseTrueFalseTrue",
        ),
        ("{% generation %}x{% endgeneration %}", "x"),
    ] {
        match render(source) {
            Ok(text) => assert_eq!(text, expected, "{source}"),
            Err(error) => panic!("{source}: {error}"),
        }
    }
}

#[test]
fn tools_and_calls_are_there_in_their_order() {
    let mut call = says(Role::Assistant, "");
    call.tool_calls = vec![ToolCall {
        id: "c1".into(),
        name: "weather".into(),
        arguments: Json::parse(br#"{"z": 1, "a": "x"}"#, 100).unwrap(),
    }];
    let mut answer = says(Role::Tool, "rain");
    answer.tool_name = Some("weather".into());
    let messages = [call, answer];
    let tools = [Tool {
        name: "weather".into(),
        description: None,
        parameters: Json::parse(br#"{"type":"object","properties":{"z":{},"a":{}}}"#, 100).unwrap(),
    }];
    let source = "{% for tool in tools %}{{ tool | tojson }}{% endfor %}{% for m in messages %}{% for c in m.tool_calls %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}{{ m.name }}{% endfor %}";
    let text = ChatTemplate::new(source)
        .unwrap()
        .render(input(&messages, &tools))
        .unwrap();
    assert_eq!(
        text,
        r#"{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"z": {}, "a": {}}}}}weather{"z": 1, "a": "x"}weather"#
    );
}

#[test]
fn thinking_is_said_by_every_name() {
    let template = ChatTemplate::new(
        "{{ enable_thinking is defined }}{{ enable_thinking }}{{ reasoning_effort }}",
    )
    .unwrap();
    let with = |think| {
        template
            .render(TemplateInput {
                think,
                ..input(&[], &[])
            })
            .unwrap()
    };
    assert_eq!(with(None), "False");
    assert_eq!(with(Some(Think::Off)), "TrueFalse");
    assert_eq!(with(Some(Think::High)), "TrueTruehigh");
}

#[test]
fn a_template_that_loops_or_grows_is_stopped() {
    let nested = "{% for a in range(99999) %}{% for b in range(99999) %}{% set x = a %}{% endfor %}{% endfor %}";
    assert_eq!(render(nested), Err(TemplateError::Fuel { line: 1 }));
    let error = render("{% macro f() %}{{ f() }}{% endmacro %}\n{{ f() }}").unwrap_err();
    assert!(error.to_string().contains("recursion"), "{error}");
    let long = "{% set x = 'abcdefgh' * 1000000 %}{% for a in range(99999) %}{{ x }}{% endfor %}";
    assert_eq!(render(long), Err(TemplateError::Output));
    let captured = "{% set x = 'abcdefgh' * 1000000 %}{% set y %}{% for a in range(99999) %}{{ x }}{% endfor %}{% endset %}";
    assert_eq!(render(captured), Err(TemplateError::Output));
    assert!(render("{{ 'a' * 10000000000 }}").is_err());
}

#[test]
fn a_template_for_go_gives_way_to_that_of_the_file() {
    let chosen =
        |own, of_file| ChatTemplate::choose(own, of_file).map(|t| t.map(|t| t.source().to_owned()));
    let (go, jinja) = ("{{ .Prompt }}", "{{ messages }}");
    assert_eq!(chosen(Some(go), Some(jinja)), Ok(Some(jinja.to_owned())));
    assert_eq!(chosen(Some("own"), Some(jinja)), Ok(Some("own".to_owned())));
    assert_eq!(chosen(None, Some(jinja)), Ok(Some(jinja.to_owned())));
    assert_eq!(chosen(None, None), Ok(None));
    assert!(matches!(chosen(Some(go), None), Err(TemplateError::Go(_))));
}

#[test]
fn a_template_reaches_nothing_but_the_conversation() {
    for source in [
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{{ ''.__class__.__mro__[1] }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ messages.__class__() }}",
        "{{ open('/etc/passwd') }}",
        "{{ debug() }}{{ self.x }}",
    ] {
        if let Ok(text) = render(source) {
            assert!(
                !text.contains("class") && !text.contains("root:"),
                "{source}: {text}"
            );
        }
    }
}

#[test]
fn errors_say_where_and_why() {
    assert_eq!(
        render("{{ raise_exception('Roles must alternate') }}")
            .unwrap_err()
            .to_string(),
        "the chat template refuses this conversation: Roles must alternate"
    );
    let error = render("a\n{% for %}").unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
    let error = render("a\n\n{{ nothing() }}").unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
    let error = render("{{ if .System }}{{ .System }}{{ end }}").unwrap_err();
    assert!(
        matches!(&error, TemplateError::Go(action) if action == "{{ if .System }}"),
        "{error}"
    );
    assert!(matches!(
        render(&"x".repeat(limits::TEMPLATE_BYTES + 1)),
        Err(TemplateError::TooLong { .. })
    ));
}
