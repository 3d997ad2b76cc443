//! How long a model stays loaded after a request: seconds, or a duration as Go writes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Json;

/// What happens to a model when a request is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepAlive {
    /// It goes at once.
    Unload,
    /// It goes after this time without a request; never zero.
    For(Duration),
    /// It stays.
    Forever,
}

/// A `keep_alive` that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepAliveError {
    /// Not a number and not a duration.
    #[error("keep_alive takes seconds (300) or a duration (\"5m\", \"1h30m\", \"-1\"), not {0:?}")]
    Syntax(String),
    /// Neither a number nor a string.
    #[error("keep_alive takes a number or a string, not {0}")]
    Kind(&'static str),
}

impl Default for KeepAlive {
    /// Five minutes.
    fn default() -> Self {
        Self::For(Duration::from_secs(300))
    }
}

impl KeepAlive {
    /// From a JSON number of seconds or a string with a duration; below zero is forever, zero is not at all.
    pub fn from_json(value: &Json) -> Result<Self, KeepAliveError> {
        match value {
            Json::Number(number) => {
                let seconds = number.as_f64().unwrap_or(0.0);
                Ok(Self::from_nanoseconds(seconds * 1e9))
            }
            Json::String(text) => Self::parse(text),
            other => Err(KeepAliveError::Kind(other.kind())),
        }
    }

    /// From text: `300` is seconds, all else a duration as Go's `time.ParseDuration` reads it.
    pub fn parse(text: &str) -> Result<Self, KeepAliveError> {
        let wrong = || KeepAliveError::Syntax(text.chars().take(64).collect());
        if let Ok(seconds) = text.parse::<i64>() {
            return Ok(Self::from_nanoseconds(seconds as f64 * 1e9));
        }
        let (sign, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (-1.0, &text[1..]),
            Some(b'+') => (1.0, &text[1..]),
            _ => (1.0, text),
        };
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut sum = 0.0;
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .ok_or_else(wrong)?;
            let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = &rest[digits..];
            let end = rest
                .find(|c: char| c.is_ascii_digit() || c == '.')
                .unwrap_or(rest.len());
            sum += number
                * match &rest[..end] {
                    "ns" => 1.0,
                    "us" | "µs" | "μs" => 1e3,
                    "ms" => 1e6,
                    "s" => 1e9,
                    "m" => 60e9,
                    "h" => 3600e9,
                    _ => return Err(wrong()),
                };
            rest = &rest[end..];
        }
        Ok(Self::from_nanoseconds(sign * sum))
    }

    /// Go's durations end after about 292 years; whatever is longer is forever here.
    fn from_nanoseconds(nanoseconds: f64) -> Self {
        if nanoseconds < 0.0 || nanoseconds >= i64::MAX as f64 {
            Self::Forever
        } else if nanoseconds < 1.0 {
            Self::Unload
        } else {
            Self::For(Duration::from_nanos(nanoseconds as u64))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_durations() {
        let json = |text: &str| KeepAlive::from_json(&Json::parse(text.as_bytes(), 100).unwrap());
        let seconds = |n| Ok(KeepAlive::For(Duration::from_secs(n)));
        assert_eq!(json("300"), seconds(300));
        assert_eq!(json("\"300\""), seconds(300));
        assert_eq!(json("\"5m\""), seconds(300));
        assert_eq!(json("\"1h30m10s\""), seconds(5410));
        assert_eq!(json("\"1.5h\""), seconds(5400));
        assert_eq!(json("0.5"), Ok(KeepAlive::For(Duration::from_millis(500))));
        assert_eq!(
            json("\"250ms\""),
            Ok(KeepAlive::For(Duration::from_millis(250)))
        );
        for zero in ["0", "\"0\"", "\"0s\"", "\"-0\"", "0.0"] {
            assert_eq!(json(zero), Ok(KeepAlive::Unload), "{zero}");
        }
        for below in [
            "-1",
            "\"-1\"",
            "\"-1m\"",
            "-0.5",
            "1e300",
            "\"99999999999999999999s\"",
        ] {
            assert_eq!(json(below), Ok(KeepAlive::Forever), "{below}");
        }
        for bad in [
            "\"\"",
            "\"-\"",
            "\"5\\u0000\"",
            "\"m\"",
            "\"5x\"",
            "\"5m3\"",
            "\"1..5h\"",
            "\" 5m\"",
            "true",
            "[1]",
            "{}",
            "\"5é\"",
        ] {
            assert!(json(bad).is_err(), "{bad}");
        }
    }
}
