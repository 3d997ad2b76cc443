//! Whole numbers between two bounds, digit by digit.

/// What is between `least` and `most`, both included; `None` if nothing is.
pub(super) fn integers(least: Option<i128>, most: Option<i128>) -> Option<String> {
    let mut ways = Vec::new();
    // Below zero: a minus before what is between the negated bounds, from 1 on.
    if least.is_none_or(|n| n < 0) {
        let from = most.map_or(1, |n| (-n).max(1));
        if let Some(digits) = natural(from.unsigned_abs(), least.map(|n| (-n).unsigned_abs())) {
            ways.push(format!("\"-\" ( {digits} )"));
        }
    }
    if most.is_none_or(|n| n >= 0) {
        let from = least.map_or(0, |n| n.max(0));
        if let Some(digits) = natural(from.unsigned_abs(), most.map(i128::unsigned_abs)) {
            ways.push(digits);
        }
    }
    if ways.is_empty() {
        None
    } else {
        Some(format!("( {} )", ways.join(" | ")))
    }
}

/// Digits of numbers without a sign; those without an upper bound have up to 16 digits, or as many as the lower one has.
fn natural(least: u128, most: Option<u128>) -> Option<String> {
    let mut ways = Vec::new();
    let first = least.to_string().len();
    let last = match most {
        Some(most) if most < least => return None,
        Some(most) => most.to_string().len(),
        None => first.max(16),
    };
    for length in first..=last {
        // No leading zeros; zero itself has one digit.
        let low = if length == first {
            least.to_string()
        } else {
            format!("1{}", "0".repeat(length - 1))
        };
        let high = match most {
            Some(most) if length == last => most.to_string(),
            _ => "9".repeat(length),
        };
        ways.push(same_length(&low, &high));
    }
    Some(ways.join(" | "))
}

/// Digits of numbers from `low` to `high`, which have as many digits as each other.
fn same_length(low: &str, high: &str) -> String {
    let rest = low.len().saturating_sub(1);
    let any = |n: usize| match n {
        0 => String::new(),
        1 => " [0-9]".to_owned(),
        n => format!(" [0-9]{{{n}}}"),
    };
    let (Some(a), Some(b)) = (low.chars().next(), high.chars().next()) else {
        return String::new();
    };
    let (low, high) = (&low[1..], &high[1..]);
    let all_low = low.chars().all(|c| c == '0');
    let all_high = high.chars().all(|c| c == '9');
    if a == b {
        let digit = format!("\"{a}\"");
        return match (rest, all_low && all_high) {
            (0, _) => digit,
            (_, true) => format!("{digit}{}", any(rest)),
            _ => format!("{digit} ( {} )", same_length(low, high)),
        };
    }
    if all_low && all_high {
        return format!("[{a}-{b}]{}", any(rest));
    }
    let mut ways = vec![];
    let mut from = a;
    let mut to = b;
    if !all_low {
        ways.push(format!(
            "\"{a}\" ( {} )",
            same_length(low, &"9".repeat(rest))
        ));
        from = char::from(a as u8 + 1);
    }
    let mut last = None;
    if !all_high {
        last = Some(format!(
            "\"{b}\" ( {} )",
            same_length(&"0".repeat(rest), high)
        ));
        to = char::from(b as u8 - 1);
    }
    if from <= to {
        ways.push(format!("[{from}-{to}]{}", any(rest)));
    }
    ways.extend(last);
    ways.join(" | ")
}
