//! One schema after the other becomes a rule.

use std::collections::{BTreeMap, BTreeSet};

use super::{BASE, SchemaError, literal, number, too_large};
use crate::{Json, limits};

/// Keywords that say nothing about what is valid.
const ANNOTATIONS: [&str; 18] = [
    "title",
    "description",
    "default",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "strict",
    "discriminator",
    "contentMediaType",
    "contentEncoding",
];
/// Keywords that are translated.
const KNOWN: [&str; 25] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "minLength",
    "maxLength",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "nullable",
    "propertyOrdering",
    "unevaluatedProperties",
    "uniqueItems",
];

type Members = [(String, Json)];

pub(super) struct Builder {
    rules: String,
    count: usize,
    /// The document that references are looked up in, and its references: rule and whether it was written.
    references: BTreeMap<String, String>,
    /// References that are still to be written.
    waiting: Vec<String>,
    /// Which references each reference reaches before anything is read: a circle among them has no end.
    bare: BTreeMap<String, BTreeSet<String>>,
    current: Option<String>,
    documents: usize,
}

impl Builder {
    pub fn new() -> Self {
        Self {
            rules: String::new(),
            count: 0,
            references: BTreeMap::new(),
            waiting: Vec::new(),
            bare: BTreeMap::new(),
            current: None,
            documents: 0,
        }
    }

    /// The rule for a whole document.
    pub fn document(&mut self, schema: &Json) -> Result<String, SchemaError> {
        let length = schema.to_string().len();
        if length > limits::SCHEMA_BYTES {
            return Err(fail(
                "$",
                format!(
                    "{length} bytes; at most {} are accepted",
                    limits::SCHEMA_BYTES
                ),
            ));
        }
        self.documents += 1;
        self.references.clear();
        self.bare.clear();
        self.current = None;
        let root = self.schema("$", schema, true)?;
        while let Some(reference) = self.waiting.pop() {
            let target = resolve(schema, &reference).ok_or_else(|| {
                fail(
                    "$",
                    format!("$ref {reference:?} leads nowhere in this document"),
                )
            })?;
            self.current = Some(reference.clone());
            let body = self.schema(&format!("$ref {reference}"), target, true)?;
            let name = self.references.get(&reference).cloned().unwrap_or_default();
            self.add(&name, &body)?;
        }
        self.no_circles()?;
        Ok(root)
    }

    /// All rules, `root` first.
    pub fn finish(self, root: &str) -> Result<String, SchemaError> {
        let grammar = format!("root ::= {root}\n{}{BASE}", self.rules);
        if grammar.len() > limits::GRAMMAR_BYTES {
            return Err(too_large("the schema is too large"));
        }
        Ok(grammar)
    }

    fn add(&mut self, name: &str, body: &str) -> Result<(), SchemaError> {
        self.count += 1;
        if self.count > limits::GRAMMAR_RULES || self.rules.len() > limits::GRAMMAR_BYTES {
            return Err(too_large("the schema is too large"));
        }
        self.rules.push_str(&format!("{name} ::= {body}\n"));
        Ok(())
    }

    /// A rule of its own for `body`.
    fn rule(&mut self, body: &str) -> Result<String, SchemaError> {
        let name = format!("r{}", self.count);
        self.add(&name, body)?;
        Ok(name)
    }

