//! Times as exports write them.
//!
//! - `2024-05-18T10:05:03.123456+02:00`: date and time with `T` or a space between, seconds and their
//!   fraction optional, an offset as `Z`, `UTC`, `+02`, `+0200` or `+02:00`. Without one it is UTC.
//! - `2024-05-18`: the day's first moment in UTC.
//! - `1716026703`, `1716026703.123`: a number of seconds since 1970; of milliseconds, microseconds or
//!   nanoseconds where seconds would lie beyond any year in use.
//!
//! What is finer than a microsecond is cut off.

use crate::rejects::Reject;

/// A time as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    /// Microseconds since 1970-01-01 in UTC.
    pub micros: i64,
    /// Whether the text said so; otherwise it was taken as UTC.
    pub zoned: bool,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 2201-01-01 in UTC.
const END: i64 = 84_371 * DAY;

/// Reads a time.
pub(crate) fn parse(text: &str) -> Result<Time, Reject> {
    let bytes = text.trim_ascii().as_bytes();
    if let Some(time) = written(bytes) {
        return within(time);
    }
    let micros = number(bytes).ok_or(Reject::UnreadableTime)??;
    within(Time { micros, zoned: true })
}

/// Refuses times of years that are no year of an event.
pub(crate) fn within(time: Time) -> Result<Time, Reject> {
    if (0..END).contains(&time.micros) {
        Ok(time)
    } else {
        Err(Reject::TimeOutOfRange)
    }
}

/// The days from 1970-01-01 to a day, if there is such a day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March have the leap day at their end.
    let shifted = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Digits only, few enough for the type.
fn digits(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() || bytes.len() > 18 {
        return None;
    }
    bytes.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + i64::from(digit))
    })
}

/// A fraction's digits as millionths; what follows the sixth is cut off.
fn millionths(fraction: &[u8]) -> Option<i64> {
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let kept = fraction.get(..6).unwrap_or(fraction);
    Some(digits(kept)? * 10_i64.pow(6 - kept.len() as u32))
}

fn written(bytes: &[u8]) -> Option<Time> {
    let (date, rest) = bytes.split_at_checked(10)?;
    if date.get(4) != Some(&b'-') || date.get(7) != Some(&b'-') {
        return None;
    }
    let days = days(digits(&date[..4])?, digits(&date[5..7])?, digits(&date[8..])?)?;
    let Some((separator, rest)) = rest.split_first() else {
        return Some(Time {
            micros: days * DAY,
            zoned: false,
        });
    };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let zone_at = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.' | b','));
    let (clock, zone) = rest.split_at(zone_at.unwrap_or(rest.len()));
    let offset = if zone.is_empty() { 0 } else { offset(zone)? };
    Some(Time {
        micros: days * DAY + time_of_day(clock)? - offset,
        zoned: !zone.is_empty(),
    })
}

/// `10:05`, `10:05:03` or `10:05:03.25` in microseconds.
fn time_of_day(clock: &[u8]) -> Option<i64> {
    let (hour, minute) = (digits(clock.get(..2)?)?, digits(clock.get(3..5)?)?);
    if clock.get(2) != Some(&b':') || hour > 23 || minute > 59 {
        return None;
    }
    let minutes = (hour * 60 + minute) * 60 * SECOND;
    let Some((colon, seconds)) = clock.get(5..)?.split_first() else {
        return Some(minutes);
    };
    // A leap second is the first of the next minute.
    let second = digits(seconds.get(..2)?).filter(|second| *second <= 60)?;
    let fraction = match seconds.get(2..)?.split_first() {
        None => 0,
        Some((b'.' | b',', fraction)) => millionths(fraction)?,
        Some(_) => return None,
    };
    (*colon == b':').then_some(minutes + second * SECOND + fraction)
}

/// The microseconds that a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let zone = zone.trim_ascii_start();
    if matches!(zone, b"Z" | b"z" | b"UTC" | b"GMT") {
        return Some(0);
    }
    let (sign, rest) = zone.split_first()?;
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [_, _] => (digits(rest)?, 0),
        [_, _, b':', minutes @ ..] | [_, _, minutes @ ..] if minutes.len() == 2 => {
            (digits(rest.get(..2)?)?, digits(minutes)?)
        }
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60 * SECOND)
}

