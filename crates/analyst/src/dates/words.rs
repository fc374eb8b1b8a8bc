//! Stretches of time in words, for answers and questions.

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime};

use super::{Calendar, Span, midnight};

/// `18 May 2015`.
pub(crate) fn day_words(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// `on 18 May 2015`, `in May 2015`, `in the year 2015`, `from 17 May to 20 May 2015`.
pub(crate) fn range_words(first: NaiveDate, last: NaiveDate) -> String {
    let next = last + Duration::days(1);
    let same_month = (first.year(), first.month()) == (last.year(), last.month());
    if first == last {
        format!("on {}", day_words(first))
    } else if first.day() == 1 && next.day() == 1 && same_month {
        format!("in {}", first.format("%B %Y"))
    } else if first.ordinal() == 1 && next.ordinal() == 1 && first.year() == last.year() {
        format!("in the year {}", first.year())
    } else {
        format!("from {}", plain_range(first, last))
    }
}

/// `17 May to 20 May 2015`: each day with its month, so that no number stands alone.
pub(crate) fn plain_range(first: NaiveDate, last: NaiveDate) -> String {
    if first == last {
        return day_words(first);
    }
    let start = if first.year() == last.year() {
        first.format("%-d %B").to_string()
    } else {
        day_words(first)
    };
    format!("{start} to {}", day_words(last))
}

impl Span {
    /// True for whole days that were named.
    pub(crate) fn is_said_in_days(&self) -> bool {
        self.from.is_some() && self.to.is_some() && self.is_whole_days()
    }

    /// The stretch in words that go on from "how many", e.g. `on 18 May 2015`.
    pub(crate) fn words(&self, calendar: &Calendar) -> String {
        let of_data = calendar.data.map(|(first, last)| plain_range(first, last));
        match (self.from, self.to) {
            (None, None) => {
                let days = of_data.map_or_else(String::new, |days| format!(", {days}"));
                format!("in all imported data{days}")
            }
            (Some(from), None) => format!("from {} to the end of the data", instant_words(from)),
            (None, Some(to)) => format!("from the start of the data until the end of {}", last_words(to)),
            (Some(from), Some(to)) if self.is_whole_days() => range_words(from.date(), (to - Duration::days(1)).date()),
            (Some(from), Some(to)) => hours_words(from, to),
        }
    }
}

fn instant_words(instant: NaiveDateTime) -> String {
    if instant == midnight(instant.date()) {
        day_words(instant.date())
    } else {
        instant.format("%-d %B %Y, %H:%M").to_string()
    }
}

fn last_words(to: NaiveDateTime) -> String {
    if to == midnight(to.date()) {
        day_words((to - Duration::days(1)).date())
    } else {
        instant_words(to)
    }
}

fn hours_words(from: NaiveDateTime, to: NaiveDateTime) -> String {
    let last = to - Duration::microseconds(1);
    if from.date() == last.date() {
        let end = if to.date() == from.date() {
            format!("before {}", to.format("%H:%M"))
        } else {
            "midnight".to_owned()
        };
        format!(
            "on {} from {} until {end}",
            day_words(from.date()),
            from.format("%H:%M")
        )
    } else {
        format!(
            "from {} until before {}",
            instant_words(from),
            to.format("%-d %B %Y, %H:%M")
        )
    }
}