    /// The expression for `schema`: one symbol or one group. `first`: nothing of the rule is read before it.
    fn schema(&mut self, path: &str, schema: &Json, first: bool) -> Result<String, SchemaError> {
        let members = match schema {
            Json::Bool(true) => return Ok("value".into()),
            Json::Object(members) => members,
            Json::Bool(false) => return Err(fail(path, "`false` allows nothing")),
            other => {
                return Err(fail(
                    path,
                    format!("a schema is an object, not {}", other.kind()),
                ));
            }
        };
        if let Some((keyword, _)) = members.iter().find(|(name, _)| {
            !ANNOTATIONS.contains(&name.as_str())
                && !KNOWN.contains(&name.as_str())
                && !name.starts_with("x-")
        }) {
            return Err(fail(
                &format!("{path}.{keyword}"),
                "this keyword is not supported; leave it out",
            ));
        }
        if get(members, "uniqueItems") == Some(&Json::Bool(true)) {
            return Err(fail(
                &format!("{path}.uniqueItems"),
                "a grammar can not compare items; leave it out",
            ));
        }
        let body = self.body(path, members, first)?;
        if get(members, "nullable") == Some(&Json::Bool(true)) {
            return Ok(format!("( {body} | null )"));
        }
        Ok(body)
    }

    fn body(&mut self, path: &str, members: &Members, first: bool) -> Result<String, SchemaError> {
        if let Some(reference) = get(members, "$ref") {
            alone(path, members, "$ref", &[])?;
            let Some(reference) = reference.as_str().filter(|text| text.starts_with('#')) else {
                return Err(fail(
                    &format!("{path}.$ref"),
                    "only references into the same document (#/…) are followed",
                ));
            };
            return Ok(self.reference(reference, first));
        }
        if let Some(value) = get(members, "const") {
            return Ok(literal(&value.to_string()));
        }
        if let Some(values) = get(members, "enum") {
            let values = list(path, "enum", values)?;
            let ways: Vec<_> = values
                .iter()
                .map(|value| literal(&value.to_string()))
                .collect();
            return Ok(format!("( {} )", ways.join(" | ")));
        }
        // More than one of these at a time would need a grammar of what is common to both.
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let Some(choices) = get(members, keyword) else {
                continue;
            };
            let choices = list(path, keyword, choices)?;
            alone(path, members, keyword, &["type"])?;
            if keyword == "allOf" && choices.len() > 1 {
                return Err(fail(
                    &format!("{path}.allOf"),
                    "only one schema is supported here; write what they say together",
                ));
            }
            let mut ways = Vec::new();
            for (n, choice) in choices.iter().enumerate() {
                ways.push(self.schema(&format!("{path}.{keyword}[{n}]"), choice, first)?);
            }
            return Ok(format!("( {} )", ways.join(" | ")));
        }
        match get(members, "type") {
            Some(Json::String(kind)) => self.of_type(path, kind, members),
            Some(Json::Array(kinds)) if !kinds.is_empty() => {
                let mut ways = Vec::new();
                for kind in kinds {
                    let kind = kind.as_str().unwrap_or_default();
                    ways.push(self.of_type(path, kind, members)?);
                }
                Ok(format!("( {} )", ways.join(" | ")))
            }
            Some(_) => Err(fail(
                &format!("{path}.type"),
                "a name or an array of names is expected",
            )),
            None if get(members, "properties").is_some() => self.object(path, members),
            None if get(members, "items").is_some() || get(members, "prefixItems").is_some() => {
                self.array(path, members)
            }
            None => match members.iter().find(|(name, _)| {
                KNOWN.contains(&name.as_str())
                    && !matches!(name.as_str(), "nullable" | "uniqueItems")
            }) {
                Some((name, _)) => Err(fail(
                    &format!("{path}.{name}"),
                    "a `type` is needed next to it",
                )),
                None => Ok("value".into()),
            },
        }
    }

    fn of_type(
        &mut self,
        path: &str,
        kind: &str,
        members: &Members,
    ) -> Result<String, SchemaError> {
        match kind {
            "object" => self.object(path, members),
            "array" => self.array(path, members),
            "string" => string(path, members),
            "integer" | "number" => numeric(path, kind, members),
            "boolean" | "null" => Ok(kind.to_owned()),
            other => {
                let other: String = other.chars().take(40).collect();
                Err(fail(
                    &format!("{path}.type"),
                    format!("{other:?} is no type of JSON"),
                ))
            }
        }
    }

    fn reference(&mut self, reference: &str, first: bool) -> String {
        if first {
            let from = self.current.clone().unwrap_or_default();
            self.bare
                .entry(from)
                .or_default()
                .insert(reference.to_owned());
        }
        if let Some(name) = self.references.get(reference) {
            return name.clone();
        }
        let name = format!("d{}-{}", self.documents, self.references.len());
        self.references.insert(reference.to_owned(), name.clone());
        self.waiting.push(reference.to_owned());
        name
    }

    /// Fails if a reference leads to itself with nothing in between; an engine would follow it until its stack is full.
    fn no_circles(&self) -> Result<(), SchemaError> {
        for start in self.bare.keys() {
            let mut reached = BTreeSet::new();
            let mut next: Vec<&String> = self.bare[start].iter().collect();
            while let Some(reference) = next.pop() {
                if reference == start {
                    return Err(fail(
                        "$",
                        format!("$ref {start:?} leads to itself and to nothing else"),
                    ));
                }
                if reached.insert(reference) {
                    next.extend(self.bare.get(reference).into_iter().flatten());
                }
            }
        }
        Ok(())
    }

    /// Members in the order in which they are declared, those that are not required perhaps left out.
    fn object(&mut self, path: &str, members: &Members) -> Result<String, SchemaError> {
        let properties = match get(members, "properties") {
            None => &[],
            Some(Json::Object(properties)) => properties.as_slice(),
            Some(other) => {
                return Err(fail(
                    &format!("{path}.properties"),
                    format!("an object is expected, not {}", other.kind()),
                ));
            }
        };
        let required = match get(members, "required") {
            None => Vec::new(),
            Some(names) => list_or_empty(path, "required", names)?
                .iter()
                .filter_map(Json::as_str)
                .collect(),
        };
        if let Some(name) = required
            .iter()
            .find(|name| !properties.iter().any(|(p, _)| p == **name))
        {
            return Err(fail(
                &format!("{path}.required"),
                format!("{name:?} is not among the properties"),
            ));
        }
        if properties.is_empty() {
            return match get(members, "additionalProperties") {
                // An object of any members, unless it says that there are none.
                None | Some(Json::Bool(true)) => Ok("object".into()),
                Some(Json::Bool(false)) => Ok("( \"{\" ws \"}\" )".into()),
                Some(schema) => {
                    let value =
                        self.schema(&format!("{path}.additionalProperties"), schema, false)?;
                    let member = self.rule(&format!("string ws \":\" ws {value} ws"))?;
                    self.rule(&format!(
                        "\"{{\" ws ( {member} ( \",\" ws {member} )* )? \"}}\""
                    ))
                }
            };
        }
        // Built from the end: `rest` follows a member, `start` is where none was written yet.
        let (mut rest, mut start) = (None::<String>, None::<String>);
        for (name, schema) in properties.iter().rev() {
            let value = self.schema(&format!("{path}.properties.{name}"), schema, false)?;
            let key = literal(&Json::from(name.as_str()).to_string());
            let member = self.rule(&format!("{key} ws \":\" ws {value} ws"))?;
            let after = rest.as_deref().unwrap_or_default();
            let now = format!("{member} {after}");
            let next = format!("\",\" ws {member}");
            if required.contains(&name.as_str()) {
                start = Some(self.rule(&now)?);
                rest = Some(self.rule(&format!("{next} {after}"))?);
            } else {
                let otherwise = start.as_deref().unwrap_or("\"\"");
                start = Some(self.rule(&format!("{now} | {otherwise}"))?);
                rest = Some(self.rule(&format!("( {next} )? {after}"))?);
            }
        }
        self.rule(&format!("\"{{\" ws {} \"}}\"", start.unwrap_or_default()))
    }

    fn array(&mut self, path: &str, members: &Members) -> Result<String, SchemaError> {
        let least = count(path, "minItems", members)?.unwrap_or(0);
        let most = count(path, "maxItems", members)?;
        if most.is_some_and(|most| most < least) {
            return Err(fail(&format!("{path}.maxItems"), "it is below minItems"));
        }
        if let Some(places) = get(members, "prefixItems") {
            // A tuple: these items and no others.
            let places = list(path, "prefixItems", places)?;
            let extra = !matches!(get(members, "items"), None | Some(Json::Bool(false)));
            let length = places.len() as u64;
            if extra || least > length || most.is_some_and(|most| most < length) {
                return Err(fail(
                    &format!("{path}.prefixItems"),
                    "only arrays of exactly these items are supported",
                ));
            }
            let mut items = Vec::new();
            for (n, place) in places.iter().enumerate() {
                items.push(self.schema(&format!("{path}.prefixItems[{n}]"), place, false)?);
            }
            return self.rule(&format!(
                "\"[\" ws {} ws \"]\"",
                items.join(" ws \",\" ws ")
            ));
        }
        let item = match get(members, "items") {
            None => "value".to_owned(),
            Some(schema) => self.schema(&format!("{path}.items"), schema, false)?,
        };
        let item = self.rule(&format!("{item} ws"))?;
        let more = match most {
            Some(0) => return Ok("( \"[\" ws \"]\" )".into()),
            Some(most) => format!(
                "( \",\" ws {item} ){{{},{}}}",
                least.saturating_sub(1),
                most - 1
            ),
            None if least > 1 => format!("( \",\" ws {item} ){{{},}}", least - 1),
            None => format!("( \",\" ws {item} )*"),
        };
        if least == 0 {
            self.rule(&format!("\"[\" ws ( {item} {more} )? \"]\""))
        } else {
            self.rule(&format!("\"[\" ws {item} {more} \"]\""))
        }
    }
}

