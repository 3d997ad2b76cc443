//! The setting `encrypted` of a client, which has one value.

use std::fmt;
use std::str::FromStr;

/// That messages to a runner are sealed. There is no other value, here or in a message, so nothing on the way can ask for one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encryption {
    /// `encrypted = "required"`.
    #[default]
    Required,
}

/// Something other than `required` was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "encrypted = \"{0}\" is not possible: \"required\" is the only value. To talk to a local model in clear, point the client at the server itself"
)]
pub struct NotRequired(String);

impl FromStr for Encryption {
    type Err = NotRequired;

    fn from_str(text: &str) -> Result<Self, NotRequired> {
        match text {
            "required" => Ok(Self::Required),
            other => Err(NotRequired(
                other
                    .chars()
                    .take(32)
                    .flat_map(char::escape_default)
                    .collect(),
            )),
        }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("required")
    }
}

crate::digest::serde_as_text!(Encryption);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_required_is_a_value() {
        assert_eq!("required".parse(), Ok(Encryption::Required));
        assert_eq!(
            serde_json::from_str::<Encryption>("\"required\"").unwrap(),
            Encryption::default()
        );
        for wrong in [
            "",
            "Required",
            "required ",
            "false",
            "off",
            "optional",
            "none",
            "preferred",
        ] {
            assert!(wrong.parse::<Encryption>().is_err(), "{wrong}");
        }
        for wrong in ["false", "true", "null", "0", "\"off\"", "{}"] {
            assert!(
                serde_json::from_str::<Encryption>(wrong).is_err(),
                "{wrong}"
            );
        }
    }
}
