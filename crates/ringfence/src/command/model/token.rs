//! `ringfence model token`: a token for one program, shown once; the file holds its hash.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use ringfence_model::server::{NewToken, TokensError};

use crate::arguments::model::Token;
use crate::command::output_failed;
use crate::error::Failure;
use crate::exit::Exit;

/// Makes one.
pub fn run(arguments: &Token) -> Result<(), Failure> {
    let path = &arguments.tokens;
    let failed =
        |e: std::io::Error| Failure::message(Exit::Found, format!("{}: {e}", path.display()));
    let made = NewToken::for_file(path, &arguments.name).map_err(|error| match error {
        TokensError::Name => Failure::new(Exit::Usage, error),
        TokensError::Line { .. } => {
            Failure::message(Exit::Config, format!("{}: {error}", path.display()))
        }
        error => Failure::new(Exit::Found, error),
    })?;
    let mut file = File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(made.line.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", made.token.as_str()).map_err(output_failed)
}
