//! Values of the caller's environment that are secrets by their names: the filter knows them, though the sandbox does not
//! see them, because a file that was handed in may hold them.

use std::collections::BTreeMap;

use ringfence_dlp::Known;
use ringfence_store::Secret;
use zeroize::Zeroizing;

use super::limits::{KNOWN_BYTES, KNOWN_VARIABLES};

/// Endings of names of variables that hold secrets.
const ENDINGS: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "SECRET_KEY",
    "SECRET_ACCESS_KEY",
    "CREDENTIALS",
    "_PAT",
    "_KEY",
    "_PWD",
];

/// Endings that say where a secret is, not what it is.
const PLACES: &[&str] = &["_FILE", "_PATH", "_DIR", "_URL", "_HELPER", "_NAME", "_ID"];

/// The secrets of the environment, by the names of their variables.
pub(super) fn of_environment(env: &BTreeMap<String, String>) -> Vec<Known> {
    env.iter()
        .filter(|(name, value)| is_secret(name, value))
        .take(KNOWN_VARIABLES)
        .map(|(name, value)| Known {
            name: name.clone(),
            value: Zeroizing::new(value.clone().into_bytes()),
        })
        .collect()
}

/// Those of them that the code was not given with `--env`: what it was given, it may send to the hosts that it may reach.
pub(super) fn beside(
    env: &BTreeMap<String, String>,
    given: &BTreeMap<String, String>,
) -> Vec<Known> {
    let mut known = of_environment(env);
    known.retain(|secret| {
        !given
            .values()
            .any(|value| value.as_bytes() == &secret.value[..])
    });
    known
}

/// The same values for the audit log: code on a command line may hold one.
pub(crate) fn secrets(env: &BTreeMap<String, String>) -> Vec<Secret> {
    env.iter()
        .filter(|(name, value)| is_secret(name, value))
        .take(KNOWN_VARIABLES)
        .map(|(name, value)| Secret {
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
}

fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let named = ENDINGS.iter().any(|ending| name.ends_with(ending))
        && !PLACES.iter().any(|place| name.ends_with(place));
    let looks = value.len() >= KNOWN_BYTES
        && value.len() <= ringfence_dlp::limits::KNOWN_MAX
        && !value.starts_with(['/', '~', '.'])
        && !value.contains(char::is_whitespace);
    named && looks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name_and_words_and_places_are_not() {
        for (name, value, secret) in [
            ("GITHUB_TOKEN", "ghx_0123456789", true),
            ("AWS_SECRET_ACCESS_KEY", "abcdefghijklmnop", true),
            ("db_password", "correct-horse-battery", true),
            ("GITHUB_TOKEN", "short", false),
            ("SSH_KEY", "/home/u/.ssh/id_ed25519", false),
            ("TOKEN_FILE", "0123456789abcdef", false),
            ("PATH", "0123456789abcdef", false),
            ("PASSWORD", "a sentence of words", false),
        ] {
            assert_eq!(is_secret(name, value), secret, "{name}={value}");
        }
    }
}
