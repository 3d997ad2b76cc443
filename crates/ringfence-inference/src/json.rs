//! JSON that keeps the order of its members and is bounded while it is read.
//!
//! The order matters: a model answers a schema in the order in which it was written, and a chat template shows it that way.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;

/// One JSON value; the members of objects in the order in which they were written, the last one of equal names winning.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number; integers up to 64 bits stay exact.
    Number(serde_json::Number),
    /// A string
    String(String),
    /// An array
    Array(Vec<Json>),
    /// An object
    Object(Vec<(String, Json)>),
}

/// Text that is not JSON, or too much of it.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// More bytes than allowed.
    #[error("{length} bytes of JSON; at most {most} are accepted")]
    TooLong {
        /// Bytes that came.
        length: usize,
        /// Bytes that are allowed.
        most: usize,
    },
    /// Not JSON, or nested too deep, or too many values; with line and column.
    #[error("not usable as JSON: {0}")]
    Syntax(#[from] serde_json::Error),
}

impl Json {
    /// Reads one JSON text of at most `most` bytes, [`limits::JSON_DEPTH`] levels and [`limits::JSON_NODES`] values.
    pub fn parse(text: &[u8], most: usize) -> Result<Self, JsonError> {
        if text.len() > most {
            return Err(JsonError::TooLong {
                length: text.len(),
                most,
            });
        }
        Ok(serde_json::from_slice(text)?)
    }

    /// The member `name` of an object; `None` for anything else.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members
                .iter()
                .find(|(member, _)| member == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    pub fn as_object(&self) -> Option<&[(String, Json)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// What a message calls this kind of value.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}

/// An object with its members in the order written: `object! { "a": 1u64, "b": "text" }`.
macro_rules! object {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::Json::Object(vec![$(($name.to_owned(), $crate::Json::from($value))),*])
    };
}
pub(crate) use object;

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::String(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Json::Number(value.into())
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Self {
        Json::from(value as u64)
    }
}

impl From<f32> for Json {
    /// With the digits of the short number, not those of its long neighbour; `null` for what JSON has no number for.
    fn from(value: f32) -> Self {
        let short = value.to_string().parse::<f64>();
        Json::from(short.unwrap_or(f64::from(value)))
    }
}

impl From<f64> for Json {
    fn from(value: f64) -> Self {
        serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Json::Null, Into::into)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(values: Vec<T>) -> Self {
        Json::Array(values.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Json {
    /// As compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(value) => value.serialize(serializer),
            Json::String(value) => serializer.serialize_str(value),
            Json::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Seed {
            depth: limits::JSON_DEPTH,
            nodes: &Cell::new(limits::JSON_NODES),
        }
        .deserialize(deserializer)
    }
}

/// Reads one value with what is left of depth and count.
#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    nodes: &'a Cell<usize>,
}

impl Seed<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(E::custom(format_args!(
                "nested deeper than {} levels",
                limits::JSON_DEPTH
            ))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        match self.nodes.get().checked_sub(1) {
            Some(left) => self.nodes.set(left),
            None => {
                return Err(de::Error::custom(format_args!(
                    "more than {} values",
                    limits::JSON_NODES
                )));
            }
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(String, Json)> = Vec::new();
        // Finding equal names by looking at all earlier ones would be quadratic for a hostile object.
        let mut places = std::collections::HashMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            match places.get(&name) {
                Some(&place) => {
                    let (_, slot): &mut (String, Json) = &mut members[place];
                    *slot = value;
                }
                None => {
                    places.insert(name.clone(), members.len());
                    members.push((name, value));
                }
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Json, JsonError> {
        Json::parse(text.as_bytes(), limits::BODY_BYTES)
    }

    #[test]
    fn order_and_numbers_stay() {
        let text = r#"{"z":1,"a":[true,null,-3,1.5,18446744073709551615],"m":{"b":"ü","a":{}}}"#;
        assert_eq!(parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn the_last_of_equal_names_wins() {
        assert_eq!(
            parse(r#"{"a":1,"b":2,"a":3}"#).unwrap().to_string(),
            r#"{"a":3,"b":2}"#
        );
    }

    #[test]
    fn depth_count_and_length_are_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(&nested(limits::JSON_DEPTH)).is_ok());
        let error = parse(&nested(limits::JSON_DEPTH + 1)).unwrap_err();
        assert!(
            error.to_string().contains("nested deeper than 64"),
            "{error}"
        );
        let many = format!("[{}0]", "0,".repeat(limits::JSON_NODES));
        let error = parse(&many).unwrap_err();
        assert!(error.to_string().contains("more than 1000000"), "{error}");
        assert!(matches!(
            Json::parse(b"[1,2]", 4),
            Err(JsonError::TooLong { length: 5, most: 4 })
        ));
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let error = parse("{\"a\":\n tru}").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(parse("{} {}").is_err());
    }
}
