//! The first or last days of a period, all days of the data, and parts of a day.

use chrono::Duration;

use super::phrases::PREPOSITIONS;
use super::points::{Context, eat_point};
use super::resolve::{Days, days};
use super::words::plain_range;
use super::{Calendar, Doubt, Span, When, midnight};
use crate::cursor::Cursor;
use crate::stop_words::whole_log_end;

/// `the first two days of the log`, `the last day of May 2015`, `the first hour of 18 May 2015`.
pub(super) fn edge(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    if cursor.eat(&["across"]).is_none() {
        cursor.eat(&PREPOSITIONS);
    }
    cursor.eat(&["the"]);
    let from_start = cursor.eat(&["first", "last", "final"])? == "first";
    let count = cursor.eat_count();
    let unit = cursor.eat(&["days", "day", "hours", "hour"])?;
    let length = i64::from(count.unwrap_or(1));
    // "the first days" does not say how many.
    (length > 0 && (count.is_some() || !unit.ends_with('s'))).then_some(())?;
    let of_data = data_end(cursor);
    let Days { first, last, notes } = match whole(cursor, of_data, calendar)? {
        Ok(days) => days,
        Err(doubt) => return Some(doubt),
    };
    if unit.starts_with("day") {
        let covered = (last - first).num_days() + 1;
        let reach = Duration::days(length - 1);
        let (from, to) = if from_start {
            (first, first + reach)
        } else {
            (last - reach, last)
        };
        return (length <= covered).then(|| {
            When::Span(Span {
                notes,
                ..Span::days(from, to)
            })
        });
    }
    // The data may start within an hour, so only a named day has first and last hours.
    (first == last && of_data.is_none() && length < 24).then_some(())?;
    let (start, end) = (midnight(first), midnight(first) + Duration::days(1));
    let reach = Duration::hours(length);
    let (from, to) = if from_start {
        (start, start + reach)
    } else {
        (end - reach, end)
    };
    Some(When::Span(Span {
        from: Some(from),
        to: Some(to),
        relative: None,
        notes,
    }))
}

/// The position after "of the log" and the like.
fn data_end(cursor: &Cursor) -> Option<usize> {
    let named = || {
        let mut ahead = *cursor;
        ahead.eat(&["of", "in"])?;
        ahead.eat(&["the"]);
        ahead.eat(&["data", "dataset"])?;
        Some(ahead.at)
    };
    whole_log_end(cursor.tokens, cursor.at).or_else(named)
}

/// What the days are the first or last of: the data, with a note that says which days it has, or a period.
fn whole(cursor: &mut Cursor, of_data: Option<usize>, calendar: &Calendar) -> Option<Result<Days, When>> {
    if let Some(end) = of_data {
        cursor.at = end;
        let (first, last) = calendar.data?;
        let notes = vec![format!("the data covers {}", plain_range(first, last))];
        return Some(Ok(Days { first, last, notes }));
    }
    cursor.eat(&["of", "in"])?;
    let point = eat_point(cursor, Context::AfterPreposition, calendar)?;
    point.time.is_none().then(|| days(&point, calendar))
}

/// `over the four days`, where the data has as many: everything.
pub(super) fn all_days(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    let (first, last) = calendar.data?;
    cursor.eat(&[
        "over",
        "in",
        "during",
        "across",
        "for",
        "of",
        "on",
        "within",
        "throughout",
    ])?;
    cursor.eat(&["all"]);
    cursor.eat(&["of"]);
    cursor.eat(&["the", "these", "those"]);
    let count = cursor.eat_count()?;
    cursor.eat(&["days"])?;
    let fits = i64::from(count) == (last - first).num_days() + 1 && cursor.word() != "ago" && count > 1;
    fits.then(|| {
        let mut span = Span::everything();
        span.notes.push(format!("the data covers {}", plain_range(first, last)));
        When::Span(span)
    })
}

/// `in the morning`, `this evening`: when it starts and ends is not the same for everyone.
pub(super) fn part_of_day(cursor: &mut Cursor, _: &Calendar) -> Option<When> {
    cursor.eat(&["in", "on", "during"]);
    cursor.eat(&["the", "this"]);
    let part = cursor.eat(&["morning", "afternoon", "evening", "night"])?;
    let options: &[&str] = match part {
        "morning" => &["from 6:00 to 12:00", "from 0:00 to 12:00"],
        "afternoon" => &["from 12:00 to 18:00", "from 12:00 to 17:00"],
        "evening" => &["from 18:00 to 24:00", "from 18:00 to 22:00"],
        _ => &["from 0:00 to 6:00", "from 22:00 to 24:00"],
    };
    Some(When::Doubt(Doubt {
        question: format!("Which hours are the {part}?"),
        options: options.iter().map(ToString::to_string).collect(),
    }))
}
