//! Which cells of a result a person counts in, given the intervals in which it was active.
//!
//! `tally(rule, ...)` counts the persons of each cell, `tally_has(rule, cell, ...)` says whether a person is in one, and
//! `tally_sums(rule, ...)` puts together what their events hold.

mod count;
mod has;
mod sums;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, UInt32Array};
use datafusion::arrow::datatypes::{Float64Type, UInt32Type, UInt64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::{AggregateUDF, Expr, ScalarUDF, lit};
use hedgerow_errors::Error;
use serde::{Deserialize, Serialize};

use crate::engine::Executed;
use crate::intervals::{has, ones};

pub(crate) static TALLY: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(count::Tally::new()));
pub(crate) static SUMS: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(sums::TallySums::new()));
pub(crate) static HAS: LazyLock<ScalarUDF> = LazyLock::new(|| ScalarUDF::from(has::TallyHas::new()));

/// Weekdays, and hours of a day.
pub(crate) const DAYS: usize = 7;
pub(crate) const HOURS: usize = 24;

/// How a person's intervals become cells. It stands in plans as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Rule {
    /// A cell for each number of intervals, from 1. Takes the set of intervals.
    Stickiness {
        /// Intervals of the range.
        intervals: usize,
        /// Whether a person is in the cells of smaller numbers, too.
        at_least: bool,
    },
    /// A cell for each span of intervals, from the first to the last one, in which a person is that was active in any of
    /// them. Takes the set of intervals.
    AnyOf {
        /// The spans.
        spans: Vec<(usize, usize)>,
    },
    /// For each interval a cell for each status: new, returning, resurrecting, dormant. Takes the set of intervals, the
    /// first of which is the one before the range, and the place of the interval in which the person was first seen.
    Lifecycle {
        /// Intervals of the range.
        intervals: usize,
    },
    /// A cell for each hour of a week, then for each weekday, for each hour of the day, and for all. Takes the set of
    /// hours of a week.
    Heatmap,
    /// For each interval in which persons begin a cell for those who did, and one for each bracket in which they came
    /// back. Takes the place in which the person began, or the set of such places, and the set in which it returned.
    Retention {
        /// Intervals in which persons begin.
        rows: usize,
        /// The first and the last interval of each bracket, counted from the one in which a person began.
        brackets: Vec<(usize, usize)>,
        /// Whether a person is in all brackets up to the last one in which it came back.
        cumulative: bool,
        /// Whether a person begins once.
        once: bool,
    },
}

impl Rule {
    /// How many cells there are.
    pub(crate) fn cells(&self) -> usize {
        match self {
            Self::Stickiness { intervals, .. } => *intervals,
            Self::AnyOf { spans } => spans.len(),
            Self::Lifecycle { intervals } => intervals * 4,
            Self::Heatmap => DAYS * HOURS + DAYS + HOURS + 1,
            Self::Retention { rows, brackets, .. } => rows * (1 + brackets.len()),
        }
    }

    /// The cells of a heatmap in which an hour of the week counts: its own, and three totals.
    pub(crate) fn heatmap_cells(place: usize) -> impl Iterator<Item = usize> {
        let totals = DAYS * HOURS;
        let (weekday, hour) = (place / HOURS, place % HOURS);
        [place, totals + weekday, totals + DAYS + hour, totals + DAYS + HOURS].into_iter()
    }

    /// The counts of all cells, from what the rule takes.
    pub(crate) fn tally(&self, arguments: Vec<Expr>) -> Expr {
        TALLY.call(std::iter::once(self.literal()).chain(arguments).collect())
    }

    /// The sums of all cells, from where persons begin and from their values.
    pub(crate) fn sums(&self, begun: Expr, values: Expr) -> Expr {
        SUMS.call(vec![self.literal(), begun, values])
    }

    /// Whether a person is in a cell, from what the rule takes.
    pub(crate) fn has(&self, cell: usize, arguments: Vec<Expr>) -> Expr {
        HAS.call(
            [self.literal(), lit(cell as u64)]
                .into_iter()
                .chain(arguments)
                .collect(),
        )
    }

    /// The counts of all cells from what a plan with nothing else gave.
    pub(crate) fn counts(&self, executed: &Executed) -> hedgerow_errors::Result<Vec<u64>> {
        let batch = executed.batches.iter().find(|batch| batch.num_rows() > 0);
        let batch = batch.ok_or_else(|| Error::internal("a tally has no row"))?;
        self.counts_at(batch.column(0), 0)
    }

    /// The counts of all cells of a row.
    pub(crate) fn counts_at(&self, lists: &ArrayRef, row: usize) -> hedgerow_errors::Result<Vec<u64>> {
        let list = lists.as_list_opt::<i32>().map(|lists| lists.value(row));
        let counts = list.as_ref().and_then(|list| list.as_primitive_opt::<UInt64Type>());
        match counts {
            Some(counts) if counts.len() == self.cells() => Ok(counts.values().to_vec()),
            _ => Err(Error::internal("a tally has not a count for each cell")),
        }
    }

    /// The sum and the number of each cell of a row.
    pub(crate) fn sums_at(&self, lists: &ArrayRef, row: usize) -> hedgerow_errors::Result<Vec<(f64, f64)>> {
        let list = lists.as_list_opt::<i32>().map(|lists| lists.value(row));
        let numbers = list.as_ref().and_then(|list| list.as_primitive_opt::<Float64Type>());
        match numbers {
            Some(numbers) if numbers.len() == self.cells() * 2 => {
                let pairs = numbers.values().as_chunks().0.iter();
                Ok(pairs.map(|[sum, number]| (*sum, *number)).collect())
            }
            _ => Err(Error::internal("a tally has not a sum for each cell")),
        }
    }

