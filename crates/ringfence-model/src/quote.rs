//! Quotes by this machine's TPM 2.0: who signs a statement beside the server, and what a client has to be told to check it.
//!
//! The attestation key is made anew from the TPM's endorsement seed each time, by a fixed template: it is the same one for as long
//! as the TPM lives, only that TPM has it, and nothing is kept. It is restricted, so it signs only what the TPM itself made.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ringfence_seal::{AttestationKey, Digest, Quote, QuoteError, QuoteWanted};
use ringfence_store::tpm::{Tools, TpmError};

use crate::limits;

/// Of the attestation key: made and kept by the TPM, signs what the TPM made and nothing else.
const ATTRIBUTES: &str =
    "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign";

/// What the quote that is tried first is over: no statement.
const TRIAL: &[u8] = b"ringfence quote trial v1\0";

/// Why a text names no registers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistersError {
    /// Another form.
    #[error("expected sha256: and the numbers of registers, as in sha256:0,2,4,7")]
    Form,
    /// No such register.
    #[error("register {0} is not one of 0 to 23")]
    Number(u8),
    /// It says nothing.
    #[error(
        "register {0} can be set back by every program that may use the TPM, so a quote of it says nothing"
    )]
    Resettable(u8),
}

/// Registers of a TPM's SHA-256 bank, at least one. Written `sha256:0,2,4,7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registers(BTreeSet<u8>);

impl Registers {
    fn new(registers: BTreeSet<u8>) -> Result<Self, RegistersError> {
        let wrong = |register: &&u8| matches!(register, 16 | 23..);
        match registers.iter().find(wrong) {
            _ if registers.is_empty() => Err(RegistersError::Form),
            Some(register @ (16 | 23)) => Err(RegistersError::Resettable(*register)),
            Some(register) => Err(RegistersError::Number(*register)),
            None => Ok(Self(registers)),
        }
    }
}

impl FromStr for Registers {
    type Err = RegistersError;

    fn from_str(text: &str) -> Result<Self, RegistersError> {
        let numbers = text.strip_prefix("sha256:").ok_or(RegistersError::Form)?;
        let read = |number: &str| number.parse().map_err(|_| RegistersError::Form);
        Self::new(numbers.split(',').map(read).collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", written(&self.0))
    }
}

/// Registers as [`Registers`] are written.
pub fn written(registers: &BTreeSet<u8>) -> String {
    let numbers: Vec<String> = registers.iter().map(u8::to_string).collect();
    format!("sha256:{}", numbers.join(","))
}

/// Why there is no quote.
#[derive(Debug, thiserror::Error)]
pub enum NoQuote {
    /// The TPM gives none.
    #[error(
        "this machine's TPM gives no quote: {0}. `tpm2_pcrread` has to work for the user who serves (mostly: the group tss); TPM2TOOLS_TCTI names another TPM"
    )]
    Tpm(#[from] TpmError),
    /// It gives one that no client would believe.
    #[error("what this machine's TPM gives is no quote to believe: {0}")]
    Quote(#[from] QuoteError),
    /// The registers are not there.
    #[error(
        "this machine's TPM quotes the registers {got} and not {wanted}: it has no SHA-256 bank of them"
    )]
    Registers {
        /// Those asked for.
        wanted: String,
        /// Those quoted.
        got: String,
    },
    /// There is no place to speak to it from.
    #[error("{path}: {source}")]
    Place {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A TPM that was seen to quote.
#[derive(Debug)]
pub struct Quoter {
    directory: PathBuf,
    selection: String,
    wanted: QuoteWanted,
}

impl Quoter {
    /// Asks the TPM for its key and for a quote of these registers, and checks that. The directory, which is made when there is
    /// none, is for what tpm2-tools exchange.
    ///
    /// # Errors
    /// [`NoQuote`].
    pub fn open(directory: &Path, registers: &Registers) -> Result<Self, NoQuote> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|source| NoQuote::Place {
                path: directory.to_owned(),
                source,
            })?;
        let selection = registers.to_string();
        let trial = Digest::of(TRIAL);
        let (key, quote) = ask(directory, &selection, &trial)?;
        let wanted = quote.state(&key, &trial)?;
        if wanted.registers != registers.0 {
            return Err(NoQuote::Registers {
                got: written(&wanted.registers),
                wanted: selection,
            });
        }
        Ok(Self {
            directory: directory.to_owned(),
            selection,
            wanted,
        })
    }

    /// What a client has to want of this machine, in the state in which it is now.
    pub const fn wanted(&self) -> &QuoteWanted {
        &self.wanted
    }

    /// A quote over this extra data. Takes as long as the TPM takes, within bounds.
    ///
    /// # Errors
    /// [`NoQuote`].
    pub fn quote(&self, extra: &Digest) -> Result<Quote, NoQuote> {
        Ok(ask(&self.directory, &self.selection, extra)?.1)
    }
}

