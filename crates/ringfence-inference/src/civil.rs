//! Dates from seconds, in UTC. No clock: the time comes from the caller, as a duration since 1970.

use std::fmt::Write as _;
use std::time::Duration;

/// A moment as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: u64,
    /// 1 to 12
    pub month: u8,
    /// 1 to 31
    pub day: u8,
    /// 1 to 366
    pub day_of_year: u16,
    /// 0 is Sunday.
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub nanosecond: u32,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

impl Civil {
    /// From the time since 1970-01-01T00:00:00Z, up to the year 9999.
    pub fn new(since_epoch: Duration) -> Self {
        const LAST: u64 = 253_402_300_799;
        let seconds = since_epoch.as_secs().min(LAST);
        let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
        let weekday = ((days + 4) % 7) as u8;
        let leap = |year: u64| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        let mut year = 1970;
        loop {
            let length = 365 + u64::from(leap(year));
            if days < length {
                break;
            }
            days -= length;
            year += 1;
        }
        let day_of_year = days as u16 + 1;
        let mut month = 1;
        for length in [
            31,
            28 + u64::from(leap(year)),
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ] {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        Self {
            year,
            month,
            day: days as u8 + 1,
            day_of_year,
            weekday,
            hour: (rest / 3600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
            nanosecond: since_epoch.subsec_nanos(),
        }
    }

    /// RFC 3339 with nanoseconds, as Go writes it.
    pub fn rfc3339(&self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanosecond,
            ..
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanosecond:09}Z")
    }

    /// As C's `strftime` in the C locale; the conversion that is not known, if there is one.
    pub fn strftime(&self, format: &str) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            let mut conversion = chars.next();
            // `%-d` and the like: without leading zeros.
            let bare = conversion == Some('-');
            if bare {
                conversion = chars.next();
            }
            let mut number = |value: u64, width: usize| {
                let width = if bare { 0 } else { width };
                // Writing to a string does not fail.
                let _ = write!(text, "{value:0width$}");
            };
            let hour12 = match self.hour % 12 {
                0 => 12,
                hour => hour,
            };
            match conversion {
                Some('Y') => number(self.year, 4),
                Some('y') => number(self.year % 100, 2),
                Some('m') => number(self.month.into(), 2),
                Some('d') => number(self.day.into(), 2),
                Some('j') => number(self.day_of_year.into(), 3),
                Some('H') => number(self.hour.into(), 2),
                Some('I') => number(hour12.into(), 2),
                Some('M') => number(self.minute.into(), 2),
                Some('S') => number(self.second.into(), 2),
                Some('f') => number(u64::from(self.nanosecond / 1000), 6),
                Some('w') => number(self.weekday.into(), 0),
                Some('u') => number(
                    if self.weekday == 0 {
                        7
                    } else {
                        self.weekday.into()
                    },
                    0,
                ),
                Some('e') => {
                    let _ = write!(text, "{:2}", self.day);
                }
                Some('B') => text.push_str(MONTHS[usize::from(self.month - 1)]),
                Some('b' | 'h') => text.push_str(&MONTHS[usize::from(self.month - 1)][..3]),
                Some('A') => text.push_str(WEEKDAYS[usize::from(self.weekday)]),
                Some('a') => text.push_str(&WEEKDAYS[usize::from(self.weekday)][..3]),
                Some('p') => text.push_str(if self.hour < 12 { "AM" } else { "PM" }),
                Some('F') => text.push_str(&self.strftime("%Y-%m-%d")?),
                Some('T') => text.push_str(&self.strftime("%H:%M:%S")?),
                Some('R') => text.push_str(&self.strftime("%H:%M")?),
                Some('D') => text.push_str(&self.strftime("%m/%d/%y")?),
                Some('Z') => text.push_str("UTC"),
                Some('z') => text.push_str("+0000"),
                Some('%') => text.push('%'),
                Some(other) => return Err(format!("%{other}")),
                None => return Err("% at the end".into()),
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |seconds| Civil::new(Duration::new(seconds, 5_000));
        assert_eq!(at(0).rfc3339(), "1970-01-01T00:00:00.000005000Z");
        assert_eq!(at(951_827_696).rfc3339(), "2000-02-29T12:34:56.000005000Z");
        assert_eq!(
            at(1_735_689_599).rfc3339(),
            "2024-12-31T23:59:59.000005000Z"
        );
        assert_eq!(
            at(4_107_542_400).rfc3339(),
            "2100-03-01T00:00:00.000005000Z"
        );
        assert_eq!(at(u64::MAX).year, 9999);
        let date = at(1_722_079_266); // Saturday, 2024-07-27 11:21:06
        assert_eq!(
            date.strftime("%d %b %Y, %A %-m %j %I%p %%").unwrap(),
            "27 Jul 2024, Saturday 7 209 11AM %"
        );
        assert_eq!(date.strftime("%Q"), Err("%Q".into()));
        assert!(date.strftime("%").is_err());
    }
}
