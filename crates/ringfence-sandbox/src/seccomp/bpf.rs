//! From a profile to classic BPF: a binary search over the system call numbers, and straight-line
//! code for the few whose arguments matter. The kernel remembers which numbers are always allowed,
//! so those never run the program at all.

use super::SeccompError;
use super::profile::{Profile, Rule, Test, When, broken};

/// `offsetof(struct seccomp_data, …)`.
pub(super) const NR: u32 = 0;
pub(super) const ARCH: u32 = 4;
pub(super) const ARGS: u32 = 16;

#[cfg(target_arch = "x86_64")]
pub(super) const AUDIT_ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
pub(super) const AUDIT_ARCH: u32 = 0xc000_00b7;

/// First number of the x32 ABI, which shares the architecture value of x86-64.
#[cfg(target_arch = "x86_64")]
const X32: u32 = 0x4000_0000;

/// Longest program that the kernel takes.
pub(super) const PROGRAM_MAX: usize = 4096;

pub(super) const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
pub(super) const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
pub(super) const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JA) as u16;
pub(super) const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
pub(super) const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
pub(super) const ABOVE: u16 = (libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K) as u16;
pub(super) const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Compiles a profile for this architecture.
pub(super) fn assemble(profile: &Profile) -> Result<Vec<libc::sock_filter>, SeccompError> {
    let mut code = vec![
        insn(LOAD, 0, 0, ARCH),
        insn(EQUAL, 1, 0, AUDIT_ARCH),
        insn(RETURN, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
        insn(LOAD, 0, 0, NR),
        // A tracer's or a careless caller's -1 is "no such call", not the x32 ABI.
        insn(EQUAL, 0, 1, u32::MAX),
        insn(RETURN, 0, 0, refuse(libc::ENOSYS as u16)),
    ];
    #[cfg(target_arch = "x86_64")]
    code.extend([
        insn(AT_LEAST, 0, 1, X32),
        insn(RETURN, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
    ]);
    code.extend([
        insn(ABOVE, 0, 1, profile.newest),
        insn(RETURN, 0, 0, refuse(libc::ENOSYS as u16)),
    ]);
    let calls: Vec<(u32, &[Rule])> = profile
        .calls
        .iter()
        .map(|(number, rules)| (*number, rules.as_slice()))
        .collect();
    code.extend(search(&calls)?);
    if code.len() > PROGRAM_MAX {
        return Err(broken(format!("{} instructions", code.len())));
    }
    Ok(code)
}

/// The number is in the accumulator.
fn search(calls: &[(u32, &[Rule])]) -> Result<Vec<libc::sock_filter>, SeccompError> {
    match calls {
        [] => Ok(vec![insn(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW)]),
        [(number, rules)] => {
            let mut code = vec![
                insn(EQUAL, 1, 0, *number),
                insn(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
            ];
            for rule in *rules {
                code.extend(block(rule)?);
            }
            code.push(insn(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW));
            Ok(code)
        }
        _ => {
            let (low, high) = calls.split_at(calls.len() / 2);
            let pivot = high.first().map_or(0, |(number, _)| *number);
            let low = search(low)?;
            let high = search(high)?;
            let mut code = vec![
                insn(AT_LEAST, 0, 1, pivot),
                insn(JUMP, 0, 0, low.len() as u32),
            ];
            code.extend(low);
            code.extend(high);
            Ok(code)
        }
    }
}

/// Refuses or falls through.
fn block(rule: &Rule) -> Result<Vec<libc::sock_filter>, SeccompError> {
    let refusal = insn(RETURN, 0, 0, refuse(rule.errno));
    let (alternatives, refuse_on_match) = match &rule.when {
        When::Always => return Ok(vec![refusal]),
        When::Any(alternatives) => (alternatives, true),
        When::Unless(alternatives) => (alternatives, false),
    };
    // From the back: a matching alternative knows then how far the end is.
    let mut tail = if refuse_on_match {
        Vec::new()
    } else {
        vec![refusal]
    };
    for all in alternatives.iter().rev() {
        let mut code = vec![if refuse_on_match {
            refusal
        } else {
            insn(JUMP, 0, 0, tail.len() as u32)
        }];
        for test in all.iter().rev() {
            let mut with = check(test, code.len())?;
            with.extend(code);
            code = with;
        }
        code.extend(tail);
        tail = code;
    }
    Ok(tail)
}

/// Falls through when the test holds, else skips the `rest` of its alternative.
fn check(test: &Test, rest: usize) -> Result<Vec<libc::sock_filter>, SeccompError> {
    let mut code = vec![insn(LOAD, 0, 0, low_word(test.arg))];
    if test.mask != u32::MAX {
        code.push(insn(AND, 0, 0, test.mask));
    }
    let count = test.values.len();
    let skip = |distance: usize| {
        u8::try_from(distance).map_err(|_| broken("a condition is too long for a jump".into()))
    };
    for (index, value) in test.values.iter().enumerate() {
        let left = count - 1 - index;
        let hit = if test.among { left } else { left + rest };
        let miss = match (left, test.among) {
            (0, true) => rest,
            _ => 0,
        };
        code.push(insn(EQUAL, skip(hit)?, skip(miss)?, *value));
    }
    Ok(code)
}

/// Offset of the low half of an argument.
fn low_word(arg: u8) -> u32 {
    let half = if cfg!(target_endian = "big") { 4 } else { 0 };
    ARGS + 8 * u32::from(arg) + half
}

fn refuse(errno: u16) -> u32 {
    libc::SECCOMP_RET_ERRNO | u32::from(errno)
}

pub(super) fn insn(code: u16, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}
