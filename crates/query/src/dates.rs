//! Date ranges: from words such as `-7d` or `2015-05-18` to the first and last instant included.
//!
//! The grammar is `PostHog`'s. Two differences, both because a widened range is a wrong number that
//! nobody sees: a date-time is taken exactly as given, and a quarter is three calendar months.
//!
//! Times are local: they carry the project's zone, in which days begin, dates are read and results are written.

mod calendar;

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use hedgerow_data_api::{DateRange, Interval};
use hedgerow_errors::{Code, Error, Result};

pub(crate) use calendar::{Local, Unit, end_of, is_shown_twice, next_of, start_of};
use calendar::{same_time, shown_at, start_of_date};

/// Years that a date may lie in.
const YEARS: RangeInclusive<i32> = 1..=9999;
/// More buckets than this are refused.
const MAX_BUCKETS: usize = 10_000;

/// A range as it will be queried, in the project's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The first instant included.
    pub from: DateTime<Tz>,
    /// The last microsecond included.
    pub to: DateTime<Tz>,
    /// Starts of the buckets, from the one that holds `from` to the one that holds `to`; none for a total.
    pub buckets: Vec<DateTime<Tz>>,
    /// True where the range ends after now.
    pub partial: bool,
}

/// Resolves a range in the zone of `now`. `interval` is absent for a total, which has no buckets. `all` starts with the
/// project's first event, and without a `date_to` it ends with the last one.
pub fn resolve(
    range: &DateRange,
    interval: Option<Interval>,
    now: DateTime<Tz>,
    (first, last): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Resolved> {
    let (first, last) = (
        first.with_timezone(&now.timezone()),
        last.with_timezone(&now.timezone()),
    );
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
pub(crate) fn bucket_start(interval: Interval, time: Local) -> Local {
    start_of(unit_of(interval), time)
}

/// The start of the bucket after one.
pub(crate) fn next_bucket(interval: Interval, start: Local) -> Local {
    next_of(unit_of(interval), start)
}

fn unit_of(interval: Interval) -> Unit {
    match interval {
        Interval::Hour => Unit::Hour,
        Interval::Day => Unit::Day,
        Interval::Week => Unit::Week,
        Interval::Month => Unit::Month,
    }
}

fn buckets(interval: Interval, from: Local, to: Local) -> Result<Vec<Local>> {
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

/// How finely a point was given: a coarser one is widened to its whole day or hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    Exact,
    Hour,
    Day,
}

struct Point {
    time: Local,
    precision: Precision,
}

impl Point {
    /// The first instant of what it means and the first one after it: of its day or hour, or of the exact time.
    fn span(&self) -> (Local, Local) {
        match self.precision {
            Precision::Exact => (self.time, self.time + Duration::microseconds(1)),
            Precision::Hour => (start_of(Unit::Hour, self.time), next_of(Unit::Hour, self.time)),
            Precision::Day => (start_of(Unit::Day, self.time), next_of(Unit::Day, self.time)),
        }
    }
}

fn parse(field: &str, text: &str, now: Local) -> Result<Point> {
    point(text, now)?.ok_or_else(|| {
        Error::invalid(format!("{field} {text:?} is no date")).with_hint(
            "give an ISO date (2015-05-18), a date-time (2015-05-18T10:00:00Z), or a relative one (-7d, -3h, mStart)",
        )
    })
}

/// What a date says; `None` where a text is none. Without an offset it means the clocks of the zone of `now`.
fn point(text: &str, now: Local) -> Result<Option<Point>> {
    let point = match absolute(text, now.timezone())? {
        Some(point) => Some(point),
        None => relative(text, now),
    };
    // Beyond these years there is no data, and soon no calendar.
    Ok(point.filter(|point| YEARS.contains(&point.time.year())))
}

fn absolute(text: &str, zone: Tz) -> Result<Option<Point>> {
    let is_known = |date: NaiveDate| YEARS.contains(&date.year());
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        if !is_known(date) {
            return Ok(None);
        }
        return Ok(Some(Point {
            time: start_of_date(zone, date),
            precision: Precision::Day,
        }));
    }
    let exact = |time| Point {
        time,
        precision: Precision::Exact,
    };
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(exact(time.with_timezone(&zone))));
    }
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    let time = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let time = time.filter(|time| is_known(time.date()));
    time.map(|time| shown_at(zone, time).map(exact)).transpose()
}