/// The TPM's attestation key and a quote by it.
fn ask(
    directory: &Path,
    selection: &str,
    extra: &Digest,
) -> Result<(AttestationKey, Quote), NoQuote> {
    let tools = Tools::new(directory)?;
    let key = &tools.file("key");
    let (public, attest, signature) = (
        &tools.file("public"),
        &tools.file("attest"),
        &tools.file("signature"),
    );
    let extra = extra.to_string();
    let extra = extra.strip_prefix("sha256:").unwrap_or_default();
    let made = "ecc256:ecdsa-sha256:null";
    for (program, arguments) in [
        (
            "tpm2_createprimary",
            &[
                "-Q", "-C", "e", "-G", made, "-g", "sha256", "-a", ATTRIBUTES, "-c", key,
            ][..],
        ),
        (
            "tpm2_readpublic",
            &["-Q", "-c", key, "-f", "der", "-o", public],
        ),
        (
            "tpm2_quote",
            &[
                "-Q", "-c", key, "-l", selection, "-q", extra, "-g", "sha256", "-m", attest, "-s",
                signature,
            ],
        ),
    ] {
        tools.run(program, arguments, None)?;
        tools.flush();
    }
    let key = AttestationKey::from_der(&tools.read("public")?)?;
    let quote = Quote {
        attest: tools.read("attest")?,
        signature: tools.read("signature")?,
    };
    Ok((key, quote))
}

/// Why a file does not say what to want.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path}: {why}. It has to be what `ringfence model quote` printed on the server's machine, carried over by a way that you trust"
)]
pub struct WantedError {
    path: PathBuf,
    why: String,
}

/// What to want of a server's TPM, from a file that [`Quoter::wanted`] was written to as JSON.
///
/// # Errors
/// [`WantedError`].
pub fn read_wanted(path: &Path) -> Result<QuoteWanted, WantedError> {
    let failed = |why: String| WantedError {
        path: path.to_owned(),
        why,
    };
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(limits::WANTED_BYTES).read_to_string(&mut text))
        .map_err(|e| failed(e.to_string()))?;
    let wanted: QuoteWanted = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
    Registers::new(wanted.registers.clone()).map_err(|e| failed(e.to_string()))?;
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn registers_that_say_nothing_are_refused_with_the_reason() {
        let text = "sha256:0,2,4,7,17";
        assert_eq!(text.parse::<Registers>().unwrap().to_string(), text);
        for wrong in [
            "",
            "0,7",
            "sha256:",
            "sha256:0,",
            "sha256:0+7",
            "sha1:0",
            "sha256:256",
        ] {
            assert_eq!(
                wrong.parse::<Registers>(),
                Err(RegistersError::Form),
                "{wrong}"
            );
        }
        for resettable in [16, 23] {
            assert_eq!(
                format!("sha256:7,{resettable}").parse::<Registers>(),
                Err(RegistersError::Resettable(resettable))
            );
        }
        assert_eq!(
            "sha256:7,24".parse::<Registers>(),
            Err(RegistersError::Number(24))
        );
    }

    #[test]
    fn a_file_of_what_is_wanted_is_read_strictly() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wanted");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_wanted(&path).map_err(|e| e.to_string())
        };
        let (key, state) = (AttestationKey([7; 64]), Digest([9; 32]));
        let whole = format!(r#"{{"key":"{key}","registers":[7,0],"state":"{state}"}}"#);
        let wanted = read(&whole).unwrap();
        assert_eq!(wanted.registers, BTreeSet::from([0, 7]));
        assert_eq!(
            read(&serde_json::to_string(&wanted).unwrap()),
            Ok(wanted.clone())
        );
        for (wrong, why) in [
            ("", "EOF"),
            (&whole.replace("[7,0]", "[]"), "expected sha256:"),
            (&whole.replace("[7,0]", "[23]"), "register 23"),
            (&whole.replace("p256:", ""), "p256:"),
            (&whole.replace(r#","registers":[7,0]"#, ""), "registers"),
            (&whole.replace("state", "status"), "status"),
            (&format!("{whole} x"), "trailing"),
        ] {
            let refused = read(wrong).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
