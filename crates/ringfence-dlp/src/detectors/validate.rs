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
