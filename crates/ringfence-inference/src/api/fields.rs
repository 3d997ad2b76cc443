//! Takes a request body apart field by field; every complaint names the field by its path, such as `messages[2].content`.

use crate::{Failure, FailureKind, Json, ModelName, Options, limits};

/// One object of a body, with where it is.
pub(crate) struct Fields {
    path: String,
    members: Vec<(String, Json)>,
}

impl Fields {
    /// The body itself.
    pub fn of_body(body: &[u8]) -> Result<Self, Failure> {
        if body.len() > limits::BODY_BYTES {
            return Err(Failure::new(
                FailureKind::TooLarge,
                format!(
                    "the request body has {} bytes; at most {} are accepted",
                    body.len(),
                    limits::BODY_BYTES
                ),
            ));
        }
        let body = Json::parse(body, limits::BODY_BYTES).map_err(|error| {
            Failure::new(FailureKind::Invalid, format!("request body: {error}"))
        })?;
        Self::of(String::new(), body)
    }

    /// The object `value`, found at `path`.
    pub fn of(path: String, value: Json) -> Result<Self, Failure> {
        match value {
            Json::Object(members) => Ok(Self { path, members }),
            other if path.is_empty() => Err(Failure::new(
                FailureKind::Invalid,
                format!(
                    "the request body is to be a JSON object, not {}",
                    other.kind()
                ),
            )),
            other => Err(wrong(&path, "an object", &other)),
        }
    }

    /// Where the field `name` is.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The field `name`; `null` counts as absent.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        let at = self.members.iter().position(|(member, _)| member == name)?;
        match self.members.swap_remove(at).1 {
            Json::Null => None,
            value => Some(value),
        }
    }

    pub fn string(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(&self.path(name), "a string", &other)),
        }
    }

    pub fn need_string(&mut self, name: &str) -> Result<String, Failure> {
        let text = self.string(name)?;
        text.ok_or_else(|| self.missing(name))
    }

    pub fn bool(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(value)),
            Some(other) => Err(wrong(&self.path(name), "true or false", &other)),
        }
    }

    /// A whole number from `least` to `most`; `3.0` counts as one.
    pub fn integer(&mut self, name: &str, least: i64, most: i64) -> Result<Option<i64>, Failure> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let path = self.path(name);
        let Json::Number(number) = &value else {
            return Err(wrong(&path, "a whole number", &value));
        };
        let whole = number.as_i64().or_else(|| {
            number
                .as_f64()
                .filter(|f| f.fract() == 0.0 && f.abs() < 9e15)
                .map(|f| f as i64)
        });
        match whole {
            Some(n) if (least..=most).contains(&n) => Ok(Some(n)),
            _ => Err(Failure::field(
                path.clone(),
                format!("{path}: a whole number from {least} to {most} is expected, not {number}"),
            )),
        }
    }

    /// A finite number from `least` to `most`.
    pub fn number(&mut self, name: &str, least: f32, most: f32) -> Result<Option<f32>, Failure> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let path = self.path(name);
        let Json::Number(number) = &value else {
            return Err(wrong(&path, "a number", &value));
        };
        match number.as_f64().map(|f| f as f32) {
            Some(n) if n >= least && n <= most => Ok(Some(n)),
            _ => Err(Failure::field(
                path.clone(),
                format!("{path}: a number from {least} to {most} is expected, not {number}"),
            )),
        }
    }

    pub fn array(
        &mut self,
        name: &str,
        most: usize,
    ) -> Result<Option<Vec<(String, Json)>>, Failure> {
        let path = self.path(name);
        match self.take(name) {
            None => Ok(None),
            Some(value) => items(&path, value, most).map(Some),
        }
    }

    pub fn object(&mut self, name: &str) -> Result<Option<Fields>, Failure> {
        let path = self.path(name);
        match self.take(name) {
            None => Ok(None),
            Some(value) => Fields::of(path, value).map(Some),
        }
    }

    /// A string or an array of strings.
    pub fn strings(&mut self, name: &str, most: usize) -> Result<Option<Vec<String>>, Failure> {
        let path = self.path(name);
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(vec![text])),
            Some(value @ Json::Array(_)) => items(&path, value, most)?
                .into_iter()
                .map(|(path, item)| match item {
                    Json::String(text) => Ok(text),
                    other => Err(wrong(&path, "a string", &other)),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(wrong(&path, "a string or an array of strings", &other)),
        }
    }

    /// Stop strings, within their limits.
    pub fn stops(&mut self, name: &str) -> Result<Option<Vec<String>>, Failure> {
        let stops = self.strings(name, limits::STOPS)?;
        if let Some(long) = stops
            .iter()
            .flatten()
            .find(|s| s.len() > limits::STOP_BYTES)
        {
            let path = self.path(name);
            return Err(Failure::field(
                path.clone(),
                format!(
                    "{path}: a stop string has at most {} bytes, not {}",
                    limits::STOP_BYTES,
                    long.len()
                ),
            ));
        }
        Ok(stops)
    }

    /// A model's name, as written and as meant.
    pub fn model(&mut self) -> Result<(String, ModelName), Failure> {
        let written = self.need_string("model")?;
        if written.is_empty() {
            return Err(self.missing("model"));
        }
        let name = written
            .parse()
            .map_err(|error| Failure::field("model", format!("model: {error}")))?;
        Ok((written, name))
    }

    /// Fails if the field is there and asks for something: `false`, `[]`, `{}`, `""` and `null` do not.
    pub fn refuse(&mut self, name: &str, why: &str) -> Result<(), Failure> {
        match self.take(name) {
            None | Some(Json::Bool(false)) => Ok(()),
            Some(Json::Array(items)) if items.is_empty() => Ok(()),
            Some(Json::Object(members)) if members.is_empty() => Ok(()),
            Some(Json::String(text)) if text.is_empty() => Ok(()),
            Some(_) => Err(self.refusal(name, why)),
        }
    }

    pub fn refusal(&self, name: &str, why: &str) -> Failure {
        let path = self.path(name);
        Failure::field(path.clone(), format!("{path} is not supported: {why}"))
    }

    pub fn missing(&self, name: &str) -> Failure {
        let path = self.path(name);
        Failure::field(path.clone(), format!("{path} is required"))
    }

    pub fn unknown(&self, name: &str, value: &str, known: &str) -> Failure {
        let path = self.path(name);
        let shown: String = value.chars().take(64).collect();
        Failure::field(
            path.clone(),
            format!("{path}: {shown:?} is not one of {known}"),
        )
    }
}

fn items(path: &str, value: Json, most: usize) -> Result<Vec<(String, Json)>, Failure> {
    match value {
        Json::Array(items) if items.len() > most => Err(Failure::field(
            path,
            format!("{path}: at most {most} are accepted, not {}", items.len()),
        )),
        Json::Array(items) => Ok(items
            .into_iter()
            .enumerate()
            .map(|(n, item)| (format!("{path}[{n}]"), item))
            .collect()),
        other => Err(wrong(path, "an array", &other)),
    }
}

/// A value of the wrong kind.
pub(crate) fn wrong(path: &str, expected: &str, found: &Json) -> Failure {
    Failure::field(
        path,
        format!("{path}: {expected} is expected, not {}", found.kind()),
    )
}

/// The sampling fields that OpenAI and Anthropic share by name.
pub(crate) fn temperature_and_top_p(
    fields: &mut Fields,
    options: &mut Options,
) -> Result<(), Failure> {
    options.temperature = fields.number("temperature", 0.0, 2.0)?;
    options.top_p = fields.number("top_p", 0.0, 1.0)?;
    Ok(())
}