/// A date as the first instant of what it means and the first one after it; `None` where a text is none.
pub(crate) fn span(text: &str, now: Local) -> Result<Option<(Local, Local)>> {
    Ok(point(text, now)?.map(|point| point.span()))
}

/// A time so much earlier: `-7d`, `-1m`, ...; `None` where the text says no such thing. The first and the last instant of
/// a day become those of another, however long the days are.
pub(crate) fn earlier(text: &str, time: Local) -> Option<Local> {
    let (unit, number, anchor) = back(text)?;
    let shifted = minus(unit, number, time)?;
    let shifted = match unit {
        Unit::Second | Unit::Minute | Unit::Hour => shifted,
        _ if time == start_of(Unit::Day, time) => start_of(Unit::Day, shifted),
        _ if time == end_of(Unit::Day, time) => end_of(Unit::Day, shifted),
        _ => shifted,
    };
    (text.starts_with('-') && anchor.is_empty() && YEARS.contains(&shifted.year())).then_some(shifted)
}

/// The start of the unit that a time is in, where a text is an anchor of units longer than a day: `mStart`, `-1wStart`.
pub(crate) fn unit_start(text: &str, time: Local) -> Option<Local> {
    let (unit, _, anchor) = back(text)?;
    let is_long = matches!(unit, Unit::Week | Unit::Month | Unit::Quarter | Unit::Year);
    (is_long && anchor == "Start").then(|| start_of(unit, time))
}

/// What comes before a range and is as long: as many days where it is made of days, however long these are.
pub(crate) fn as_long_before(from: Local, to: Local) -> (Local, Local) {
    let last = from - Duration::microseconds(1);
    let of_days = from == start_of(Unit::Day, from) && to == end_of(Unit::Day, to);
    let days = (to.date_naive() - from.date_naive()).num_days();
    let first = match u64::try_from(days) {
        Ok(days) if of_days => last.date_naive().checked_sub_days(Days::new(days)),
        _ => None,
    };
    let first = first.map(|first| start_of_date(from.timezone(), first));
    (first.unwrap_or_else(|| from - (to - last)), last)
}

/// `-` number unit, then `Start` or `End`; the number and the anchor may be absent.
fn relative(text: &str, now: Local) -> Option<Point> {
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

/// Hours and less are counted as they pass, days and more on the calendar.
fn minus(unit: Unit, number: u32, time: Local) -> Option<Local> {
    let (date, days) = (time.date_naive(), u64::from(number));
    let passed = match unit {
        Unit::Second => Some(Duration::seconds(i64::from(number))),
        Unit::Minute => Some(Duration::minutes(i64::from(number))),
        Unit::Hour => Some(Duration::hours(i64::from(number))),
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => None,
    };
    if let Some(passed) = passed {
        let time = time.checked_sub_signed(passed)?;
        return YEARS.contains(&time.year()).then_some(time);
    }
    let date = match unit {
        Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => date.checked_sub_days(Days::new(days)),
        Unit::Week => date.checked_sub_days(Days::new(days * 7)),
        Unit::Month => date.checked_sub_months(Months::new(number)),
        Unit::Quarter => date.checked_sub_months(Months::new(number.checked_mul(3)?)),
        Unit::Year => date.checked_sub_months(Months::new(number.checked_mul(12)?)),
    };
    let date = date.filter(|date| YEARS.contains(&date.year()))?;
    Some(same_time(time, date))
}

#[cfg(test)]
mod tests;
