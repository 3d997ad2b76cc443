use std::collections::BTreeMap;

use super::*;

fn grammar(schema: &str) -> Result<String, SchemaError> {
    let schema = Json::parse(schema.as_bytes(), 1 << 20).unwrap();
    of_format(&Format::Schema(schema)).map(Option::unwrap)
}

/// A small matcher of the notation, to see what a grammar allows. Exponential, so for short texts only.
mod matcher {
    use super::*;

    #[derive(Clone, Debug)]
    enum Node {
        Text(Vec<char>),
        Class(bool, Vec<(char, char)>),
        Rule(String),
        Or(Vec<Vec<Node>>),
        Repeat(Box<Node>, usize, usize),
    }

    pub struct Grammar(BTreeMap<String, Vec<Vec<Node>>>);

    impl Grammar {
        pub fn new(text: &str) -> Self {
            let mut rules = BTreeMap::new();
            for line in text.lines() {
                let (name, body) = line.split_once(" ::= ").unwrap_or_else(|| panic!("{line}"));
                let chars: Vec<char> = body.chars().collect();
                let mut at = 0;
                let ways = Self::ways(&chars, &mut at);
                assert_eq!(at, chars.len(), "{line}");
                assert!(
                    rules.insert(name.to_owned(), ways).is_none(),
                    "two rules {name}"
                );
            }
            let grammar = Self(rules);
            grammar
                .0
                .values()
                .flatten()
                .flatten()
                .for_each(|node| grammar.check(node));
            grammar
        }

        fn check(&self, node: &Node) {
            match node {
                Node::Rule(name) => assert!(self.0.contains_key(name), "no rule {name}"),
                Node::Or(ways) => ways.iter().flatten().for_each(|node| self.check(node)),
                Node::Repeat(node, least, most) => {
                    assert!(least <= most);
                    self.check(node);
                }
                _ => {}
            }
        }

        fn ways(chars: &[char], at: &mut usize) -> Vec<Vec<Node>> {
            let mut ways = vec![vec![]];
            while *at < chars.len() {
                let node = match chars[*at] {
                    ' ' => {
                        *at += 1;
                        continue;
                    }
                    '|' => {
                        *at += 1;
                        ways.push(vec![]);
                        continue;
                    }
                    ')' => break,
                    '(' => {
                        *at += 1;
                        let inner = Self::ways(chars, at);
                        assert_eq!(chars[*at], ')');
                        *at += 1;
                        Node::Or(inner)
                    }
                    '"' => {
                        *at += 1;
                        let mut text = vec![];
                        while chars[*at] != '"' {
                            text.push(Self::char(chars, at));
                        }
                        *at += 1;
                        Node::Text(text)
                    }
                    '[' => {
                        *at += 1;
                        let not = chars[*at] == '^';
                        *at += usize::from(not);
                        let mut set = vec![];
                        while chars[*at] != ']' {
                            let from = Self::char(chars, at);
                            if chars[*at] == '-' && chars[*at + 1] != ']' {
                                *at += 1;
                                set.push((from, Self::char(chars, at)));
                            } else {
                                set.push((from, from));
                            }
                        }
                        *at += 1;
                        Node::Class(not, set)
                    }
                    _ => {
                        let start = *at;
                        while *at < chars.len()
                            && (chars[*at].is_ascii_alphanumeric() || chars[*at] == '-')
                        {
                            *at += 1;
                        }
                        assert!(*at > start, "{:?}", &chars[start..]);
                        Node::Rule(chars[start..*at].iter().collect())
                    }
                };
                let node = match chars.get(*at) {
                    Some('*') => {
                        *at += 1;
                        Node::Repeat(Box::new(node), 0, usize::MAX)
                    }
                    Some('?') => {
                        *at += 1;
                        Node::Repeat(Box::new(node), 0, 1)
                    }
                    Some('{') => {
                        let end = chars[*at..].iter().position(|&c| c == '}').unwrap() + *at;
                        let inside: String = chars[*at + 1..end].iter().collect();
                        *at = end + 1;
                        let (least, most) = match inside.split_once(',') {
                            None => (inside.parse().unwrap(), inside.parse().unwrap()),
                            Some((a, "")) => (a.parse().unwrap(), usize::MAX),
                            Some((a, b)) => (a.parse().unwrap(), b.parse().unwrap()),
                        };
                        Node::Repeat(Box::new(node), least, most)
                    }
                    _ => node,
                };
                ways.last_mut().unwrap().push(node);
            }
            ways
        }

        fn char(chars: &[char], at: &mut usize) -> char {
            let c = chars[*at];
            *at += 1;
            if c != '\\' {
                return c;
            }
            let c = chars[*at];
            *at += 1;
            let mut hex = |n: usize| {
                let text: String = chars[*at..*at + n].iter().collect();
                *at += n;
                char::from_u32(u32::from_str_radix(&text, 16).unwrap()).unwrap()
            };
            match c {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'x' => hex(2),
                'u' => hex(4),
                c => c,
            }
        }

