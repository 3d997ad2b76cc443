//! Keeps a runner's private key out of swap and core dumps. One of the few modules with `unsafe`: locking memory by address has no
//! safe form.
#![allow(unsafe_code)]

use std::ops::Range;

use rustix::mm::{Advice, madvise, mlock};

/// Locks the pages that hold these addresses, which stay allocated, and leaves them out of dumps. What else lies on the same pages is
/// locked with it.
///
/// # Errors
/// When the kernel does not.
pub(super) fn lock(at: &Range<usize>) -> Result<(), String> {
    let page = rustix::param::page_size();
    let start = at.start / page * page;
    let length = at.end.div_ceil(page) * page - start;
    let pages = std::ptr::without_provenance_mut(start);
    // SAFETY: nothing is read or written; whole pages that are mapped, because a value lies on each, stay mapped and in memory.
    unsafe { mlock(pages, length) }.map_err(|error| {
        format!(
            "no memory for its key that stays out of swap: {error}; raise the limit on locked memory (`ulimit -l 64`)"
        )
    })?;
    // SAFETY: as above; the advice changes what is in dumps and nothing else.
    unsafe { madvise(pages, length, Advice::LinuxDontDump) }
        .map_err(|error| format!("its key can not be kept out of core dumps: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn locked_pages_are_marked_as_such() {
        let key = ringfence_seal::RunnerKey::generate(ringfence_seal::Kem::XWing, 1).unwrap();
        let at = key.private_at();
        let flags = || {
            let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
            let mut inside = false;
            for line in smaps.lines() {
                let range = line.split(' ').next().unwrap_or_default();
                if let Some((from, to)) = range.split_once('-')
                    && let (Ok(from), Ok(to)) = (
                        usize::from_str_radix(from, 16),
                        usize::from_str_radix(to, 16),
                    )
                {
                    inside = (from..to).contains(&at.start);
                }
                if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                    return flags.to_owned();
                }
            }
            String::new()
        };
        let has = |flag: &str| flags().split(' ').any(|found| found == flag);
        assert!(!has("lo") && !has("dd"), "{}", flags());
        lock(&at).unwrap();
        assert!(has("lo") && has("dd"), "{}", flags());
    }
}