    fn literal(&self) -> Expr {
        // Numbers, names and lists always have a JSON form.
        lit(serde_json::to_string(self).unwrap_or_default())
    }

    fn of_literal(literal: Option<&ScalarValue>) -> Result<Self> {
        match literal {
            Some(ScalarValue::Utf8(Some(text))) => {
                serde_json::from_str(text).map_err(|error| DataFusionError::External(Box::new(error)))
            }
            _ => internal_err!("the rule of a tally is no literal text"),
        }
    }

    /// Calls back with each cell that a person is in, once each.
    fn each_cell(&self, persons: &Persons<'_>, row: usize, mut is_in: impl FnMut(usize)) {
        match (self, persons) {
            (Self::Stickiness { intervals, at_least }, Persons::Active(active)) => {
                let number = ones(set(active, row)).count().min(*intervals);
                if let Some(last) = number.checked_sub(1) {
                    let first = if *at_least { 0 } else { last };
                    (first..=last).for_each(is_in);
                }
            }
            (Self::AnyOf { spans }, Persons::Active(active)) => {
                let active = set(active, row);
                let is_active = |(first, last): &(usize, usize)| (*first..=*last).any(|place| has(active, place));
                let cells = spans.iter().enumerate().filter(|(_, span)| is_active(span));
                cells.for_each(|(cell, _)| is_in(cell));
            }
            (Self::Heatmap, Persons::Active(active)) => {
                let cells = ones(set(active, row)).filter(|place| *place < DAYS * HOURS);
                let cells: BTreeSet<usize> = cells.flat_map(Self::heatmap_cells).collect();
                cells.into_iter().for_each(is_in);
            }
            (Self::Lifecycle { intervals }, Persons::Seen(active, seen)) => {
                let active = set(active, row);
                let seen = seen.is_valid(row).then(|| seen.value(row) as usize);
                for interval in 0..*intervals {
                    let (before, now) = (has(active, interval), has(active, interval + 1));
                    let status = match (now, before) {
                        (true, _) if seen == Some(interval + 1) => 0,
                        (true, true) => 1,
                        (true, false) => 2,
                        (false, true) => 3,
                        (false, false) => continue,
                    };
                    is_in(interval * 4 + status);
                }
            }
            (Self::Retention { .. }, Persons::BegunOnce(begun, returned)) if begun.is_valid(row) => {
                self.each_bracket(begun.value(row) as usize, set(returned, row), &mut is_in);
            }
            (Self::Retention { .. }, Persons::Begun(begun, returned)) => {
                for begun in ones(set(begun, row)) {
                    self.each_bracket(begun, set(returned, row), &mut is_in);
                }
            }
            // Who has not begun is in no cell, and `Persons::new` makes what the rule takes.
            _ => {}
        }
    }

    fn each_bracket(&self, begun: usize, returned: &[u8], is_in: &mut impl FnMut(usize)) {
        let Self::Retention {
            rows,
            brackets,
            cumulative,
            ..
        } = self
        else {
            return;
        };
        if begun >= *rows {
            return;
        }
        let first = begun * (1 + brackets.len());
        is_in(first);
        let came_back = |(from, to): &(usize, usize)| (*from..=*to).any(|later| has(returned, begun + later));
        if *cumulative {
            let last = brackets.iter().rposition(came_back);
            (0..last.map_or(0, |last| last + 1)).for_each(|bracket| is_in(first + 1 + bracket));
        } else {
            let back = brackets.iter().enumerate().filter(|(_, bracket)| came_back(bracket));
            back.for_each(|(bracket, _)| is_in(first + 1 + bracket));
        }
    }
}

/// A count as a number with a fraction; there are far fewer than 2^52 persons or buckets.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^52")]
pub(crate) fn exact(count: u64) -> f64 {
    count as f64
}

/// The set of a person; empty where there is none.
fn set(sets: &BinaryArray, row: usize) -> &[u8] {
    if sets.is_valid(row) { sets.value(row) } else { &[] }
}

/// What a rule takes of persons, a row each.
enum Persons<'a> {
    Active(&'a BinaryArray),
    Seen(&'a BinaryArray, &'a UInt32Array),
    BegunOnce(&'a UInt32Array, &'a BinaryArray),
    Begun(&'a BinaryArray, &'a BinaryArray),
}

impl<'a> Persons<'a> {
    fn new(rule: &Rule, columns: &'a [ArrayRef]) -> Result<Self> {
        let set = |at: usize| columns.get(at).and_then(|column| column.as_binary_opt::<i32>());
        let place = |at: usize| {
            columns
                .get(at)
                .and_then(|column| column.as_primitive_opt::<UInt32Type>())
        };
        let persons = match rule {
            Rule::Stickiness { .. } | Rule::AnyOf { .. } | Rule::Heatmap => set(0).map(Self::Active),
            Rule::Lifecycle { .. } => set(0).zip(place(1)).map(|(active, seen)| Self::Seen(active, seen)),
            Rule::Retention { once: true, .. } => place(0)
                .zip(set(1))
                .map(|(begun, returned)| Self::BegunOnce(begun, returned)),
            Rule::Retention { once: false, .. } => {
                set(0).zip(set(1)).map(|(begun, returned)| Self::Begun(begun, returned))
            }
        };
        match persons {
            Some(persons) => Ok(persons),
            None => internal_err!("a tally takes other columns of persons"),
        }
    }

    fn rows(&self) -> usize {
        match self {
            Self::Active(active) | Self::Seen(active, _) => active.len(),
            Self::BegunOnce(_, returned) | Self::Begun(_, returned) => returned.len(),
        }
    }
}

#[cfg(test)]
mod tests;
