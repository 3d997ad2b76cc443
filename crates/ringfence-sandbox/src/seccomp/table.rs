//! Numbers of the system calls that profiles name.

mod names;

use names::{ELSEWHERE, HERE, OF_THE_OTHER};

/// The number of a system call; `Some(None)` where only other architectures have it, `None` when nobody has.
pub(super) fn number(name: &str) -> Option<Option<u32>> {
    if let Ok(index) = HERE.binary_search_by(|(known, _)| (*known).cmp(name)) {
        return Some(HERE.get(index).map(|(_, number)| *number));
    }
    let known = [OF_THE_OTHER, ELSEWHERE]
        .iter()
        .any(|names| names.binary_search(&name).is_ok());
    known.then_some(None)
}

/// A name that the writer may have meant.
pub(super) fn similar(name: &str) -> Option<&'static str> {
    let all = HERE.iter().map(|(known, _)| *known);
    let best = all.map(|known| (distance(known, name), known)).min()?;
    (best.0 <= 2).then_some(best.1)
}

/// How many letters have to be put in, left out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    if b.len() > 32 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            left = (diagonal + usize::from(x != *y))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_libc() {
        for (name, wanted) in [
            ("read", libc::SYS_read),
            ("clone3", libc::SYS_clone3),
            ("ptrace", libc::SYS_ptrace),
            ("mount_setattr", libc::SYS_mount_setattr),
            ("kexec_load", libc::SYS_kexec_load),
            ("landlock_restrict_self", libc::SYS_landlock_restrict_self),
            ("process_vm_readv", libc::SYS_process_vm_readv),
            ("openat2", libc::SYS_openat2),
            ("personality", libc::SYS_personality),
        ] {
            assert_eq!(number(name), Some(u32::try_from(wanted).ok()), "{name}");
        }
        assert!(HERE.is_sorted() && OF_THE_OTHER.is_sorted() && ELSEWHERE.is_sorted());
        let mut numbers: Vec<u32> = HERE.iter().map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        assert!(
            numbers.windows(2).all(|pair| pair[0] != pair[1]),
            "a number twice"
        );
    }

    #[test]
    fn names_of_other_machines_are_known_and_misspelt_ones_are_not() {
        assert_eq!(number("socketcall"), Some(None));
        assert_eq!(number("ptarce"), None);
        assert_eq!(similar("ptarce"), Some("ptrace"));
        assert_eq!(similar("clone33"), Some("clone3"));
        assert_eq!(similar("nothing_like_it"), None);
    }
}
