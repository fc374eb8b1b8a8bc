//! Date ranges: from words such as `-7d` or `2015-05-18` to the first and last instant included.
//!
//! The grammar is `PostHog`'s. Two differences, both because a widened range is a wrong number that
//! nobody sees: a date-time is taken exactly as given, and a quarter is three calendar months.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, TimeZone, Timelike, Utc};
use hedgerow_data_api::{DateRange, Interval};
use hedgerow_errors::{Code, Error, Result};

/// Years that a date may lie in.
const YEARS: RangeInclusive<i32> = 1..=9999;
/// More buckets than this are refused.
const MAX_BUCKETS: usize = 10_000;

/// A range as it will be queried. All times are UTC, the only project time zone so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The first instant included.
    pub from: DateTime<Utc>,
    /// The last microsecond included.
    pub to: DateTime<Utc>,
    /// Starts of the buckets, from the one that holds `from` to the one that holds `to`; none for a total.
    pub buckets: Vec<DateTime<Utc>>,
    /// True where the range ends after now.
    pub partial: bool,
}

/// Resolves a range. `interval` is absent for a total, which has no buckets. `all` starts with the
/// project's first event, and without a `date_to` it ends with the last one.
pub fn resolve(
    range: &DateRange,
    interval: Option<Interval>,
    now: DateTime<Utc>,
    (first, last): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Resolved> {
    let from = match range.date_from.as_deref() {
        Some("all") => start_of(Unit::Day, first),
        text => {
            let text = text.unwrap_or("-7d");
            let point = parse("date_from", text, now)?;
            match point.precision {
                Precision::Exact => point.time,
                Precision::Hour if !range.explicit_date => start_of(Unit::Hour, point.time),
                Precision::Day if !range.explicit_date => start_of(Unit::Day, point.time),
                Precision::Hour | Precision::Day => point.time,
            }
        }
    };
    let to = match range.date_to.as_deref() {
        None if range.explicit_date => now,
        None => {
            let is_all = range.date_from.as_deref() == Some("all");
            let unit = if interval == Some(Interval::Hour) {
                Unit::Hour
            } else {
                Unit::Day
            };
            end_of(unit, if is_all { last.min(now) } else { now })
        }
        Some(text) => {
            let point = parse("date_to", text, now)?;
            match point.precision {
                Precision::Exact => point.time,
                _ if range.explicit_date => point.time,
                Precision::Hour => end_of(Unit::Hour, point.time),
                Precision::Day => end_of(Unit::Day, point.time),
            }
        }
    };
    if from > to {
        let message = format!(
            "the range is empty: it starts {} and ends {}",
            from.to_rfc3339(),
            to.to_rfc3339()
        );
        let hint = match (&range.date_from, &range.date_to) {
            (None, _) => "give date_from, too: without it the range starts 7 days ago; \"all\" takes everything",
            (_, None) => "give date_to, too: without it the range ends today",
            _ => "swap date_from and date_to",
        };
        return Err(Error::invalid(message).with_hint(hint));
    }
    let buckets = interval.map_or(Ok(Vec::new()), |interval| buckets(interval, from, to))?;
    Ok(Resolved {
        from,
        to,
        buckets,
        partial: to > now,
    })
}

/// The start of the bucket that holds a time.
pub(crate) fn bucket_start(interval: Interval, time: DateTime<Utc>) -> DateTime<Utc> {
    match interval {
        Interval::Hour => start_of(Unit::Hour, time),
        Interval::Day => start_of(Unit::Day, time),
        Interval::Week => start_of(Unit::Week, time),
        Interval::Month => start_of(Unit::Month, time),
    }
}

/// The start of the bucket after one.
pub(crate) fn next_bucket(interval: Interval, start: DateTime<Utc>) -> DateTime<Utc> {
    match interval {
        Interval::Hour => start + Duration::hours(1),
        Interval::Day => start + Duration::days(1),
        Interval::Week => start + Duration::weeks(1),
        Interval::Month => start
            .checked_add_months(Months::new(1))
            .unwrap_or(DateTime::<Utc>::MAX_UTC),
    }
}

fn buckets(interval: Interval, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>> {
    let mut buckets = Vec::new();
    let mut start = bucket_start(interval, from);
    while start <= to {
        if buckets.len() == MAX_BUCKETS {
            let message = format!(
                "the range has more than {MAX_BUCKETS} buckets of one {}",
                interval.as_str()
            );
            return Err(Error::new(Code::LimitExceeded, message).with_hint("take a longer interval or a shorter range"));
        }
        buckets.push(start);
        start = next_bucket(interval, start);
    }
    Ok(buckets)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// How finely a point was given: a coarser one is widened to its whole day or hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    Exact,
    Hour,
    Day,
}

struct Point {
    time: DateTime<Utc>,
    precision: Precision,
}

fn parse(field: &str, text: &str, now: DateTime<Utc>) -> Result<Point> {
    let point = absolute(text).or_else(|| relative(text, now));
    // Beyond these years there is no data, and soon no calendar.
    let point = point.filter(|point| YEARS.contains(&point.time.year()));
    point.ok_or_else(|| {
        Error::invalid(format!("{field} {text:?} is no date")).with_hint(
            "give an ISO date (2015-05-18), a date-time (2015-05-18T10:00:00Z), or a relative one (-7d, -3h, mStart)",
        )
    })
}

fn absolute(text: &str) -> Option<Point> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(Point {
            time: midnight(date),
            precision: Precision::Day,
        });
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(Point {
            time: time.with_timezone(&Utc),
            precision: Precision::Exact,
        });
    }
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    let time = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(Point {
        time: Utc.from_utc_datetime(&time),
        precision: Precision::Exact,
    })
}

