//! From an OCI profile to classic BPF: a binary search over ranges of system call numbers that are treated alike, and
//! straight-line code for those whose arguments matter.

use super::SeccompError;
use super::bpf::{
    ABOVE, AND, ARCH, ARGS, AT_LEAST, AUDIT_ARCH, EQUAL, JUMP, LOAD, NR, PROGRAM_MAX, RETURN, insn,
};
use super::oci::{Action, Condition, Profile, Rule, Test};

/// What is done from a number on, up to the next range.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range<'p> {
    start: u32,
    rules: &'p [Rule],
    otherwise: Action,
}

/// Compiles a profile for this architecture.
pub(super) fn assemble(
    name: &str,
    profile: &Profile,
) -> Result<Vec<libc::sock_filter>, SeccompError> {
    let mut code = vec![
        insn(LOAD, 0, 0, ARCH),
        insn(EQUAL, 1, 0, AUDIT_ARCH),
        // The base filter kills as well; numbers of another ABI mean something else.
        insn(RETURN, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
        insn(LOAD, 0, 0, NR),
    ];
    code.extend(search(&ranges(profile)));
    if code.len() > PROGRAM_MAX {
        return Err(SeccompError::Profile(format!(
            "{name}: it compiles to {} instructions and the kernel takes {PROGRAM_MAX}; use fewer conditions",
            code.len()
        )));
    }
    Ok(code)
}

fn ranges(profile: &Profile) -> Vec<Range<'_>> {
    let range = |start, rules, otherwise| Range {
        start,
        rules,
        otherwise,
    };
    let mut ranges = vec![range(0, &[][..], profile.default)];
    for (number, rules) in &profile.calls {
        let own = match rules.as_slice() {
            [only] if only.when.is_empty() => range(*number, &[], only.action),
            rules => range(*number, rules, profile.default),
        };
        for next in [own, range(number.saturating_add(1), &[], profile.default)] {
            match ranges.last_mut() {
                // The range that the number before left open is this one.
                Some(last) if last.start == next.start => *last = next,
                _ => ranges.push(next),
            }
        }
    }
    ranges.dedup_by(|next, before| {
        next.rules.is_empty() && before.rules.is_empty() && next.otherwise == before.otherwise
    });
    ranges
}

/// The number is in the accumulator.
fn search(ranges: &[Range<'_>]) -> Vec<libc::sock_filter> {
    match ranges {
        [] => Vec::new(),
        [range] => leaf(range),
        _ => {
            let (low, high) = ranges.split_at(ranges.len() / 2);
            let pivot = high.first().map_or(0, |range| range.start);
            let low = search(low);
            let mut code = vec![
                insn(AT_LEAST, 0, 1, pivot),
                insn(JUMP, 0, 0, low.len() as u32),
            ];
            code.extend(low);
            code.extend(search(high));
            code
        }
    }
}

fn leaf(range: &Range<'_>) -> Vec<libc::sock_filter> {
    let mut code = Vec::new();
    for rule in range.rules {
        // From the back: a condition that does not hold has to know how far the end of its rule is.
        let mut tail = vec![insn(RETURN, 0, 0, result(rule.action))];
        for condition in rule.when.iter().rev() {
            let mut with = check(condition);
            with.push(insn(JUMP, 0, 0, tail.len() as u32));
            with.extend(tail);
            tail = with;
        }
        code.extend(tail);
    }
    code.push(insn(RETURN, 0, 0, result(range.otherwise)));
    code
}

/// Tests whose end is one instruction further when they hold, so that the jump right behind them is skipped.
fn check(condition: &Condition) -> Vec<libc::sock_filter> {
    let (high, low) = words(condition.arg);
    let split = |value: u64| ((value >> 32) as u32, value as u32);
    // In each: 0 is the next instruction; the last one has the miss at 0 and the hit at 1.
    match condition.test {
        Test::Equal(value) => {
            let (h, l) = split(value);
            vec![
                insn(LOAD, 0, 0, high),
                insn(EQUAL, 0, 2, h),
                insn(LOAD, 0, 0, low),
                insn(EQUAL, 1, 0, l),
            ]
        }
        Test::NotEqual(value) => {
            let (h, l) = split(value);
            vec![
                insn(LOAD, 0, 0, high),
                insn(EQUAL, 0, 3, h),
                insn(LOAD, 0, 0, low),
                insn(EQUAL, 0, 1, l),
            ]
        }
        Test::AtLeast(value) => beyond(high, low, split(value), AT_LEAST, false),
        Test::Above(value) => beyond(high, low, split(value), ABOVE, false),
        Test::Less(value) => beyond(high, low, split(value), AT_LEAST, true),
        Test::AtMost(value) => beyond(high, low, split(value), ABOVE, true),
        Test::Masked(mask, value) => {
            let ((mh, ml), (h, l)) = (split(mask), split(value));
            vec![
                insn(LOAD, 0, 0, high),
                insn(AND, 0, 0, mh),
                insn(EQUAL, 0, 3, h),
                insn(LOAD, 0, 0, low),
                insn(AND, 0, 0, ml),
                insn(EQUAL, 1, 0, l),
            ]
        }
    }
}

/// Whether the argument is beyond a value, or, `turned`, is not. `compare` is made on the low words when the high ones are equal.
fn beyond(
    high: u32,
    low: u32,
    (h, l): (u32, u32),
    compare: u16,
    turned: bool,
) -> Vec<libc::sock_filter> {
    // Distances to hit and miss; the hit is one further.
    let [yes, no] = if turned { [0, 1] } else { [1, 0] };
    vec![
        insn(LOAD, 0, 0, high),
        insn(ABOVE, 3 + yes, 0, h),
        insn(EQUAL, 0, 2 + no, h),
        insn(LOAD, 0, 0, low),
        insn(compare, yes, no, l),
    ]
}

/// Offsets of the high and the low half of an argument.
fn words(arg: u8) -> (u32, u32) {
    let first = ARGS + 8 * u32::from(arg);
    if cfg!(target_endian = "big") {
        (first, first + 4)
    } else {
        (first + 4, first)
    }
}

/// What the kernel is told.
fn result(action: Action) -> u32 {
    match action {
        Action::Allow => libc::SECCOMP_RET_ALLOW,
        Action::Log => libc::SECCOMP_RET_LOG,
        Action::Errno(errno) => libc::SECCOMP_RET_ERRNO | u32::from(errno),
        Action::Trap => libc::SECCOMP_RET_TRAP,
        Action::KillThread => libc::SECCOMP_RET_KILL_THREAD,
        Action::KillProcess => libc::SECCOMP_RET_KILL_PROCESS,
    }
}
