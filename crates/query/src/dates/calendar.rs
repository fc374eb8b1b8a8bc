//! Hours, days, weeks and months as the clocks of a time zone show them.
//!
//! Each follows the one before it without a gap. A day begins with the first instant that has its date, which is not
//! always midnight, and has as many hours as there are: 23 or 25 where clocks are put forward or back. An hour ends where
//! clocks are changed, so that what the clocks show twice are two hours.

use chrono::{
    DateTime, Datelike, Days, Duration, MappedLocalTime, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone,
    Timelike,
};
use chrono_tz::Tz;
use hedgerow_errors::{Error, Result};

/// A time in a project's zone.
pub(crate) type Local = DateTime<Tz>;

/// A stretch of time that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    /// From Sunday on.
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The seconds of what is shorter than a day.
    fn seconds(self) -> Option<u32> {
        match self {
            Self::Second => Some(1),
            Self::Minute => Some(60),
            Self::Hour => Some(3600),
            Self::Day | Self::Week | Self::Month | Self::Quarter | Self::Year => None,
        }
    }
}

/// The first instant of the unit that holds a time.
pub(crate) fn start_of(unit: Unit, time: Local) -> Local {
    let Some(seconds) = unit.seconds() else {
        return start_of_date(time.timezone(), first_date(unit, day_of(time)));
    };
    let now = whole_second(time);
    let start = now - Duration::seconds(i64::from(time.num_seconds_from_midnight() % seconds));
    change_within(start, now).unwrap_or(start)
}

/// The first instant after the unit that holds a time.
pub(crate) fn next_of(unit: Unit, time: Local) -> Local {
    let Some(seconds) = unit.seconds() else {
        return start_of_date(time.timezone(), next_date(unit, day_of(time)));
    };
    let left = seconds - time.num_seconds_from_midnight() % seconds;
    let now = whole_second(time);
    let next = now + Duration::seconds(i64::from(left));
    change_within(now, next).unwrap_or(next)
}

/// The last microsecond of the unit that holds a time.
pub(crate) fn end_of(unit: Unit, time: Local) -> Local {
    next_of(unit, time) - Duration::microseconds(1)
}

/// The first instant with a date. Where no clock shows the date, since the zone left it out, it is the next one's.
pub(crate) fn start_of_date(zone: Tz, date: NaiveDate) -> Local {
    first_shown(zone, date.and_time(NaiveTime::MIN))
}

/// The instant at which clocks show a time. Refused where they show it twice or never.
pub(crate) fn shown_at(zone: Tz, time: NaiveDateTime) -> Result<Local> {
    let problem = match zone.from_local_datetime(&time) {
        MappedLocalTime::Single(time) => return Ok(time),
        MappedLocalTime::Ambiguous(..) => "twice",
        MappedLocalTime::None => "never",
    };
    let message = format!(
        "clocks in {zone} show {} {problem}, since they are changed then",
        time.format("%Y-%m-%d %H:%M:%S")
    );
    let near = first_shown(zone, time).to_rfc3339();
    Err(Error::invalid(message).with_hint(format!("give the time with its offset, such as {near}")))
}

/// The time of day of an instant on another date: with the same offset where clocks show it twice, and the first instant
/// after it where they never do.
pub(crate) fn same_time(time: Local, date: NaiveDate) -> Local {
    let (zone, wanted) = (time.timezone(), date.and_time(time.time()));
    match zone.from_local_datetime(&wanted) {
        MappedLocalTime::Ambiguous(_, later) if offset(later) == offset(time) => later,
        _ => first_shown(zone, wanted),
    }
}

/// The first instant at which clocks show a time, or a later one where they never show it.
fn first_shown(zone: Tz, time: NaiveDateTime) -> Local {
    if let Some(first) = zone.from_local_datetime(&time).earliest() {
        return first;
    }
    // No zone is further from UTC than this, and no change of clocks longer.
    let far = Duration::hours(26);
    let (before, after) = (
        zone.from_utc_datetime(&(time - far)),
        zone.from_utc_datetime(&(time + far)),
    );
    first_where(before, after, |instant| instant.naive_local() >= time)
}

/// Whether clocks show the same time at another instant, too.
pub(crate) fn is_shown_twice(time: Local) -> bool {
    let shown = time.timezone().from_local_datetime(&time.naive_local());
    matches!(shown, MappedLocalTime::Ambiguous(..))
}

/// The date of the day that holds a time. Where clocks are put back over midnight, the new day has begun for good.
fn day_of(time: Local) -> NaiveDate {
    let date = time.date_naive();
    let next = next_date(Unit::Day, date);
    if start_of_date(time.timezone(), next) <= time {
        next
    } else {
        date
    }
}

fn first_date(unit: Unit, date: NaiveDate) -> NaiveDate {
    let first_of = |month: u32| NaiveDate::from_ymd_opt(date.year(), month, 1).unwrap_or(date);
    match unit {
        Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => date,
        Unit::Week => date - Days::new(u64::from(date.weekday().num_days_from_sunday())),
        Unit::Month => first_of(date.month()),
        Unit::Quarter => first_of(date.month0() / 3 * 3 + 1),
        Unit::Year => first_of(1),
    }
}

fn next_date(unit: Unit, date: NaiveDate) -> NaiveDate {
    let first = first_date(unit, date);
    match unit {
        Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => first + Days::new(1),
        Unit::Week => first + Days::new(7),
        Unit::Month => first + Months::new(1),
        Unit::Quarter => first + Months::new(3),
        Unit::Year => first + Months::new(12),
    }
}

fn offset(time: Local) -> i32 {
    time.offset().fix().local_minus_utc()
}

/// Clocks are changed at whole seconds.
fn whole_second(time: Local) -> Local {
    time - Duration::nanoseconds(i64::from(time.timestamp_subsec_nanos()))
}

/// The instant within a stretch from which on clocks differ from UTC as they do at its end, where they don't all along.
fn change_within(start: Local, end: Local) -> Option<Local> {
    (offset(start) != offset(end)).then(|| first_where(start, end, |time| offset(time) == offset(end)))
}

/// The first whole second for which something holds that does not hold before and does after.
fn first_where(mut before: Local, mut after: Local, holds: impl Fn(Local) -> bool) -> Local {
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if holds(middle) {
            after = middle;
        } else {
            before = middle;
        }
    }
    after
}

#[cfg(test)]
mod tests;
