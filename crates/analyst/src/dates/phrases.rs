//! Phrases of time: one period, a range of two, or an open end.

use chrono::{Duration, NaiveDateTime};

use super::points::{Context, Point, eat_point, eat_time};
use super::resolve::{Days, days};
use super::{Calendar, Doubt, Span, When, code, edges, midnight, midnight_after, relative, weeks};
use crate::cursor::Cursor;
use crate::tokens::Token;

pub(super) const PREPOSITIONS: [&str; 9] = [
    "on",
    "in",
    "during",
    "for",
    "of",
    "over",
    "within",
    "throughout",
    "year",
];

/// "over 2000 bytes" is no year.
const UNITS: [&str; 7] = ["bytes", "byte", "kb", "mb", "gb", "kib", "mib"];

/// The phrase of time that starts at a token, with the position after it.
pub(crate) fn when_at(tokens: &[Token], at: usize, calendar: &Calendar) -> Option<(usize, When)> {
    let start = Cursor::new(tokens, at);
    let readings = [
        edges::edge,
        edges::all_days,
        edges::part_of_day,
        code::compared_day,
        weeks::weekend,
        range,
        open_end,
        week_of,
        period,
    ];
    let found = readings.iter().find_map(|read| {
        let mut cursor = start;
        read(&mut cursor, calendar).map(|when| (cursor, when))
    });
    let (mut cursor, when) = found?;
    if UNITS.contains(&cursor.word()) {
        return None;
    }
    if matches!(when, When::Span(_)) {
        eat_inclusive(&mut cursor);
    }
    Some((cursor.at, when))
}

/// `between A and B`, `from A to B`, `A to B`, `17-20 May`, `17 and 18 May`.
fn range(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    cursor.eat(&["on", "in", "during", "for", "over", "of", "dates", "days"]);
    cursor.eat(&["the"]);
    cursor.eat(&["period", "days", "dates", "time", "hours", "hour"]);
    let lead = cursor.eat(&["between", "from"]);
    let first = eat_point(cursor, Context::InRange, calendar)?;
    cursor.eat(&["utc"]);
    let joint = cursor.eat_one_of(&[
        "up to and including",
        "up to",
        "up until",
        "and",
        "to",
        "until",
        "till",
        "through",
        "thru",
        "-",
        "–",
        "—",
    ])?;
    let last = eat_point(cursor, Context::InRange, calendar).or_else(|| hour_before_half(cursor))?;
    cursor.eat(&["utc"]);
    let first = with_half_of(first, &last);
    if lead == Some("from") && joint == "and" {
        return None;
    }
    if !first.has_date() && !last.has_date() {
        return hours(first.time?, last.time?);
    }
    let (first, last) = shared(first, last, cursor)?;
    let listed = joint == "and" && lead.is_none();
    Some(joined(&first, &last, listed, calendar).unwrap_or_else(|doubt| doubt))
}

/// `2 and 4 pm`: the first number becomes an hour when the second is one. It was read as a day.
fn with_half_of(first: Point, last: &Point) -> Point {
    match (first, last.time) {
        (
            Point {
                day: Some(hour),
                month: None,
                year: None,
                time: None,
                weekday: None,
                ..
            },
            Some(end),
        ) if !last.has_date() => {
            let afternoon = end > 12 * 60 && hour < 12 && hour * 60 + 12 * 60 < end;
            Point {
                day: None,
                time: Some((hour + if afternoon { 12 } else { 0 }) * 60),
                ..first
            }
        }
        _ => first,
    }
}

fn hour_before_half(cursor: &mut Cursor) -> Option<Point> {
    eat_time(cursor).map(|time| Point {
        time: Some(time),
        ..Point::default()
    })
}

fn hours(from: u32, to: u32) -> Option<When> {
    let to = end_of_hours(to);
    (from < to).then_some(When::Hours { from, to })
}

/// Midnight at the end is the day's end; `14:59` means the whole of that minute.
fn end_of_hours(to: u32) -> u32 {
    match to {
        0 => 24 * 60,
        to if to % 60 == 59 => to + 1,
        to => to,
    }
}

/// Gives each end what only the other end says: `17 to 20 May 2015`, `May 17 to 20`.
fn shared(first: Point, last: Point, cursor: &mut Cursor) -> Option<(Point, Point)> {
    let (mut first, mut last) = (first, last);
    if last.day.is_some() && last.month.is_none() {
        last.month = first.month;
        last.year = last.year.or_else(|| super::points::eat_year(cursor));
    }
    if !last.has_date() {
        // "from 18 May 10:00 to 12:00": the same day.
        last = Point {
            time: last.time,
            ..first
        };
    }
    if first.day.is_some() && first.month.is_none() && first.slash.is_none() {
        first.month = last.month;
    }
    if first.month.is_some() && first.year.is_none() {
        first.year = last.year;
    }
    if last.month.is_some() && last.year.is_none() {
        last.year = first.year;
    }
    let bare = |point: &Point| point.day.is_some() && point.month.is_none() && point.slash.is_none();
    // Two numbers without any month are no dates, nor are two years: "between 200 and 299".
    let dated = |point: &Point| point.has_date() && !bare(point);
    (first.has_date() && dated(&last) && dated(&first)).then_some((first, last))
}