/// A relative date as the first instant of what it means and the first one after it: of its day or hour,
/// or of the exact time.
pub(crate) fn relative_span(text: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let point = relative(text, now).filter(|point| YEARS.contains(&point.time.year()))?;
    let microsecond = Duration::microseconds(1);
    Some(match point.precision {
        Precision::Exact => (point.time, point.time + microsecond),
        Precision::Hour => (
            start_of(Unit::Hour, point.time),
            end_of(Unit::Hour, point.time) + microsecond,
        ),
        Precision::Day => (
            start_of(Unit::Day, point.time),
            end_of(Unit::Day, point.time) + microsecond,
        ),
    })
}

/// A time so much earlier: `-7d`, `-1m`, ...; `None` where the text says no such thing.
pub(crate) fn earlier(text: &str, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (unit, number, anchor) = back(text)?;
    let shifted = minus(unit, number, time).filter(|time| YEARS.contains(&time.year()))?;
    (text.starts_with('-') && anchor.is_empty()).then_some(shifted)
}

/// The start of the unit that a time is in, where a text is an anchor of units longer than a day: `mStart`, `-1wStart`.
pub(crate) fn unit_start(text: &str, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (unit, _, anchor) = back(text)?;
    let is_long = matches!(unit, Unit::Week | Unit::Month | Unit::Quarter | Unit::Year);
    (is_long && anchor == "Start").then(|| start_of(unit, time))
}

/// `-` number unit, then `Start` or `End`; the number and the anchor may be absent.
fn relative(text: &str, now: DateTime<Utc>) -> Option<Point> {
    let (unit, number, anchor) = back(text)?;
    let time = minus(unit, number, now)?;
    match anchor {
        "" if text.starts_with('-') => {
            let precision = match unit {
                Unit::Second | Unit::Minute => Precision::Exact,
                Unit::Hour => Precision::Hour,
                Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => Precision::Day,
            };
            Some(Point { time, precision })
        }
        "Start" => Some(Point {
            time: start_of(unit, time),
            precision: Precision::Exact,
        }),
        "End" => Some(Point {
            time: end_of(unit, time),
            precision: Precision::Exact,
        }),
        _ => None,
    }
}

/// The parts of a relative date: its unit, how many of them, and what follows.
fn back(text: &str) -> Option<(Unit, u32, &str)> {
    let rest = text.strip_prefix('-');
    let (back, rest) = (rest.is_some(), rest.unwrap_or(text));
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let number: u32 = if digits == 0 {
        u32::from(back)
    } else {
        rest[..digits].parse().ok()?
    };
    let unit = match rest[digits..].chars().next()? {
        's' => Unit::Second,
        'M' => Unit::Minute,
        'h' => Unit::Hour,
        'd' => Unit::Day,
        'w' => Unit::Week,
        'm' => Unit::Month,
        'q' => Unit::Quarter,
        'y' => Unit::Year,
        _ => return None,
    };
    // Without a sign only an anchor makes sense: `dStart` is today's start, `7d` is nothing.
    (back || digits == 0).then(|| (unit, number, &rest[digits + 1..]))
}

fn minus(unit: Unit, number: u32, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match unit {
        Unit::Second => time.checked_sub_signed(Duration::seconds(i64::from(number))),
        Unit::Minute => time.checked_sub_signed(Duration::minutes(i64::from(number))),
        Unit::Hour => time.checked_sub_signed(Duration::hours(i64::from(number))),
        Unit::Day => time.checked_sub_days(Days::new(u64::from(number))),
        Unit::Week => time.checked_sub_days(Days::new(u64::from(number) * 7)),
        Unit::Month => time.checked_sub_months(Months::new(number)),
        Unit::Quarter => time.checked_sub_months(Months::new(number.checked_mul(3)?)),
        Unit::Year => time.checked_sub_months(Months::new(number.checked_mul(12)?)),
    }
}

fn start_of(unit: Unit, time: DateTime<Utc>) -> DateTime<Utc> {
    let date = time.date_naive();
    let first_of = |year: i32, month: u32| midnight(NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(date));
    let whole = |seconds: u32| {
        midnight(date) + Duration::seconds(i64::from(time.num_seconds_from_midnight() / seconds * seconds))
    };
    match unit {
        Unit::Second => whole(1),
        Unit::Minute => whole(60),
        Unit::Hour => whole(3600),
        Unit::Day => midnight(date),
        Unit::Week => midnight(date) - Duration::days(i64::from(date.weekday().num_days_from_sunday())),
        Unit::Month => first_of(date.year(), date.month()),
        Unit::Quarter => first_of(date.year(), date.month0() / 3 * 3 + 1),
        Unit::Year => first_of(date.year(), 1),
    }
}

/// The last microsecond of the unit that holds a time.
fn end_of(unit: Unit, time: DateTime<Utc>) -> DateTime<Utc> {
    let start = start_of(unit, time);
    let months = |count: u32| start.checked_add_months(Months::new(count)).unwrap_or(start);
    let next = match unit {
        Unit::Second => start + Duration::seconds(1),
        Unit::Minute => start + Duration::minutes(1),
        Unit::Hour => start + Duration::hours(1),
        Unit::Day => start + Duration::days(1),
        Unit::Week => start + Duration::weeks(1),
        Unit::Month => months(1),
        Unit::Quarter => months(3),
        Unit::Year => months(12),
    };
    next - Duration::microseconds(1)
}

fn midnight(date: NaiveDate) -> DateTime<Utc> {
    Utc.from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN))
}

#[cfg(test)]
mod tests;
