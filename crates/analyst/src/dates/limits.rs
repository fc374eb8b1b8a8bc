//! Dates as a list is filtered by them: before, after, since, until, on, within.
//!
//! Other than a question's period such a limit may be open, it includes today in "the last 7 days", and a date
//! without a year is the last one that is not after today.

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime};

use super::points::{Context, Point, eat_point};
use super::resolve;
use super::{Calendar, Doubt, When, midnight, midnight_after};
use crate::cursor::Cursor;
use crate::tokens::{Kind, Token};

/// A stretch of time that may be open on one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    /// The first instant.
    pub(crate) from: Option<NaiveDateTime>,
    /// The instant after the last.
    pub(crate) to: Option<NaiveDateTime>,
}

/// A day, a month or a year, or one instant.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: NaiveDateTime,
    to: NaiveDateTime,
    /// True for today, yesterday and days ago.
    is_relative: bool,
    /// True for a single day or an instant.
    is_day: bool,
}

/// Words that make a number before them an amount and no year.
const UNITS: [&str; 20] = [
    "mb",
    "gb",
    "kb",
    "bytes",
    "seconds",
    "second",
    "minutes",
    "minute",
    "hours",
    "hour",
    "ms",
    "milliseconds",
    "percent",
    "%",
    "dollars",
    "pixels",
    "px",
    "characters",
    "times",
    "or",
];

/// The limit that starts at a token, with the position after it.
pub(crate) fn limit_at(tokens: &[Token], at: usize, calendar: &Calendar) -> Option<(usize, Result<Limit, Doubt>)> {
    let start = Cursor::new(tokens, at);
    let readings = [last_days, days_of_month, between, one_sided, within];
    readings.iter().find_map(|read| {
        let mut cursor = start;
        read(&mut cursor, calendar).map(|limit| (cursor.at, limit))
    })
}

type Read = Option<Result<Limit, Doubt>>;

/// `in the last 7 days`: the full days before today, and today.
fn last_days(cursor: &mut Cursor, calendar: &Calendar) -> Read {
    cursor.eat(&["in", "within", "during", "over", "for", "from"]);
    cursor.eat(&["the"]);
    cursor.eat(&["last", "past", "previous"])?;
    let count = i64::from(cursor.eat_count().filter(|count| (1..=10_000).contains(count))?);
    let unit = cursor.eat(&["days", "day", "weeks", "week"])?;
    let days = if unit.starts_with("week") { count * 7 } else { count };
    let first = calendar.now.date().checked_sub_signed(Duration::days(days))?;
    Some(Ok(Limit {
        from: Some(midnight(first)),
        to: None,
    }))
}

/// `between 10 and 12 June 2026`, `10 to 12 June`, `10-12 June`: the first day is of the month of the second.
fn days_of_month(cursor: &mut Cursor, calendar: &Calendar) -> Read {
    let lead = cursor.eat(&["from", "between", "on"]);
    cursor.eat(&["the"]);
    let first = match cursor.peek()?.kind {
        Kind::Ordinal(day) => day,
        Kind::Number(_) => cursor.clone().eat_count()?,
        _ => return None,
    };
    cursor.at += 1;
    let joints: &[&str] = match lead {
        Some("between") => &["and"],
        _ => &["to", "until", "till", "through", "-", "–"],
    };
    cursor.eat(joints)?;
    let last = eat_point(cursor, Context::AfterPreposition, calendar)?;
    let is_before = last.day.is_some_and(|day| (1..day).contains(&first));
    if last.month.is_none() || last.time.is_some() || last.slash.is_some() || !is_before {
        return None;
    }
    let limit = with_year(last, calendar).and_then(|last| {
        let first = Point {
            day: Some(first),
            ..last
        };
        let (first, last) = (resolved(first, false, calendar)?, resolved(last, false, calendar)?);
        Ok(Limit {
            from: Some(first.from),
            to: Some(last.to),
        })
    });
    Some(limit)
}