/// A number of seconds or smaller units since 1970; none where it is no such number.
fn number(bytes: &[u8]) -> Option<Result<i64, Reject>> {
    let (whole, fraction) = match memchr::memchr(b'.', bytes) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &bytes[bytes.len()..]),
    };
    let fraction = if fraction.is_empty() { 0 } else { millionths(fraction)? };
    if whole.len() == 19 {
        // Nanoseconds of the years from 2001 on have a digit more than `digits` takes.
        return digits(&whole[..18])
            .filter(|_| whole[18].is_ascii_digit())
            .map(|tenths| Ok(tenths / 100));
    }
    let whole = digits(whole)?;
    if bytes.len() == 8 && days(whole / 10_000, whole / 100 % 100, whole % 100).is_some() && whole >= 19_700_000 {
        return Some(Err(Reject::AmbiguousTime));
    }
    Some(Ok(match whole {
        0..100_000_000_000 => whole * SECOND + fraction,
        100_000_000_000..100_000_000_000_000 => whole * 1_000 + fraction / 1_000,
        100_000_000_000_000..100_000_000_000_000_000 => whole,
        _ => whole / 1_000,
    }))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_or_refused() {
        let z = "2024-05-18T10:05:03.123456Z";
        let cases = [
            (z, Ok((z, true))),
            ("2024-05-18T12:05:03.123456789+02:00", Ok((z, true))),
            ("2024-05-18 10:05:03.123456", Ok((z, false))),
            ("2024-05-18 10:05:03.123456Z", Ok((z, true))),
            ("2024-05-18 10:05:03.123456+00", Ok((z, true))),
            ("2024-05-18 10:05:03.123456 UTC", Ok((z, true))),
            ("2024-05-18 05:35:03.123456-0430", Ok((z, true))),
            ("1716026703123456", Ok((z, true))),
            ("1716026703123456789", Ok((z, true))),
            ("1716026703.123456", Ok((z, true))),
            ("1716026703123.456", Ok((z, true))),
            ("1716026703123", Ok(("2024-05-18T10:05:03.123Z", true))),
            (" 1716026703 ", Ok(("2024-05-18T10:05:03Z", true))),
            ("2024-05-18T10:05:03.1", Ok(("2024-05-18T10:05:03.1Z", false))),
            ("2024-05-18T10:05", Ok(("2024-05-18T10:05:00Z", false))),
            ("2024-05-18", Ok(("2024-05-18T00:00:00Z", false))),
            ("2016-12-31T23:59:60Z", Ok(("2017-01-01T00:00:00Z", true))),
            ("2024-02-29", Ok(("2024-02-29T00:00:00Z", false))),
            ("0", Ok(("1970-01-01T00:00:00Z", true))),
            ("2200-12-31T23:59:59Z", Ok(("2200-12-31T23:59:59Z", true))),
            ("2201-01-01", Err(Reject::TimeOutOfRange)),
            ("1969-12-31T23:59:59Z", Err(Reject::TimeOutOfRange)),
            ("20240518100503", Err(Reject::TimeOutOfRange)),
            ("20240518", Err(Reject::AmbiguousTime)),
            ("2023-02-29", Err(Reject::UnreadableTime)),
            ("2024-13-01", Err(Reject::UnreadableTime)),
            ("2024-05-18T24:00:00", Err(Reject::UnreadableTime)),
            ("2024-05-18T10:05:61", Err(Reject::UnreadableTime)),
            ("2024-05-18T10:05:03.", Err(Reject::UnreadableTime)),
            ("2024-05-18T10:05:03 Mars", Err(Reject::UnreadableTime)),
            ("18/05/2024", Err(Reject::UnreadableTime)),
            ("-1", Err(Reject::UnreadableTime)),
            ("1e9", Err(Reject::UnreadableTime)),
            ("yesterday", Err(Reject::UnreadableTime)),
            ("", Err(Reject::UnreadableTime)),
            ("99999999999999999999", Err(Reject::UnreadableTime)),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(time, zoned)| Time {
                micros: DateTime::parse_from_rfc3339(time).unwrap().timestamp_micros(),
                zoned,
            });
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(micros in 0..END) {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let seconds = format!("{}.{:06}", micros / SECOND, micros % SECOND);
            for text in [time.to_rfc3339(), time.format("%Y-%m-%d %H:%M:%S%.6f+0000").to_string(), seconds] {
                // Few digits in front are small numbers of seconds and have no eight-digit form here.
                prop_assert_eq!(parse(&text).map(|time| time.micros), Ok(micros), "{}", text);
            }
        }

        #[test]
        fn days_are_those_of_the_calendar(year in 1600_i32..2500, month in 0_u32..14, day in 0_u32..33) {
            let expected = NaiveDate::from_ymd_opt(year, month, day)
                .map(|date| (date - NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()).num_days());
            prop_assert_eq!(days(year.into(), month.into(), day.into()), expected);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9TZ:.+ -]{0,32}|\\PC{0,20}") {
            let _ = parse(&text);
        }
    }
}