        pub fn takes(&self, text: &str) -> bool {
            let chars: Vec<char> = text.chars().collect();
            self.any(&self.0["root"], &chars, 0).contains(&chars.len())
        }

        fn any(&self, ways: &[Vec<Node>], text: &[char], at: usize) -> Vec<usize> {
            let mut ends: Vec<usize> = ways
                .iter()
                .flat_map(|way| {
                    way.iter().fold(vec![at], |from, node| {
                        let mut next: Vec<usize> = from
                            .into_iter()
                            .flat_map(|at| self.node(node, text, at))
                            .collect();
                        next.sort_unstable();
                        next.dedup();
                        next
                    })
                })
                .collect();
            ends.sort_unstable();
            ends.dedup();
            ends
        }

        fn node(&self, node: &Node, text: &[char], at: usize) -> Vec<usize> {
            match node {
                Node::Text(chars) => {
                    if text[at..].starts_with(chars) {
                        vec![at + chars.len()]
                    } else {
                        vec![]
                    }
                }
                Node::Class(not, set) => match text.get(at) {
                    Some(c) if set.iter().any(|(a, b)| (a..=b).contains(&c)) != *not => {
                        vec![at + 1]
                    }
                    _ => vec![],
                },
                Node::Rule(name) => self.any(&self.0[name], text, at),
                Node::Or(ways) => self.any(ways, text, at),
                Node::Repeat(node, least, most) => {
                    let (mut ends, mut from) = (vec![], vec![at]);
                    let mut n = 0;
                    loop {
                        if n >= *least {
                            ends.extend(&from);
                        }
                        if n == *most || from.is_empty() {
                            break;
                        }
                        from = from
                            .iter()
                            .flat_map(|&at| {
                                self.node(node, text, at)
                                    .into_iter()
                                    .filter(move |&end| end > at)
                            })
                            .collect();
                        from.sort_unstable();
                        from.dedup();
                        n += 1;
                    }
                    ends
                }
            }
        }
    }
}

