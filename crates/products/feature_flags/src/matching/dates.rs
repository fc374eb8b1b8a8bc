//! Dates as conditions and properties have them.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde_json::Value;

use super::texts::text;
use crate::flag::FlagOperator;

/// Larger amounts of time are refused.
const LARGEST_AMOUNT: u32 = 10_000;

/// Whether a property's date is on the wanted side; nothing where one of the two is no date.
pub(super) fn compare(operator: FlagOperator, actual: &Value, wanted: &Value, now: DateTime<Utc>) -> Option<bool> {
    let bound = bound(&text(wanted), now)?;
    let actual = date(actual.as_str()?, now)?;
    Some(if operator == FlagOperator::IsDateBefore {
        actual < bound
    } else {
        actual > bound
    })
}

/// The time that a condition means: a date, or an amount of time before now, such as `-7d` or `3m`.
pub(super) fn bound(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    ago(text, now).or_else(|| date(text, now))
}

fn ago(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = text.strip_prefix('-').unwrap_or(text);
    let unit = text.chars().last()?;
    let amount = text.strip_suffix(unit)?;
    if amount.is_empty() || !amount.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u32 = amount.parse().ok().filter(|amount| *amount < LARGEST_AMOUNT)?;
    match unit {
        'h' => now.checked_sub_signed(TimeDelta::hours(i64::from(amount))),
        'd' => now.checked_sub_days(Days::new(u64::from(amount))),
        'w' => now.checked_sub_days(Days::new(7 * u64::from(amount))),
        // Step by step, so that 31 March less two months is 28 January, as the SDKs' specification wants it.
        'm' => steps_back(now, amount, 1),
        'y' => steps_back(now, amount, 12),
        _ => None,
    }
}

fn steps_back(now: DateTime<Utc>, steps: u32, months: u32) -> Option<DateTime<Utc>> {
    let mut time = now;
    for _ in 0..steps {
        time = time.checked_sub_months(Months::new(months))?;
    }
    (time.year() >= 1).then_some(time)
}

/// An ISO date or date-time; in UTC where it names no zone. A year alone is today's date in that year.
pub(super) fn date(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let date = NaiveDate::from_ymd_opt(text.parse().ok()?, now.month(), now.day())?;
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let upper = text.to_ascii_uppercase();
    let text = if upper.ends_with(" UTC") {
        text.get(..text.len() - 4)?
    } else {
        text
    };
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (day, time) = split_day(text)?;
    let Some(time) = time else {
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    };
    let (clock, minutes_east) = split_offset(time)?;
    let moment = NaiveDateTime::new(day, clock_time(clock.trim_end())?);
    moment.and_utc().checked_sub_signed(TimeDelta::minutes(minutes_east))
}

/// The day, and what comes after the one character that separates it from the time.
fn split_day(text: &str) -> Option<(NaiveDate, Option<&str>)> {
    let (length, form) = if text.get(4..5)? == "-" {
        (10, "%Y-%m-%d")
    } else {
        (8, "%Y%m%d")
    };
    let day = NaiveDate::parse_from_str(text.get(..length)?, form).ok()?;
    let rest = text.get(length..)?;
    let mut rest_of = rest.chars();
    match rest_of.next() {
        None => Some((day, None)),
        Some(_) => Some((day, Some(rest_of.as_str()))),
    }
}

fn split_offset(time: &str) -> Option<(&str, i64)> {
    let Some(position) = time.rfind(['+', '-']) else {
        return Some((time, 0));
    };
    let (clock, offset) = time.split_at(position);
    let (sign, offset) = offset.split_at(1);
    let digits: String = offset.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits
        .get(2..)
        .filter(|rest| !rest.is_empty())
        .map_or(Ok(0), str::parse)
        .ok()?;
    let east = 60 * hours + minutes;
    (hours < 24 && minutes < 60).then_some((clock, if sign == "-" { -east } else { east }))
}

fn clock_time(clock: &str) -> Option<NaiveTime> {
    let forms = ["%H:%M:%S%.f", "%H:%M", "%H%M%S%.f", "%H%M"];
    let read = |form: &&str| NaiveTime::parse_from_str(clock, form).ok();
    forms.iter().find_map(read).or_else(|| {
        let hour = (clock.len() == 2).then(|| clock.parse().ok()).flatten()?;
        NaiveTime::from_hms_opt(hour, 0, 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bound_reads_dates_and_amounts_of_time() {
        let now: DateTime<Utc> = "2024-03-31T10:30:00Z".parse().unwrap();
        let cases = [
            ("2026-05-01", Some("2026-05-01T00:00:00Z")),
            ("20260501", Some("2026-05-01T00:00:00Z")),
            ("2026-05-01T10:00", Some("2026-05-01T10:00:00Z")),
            ("2026-05-01 10:00:00.25+02:00", Some("2026-05-01T08:00:00.25Z")),
            ("2026-05-01T10:00:00Z", Some("2026-05-01T10:00:00Z")),
            ("2026-05-01 10:00 UTC", Some("2026-05-01T10:00:00Z")),
            ("2020", Some("2020-03-31T00:00:00Z")),
            ("-1d", Some("2024-03-30T10:30:00Z")),
            ("2h", Some("2024-03-31T08:30:00Z")),
            ("-2m", Some("2024-01-29T10:30:00Z")),
            ("-1w", Some("2024-03-24T10:30:00Z")),
            ("-10000d", None),
            ("-1q", None),
            ("soon", None),
            ("2026-13-01", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|time| time.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(bound(text, now), expected, "{text:?}");
        }
    }
}
