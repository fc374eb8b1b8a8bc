//! Weeks, which start on Monday for some and on Sunday for others.

use chrono::{Datelike, Duration, NaiveDate};

use super::words::{day_words, range_words};
use super::{Calendar, Doubt, Span, When};

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
