//! From a point as written to the days it means.

use chrono::{Datelike, Duration, Months, NaiveDate};

use super::points::Point;
use super::relative::no_such_day;
use super::words::{day_words, range_words};
use super::{Calendar, Doubt, When};

/// The first and last day a point means, and what was assumed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Days {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    pub(super) notes: Vec<String>,
}

/// The days of a point. What the words leave out is taken from the data's span where only one
/// reading has data; where several have, it is asked; where none has, the current year or month counts.
pub(super) fn days(point: &Point, calendar: &Calendar) -> Result<Days, When> {
    let point = &read_slashes(point)?;
    let days = match (point.year, point.month, point.day) {
        (Some(_), Some(_), _) | (Some(_), None, None) => written(point).ok_or_else(|| missing(point))?,
        (None, None, None) => return weekday(point, calendar),
        _ => completed(point, calendar)?,
    };
    if let Some(weekday) = point.weekday
        && days.first.weekday() != weekday
    {
        let options = vec![range_words(days.first, days.last)];
        let question = format!(
            "{} is no {}. Which one do you mean?",
            day_words(days.first),
            long_name(weekday)
        );
        return Err(When::Doubt(Doubt { question, options }));
    }
    Ok(days)
}

fn written(point: &Point) -> Option<Days> {
    let year = point.year?;
    let (first, last) = match (point.month, point.day) {
        (Some(month), Some(day)) => {
            let day = NaiveDate::from_ymd_opt(year, month, day)?;
            (day, day)
        }
        (Some(month), None) => {
            let first = NaiveDate::from_ymd_opt(year, month, 1)?;
            (first, first.checked_add_months(Months::new(1))? - Duration::days(1))
        }
        _ => (
            NaiveDate::from_ymd_opt(year, 1, 1)?,
            NaiveDate::from_ymd_opt(year, 12, 31)?,
        ),
    };
    Some(Days {
        first,
        last,
        notes: Vec::new(),
    })
}

fn missing(point: &Point) -> When {
    let part = |number: Option<u32>| number.map_or_else(String::new, |number| format!("-{number:02}"));
    no_such_day(&format!(
        "{}{}{}",
        point.year.unwrap_or_default(),
        part(point.month),
        part(point.day)
    ))
}

/// `18/05/2015` has one reading, `05/06/2015` two.
fn read_slashes(point: &Point) -> Result<Point, When> {
    let Some((first, second)) = point.slash else {
        return Ok(*point);
    };
    let reading = |day, month| {
        let point = Point {
            day: Some(day),
            month: Some(month),
            slash: None,
            ..*point
        };
        written(&point).map(|days| (point, days.first))
    };
    match (reading(first, second), reading(second, first)) {
        (Some((point, day)), Some((_, other))) if day == other => Ok(point),
        (Some((_, day)), Some((_, other))) => {
            let options = vec![day_words(day), day_words(other)];
            Err(When::Doubt(Doubt {
                question: "Which day do you mean?".to_owned(),
                options,
            }))
        }
        (Some((point, _)), None) | (None, Some((point, _))) => Ok(point),
        (None, None) => Err(no_such_day(&format!(
            "{first}/{second}/{}",
            point.year.unwrap_or_default()
        ))),
    }
}

/// Adds the year, or the year and month, that the words leave out.
fn completed(point: &Point, calendar: &Calendar) -> Result<Days, When> {
    let (today, mut with_data) = (calendar.now.date(), Vec::new());
    let (data_first, data_last) = calendar.data.unwrap_or((today, today));
    let mut month_start = data_first.with_day(1).unwrap_or(data_first);
    while month_start <= data_last {
        let month = point.month.unwrap_or(month_start.month());
        let candidate = Point {
            year: Some(month_start.year()),
            month: Some(month),
            ..*point
        };
        if let Some(days) = written(&candidate)
            && days.last >= data_first
            && days.first <= data_last
            && !with_data.contains(&days)
        {
            with_data.push(days);
        }
        let Some(next) = month_start.checked_add_months(Months::new(1)) else {
            break;
        };
        month_start = next;
    }
    match &with_data[..] {
        [] => {
            let month = point.month.unwrap_or(today.month());
            let candidate = Point {
                year: Some(today.year()),
                month: Some(month),
                ..*point
            };
            written(&candidate).map(noted).ok_or_else(|| missing(&candidate))
        }
        [days] => Ok(noted(days.clone())),
        several => {
            let options = several
                .iter()
                .take(6)
                .map(|days| range_words(days.first, days.last))
                .collect();
            Err(When::Doubt(Doubt {
                question: "Which one do you mean?".to_owned(),
                options,
            }))
        }
    }
}

fn noted(days: Days) -> Days {
    let note = format!(
        "no year was given; {} is meant",
        range_words(days.first, days.last).trim_start_matches("on ")
    );
    Days {
        notes: vec![note],
        ..days
    }
}

/// `Monday`: the only one in the data.
fn weekday(point: &Point, calendar: &Calendar) -> Result<Days, When> {
    let (Some(weekday), Some((first, last))) = (point.weekday, calendar.data) else {
        return Err(missing(point));
    };
    let matching: Vec<NaiveDate> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .filter(|day| day.weekday() == weekday)
        .collect();
    match matching[..] {
        [day] => {
            let note = format!("the only {} in the data is {}", long_name(weekday), day_words(day));
            Ok(Days {
                first: day,
                last: day,
                notes: vec![note],
            })
        }
        _ => {
            let options = matching
                .iter()
                .rev()
                .take(6)
                .map(|day| format!("on {}", day_words(*day)))
                .collect();
            Err(When::Doubt(Doubt {
                question: format!("Which {} do you mean?", long_name(weekday)),
                options,
            }))
        }
    }
}

fn long_name(weekday: chrono::Weekday) -> &'static str {
    use chrono::Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    match weekday {
        Mon => "Monday",
        Tue => "Tuesday",
        Wed => "Wednesday",
        Thu => "Thursday",
        Fri => "Friday",
        Sat => "Saturday",
        Sun => "Sunday",
    }
}
