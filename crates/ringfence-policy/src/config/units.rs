//! Sizes, durations and CPU counts as people write them.

use serde::Deserialize;

/// A number, or a number with a unit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Quantity {
    Int(i64),
    Float(f64),
    Text(String),
}

/// Bytes: a whole number, or one with `k`, `m`, `g`, `t` (powers of 1024; `kb`, `kib`, `b` are understood, case does not matter).
pub(crate) fn bytes(quantity: &Quantity) -> Result<u64, String> {
    let wrong = || "a size is a number of bytes or text such as \"512m\" or \"2g\"".to_owned();
    let text = match quantity {
        Quantity::Int(number) => {
            return u64::try_from(*number)
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(wrong);
        }
        Quantity::Float(_) => return Err(wrong()),
        Quantity::Text(text) => text.trim().to_ascii_lowercase(),
    };
    let (number, unit) = split_unit(&text);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let shift = match unit {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(1 << shift)
        .filter(|n| *n > 0)
        .ok_or_else(wrong)
}

/// Milliseconds: whole seconds, or a number with `ms`, `s`, `m`, `h`, `d`.
pub(crate) fn milliseconds(quantity: &Quantity) -> Result<u64, String> {
    let wrong = || {
        "a duration is a number of seconds or text such as \"500ms\", \"30s\", \"10m\" or \"2h\""
            .to_owned()
    };
    let text = match quantity {
        Quantity::Int(number) => {
            return u64::try_from(*number)
                .ok()
                .filter(|n| *n > 0)
                .and_then(|n| n.checked_mul(1000))
                .ok_or_else(wrong);
        }
        Quantity::Float(_) => return Err(wrong()),
        Quantity::Text(text) => text.trim().to_ascii_lowercase(),
    };
    let (number, unit) = split_unit(&text);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(factor)
        .filter(|n| *n > 0)
        .ok_or_else(wrong)
}

/// Thousandths of one CPU: `2`, `0.5`, `"1.5"`.
pub(crate) fn cpu_millis(quantity: &Quantity) -> Result<u64, String> {
    let wrong = || "a CPU quota is a number of CPUs from 0.01 to 4096, such as 2 or 0.5".to_owned();
    let cpus = match quantity {
        Quantity::Int(number) => *number as f64,
        Quantity::Float(number) => *number,
        Quantity::Text(text) => text.trim().parse().map_err(|_| wrong())?,
    };
    if (0.01..=4096.0).contains(&cpus) {
        Ok((cpus * 1000.0).round() as u64)
    } else {
        Err(wrong())
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let at = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    (number, unit.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Quantity {
        Quantity::Text(text.into())
    }

    #[test]
    fn units_mean_what_people_expect() {
        assert_eq!(bytes(&text("512m")), Ok(512 << 20));
        assert_eq!(bytes(&text("2 GiB")), Ok(2 << 30));
        assert_eq!(bytes(&Quantity::Int(4096)), Ok(4096));
        assert_eq!(milliseconds(&text("30s")), Ok(30_000));
        assert_eq!(milliseconds(&text("150ms")), Ok(150));
        assert_eq!(milliseconds(&Quantity::Int(30)), Ok(30_000));
        assert_eq!(cpu_millis(&Quantity::Float(1.5)), Ok(1500));
        assert_eq!(cpu_millis(&text("0.5")), Ok(500));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "m", "-1m", "1.5g", "5 parsecs", "0", "99999999999t"] {
            assert!(bytes(&text(bad)).is_err(), "{bad}");
            assert!(milliseconds(&text(bad)).is_err(), "{bad}");
        }
        assert!(bytes(&Quantity::Int(-1)).is_err());
        assert!(milliseconds(&text("30")).is_err());
        assert!(cpu_millis(&Quantity::Int(0)).is_err());
        assert!(cpu_millis(&text("NaN")).is_err());
    }
}