fn allows(schema: &str, good: &[&str], bad: &[&str]) {
    let text = grammar(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
    let grammar = matcher::Grammar::new(&text);
    for text in good {
        assert!(grammar.takes(text), "{schema} is to allow {text}");
    }
    for text in bad {
        assert!(!grammar.takes(text), "{schema} is not to allow {text}");
    }
}

#[test]
fn every_type() {
    allows(
        "{}",
        &["1", "null", "\"x\"", "{\"a\": [1, {}]}", "[]"],
        &["", "nul", "{\"a\"}", "[1,]", "01"],
    );
    allows(
        r#"{"type":"string"}"#,
        &[r#""""#, r#""aé\n\u001f""#],
        &["\"\n\"", r#""a"#, r#""\x""#, "1"],
    );
    allows(
        r#"{"type":"number"}"#,
        &["0", "-1.5e+10", "12.25"],
        &["1.", ".5", "00", "+1"],
    );
    allows(
        r#"{"type":["integer","null"]}"#,
        &["-7", "null"],
        &["1.0", "true"],
    );
    allows(r#"{"type":"boolean"}"#, &["true", "false"], &["True"]);
    allows(
        r#"{"enum":["a\"b",1,null,{"x":[1]}]}"#,
        &[r#""a\"b""#, "1", "null", r#"{"x":[1]}"#],
        &["2"],
    );
    allows(r#"{"const":"x"}"#, &[r#""x""#], &["x"]);
    allows(
        r#"{"anyOf":[{"type":"null"},{"type":"array","items":{"type":"integer"}}]}"#,
        &["null", "[]", "[1, 2]"],
        &["[null]"],
    );
    allows(
        r#"{"type":"string","nullable":true}"#,
        &["null", "\"\""],
        &["1"],
    );
}

#[test]
fn members_come_in_order_and_only_required_ones_must() {
    let schema = r#"{"type":"object","properties":{"z":{"type":"integer"},"a":{"type":"boolean"},"m":{"type":"null"}},"required":["a"]}"#;
    allows(
        schema,
        &[
            r#"{"a":true}"#,
            r#"{"z":1,"a":true}"#,
            r#"{ "z": 1, "a": true, "m": null }"#,
            "{\n  \"a\": true,\n  \"m\": null\n}",
        ],
        &[
            "{}",
            r#"{"z":1}"#,
            r#"{"a":true,"z":1}"#,
            r#"{"a":true,}"#,
            r#"{"a":true,"x":1}"#,
            r#"{"a":1}"#,
        ],
    );
    let optional =
        r#"{"properties":{"a":{"const":1},"b":{"const":2}},"additionalProperties":false}"#;
    allows(
        optional,
        &["{}", r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1,"b":2}"#],
        &[r#"{"b":2,"a":1}"#, r#"{,"b":2}"#],
    );
    allows(
        r#"{"type":"object","additionalProperties":{"type":"integer"}}"#,
        &["{}", r#"{"x":1,"y":2}"#],
        &[r#"{"x":""}"#],
    );
    allows(r#"{"type":"object"}"#, &["{}", r#"{"x":[]}"#], &["[]"]);
    allows(
        r#"{"properties":{"a\"\\é":{"const":1}},"required":["a\"\\é"]}"#,
        &[r#"{"a\"\\é":1}"#],
        &["{}"],
    );
}

#[test]
fn lengths_and_bounds() {
    allows(
        r#"{"type":"array","items":{"const":1},"minItems":2,"maxItems":3}"#,
        &["[1,1]", "[1,1,1]"],
        &["[1]", "[1,1,1,1]", "[]"],
    );
    allows(
        r#"{"type":"array","items":{"const":1},"minItems":1}"#,
        &["[1]", "[1,1,1]"],
        &["[]"],
    );
    allows(r#"{"type":"array","maxItems":0}"#, &["[]"], &["[1]"]);
    allows(
        r#"{"type":"array","prefixItems":[{"const":1},{"type":"null"}]}"#,
        &["[1,null]"],
        &["[1]", "[1,null,1]"],
    );
    allows(
        r#"{"type":"string","minLength":1,"maxLength":2}"#,
        &["\"a\"", "\"é\\n\""],
        &["\"\"", "\"abc\""],
    );
    allows(
        r#"{"type":"string","format":"date-time"}"#,
        &["\"2024-07-27T11:21:06Z\""],
        &["\"2024-13-27T11:21:06Z\"", "\"x\""],
    );
    allows(
        r#"{"type":"string","format":"uuid"}"#,
        &["\"0f8fad5b-d9cb-469f-a165-70867728950e\""],
        &["\"0f8fad5b\""],
    );
    allows(r#"{"type":"string","format":"email"}"#, &["\"x\""], &[]);
    allows(r#"{"type":"number","minimum":0}"#, &["0.5"], &["-0.5"]);
}

#[test]
fn whole_numbers_between_bounds() {
    for (least, most) in [
        (Some(0), Some(0)),
        (Some(0), Some(9)),
        (Some(1), Some(10)),
        (Some(7), Some(123)),
        (Some(-5), Some(5)),
        (Some(-120), Some(-7)),
        (Some(99), Some(101)),
        (Some(190), Some(305)),
        (Some(13), None),
        (None, Some(42)),
        (None, Some(-13)),
        (Some(-13), None),
        (None, Some(0)),
        (Some(1), None),
        (Some(-1), Some(0)),
    ] {
        let bound =
            |name: &str, n: Option<i128>| n.map_or(String::new(), |n| format!(",\"{name}\":{n}"));
        let schema = format!(
            "{{\"type\":\"integer\"{}{}}}",
            bound("minimum", least),
            bound("maximum", most)
        );
        let matcher = matcher::Grammar::new(&grammar(&schema).unwrap());
        for n in (-350..=350).chain([-100_000, 100_000]) {
            let inside = least.is_none_or(|l| n >= l) && most.is_none_or(|m| n <= m);
            assert_eq!(matcher.takes(&n.to_string()), inside, "{n} in {schema}");
        }
        assert!(!matcher.takes("-0") && !matcher.takes("00") && !matcher.takes("01"));
    }
    allows(
        r#"{"type":"integer","exclusiveMinimum":1,"maximum":3.5}"#,
        &["2", "3"],
        &["1", "4"],
    );
    assert!(grammar(r#"{"type":"integer","minimum":3,"maximum":2}"#).is_err());
}

#[test]
fn references_also_to_themselves() {
    let tree = r##"{"$defs":{"node":{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["v","next"]}},"$ref":"#/$defs/node"}"##;
    allows(
        tree,
        &[
            r#"{"v":1,"next":null}"#,
            r#"{"v":1,"next":{"v":2,"next":null}}"#,
        ],
        &[r#"{"v":1}"#],
    );
    allows(
        r##"{"type":"array","items":{"$ref":"#"}}"##,
        &["[]", "[[],[[]]]"],
        &["[1]"],
    );
    for circle in [
        r##"{"$ref":"#"}"##,
        r##"{"$defs":{"a":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##,
        r##"{"anyOf":[{"$ref":"#"},{"type":"null"}]}"##,
    ] {
        let error = grammar(circle).unwrap_err();
        assert!(error.reason.contains("leads to itself"), "{error}");
    }
    assert!(
        grammar(r##"{"$ref":"#/$defs/none"}"##)
            .unwrap_err()
            .reason
            .contains("leads nowhere")
    );
    assert!(grammar(r#"{"$ref":"http://example.com/x"}"#).is_err());
    // A long chain of references is followed without using the stack for it.
    let chain: Vec<String> = (0..3000)
        .map(|n| format!("\"d{n}\":{{\"items\":{{\"$ref\":\"#/$defs/d{}\"}}}}", n + 1))
        .collect();
    let text = format!(
        "{{\"$defs\":{{{},\"d3000\":{{\"type\":\"null\"}}}},\"$ref\":\"#/$defs/d0\"}}",
        chain.join(",")
    );
    assert!(grammar(&text).is_ok());
}

#[test]
fn what_is_not_supported_is_named_with_its_place() {
    for (schema, path) in [
        (
            r#"{"properties":{"a":{"items":{"type":"string","pattern":"^a"}}}}"#,
            "$.properties.a.items.pattern",
        ),
        (r#"{"not":{}}"#, "$.not"),
        (r#"{"type":"array","uniqueItems":true}"#, "$.uniqueItems"),
        (r#"{"type":"integer","multipleOf":2}"#, "$.multipleOf"),
        (r#"{"anyOf":[{"type":"text"}]}"#, "$.anyOf[0].type"),
        (r#"{"anyOf":[],"type":"string"}"#, "$.anyOf"),
        (
            r#"{"allOf":[{"type":"string"},{"type":"null"}]}"#,
            "$.allOf",
        ),
        (
            r#"{"anyOf":[{"type":"null"}],"properties":{}}"#,
            "$.properties",
        ),
        (r#"{"type":"string","maxLength":100000}"#, "$.maxLength"),
        (
            r#"{"type":"object","properties":{},"required":["x"]}"#,
            "$.required",
        ),
        (r#"{"properties":{"a":false}}"#, "$.properties.a"),
        (r#"{"minimum":3}"#, "$.minimum"),
        (r#"[]"#, "$"),
    ] {
        let error = grammar(schema).unwrap_err();
        assert_eq!(error.path, path, "{schema}: {error}");
    }
    let many: Vec<String> = (0..5000).map(|n| format!("\"p{n}\":{{}}")).collect();
    assert!(
        grammar(&format!("{{\"properties\":{{{}}}}}", many.join(",")))
            .unwrap_err()
            .reason
            .contains("rules")
    );
}

#[test]
fn thinking_comes_before_the_answer() {
    let answer = of_format(&Format::Json).unwrap().unwrap();
    for tags in [
        ThinkTags::default(),
        ThinkTags {
            open: "[THINK]".into(),
            close: "[/THINK]".into(),
        },
    ] {
        let ThinkTags { open, close } = &tags;
        let whole = matcher::Grammar::new(&after_thinking(&answer, &tags, false));
        assert!(whole.takes(&format!("{open}\na < b </x> [/y\n{close}\n\n{{\"a\":1}}")));
        assert!(whole.takes(&format!("{open}{close}{{}}")));
        assert!(!whole.takes(&format!("{open}{close}no")) && !whole.takes("{}"));
        let rest = matcher::Grammar::new(&after_thinking(&answer, &tags, true));
        assert!(rest.takes(&format!("hm{close}{{}}")) && !rest.takes("{}"));
    }
}

#[test]
fn json_and_forced_calls() {
    let text = of_format(&Format::Json).unwrap().unwrap();
    let json = matcher::Grammar::new(&text);
    assert!(json.takes("{\"a\": [1]}") && !json.takes("[1]"));
    assert_eq!(of_format(&Format::Text), Ok(None));

    let tool = |name: &str| Tool {
        name: name.into(),
        description: None,
        parameters: Json::parse(
            br#"{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"]}"#,
            999,
        )
        .unwrap(),
    };
    let tools = [tool("f"), tool("g\\\"")];
    for (form, answer) in [
        (
            ToolForm::Hermes,
            "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\":1}}\n</tool_call>",
        ),
        (
            ToolForm::Llama3,
            "{\"name\": \"f\", \"parameters\": {\"x\":1}}",
        ),
        (
            ToolForm::Mistral,
            "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"x\":1}}]",
        ),
    ] {
        let takes = |choice: &ToolChoice| {
            of_tool_choice(choice, &tools, form)
                .unwrap()
                .map(|text| matcher::Grammar::new(&text).takes(answer))
        };
        assert_eq!(takes(&ToolChoice::Required), Some(true));
        assert_eq!(takes(&ToolChoice::Named("f".into())), Some(true));
        assert_eq!(takes(&ToolChoice::Named("g\\\"".into())), Some(false));
        assert_eq!(takes(&ToolChoice::Auto), None);
    }
}
