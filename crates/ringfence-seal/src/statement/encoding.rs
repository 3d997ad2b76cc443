//! The bytes of a statement: `RFST`, a version, then tag, length and value of each field, all of them, in the order of their tags.
//! One statement has one encoding; what is read is written again and compared.

use std::collections::BTreeSet;

use super::{Claim, Level, ServerIdentity, Statement, StatementError};
use crate::digest::Digest;
use crate::key::KeyConfig;
use crate::limits::MAX_STATEMENT;
use crate::time::UnixTime;

const MAGIC: &[u8; 4] = b"RFST";
const VERSION: u8 = 1;
const SIGNATURE: usize = 64;

/// The fields, each under its number.
#[derive(Clone, Copy)]
enum Tag {
    Server = 1,
    Key,
    Model,
    Manifest,
    Binary,
    Sandbox,
    Level,
    Protections,
    Issued,
    Expires,
}

pub(super) fn encode(statement: &Statement) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(VERSION);
    let mut protections = Vec::new();
    for name in &statement.protections {
        protections.push(name.len() as u8);
        protections.extend_from_slice(name.as_bytes());
    }
    let level = match statement.level {
        Level::Standard => 1,
        Level::High => 2,
        Level::Custom => 3,
    };
    field(Tag::Server, &statement.server.0, &mut out);
    field(Tag::Key, &statement.key.encode(), &mut out);
    field(Tag::Model, statement.model.as_bytes(), &mut out);
    field(Tag::Manifest, &statement.manifest.0, &mut out);
    field(Tag::Binary, &statement.binary.0, &mut out);
    field(Tag::Sandbox, &statement.sandbox.0, &mut out);
    field(Tag::Level, &[level], &mut out);
    field(Tag::Protections, &protections, &mut out);
    field(Tag::Issued, &statement.issued.0.to_be_bytes(), &mut out);
    field(Tag::Expires, &statement.expires.0.to_be_bytes(), &mut out);
    out
}

fn field(tag: Tag, value: &[u8], out: &mut Vec<u8>) {
    out.push(tag as u8);
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value);
}

/// The statement, the bytes that are signed, the signature.
pub(super) fn decode(bytes: &[u8]) -> Result<(Statement, &[u8], &[u8; SIGNATURE]), StatementError> {
    if bytes.len() > MAX_STATEMENT {
        return Err(StatementError::TooLong(bytes.len()));
    }
    let (body, signature) = bytes
        .split_last_chunk::<SIGNATURE>()
        .ok_or(StatementError::Malformed("its length"))?;
    let rest = body
        .strip_prefix(MAGIC)
        .ok_or(StatementError::NotAStatement)?;
    let (&version, mut rest) = rest.split_first().ok_or(StatementError::NotAStatement)?;
    if version != VERSION {
        return Err(StatementError::Version(version));
    }
    let rest = &mut rest;
    let server = ServerIdentity(array(take(rest, Tag::Server, "the server")?, "the server")?);
    let key = KeyConfig::decode(take(rest, Tag::Key, "the key")?).map_err(StatementError::Key)?;
    let model = text(
        take(rest, Tag::Model, "the model's name")?,
        "the model's name",
    )?;
    let mut digest = |tag, what| Ok(Digest(array(take(rest, tag, what)?, what)?));
    let manifest = digest(Tag::Manifest, "the manifest's digest")?;
    let binary = digest(Tag::Binary, "the program's digest")?;
    let sandbox = digest(Tag::Sandbox, "the sandbox's digest")?;
    let level = match array(take(rest, Tag::Level, "the level")?, "the level")? {
        [1] => Level::Standard,
        [2] => Level::High,
        [3] => Level::Custom,
        _ => return Err(StatementError::Malformed("the level")),
    };
    let protections = protections(take(rest, Tag::Protections, "the list of protections")?)?;
    let mut time = |tag, what| {
        Ok(UnixTime(u64::from_be_bytes(array(
            take(rest, tag, what)?,
            what,
        )?)))
    };
    let issued = time(Tag::Issued, "its time of issue")?;
    let expires = time(Tag::Expires, "its time of expiry")?;
    let claim = Claim {
        key,
        model,
        manifest,
        binary,
        sandbox,
        level,
        protections,
        issued,
        expires,
    };
    let statement = Statement { server, claim };
    statement.check()?;
    if !rest.is_empty() || encode(&statement) != body {
        return Err(StatementError::NotCanonical);
    }
    Ok((statement, body, signature))
}

fn take<'a>(rest: &mut &'a [u8], tag: Tag, what: &'static str) -> Result<&'a [u8], StatementError> {
    let malformed = StatementError::Malformed(what);
    let (&[got, l0, l1], after) = rest.split_first_chunk::<3>().ok_or(malformed.clone())?;
    if got != tag as u8 {
        return Err(malformed);
    }
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let (value, after) = after.split_at_checked(length).ok_or(malformed)?;
    *rest = after;
    Ok(value)
}

fn array<const N: usize>(value: &[u8], what: &'static str) -> Result<[u8; N], StatementError> {
    value
        .try_into()
        .map_err(|_| StatementError::Malformed(what))
}

fn text(value: &[u8], what: &'static str) -> Result<String, StatementError> {
    std::str::from_utf8(value)
        .map(str::to_owned)
        .map_err(|_| StatementError::Malformed(what))
}

fn protections(mut rest: &[u8]) -> Result<BTreeSet<String>, StatementError> {
    let what = "the list of protections";
    let mut found = BTreeSet::new();
    while let Some((&length, after)) = rest.split_first() {
        let (name, after) = after
            .split_at_checked(usize::from(length))
            .ok_or(StatementError::Malformed(what))?;
        found.insert(text(name, what)?);
        rest = after;
    }
    Ok(found)
}