fn joined(first: &Point, last: &Point, listed: bool, calendar: &Calendar) -> Result<When, When> {
    let (from, to) = (days(first, calendar)?, days(last, calendar)?);
    let start = start_of(&from, first);
    let end = end_of(&to, last);
    if listed && to.first - from.last != Duration::days(1) {
        let question = "Those days don't follow each other, and I count one stretch of time. Which one?".to_owned();
        let options = vec![
            super::words::range_words(from.first, from.last),
            super::words::range_words(to.first, to.last),
        ];
        return Err(When::Doubt(Doubt { question, options }));
    }
    if start >= end {
        let question = "That period ends before it starts. Which one do you mean?".to_owned();
        return Err(When::Doubt(Doubt {
            question,
            options: Vec::new(),
        }));
    }
    let assumed = !from.notes.is_empty() || !to.notes.is_empty();
    let meant = super::words::plain_range(from.first, to.last);
    let notes = if assumed {
        vec![format!("no year was given; {meant} is meant")]
    } else {
        Vec::new()
    };
    Ok(When::Span(Span {
        from: Some(start),
        to: Some(end),
        relative: None,
        notes,
    }))
}

fn start_of(days: &Days, point: &Point) -> NaiveDateTime {
    midnight(days.first) + Duration::minutes(i64::from(point.time.unwrap_or(0)))
}

fn end_of(days: &Days, point: &Point) -> NaiveDateTime {
    let with_time = |time: u32| midnight(days.last) + Duration::minutes(i64::from(end_of_hours(time)));
    point.time.map_or_else(|| midnight_after(days.last), with_time)
}

/// `since A`, `after A`, `before A`, `until A`, `from A on`; with a day or with a time of day.
fn open_end(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    let lead = cursor.eat_one_of(&[
        "up to and including",
        "up to",
        "up until",
        "since",
        "after",
        "before",
        "until",
        "till",
        "through",
        "from",
        "starting on",
        "starting from",
        "starting",
        "beginning on",
        "beginning",
        "prior to",
    ])?;
    let point = eat_point(cursor, Context::AfterPreposition, calendar)?;
    let onwards = cursor.eat(&["onwards", "onward", "on"]).is_some();
    if lead == "from" && !onwards {
        return Some(When::Doubt(alone_from(cursor, point, calendar)?));
    }
    if !point.has_date() {
        let time = point.time?;
        return match lead {
            "since" | "after" | "from" | "starting" | "starting from" | "beginning" => hours(time, 24 * 60),
            _ => hours(0, time),
        };
    }
    let days = match days(&point, calendar) {
        Ok(days) => days,
        Err(doubt) => return Some(doubt),
    };
    let (from, to) = match lead {
        "after" => (
            Some(
                point
                    .time
                    .map_or_else(|| midnight_after(days.last), |_| start_of(&days, &point)),
            ),
            None,
        ),
        "before" | "prior to" => (None, Some(start_of(&days, &point))),
        "until" | "till" | "through" | "up to" | "up until" | "up to and including" => {
            (None, Some(end_of(&days, &point)))
        }
        _ => (Some(start_of(&days, &point)), None),
    };
    Some(When::Span(Span {
        from,
        to,
        relative: None,
        notes: days.notes,
    }))
}

/// `requests from 18 May` can be those of that day, or all since then.
fn alone_from(cursor: &Cursor, point: Point, calendar: &Calendar) -> Option<Doubt> {
    if cursor.tokens.get(cursor.at).is_some_and(|token| token.is("to")) {
        return None;
    }
    let days = days(&Point { time: None, ..point }, calendar).ok()?;
    let day = super::words::range_words(days.first, days.last);
    let since = format!("since {}", super::words::day_words(days.first));
    Some(Doubt {
        question: "Do you mean that period alone, or everything since?".to_owned(),
        options: vec![day, since],
    })
}

/// `the week of 18 May 2015`, `the week starting 18 May`.
fn week_of(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    cursor.eat(&PREPOSITIONS);
    cursor.eat(&["the"]);
    cursor.eat(&["week"])?;
    let lead = cursor.eat_one_of(&["starting on", "starting", "beginning on", "beginning", "from", "of"])?;
    let point = eat_point(cursor, Context::AfterPreposition, calendar)?;
    let first = match days(&point, calendar) {
        Ok(days) => days.first,
        Err(doubt) => return Some(doubt),
    };
    if lead == "of" {
        return Some(weeks::week_around(first, calendar, false));
    }
    Some(When::Span(Span::days(first, first + Duration::days(6))))
}

/// One day, month, year or relative stretch, with or without a preposition.
fn period(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    let mut context = Context::Alone;
    if cursor.eat(&PREPOSITIONS).is_some() {
        context = Context::AfterPreposition;
        if cursor.eat(&["the"]).is_some() {
            cursor.eat(&["month", "year", "day", "date"]);
            cursor.eat(&["of"]);
        }
    }
    if let Some(when) = relative::eat_stretch(cursor, calendar) {
        return Some(when);
    }
    if context == Context::AfterPreposition && cursor.at > 0 && cursor.tokens[cursor.at - 1].is("the") {
        // "on the 18th": the article belongs to the date.
        cursor.at -= 1;
    }
    let point = eat_point(cursor, context, calendar)?;
    if !point.has_date() || point.time.is_some() {
        return None;
    }
    Some(match days(&point, calendar) {
        Ok(days) => When::Span(Span {
            notes: days.notes,
            ..Span::days(days.first, days.last)
        }),
        Err(doubt) => doubt,
    })
}

/// `, both days included`, `inclusive`, in brackets or not.
fn eat_inclusive(cursor: &mut Cursor) {
    let mut ahead = *cursor;
    ahead.eat(&[",", "("]);
    let phrases = [
        "both days included",
        "both days inclusive",
        "both days are included",
        "both included",
        "both inclusive",
        "including both days",
        "including both",
        "inclusive",
        "inclusively",
        "included",
    ];
    if ahead.eat_one_of(&phrases).is_some() {
        ahead.eat(&[")"]);
        *cursor = ahead;
    }
}
