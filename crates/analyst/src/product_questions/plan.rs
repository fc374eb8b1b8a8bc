//! What a question about what people do comes to: a query, and which of its cells answers.

use chrono::{Datelike, Duration, Months, NaiveDate, NaiveDateTime, Weekday};
use hedgerow_data_api::{DateRange, FilterGroup, PropertyFilter};
use serde_json::{Value, json};

use super::pieces::{Pieces, Unit};
use crate::dates::{Span, midnight};
use crate::intent::{Condition, Order, Trouble};
use crate::parser::refuse;
use crate::period::coverage;

/// A query with what is wanted of its result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// The tool that asks it.
    pub(crate) tool: &'static str,
    pub(crate) arguments: Value,
    pub(super) wanted: Wanted,
    /// What was understood, as sentences without a full stop.
    pub(super) said: Vec<String>,
    /// What was assumed, in the same manner.
    pub(super) notes: Vec<String>,
}

/// Which cells answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// A cell of a row whose place is known; `named` says whether the first column names the row.
    Cell {
        row: usize,
        column: String,
        format: Option<&'static str>,
        named: bool,
    },
    /// The only cell, or a column of the only row.
    Only { column: Option<String> },
    /// Persons of one row that are not in another.
    Lost { from: usize, to: usize },
    /// The mean of the last column.
    Mean,
    /// A value's row at a step of a funnel that is split.
    OfValue {
        value: String,
        step: usize,
        column: &'static str,
    },
    /// The value with the highest or lowest rate at a step.
    BestValue { step: usize, steps: usize, order: Order },
    /// The value with the most or the fewest.
    Top { order: Order },
    /// What comes next most often.
    Next,
}

/// A step, or what somebody begins with or comes back for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entity {
    pub(super) event: Option<String>,
    pub(super) conditions: Vec<Condition>,
}

impl Entity {
    pub(super) fn filters(&self) -> Vec<PropertyFilter> {
        self.conditions
            .iter()
            .map(|condition| condition.filter.clone())
            .collect()
    }

    pub(super) fn node(&self, math: Option<&str>) -> Value {
        let mut node = json!({"kind": "EventsNode", "event": self.event});
        if let Some(math) = math {
            node["math"] = json!(math);
        }
        if !self.conditions.is_empty() {
            node["properties"] = json!(FilterGroup::all(self.filters()));
        }
        node
    }

    /// "note_created where plan is pro".
    pub(super) fn words(&self) -> String {
        let name = self.event.as_deref().unwrap_or("any event");
        let conditions: Vec<&str> = self
            .conditions
            .iter()
            .map(|condition| condition.words.as_str())
            .collect();
        if conditions.is_empty() {
            format!("\"{name}\"")
        } else {
            format!("\"{name}\" where {}", conditions.join(" and "))
        }
    }
}

/// The range of a query, and the notes on it. A time that the data says nothing about is refused.
pub(super) fn range(span: &Span, pieces: &Pieces<'_>) -> Result<(DateRange, Vec<String>), Trouble> {
    let note = coverage(span, pieces.knowledge, pieces.calendar)?;
    let mut notes = span.notes.clone();
    notes.extend(note.filter(|note| !span.notes.contains(note)));
    Ok((span.query(pieces.calendar), notes))
}

/// The only stretch of time that is named, and everything where none is.
pub(super) fn only_span(pieces: &mut Pieces<'_>) -> Result<Span, Trouble> {
    let mut spans = pieces.spans();
    for (at, _) in &spans {
        pieces.take(*at);
    }
    spans.dedup_by(|one, other| one.1 == other.1);
    match &spans[..] {
        [] => Ok(Span::everything()),
        [(_, span)] => Ok(span.clone()),
        _ => Err(refuse(
            "The question names two periods; please ask about one at a time.",
        )),
    }
}

/// The whole days of a stretch that has both ends.
pub(super) fn days_of(span: &Span) -> Option<(NaiveDate, NaiveDate)> {
    let (from, to) = (span.from?, span.to?);
    span.is_whole_days()
        .then(|| (from.date(), (to - Duration::days(1)).date()))
}

/// How many whole units a stretch has, from the first one's start to the last one's end; weeks are from Sunday.
pub(super) fn units_of(span: &Span, unit: Unit) -> Option<i64> {
    let (first, last) = days_of(span)?;
    let days = (last - first).num_days() + 1;
    match unit {
        Unit::Day => Some(days),
        Unit::Week => (first.weekday() == Weekday::Sun && days % 7 == 0).then_some(days / 7),
        Unit::Month => {
            let next = last + Duration::days(1);
            let months =
                i64::from(next.year() - first.year()) * 12 + i64::from(next.month()) - i64::from(first.month());
            (first.day() == 1 && next.day() == 1).then_some(months)
        }
        Unit::Second | Unit::Minute | Unit::Hour => None,
    }
}

/// A day moved by a number of units.
pub(super) fn moved(day: NaiveDate, unit: Unit, count: i64) -> Option<NaiveDate> {
    match unit {
        Unit::Day => day.checked_add_signed(Duration::days(count)),
        Unit::Week => day.checked_add_signed(Duration::days(count.checked_mul(7)?)),
        Unit::Month => {
            let months = Months::new(u32::try_from(count.unsigned_abs()).ok()?);
            if count < 0 {
                day.checked_sub_months(months)
            } else {
                day.checked_add_months(months)
            }
        }
        Unit::Second | Unit::Minute | Unit::Hour => None,
    }
}

/// The stretch that lies as many units behind or before another.
pub(super) fn shifted(span: &Span, unit: Unit, count: i64) -> Option<Span> {
    let units = units_of(span, unit)?;
    let (first, _) = days_of(span)?;
    let first = moved(first, unit, count)?;
    let end = moved(first, unit, units)?;
    Some(Span::days(first, end - Duration::days(1)))
}

/// The unit that a stretch is one of: a day, a week from Sunday, a calendar month.
pub(super) fn unit_of(span: &Span) -> Option<Unit> {
    [Unit::Day, Unit::Week, Unit::Month]
        .into_iter()
        .find(|unit| units_of(span, *unit) == Some(1))
}

/// True where a day has begun by the end of the data.
pub(super) fn has_begun(day: NaiveDate, pieces: &Pieces<'_>) -> bool {
    let start: NaiveDateTime = midnight(day);
    pieces.end_of_data().is_some_and(|end| start <= end)
}
