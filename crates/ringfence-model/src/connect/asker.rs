//! Who asks, told to the runner and to nobody else, by a name that nobody can guess. The runner keeps what it computed for a conversation
//! until another name asks; otherwise whoever seals a guess would be told how much of it is right.

use aws_lc_rs::digest::{Context, SHA256};
use http::header::HeaderMap;
use ringfence_runner::ASKER;
use ringfence_seal::Field;
use zeroize::Zeroizing;

use crate::server::guard::shown;

/// Makes the names: others for each program with a token of its own, and for each process of ours.
pub(crate) struct Askers(Option<Zeroizing<[u8; 32]>>);

impl Askers {
    /// Without random numbers nobody has a name, and nothing is kept.
    pub(crate) fn new() -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        let filled = aws_lc_rs::rand::fill(secret.as_mut_slice());
        Self(filled.is_ok().then_some(secret))
    }

    /// As the head of a sealed request says it.
    pub(crate) fn name(&self, headers: &HeaderMap) -> Option<Field> {
        let secret = self.0.as_ref()?;
        let mut hash = Context::new(&SHA256);
        hash.update(secret.as_slice());
        hash.update(shown(headers).ok().flatten().unwrap_or_default().as_bytes());
        let name = ringfence_inference::Digest::from_bytes(hash.finish().as_ref().try_into().ok()?);
        Some(Field::new(ASKER, name.hex()))
    }
}
