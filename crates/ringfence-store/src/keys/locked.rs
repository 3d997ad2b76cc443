//! Keys in memory that is never written to swap, is left out of core dumps and is not copied by a fork.
//!
//! A page comes from `memfd_secret(2)`, which even the kernel's own direct map does not show, or where that is missing from
//! anonymous memory with `mlock(2)`. Where neither can be had there is no key: nothing falls back to ordinary memory.
//! This is one of the few modules with `unsafe`: mapping memory has no safe form.
#![allow(unsafe_code)]

use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use rustix::mm::{Advice, MapFlags, ProtFlags};
use zeroize::Zeroize;

/// Bytes of a key.
pub const KEY: usize = 32;
/// Bytes taken from the kernel at a time.
const PAGE: usize = 4096;
const SLOTS: usize = PAGE / KEY;
/// Most pages of one process: 8192 keys, 256 KiB, far under the usual 8 MiB of `RLIMIT_MEMLOCK`.
const MAX_PAGES: usize = 64;

/// Why a key can not be held.
#[derive(Debug, thiserror::Error)]
pub enum LockedError {
    /// The kernel gives no memory that stays out of swap.
    #[error(
        "no memory that stays out of swap: {0}; raise the limit on locked memory (`ulimit -l 64`)"
    )]
    Unavailable(std::io::Error),
    /// Too many keys at once.
    #[error("more than {0} keys are held at once; close conversations that are not in use")]
    Full(usize),
    /// The kernel gives no random numbers.
    #[error("no random numbers from the kernel")]
    Random,
}

/// What keeps the keys of this process out of swap and dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// `memfd_secret(2)`.
    SecretMemory,
    /// `mlock(2)` and `MADV_DONTDUMP`.
    Locked,
}

impl std::fmt::Display for Protection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Protection::SecretMemory => "memfd_secret",
            Protection::Locked => "mlock",
        })
    }
}

struct Page {
    base: NonNull<u8>,
    used: [bool; SLOTS],
    protection: Protection,
}

// SAFETY: a page is plain memory owned by the arena; a slot is handed out once until it is given back.
unsafe impl Send for Page {}

static ARENA: Mutex<Vec<Page>> = Mutex::new(Vec::new());

fn arena() -> std::sync::MutexGuard<'static, Vec<Page>> {
    ARENA.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A key of 32 bytes in locked memory; zeroed when dropped.
pub struct SecretKey {
    slot: NonNull<[u8; KEY]>,
}

// SAFETY: the slot belongs to this value alone until it is dropped, and is only written through `&mut`.
unsafe impl Send for SecretKey {}
// SAFETY: shared access only reads.
unsafe impl Sync for SecretKey {}

impl SecretKey {
    /// Room for a key, all zero.
    ///
    /// # Errors
    /// No memory that stays out of swap.
    pub fn zero() -> Result<Self, LockedError> {
        let mut pages = arena();
        for page in pages.iter_mut() {
            if let Some(free) = page.used.iter().position(|used| !used) {
                return Ok(take(page, free));
            }
        }
        if pages.len() == MAX_PAGES {
            return Err(LockedError::Full(MAX_PAGES * SLOTS));
        }
        let (base, protection) = map().map_err(LockedError::Unavailable)?;
        let mut page = Page {
            base,
            used: [false; SLOTS],
            protection,
        };
        let key = take(&mut page, 0);
        pages.push(page);
        Ok(key)
    }

    /// A random key.
    ///
    /// # Errors
    /// No memory that stays out of swap, or no random numbers.
    pub fn random() -> Result<Self, LockedError> {
        let mut key = Self::zero()?;
        aws_lc_rs::rand::fill(key.expose_mut()).map_err(|_| LockedError::Random)?;
        Ok(key)
    }

    /// Moves a key in: the place that it came from is zeroed.
    ///
    /// # Errors
    /// No memory that stays out of swap.
    pub fn take(from: &mut [u8; KEY]) -> Result<Self, LockedError> {
        let mut key = Self::zero()?;
        key.expose_mut().copy_from_slice(from);
        from.zeroize();
        Ok(key)
    }

    /// A second copy, locked as well.
    ///
    /// # Errors
    /// No memory that stays out of swap.
    pub fn duplicate(&self) -> Result<Self, LockedError> {
        let mut key = Self::zero()?;
        key.expose_mut().copy_from_slice(self.expose());
        Ok(key)
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8; KEY] {
        // SAFETY: the slot is mapped for the life of the process and belongs to this value.
        unsafe { self.slot.as_ref() }
    }

