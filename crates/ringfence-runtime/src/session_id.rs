//! Names of sessions: sortable by time, impossible to guess, safe as file names.

use std::time::{SystemTime, UNIX_EPOCH};

/// A new name: seconds since 1970 in hexadecimal, then 64 random bits.
///
/// # Errors
/// When the kernel has no randomness to give.
pub fn new() -> std::io::Result<String> {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    Ok(format!("{seconds:08x}-{}", random_hex::<8>()?))
}

/// `N` random bytes in hexadecimal.
///
/// # Errors
/// When the kernel has no randomness to give.
pub fn random_hex<const N: usize>() -> std::io::Result<String> {
    let mut bytes = [0u8; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| std::io::Error::other("no randomness"))?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}
