//! How a saved state is written down: the tokens that it is of, and the engine's own part.
#![forbid(unsafe_code)]

/// What a saved state begins with.
const SAVED: &[u8; 8] = b"RFSTATE1";

/// A saved state's beginning: the tokens that it is of; with room for `more` bytes after it.
pub(super) fn saved_head(tokens: &[i32], more: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12 + 4 * tokens.len() + more);
    bytes.extend(SAVED);
    bytes.extend(
        u32::try_from(tokens.len())
            .unwrap_or(u32::MAX)
            .to_le_bytes(),
    );
    for token in tokens {
        bytes.extend(token.to_le_bytes());
    }
    bytes
}

/// The tokens of a saved state, and the engine's own part.
pub(super) fn read_saved(saved: &[u8]) -> Option<(Vec<i32>, &[u8])> {
    let rest = saved.strip_prefix(SAVED)?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let (tokens, state) = rest.split_at_checked(count.checked_mul(4)?)?;
    let tokens: Vec<i32> = tokens
        .as_chunks::<4>()
        .0
        .iter()
        .map(|token| i32::from_le_bytes(*token))
        .collect();
    (!tokens.is_empty() && !state.is_empty()).then_some((tokens, state))
}
