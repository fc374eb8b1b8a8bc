//! Weeks, which start on Monday for some and on Sunday for others.

use chrono::{Datelike, Duration, NaiveDate};

use super::phrases::PREPOSITIONS;
use super::points::{Context, eat_point};
use super::resolve::days;
use super::words::{day_words, plain_range, range_words};
use super::{Calendar, Doubt, Span, When};
use crate::cursor::Cursor;

/// The week that a day lies in. Where both kinds of week cover the same data there is nothing to
/// ask; else the reader must say which.
pub(super) fn week_around(day: NaiveDate, calendar: &Calendar, so_far: bool) -> When {
    let monday = day - Duration::days(i64::from(day.weekday().num_days_from_monday()));
    let sunday = day - Duration::days(i64::from(day.weekday().num_days_from_sunday()));
    let week = |start: NaiveDate| {
        let end = start + Duration::days(6);
        (start, if so_far { end.min(calendar.now.date()) } else { end })
    };
    let within_data = |(first, last): (NaiveDate, NaiveDate)| {
        let (data_first, data_last) = calendar.data.unwrap_or((first, last));
        let (first, last) = (first.max(data_first), last.min(data_last));
        (first <= last).then_some((first, last))
    };
    let (by_monday, by_sunday) = (week(monday), week(sunday));
    if within_data(by_monday) == within_data(by_sunday) {
        let mut span = Span::days(by_monday.0, by_monday.1);
        span.notes
            .push(format!("the week from Monday, {}", day_words(by_monday.0)));
        return When::Span(span);
    }
    let options = [by_monday, by_sunday]
        .iter()
        .map(|(first, last)| range_words(*first, *last))
        .collect();
    When::Doubt(Doubt {
        question: "Does your week start on Monday or on Sunday?".to_owned(),
        options,
    })
}

/// `on the weekend`, `last weekend`, `the weekend of 16 May 2015`: Saturday and Sunday.
pub(super) fn weekend(cursor: &mut Cursor, calendar: &Calendar) -> Option<When> {
    if cursor.eat(&["at"]).is_none() {
        cursor.eat(&PREPOSITIONS);
    }
    cursor.eat(&["the"]);
    let last = cursor.eat(&["last", "this", "past"]);
    cursor.eat(&["weekend"])?;
    let which = || "Which weekend do you mean?".to_owned();
    let unclear = |options: Vec<String>| {
        let question = which();
        Some(When::Doubt(Doubt { question, options }))
    };
    if last.is_some() {
        let today = calendar.now.date();
        let since_sunday = i64::from(today.weekday().num_days_from_sunday());
        let is_workday = (1..=5).contains(&since_sunday);
        let sunday = today - Duration::days(since_sunday);
        // At a weekend "last weekend" can be this one, and "this weekend" can lie ahead.
        return if last == Some("last") && is_workday {
            Some(When::Span(Span::days(sunday - Duration::days(1), sunday)))
        } else {
            unclear(Vec::new())
        };
    }
    if cursor.eat(&["of"]).is_some() {
        let first = match days(&eat_point(cursor, Context::AfterPreposition, calendar)?, calendar) {
            Ok(days) => days.first,
            Err(doubt) => return Some(doubt),
        };
        return match first.weekday() {
            chrono::Weekday::Sat => Some(When::Span(Span::days(first, first + Duration::days(1)))),
            chrono::Weekday::Sun => Some(When::Span(Span::days(first - Duration::days(1), first))),
            _ => unclear(Vec::new()),
        };
    }
    let (first, last) = calendar.data?;
    let saturdays = (first - Duration::days(1))
        .iter_days()
        .take_while(|day| *day <= last)
        .filter(|day| day.weekday() == chrono::Weekday::Sat);
    let weekends: Vec<(NaiveDate, NaiveDate)> = saturdays.map(|day| (day, day + Duration::days(1))).collect();
    match weekends[..] {
        [(saturday, sunday)] => {
            let mut span = Span::days(saturday, sunday);
            let days = plain_range(saturday, sunday);
            span.notes.push(format!("the only weekend in the data is {days}"));
            Some(When::Span(span))
        }
        _ => {
            let options = weekends.iter().rev().take(6);
            unclear(options.map(|(first, last)| range_words(*first, *last)).collect())
        }
    }
}