    /// The bytes, to fill.
    pub fn expose_mut(&mut self) -> &mut [u8; KEY] {
        // SAFETY: as above, and `&mut self` makes this the only access.
        unsafe { self.slot.as_mut() }
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.expose_mut().zeroize();
        let at = self.slot.as_ptr() as usize;
        for page in arena().iter_mut() {
            let base = page.base.as_ptr() as usize;
            if (base..base + PAGE).contains(&at) {
                page.used[(at - base) / KEY] = false;
            }
        }
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

/// How keys are held in this process.
///
/// # Errors
/// No memory that stays out of swap.
pub fn protection() -> Result<Protection, LockedError> {
    let _key = SecretKey::zero()?;
    Ok(arena()
        .last()
        .map_or(Protection::Locked, |page| page.protection))
}

fn take(page: &mut Page, index: usize) -> SecretKey {
    page.used[index] = true;
    // SAFETY: `index` is below SLOTS, so the slot lies within the page.
    let slot = unsafe { page.base.add(index * KEY) }.cast();
    SecretKey { slot }
}

fn map() -> std::io::Result<(NonNull<u8>, Protection)> {
    match secret_page() {
        Ok(base) => Ok((base, Protection::SecretMemory)),
        // Not in this kernel, switched off (`secretmem.enable=0`), or not let through by a filter.
        Err(_) => locked_page().map(|base| (base, Protection::Locked)),
    }
}

fn secret_page() -> std::io::Result<NonNull<u8>> {
    // SAFETY: a system call that takes one integer and returns a descriptor or an error.
    let fd = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
    let fd = libc::c_int::try_from(fd).map_err(std::io::Error::other)?;
    if fd < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and nothing else owns it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    rustix::fs::ftruncate(&fd, PAGE as u64)?;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the kernel chooses the address; the mapping is never taken away again.
    let base = unsafe {
        rustix::mm::mmap(
            std::ptr::null_mut(),
            PAGE,
            protection,
            MapFlags::SHARED | MapFlags::POPULATE,
            &fd,
            0,
        )
    }?;
    finish(base, &[Advice::LinuxDontFork])
}

fn locked_page() -> std::io::Result<NonNull<u8>> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the kernel chooses the address.
    let base = unsafe {
        rustix::mm::mmap_anonymous(std::ptr::null_mut(), PAGE, protection, MapFlags::PRIVATE)
    }?;
    // SAFETY: the page was just mapped.
    if let Err(error) = unsafe { rustix::mm::mlock(base, PAGE) } {
        // SAFETY: nobody else knows the page.
        unsafe { rustix::mm::munmap(base, PAGE) }?;
        return Err(error.into());
    }
    finish(base, &[Advice::LinuxDontFork, Advice::LinuxDontDump])
}

fn finish(base: *mut std::ffi::c_void, advice: &[Advice]) -> std::io::Result<NonNull<u8>> {
    for advice in advice {
        // SAFETY: the page was just mapped and holds nothing yet.
        if let Err(error) = unsafe { rustix::mm::madvise(base, PAGE, *advice) } {
            // SAFETY: nobody else knows the page.
            unsafe { rustix::mm::munmap(base, PAGE) }?;
            return Err(error.into());
        }
    }
    NonNull::new(base.cast()).ok_or_else(|| std::io::Error::other("mapped at address 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flags of the mapping that holds an address, from `/proc/self/smaps`.
    fn flags_of(address: usize) -> String {
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
                inside = (from..to).contains(&address);
            }
            if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                return flags.to_owned();
            }
        }
        panic!("no mapping holds the key");
    }

    #[test]
    fn both_kinds_of_page_stay_out_of_swap_dumps_and_forks() {
        let locked = locked_page().unwrap();
        let flags = flags_of(locked.as_ptr() as usize);
        for flag in ["lo", "dd", "dc"] {
            assert!(flags.split(' ').any(|f| f == flag), "{flag} in {flags}");
        }
        let Ok(secret) = secret_page() else {
            eprintln!("SKIPPED: this kernel has no memfd_secret");
            return;
        };
        let flags = flags_of(secret.as_ptr() as usize);
        // The kernel refuses to fault such a page into a dump; it is locked and not copied to children.
        for flag in ["lo", "dc"] {
            assert!(flags.split(' ').any(|f| f == flag), "{flag} in {flags}");
        }
        // Not even through /proc/self/mem, which shows every ordinary page.
        use std::os::unix::fs::FileExt;
        let memory = std::fs::File::open("/proc/self/mem").unwrap();
        let at = |page: NonNull<u8>| memory.read_exact_at(&mut [0; 8], page.as_ptr() as u64);
        assert!(at(locked).is_ok());
        assert!(at(secret).is_err());
    }

    #[test]
    fn a_key_is_zeroed_where_it_came_from_and_where_it_was() {
        let mut bytes = [7; KEY];
        let key = SecretKey::take(&mut bytes).unwrap();
        assert_eq!(bytes, [0; KEY]);
        assert_eq!(key.expose(), &[7; KEY]);
        let copy = key.duplicate().unwrap();
        drop(key);
        assert_eq!(copy.expose(), &[7; KEY]);
        // A slot that is handed out again holds nothing of the key before.
        for _ in 0..SLOTS * 2 {
            assert_eq!(SecretKey::zero().unwrap().expose(), &[0; KEY]);
        }
        assert!(!format!("{copy:?}").contains('7'));
    }
}