/// `from D to E`, `between D and E`.
fn between(cursor: &mut Cursor, calendar: &Calendar) -> Read {
    let lead = cursor.eat(&["from", "between"])?;
    let joints: &[&str] = if lead == "between" {
        &["and"]
    } else {
        &["up to and including", "up to", "to", "until", "till", "through"]
    };
    let first = eat_stretch(cursor, Context::InRange, calendar)?;
    joints.iter().find(|joint| cursor.eat_phrase(joint))?;
    let last = eat_stretch(cursor, Context::AfterPreposition, calendar)?;
    let (first, last) = match (first, last) {
        (Ok(first), Ok(last)) => (first, last),
        (Err(doubt), _) | (_, Err(doubt)) => return Some(Err(doubt)),
    };
    if first.from >= last.to {
        return Some(Err(doubt(
            "The second date is before the first. Which dates do you mean?",
        )));
    }
    Some(Ok(Limit {
        from: Some(first.from),
        to: Some(last.to),
    }))
}

/// `after D`, `before D`, `since D`, `until D`, `from D on`.
fn one_sided(cursor: &mut Cursor, calendar: &Calendar) -> Read {
    let lead = cursor.eat_one_of(&[
        "up to and including",
        "up to",
        "no later than",
        "later than",
        "not before",
        "not after",
        "no earlier than",
        "earlier than",
        "prior to",
        "starting on",
        "starting from",
        "after",
        "before",
        "since",
        "until",
        "till",
        "through",
        "starting",
        "from",
    ])?;
    let stretch = match eat_stretch(cursor, Context::AfterPreposition, calendar)? {
        Ok(stretch) => stretch,
        Err(doubt) => return Some(Err(doubt)),
    };
    let (mut from, mut to) = (None, None);
    match lead {
        "after" | "later than" => from = Some(stretch.to),
        "before" | "earlier than" | "prior to" => to = Some(stretch.from),
        "since" | "starting" | "starting on" | "starting from" | "not before" | "no earlier than" => {
            from = Some(stretch.from);
        }
        "from" => {
            if cursor.eat(&["on", "onward", "onwards"]).is_some() {
                from = Some(stretch.from);
            } else if stretch.is_relative || !stretch.is_day {
                (from, to) = (Some(stretch.from), Some(stretch.to));
            } else {
                return Some(Err(doubt("Do you mean that day alone, or from it on?")));
            }
        }
        _ => to = Some(stretch.to),
    }
    Some(Ok(Limit { from, to }))
}

/// `on D`, `in May 2026`, `yesterday`.
fn within(cursor: &mut Cursor, calendar: &Calendar) -> Read {
    let lead = cursor.eat(&["on", "in", "during", "at"]);
    let context = if lead.is_some() {
        Context::AfterPreposition
    } else {
        Context::Alone
    };
    let stretch = eat_stretch(cursor, context, calendar)?;
    Some(stretch.map(|stretch| Limit {
        from: Some(stretch.from),
        to: Some(stretch.to),
    }))
}

fn eat_stretch(cursor: &mut Cursor, context: Context, calendar: &Calendar) -> Option<Result<Stretch, Doubt>> {
    let token = cursor.peek()?;
    let is_bare_year = matches!(token.kind, Kind::Number(_));
    let is_relative = token.is("today") || token.is("yesterday") || {
        let mut ahead = *cursor;
        ahead.eat_count().is_some() && ahead.eat_one_of(&["days ago", "day ago"]).is_some()
    };
    let before = cursor.at;
    let point = eat_point(cursor, context, calendar)?;
    cursor.eat(&["utc", "gmt", "z"]);
    if !point.has_date() {
        // A time of each day is no limit; a number alone is no time.
        return None;
    }
    let is_year = point.month.is_none() && point.day.is_none() && point.weekday.is_none();
    if is_year && is_bare_year && (cursor.at > before + 1 || UNITS.contains(&cursor.word())) {
        return None;
    }
    if point.month.is_none() && point.day.is_some() && point.slash.is_none() {
        // "5" is an amount more often than a day.
        let is_ordinal = matches!(token.kind, Kind::Ordinal(_)) || token.is("the");
        return is_ordinal.then(|| Err(doubt("Of which month?")));
    }
    Some(resolved(point, is_relative, calendar))
}

fn resolved(point: Point, is_relative: bool, calendar: &Calendar) -> Result<Stretch, Doubt> {
    let point = with_year(point, calendar)?;
    let days = resolve::days(&point, calendar).map_err(|when| match when {
        When::Doubt(doubt) => doubt,
        When::Span(_) | When::Hours { .. } => doubt("Which date do you mean?"),
    })?;
    let is_day = days.first == days.last;
    if let Some(minutes) = point.time {
        if !is_day {
            return Err(doubt("Of which day is the time?"));
        }
        let from = midnight(days.first) + Duration::minutes(i64::from(minutes));
        return Ok(Stretch {
            from,
            to: from + Duration::microseconds(1),
            is_relative,
            is_day,
        });
    }
    Ok(Stretch {
        from: midnight(days.first),
        to: midnight_after(days.last),
        is_relative,
        is_day,
    })
}