fn string(path: &str, members: &Members) -> Result<String, SchemaError> {
    let least = count(path, "minLength", members)?.unwrap_or(0);
    let most = count(path, "maxLength", members)?;
    if most.is_some_and(|most| most < least) {
        return Err(fail(&format!("{path}.maxLength"), "it is below minLength"));
    }
    const DATE: &str =
        r#"[0-9]{4} "-" ( "0" [1-9] | "1" [0-2] ) "-" ( "0" [1-9] | [12] [0-9] | "3" [01] )"#;
    const TIME: &str = r#"( [01] [0-9] | "2" [0-3] ) ":" [0-5] [0-9] ":" [0-5] [0-9] ( "." [0-9]{3} )? ( "Z" | [+-] ( [01] [0-9] | "2" [0-3] ) ":" [0-5] [0-9] )"#;
    let format = get(members, "format").and_then(Json::as_str);
    // Other formats are notes to the reader, as the standard has it.
    let inner = match format {
        Some("date") => DATE.to_owned(),
        Some("time") => TIME.to_owned(),
        Some("date-time") => format!("{DATE} \"T\" {TIME}"),
        Some("uuid") => {
            r#"[0-9a-f]{8} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{12}"#
                .to_owned()
        }
        _ => match (least, most) {
            (0, None) => return Ok("string".into()),
            (least, None) => format!("char{{{least},}}"),
            (least, Some(most)) => format!("char{{{least},{most}}}"),
        },
    };
    Ok(format!("( \"\\\"\" {inner} \"\\\"\" )"))
}

