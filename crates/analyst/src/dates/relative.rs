//! Days and stretches of time relative to now.

use chrono::{Datelike, Duration, Months, NaiveDate};

use super::points::WEEKDAYS;
use super::{Calendar, Doubt, Span, When, midnight, weeks};
use crate::cursor::Cursor;

/// `yesterday`, `today`, `the day before yesterday`, `3 days ago`, `last Monday`.
pub(super) fn eat_day(cursor: &mut Cursor, calendar: &Calendar) -> Option<NaiveDate> {
    let today = calendar.now.date();
    let mut ahead = *cursor;
    let day = if ahead
        .eat_one_of(&["the day before yesterday", "day before yesterday"])
        .is_some()
    {
        today - Duration::days(2)
    } else if ahead.eat(&["yesterday"]).is_some() {
        today - Duration::days(1)
    } else if ahead.eat(&["today"]).is_some() {
        today
    } else if ahead.eat(&["last"]).is_some() {
        let (_, _, weekday) = WEEKDAYS.iter().find(|(full, _, _)| ahead.word() == *full)?;
        ahead.at += 1;
        let back = (today.weekday().days_since(*weekday) + 6) % 7 + 1;
        today - Duration::days(i64::from(back))
    } else {
        let count = ahead.eat_count()?;
        ahead.eat_one_of(&["days ago", "day ago"])?;
        today.checked_sub_signed(Duration::days(i64::from(count)))?
    };
    *cursor = ahead;
    Some(day)
}

/// `last 7 days`, `past two weeks`, `this month`, `last year`, `last 24 hours`, `today`.
pub(super) fn eat_stretch(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    let mut ahead = *cursor;
    if ahead.eat(&["today"]).is_some() {
        *cursor = ahead;
        return Some(When::Span(so_far(calendar, calendar.now.date())));
    }
    ahead.eat(&["the", "these"]);
    let which = ahead.eat(&["last", "past", "previous", "preceding", "this", "current"])?;
    let this = matches!(which, "this" | "current");
    let count = if this { None } else { ahead.eat_count() };
    let when = match count {
        Some(count) => {
            // "3 full days" are what is taken anyway.
            ahead.eat(&["full", "whole", "complete"]);
            let unit = ahead.eat(&[
                "days", "day", "weeks", "week", "months", "month", "years", "year", "hours", "hour",
            ])?;
            counted(count, unit.trim_end_matches('s'), calendar)?
        }
        None => {
            let unit = ahead.eat(&["week", "month", "year"])?;
            let after_the = ahead.at >= 3 && ahead.tokens[ahead.at - 3].is("the");
            if this {
                current(unit, calendar)
            } else if which == "past" || (which == "last" && after_the) {
                up_to_now_or_calendar(unit, after_the)
            } else {
                previous(unit, calendar)?
            }
        }
    };
    *cursor = ahead;
    Some(when)
}

/// A number of whole days, weeks or months before today; hours reach up to now.
fn counted(count: u32, unit: &str, calendar: &Calendar) -> Option<When> {
    let today = calendar.now.date();
    // Longer than any log is no stretch of time that anyone asks about.
    if !(1..=10_000).contains(&count) {
        return None;
    }
    if unit == "hour" {
        let from = calendar.now.checked_sub_signed(Duration::hours(i64::from(count)))?;
        let mut span = Span {
            from: Some(from),
            to: Some(calendar.now),
            relative: None,
            notes: Vec::new(),
        };
        span.notes
            .push(format!("\"last {count} hours\" reaches back from now, to the minute"));
        return Some(When::Span(span));
    }
    let (first, letter) = match unit {
        "day" => (today.checked_sub_signed(Duration::days(i64::from(count)))?, "d"),
        "week" => (today.checked_sub_signed(Duration::weeks(i64::from(count)))?, "w"),
        "month" => (today.checked_sub_months(Months::new(count))?, "m"),
        _ => (today.checked_sub_months(Months::new(count.checked_mul(12)?))?, "y"),
    };
    let mut span = Span::days(first, today - Duration::days(1));
    // Only days and weeks have one length; the others are passed on resolved.
    match letter {
        "d" => span.relative = Some((format!("-{count}d"), Some("-1dEnd".to_owned()))),
        "w" => span.relative = Some((format!("-{}d", count.checked_mul(7)?), Some("-1dEnd".to_owned()))),
        _ => {}
    }
    span.notes.push(format!(
        "the last {count} {unit}{} end yesterday; today is not in it",
        if count == 1 { "" } else { "s" }
    ));
    Some(When::Span(span))
}

/// From the start of a day up to now, to the microsecond: what the clock says has not happened yet
/// does not count.
fn so_far(calendar: &Calendar, first: NaiveDate) -> Span {
    let to = Some(calendar.now + Duration::microseconds(1));
    let notes = vec!["the period is not over yet".to_owned()];
    Span {
        from: Some(midnight(first)),
        to,
        relative: None,
        notes,
    }
}

fn current(unit: &str, calendar: &Calendar) -> When {
    let today = calendar.now.date();
    match unit {
        "week" => weeks::week_around(today, calendar, true),
        "month" => When::Span(so_far(calendar, today.with_day(1).unwrap_or(today))),
        _ => When::Span(so_far(calendar, today.with_ordinal(1).unwrap_or(today))),
    }
}

/// "The past month" can be the days up to now or the month before this one.
fn up_to_now_or_calendar(unit: &str, after_the: bool) -> When {
    let days = match unit {
        "week" => 7,
        "month" => 30,
        _ => 365,
    };
    let article = if after_the { "" } else { "in " };
    Doubt {
        question: format!("Do you mean the calendar {unit} before this one, or the days up to now?"),
        options: vec![
            format!("{article}previous {unit}"),
            format!("{article}last {days} days"),
        ],
    }
    .into()
}

fn previous(unit: &str, calendar: &Calendar) -> Option<When> {
    let today = calendar.now.date();
    if unit == "week" {
        return Some(weeks::week_around(today - Duration::weeks(1), calendar, false));
    }
    let start = if unit == "month" {
        today.with_day(1)?
    } else {
        today.with_ordinal(1)?
    };
    let months = if unit == "month" { 1 } else { 12 };
    Some(When::Span(Span::days(
        start.checked_sub_months(Months::new(months))?,
        start - Duration::days(1),
    )))
}

/// What to ask where no date fits.
pub(super) fn no_such_day(text: &str) -> When {
    When::Doubt(Doubt {
        question: format!("There is no {text}. Which date do you mean?"),
        options: Vec::new(),
    })
}