/// The last such day or month that is not after today, where no year is said.
fn with_year(point: Point, calendar: &Calendar) -> Result<Point, Doubt> {
    if point.year.is_some() {
        return Ok(point);
    }
    let Some(month) = point.month else {
        return Err(doubt("Which date do you mean?"));
    };
    let today = calendar.now.date();
    let begins = |year: i32| NaiveDate::from_ymd_opt(year, month, point.day.unwrap_or(1));
    // A 29 February may be years ago.
    let year = (0..8)
        .map(|back| today.year() - back)
        .find(|year| begins(*year).is_some_and(|day| day <= today));
    match year {
        Some(year) => Ok(Point {
            year: Some(year),
            ..point
        }),
        None => Err(doubt("There is no such day. Which date do you mean?")),
    }
}

fn doubt(question: &str) -> Doubt {
    Doubt {
        question: question.to_owned(),
        options: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenize;

    fn read(words: &str) -> String {
        let now = NaiveDate::from_ymd_opt(2026, 6, 30)
            .unwrap()
            .and_hms_opt(12, 0, 0)
            .unwrap();
        let calendar = Calendar { now, data: None };
        let tokens = tokenize(words);
        let end =
            |end: Option<NaiveDateTime>| end.map_or("..".to_owned(), |end| end.format("%m-%d %H:%M:%S%.f").to_string());
        match limit_at(&tokens, 0, &calendar) {
            None => "none".to_owned(),
            Some((_, Err(_))) => "doubt".to_owned(),
            Some((at, Ok(limit))) => {
                let rest = tokens.len() - at;
                format!("{} to {}, {rest} left", end(limit.from), end(limit.to))
            }
        }
    }

    #[test]
    fn limits_in_words() {
        let cases = [
            ("in the last 7 days", "06-23 00:00:00 to .., 0 left"),
            ("yesterday", "06-29 00:00:00 to 06-30 00:00:00, 0 left"),
            ("from yesterday", "06-29 00:00:00 to 06-30 00:00:00, 0 left"),
            ("on 19 May", "05-19 00:00:00 to 05-20 00:00:00, 0 left"),
            ("on 19 December", "12-19 00:00:00 to 12-20 00:00:00, 0 left"),
            (
                "between 10 and 12 June 2026, x",
                "06-10 00:00:00 to 06-13 00:00:00, 2 left",
            ),
            ("from 10 to 12 June", "06-10 00:00:00 to 06-13 00:00:00, 0 left"),
            ("10-12 June 2026", "06-10 00:00:00 to 06-13 00:00:00, 0 left"),
            ("between 12 and 10 June 2026", "none"),
            ("in May 2026", "05-01 00:00:00 to 06-01 00:00:00, 0 left"),
            ("after 18 May 2026", "05-19 00:00:00 to .., 0 left"),
            ("before 2026-04-10, CHROME", ".. to 04-10 00:00:00, 2 left"),
            ("since 15 June 2026", "06-15 00:00:00 to .., 0 left"),
            ("from 15 June 2026 on", "06-15 00:00:00 to .., 0 left"),
            ("from 15 June 2026", "doubt"),
            ("up to and including 1 May 2026", ".. to 05-02 00:00:00, 0 left"),
            ("until 1 May 2026 with", ".. to 05-02 00:00:00, 1 left"),
            ("from 1 May to 3 May 2026", "05-01 00:00:00 to 05-04 00:00:00, 0 left"),
            ("after 19 May 2026 14:00 UTC and", "05-19 14:00:00.000001 to .., 1 left"),
            ("before 2026-05-23T09:00:00Z", ".. to 05-23 09:00:00, 0 left"),
            ("up to 2000 characters", "none"),
            ("up to 50", "none"),
            ("between 5 and 20", "none"),
            ("in Firefox", "none"),
            ("on the 19th", "doubt"),
        ];
        for (words, expected) in cases {
            assert_eq!(read(words), expected, "{words}");
        }
    }
}