fn numeric(path: &str, kind: &str, members: &Members) -> Result<String, SchemaError> {
    let bound = |name: &str| match get(members, name) {
        None => Ok(None),
        Some(Json::Number(number)) => Ok(number.as_f64()),
        Some(_) => Err(fail(&format!("{path}.{name}"), "a number is expected")),
    };
    let (minimum, maximum) = (bound("minimum")?, bound("maximum")?);
    let (above, below) = (bound("exclusiveMinimum")?, bound("exclusiveMaximum")?);
    if kind == "number" {
        return match (minimum, maximum, above, below) {
            (None, None, None, None) => Ok("number".into()),
            (Some(0.0), None, None, None) => {
                Ok(r#"( integral ( "." [0-9]{1,16} )? ( [eE] [-+]? [0-9]{1,2} )? )"#.into())
            }
            _ => Err(fail(
                path,
                "bounds of a `number` are supported for `minimum: 0` alone; use `integer`, or leave them out",
            )),
        };
    }
    let whole = |n: f64| {
        if n.abs() < 9e15 {
            Ok(n as i128)
        } else {
            Err(fail(path, "bounds have at most 15 digits"))
        }
    };
    let least = [minimum.map(f64::ceil), above.map(|n| n.floor() + 1.0)];
    let most = [maximum.map(f64::floor), below.map(|n| n.ceil() - 1.0)];
    let least = least
        .into_iter()
        .flatten()
        .reduce(f64::max)
        .map(whole)
        .transpose()?;
    let most = most
        .into_iter()
        .flatten()
        .reduce(f64::min)
        .map(whole)
        .transpose()?;
    if least.is_none() && most.is_none() {
        return Ok("integer".into());
    }
    number::integers(least, most)
        .ok_or_else(|| fail(path, "no whole number is within these bounds"))
}

/// A count within [`limits::SCHEMA_REPEAT`].
fn count(path: &str, name: &str, members: &Members) -> Result<Option<u64>, SchemaError> {
    let wrong = || {
        let reason = format!(
            "a whole number from 0 to {} is expected",
            limits::SCHEMA_REPEAT
        );
        fail(&format!("{path}.{name}"), reason)
    };
    match get(members, name) {
        None => Ok(None),
        Some(Json::Number(number)) => match number.as_u64() {
            Some(n) if n <= limits::SCHEMA_REPEAT => Ok(Some(n)),
            _ => Err(wrong()),
        },
        Some(_) => Err(wrong()),
    }
}

/// Fails if something stands next to `keyword` that would have to hold as well.
fn alone(
    path: &str,
    members: &Members,
    keyword: &str,
    besides: &[&str],
) -> Result<(), SchemaError> {
    let other = members.iter().map(|(name, _)| name.as_str()).find(|name| {
        *name != keyword && *name != "nullable" && KNOWN.contains(name) && !besides.contains(name)
    });
    match other {
        Some(name) => Err(fail(
            &format!("{path}.{name}"),
            format!("it is not supported next to {keyword}"),
        )),
        None => Ok(()),
    }
}

/// What a reference into the document points at.
fn resolve<'a>(document: &'a Json, reference: &str) -> Option<&'a Json> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() {
        return Some(document);
    }
    let mut at = document;
    for part in pointer.strip_prefix('/')?.split('/') {
        let part = part.replace("~1", "/").replace("~0", "~");
        at = match at {
            Json::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            other => other.get(&part)?,
        };
    }
    Some(at)
}

fn get<'a>(members: &'a Members, name: &str) -> Option<&'a Json> {
    members
        .iter()
        .find(|(member, _)| member == name)
        .map(|(_, value)| value)
}

fn list<'a>(path: &str, name: &str, value: &'a Json) -> Result<&'a [Json], SchemaError> {
    match list_or_empty(path, name, value)? {
        [] => Err(fail(&format!("{path}.{name}"), "at least one is needed")),
        items => Ok(items),
    }
}

fn list_or_empty<'a>(path: &str, name: &str, value: &'a Json) -> Result<&'a [Json], SchemaError> {
    value.as_array().ok_or_else(|| {
        fail(
            &format!("{path}.{name}"),
            format!("an array is expected, not {}", value.kind()),
        )
    })
}

fn fail(path: &str, reason: impl Into<String>) -> SchemaError {
    SchemaError {
        path: path.into(),
        reason: reason.into(),
    }
}
