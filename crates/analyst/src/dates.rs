//! Dates and times in words, against the injected clock and the span of the data.

mod code;
mod edges;
mod limits;
mod phrases;
mod points;
mod relative;
mod resolve;
mod weeks;
pub(crate) mod words;

use chrono::{NaiveDate, NaiveDateTime};
use hedgerow_data_api::DateRange;

pub(crate) use limits::{Limit, limit_at};
pub(crate) use phrases::when_at;

/// What dates are read against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    /// The injected clock.
    pub(crate) now: NaiveDateTime,
    /// The first and last day that has data.
    pub(crate) data: Option<(NaiveDate, NaiveDate)>,
}

/// What a phrase about time means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum When {
    /// A stretch of time.
    Span(Span),
    /// Hours of a day that another phrase names; minutes of the day, the end not included.
    Hours { from: u32, to: u32 },
    /// It can mean several things, or nothing.
    Doubt(Doubt),
}

impl From<Doubt> for When {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

/// A question to ask back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Doubt {
    /// What is unclear, as a question.
    pub(crate) question: String,
    /// Phrases that could stand in place of the unclear one; none where no phrase helps.
    pub(crate) options: Vec<String>,
}

/// A stretch of time. `None` is the end of the data on that side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    /// The first instant.
    pub(crate) from: Option<NaiveDateTime>,
    /// The instant after the last.
    pub(crate) to: Option<NaiveDateTime>,
    /// Ends relative to now, kept relative in the query.
    pub(crate) relative: Option<(String, Option<String>)>,
    /// What was assumed.
    pub(crate) notes: Vec<String>,
}

impl Span {
    /// Whole days, both included.
    pub(crate) fn days(first: NaiveDate, last: NaiveDate) -> Self {
        Self {
            from: Some(midnight(first)),
            to: Some(midnight_after(last)),
            relative: None,
            notes: Vec::new(),
        }
    }

    /// All data there is.
    pub(crate) fn everything() -> Self {
        Self {
            from: None,
            to: None,
            relative: None,
            notes: Vec::new(),
        }
    }

    /// The one day it lies in, if it is a whole day.
    pub(crate) fn single_day(&self) -> Option<NaiveDate> {
        let (from, to) = (self.from?, self.to?);
        (from == midnight(from.date()) && to == midnight_after(from.date())).then(|| from.date())
    }

    /// True where both ends lie at midnight.
    pub(crate) fn is_whole_days(&self) -> bool {
        let whole = |end: Option<NaiveDateTime>| end.is_none_or(|end| end == midnight(end.date()));
        whole(self.from) && whole(self.to)
    }

    /// The range of the typed query.
    pub(crate) fn query(&self, calendar: &Calendar) -> DateRange {
        if let Some((from, to)) = &self.relative {
            return DateRange {
                date_from: Some(from.clone()),
                date_to: to.clone(),
                explicit_date: false,
            };
        }
        let whole = self.is_whole_days();
        let text = |instant: NaiveDateTime| {
            let form = if whole { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S%.f" };
            instant.format(form).to_string()
        };
        // The query's end is included, ours is not: the last microsecond is the one before.
        let last = |to: NaiveDateTime| text(to - chrono::Duration::microseconds(1));
        let end_of_data = || calendar.data.map(|(_, last)| last.format("%Y-%m-%d").to_string());
        DateRange {
            date_from: Some(self.from.map_or_else(|| "all".to_owned(), text)),
            date_to: self.to.map(last).or_else(end_of_data),
            explicit_date: !whole,
        }
    }
}

pub(crate) fn midnight(day: NaiveDate) -> NaiveDateTime {
    day.and_time(chrono::NaiveTime::MIN)
}

fn midnight_after(day: NaiveDate) -> NaiveDateTime {
    midnight(day) + chrono::Duration::days(1)
}

#[cfg(test)]
mod tests;
