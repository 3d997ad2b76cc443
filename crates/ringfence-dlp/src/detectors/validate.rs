//! Tests of matched secrets: checksums, structures, randomness. Each is a [`crate::Validator`].
mod checksum;
mod codec;
mod random;
mod structure;
mod words;

pub use checksum::{
    base58check, bech32, crc32_base62, grafana_crc32, iban, luhn, secp256k1_scalar,
};
pub use random::{
    bare_random, opaque, opaque_token, password, password_strong, random, random_strict,
    url_password,
};
pub use structure::{
    aws_key_id, base64_pem, basic_credentials, discord_token, json_base64, jwt, key32,
    pypi_macaroon,
};
pub use words::{not_placeholder, plausible};

use crate::detector::Validator;

/// The name of each test, for documents.
static NAMES: [(Validator, &str); 25] = [
    (crc32_base62, "CRC-32"),
    (grafana_crc32, "CRC-32"),
    (base58check, "Base58Check"),
    (bech32, "Bech32"),
    (luhn, "Luhn and issuer"),
    (iban, "modulo 97"),
    (secp256k1_scalar, "scalar of secp256k1"),
    (aws_key_id, "base32"),
    (jwt, "JSON header"),
    (json_base64, "JSON in base64"),
    (base64_pem, "PEM in base64"),
    (basic_credentials, "name and password in base64"),
    (discord_token, "number in base64"),
    (key32, "32 bytes"),
    (pypi_macaroon, "macaroon"),
    (opaque, "no word"),
    (opaque_token, "random token"),
    (random, "random"),
    (random_strict, "strictly random"),
    (bare_random, "256 random bits"),
    (password, "no word, no code"),
    (password_strong, "random password"),
    (url_password, "no word"),
    (plausible, "no placeholder"),
    (not_placeholder, "no placeholder"),
];

/// What the test of a row demands, in a few words; `None`: a row without test.
#[must_use]
pub fn name(validate: Option<Validator>) -> Option<&'static str> {
    let validate = validate?;
    NAMES
        .iter()
        .find(|(test, _)| std::ptr::fn_addr_eq(*test, validate))
        .map(|(_, name)| *name)
}
