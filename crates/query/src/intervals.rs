//! Intervals of time as plans have them: which one an event lies in, and in which a person was active.
//!
//! `interval_index(timestamp, bounds)` gives the place of an interval, and `interval_set(index, count)` gathers those
//! of a person. The bounds are a literal, so that a plan says all by itself and intervals may be of any length.

mod count;
mod index;
mod set;

use std::sync::{Arc, LazyLock};

use chrono::DateTime;
use datafusion::arrow::array::Int64Array;
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::get_field;
use datafusion::logical_expr::{AggregateUDF, Expr, ScalarUDF, ident, lit};
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::prelude::DataFrame;
use hedgerow_data_api::Interval;
use hedgerow_errors::{Code, Error, Result};

use crate::dates::{Local, Resolved, is_shown_twice, next_bucket};
use crate::keyless::keyless;

pub(crate) use set::{has, ones};

pub(crate) static INDEX: LazyLock<ScalarUDF> = LazyLock::new(|| ScalarUDF::from(index::IntervalIndex::new()));
pub(crate) static COUNTS: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(count::IntervalCounts::new()));
pub(crate) static SET: LazyLock<AggregateUDF> = LazyLock::new(|| AggregateUDF::from(set::IntervalSet::new()));

/// Whether a function gives the place of a time, which never falls as time goes on.
pub(crate) fn is_index(function: &ScalarFunctionExpr) -> bool {
    function.fun().inner().is::<index::IntervalIndex>()
}

/// Whether an aggregate gives a set of places, for which a place counts once.
pub(crate) fn is_set(aggregate: &AggregateFunctionExpr) -> bool {
    aggregate.fun().inner().is::<set::IntervalSet>()
}

/// Intervals that follow each other without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Intervals {
    /// The start of each, in order.
    pub(crate) starts: Vec<Local>,
    /// The end of the last one, not included.
    pub(crate) end: Local,
}

impl Intervals {
    /// The intervals of a range.
    pub(crate) fn of(interval: Interval, range: &Resolved) -> Self {
        let end = range
            .buckets
            .last()
            .map_or(range.to, |last| next_bucket(interval, *last));
        Self {
            starts: range.buckets.clone(),
            end,
        }
    }

    /// So many intervals from a start on.
    pub(crate) fn following(interval: Interval, start: Local, count: usize) -> Self {
        let mut starts = Vec::with_capacity(count);
        let mut next = start;
        for _ in 0..count {
            starts.push(next);
            next = next_bucket(interval, next);
        }
        Self { starts, end: next }
    }

    /// The intervals from a start on up to the one that starts with another time.
    pub(crate) fn until(interval: Interval, start: Local, last: Local) -> Self {
        let mut starts = Vec::new();
        let mut next = start;
        while next <= last {
            starts.push(next);
            next = next_bucket(interval, next);
        }
        Self { starts, end: next }
    }

    /// Each so many of them as one, from the first on; the last may be shorter.
    pub(crate) fn merged(self, count: usize) -> Self {
        Self {
            starts: self.starts.into_iter().step_by(count.max(1)).collect(),
            end: self.end,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The place of the interval that a time lies in; missing outside of all.
    pub(crate) fn index(&self, time: Expr) -> Expr {
        let bounds = self.starts.iter().chain([&self.end]);
        let bounds = Int64Array::from_iter_values(bounds.map(DateTime::timestamp_micros));
        let bounds = ScalarValue::List(Arc::new(
            datafusion::common::utils::SingleRowListArrayBuilder::new(Arc::new(bounds)).build_list_array(),
        ));
        INDEX.call(vec![time, lit(bounds)])
    }

    /// The place of the interval of an event.
    pub(crate) fn of_event(&self) -> Expr {
        self.index(ident("timestamp"))
    }

    /// The place of the interval that a result calls `day`.
    pub(crate) fn place_of(&self, interval: Interval, day: &str) -> Result<usize> {
        let name = |start: &Local| start_day(interval, *start);
        let found = self.starts.iter().position(|start| name(start) == day);
        found.ok_or_else(|| {
            let (first, last) = (self.starts.first().map(name), self.starts.last().map(name));
            let hint = match (first, last) {
                (Some(first), Some(last)) => format!("the result's `days` go from {first} to {last}"),
                _ => "the result has no days".to_owned(),
            };
            Error::new(
                Code::UnknownName,
                format!("no {} of the result is called {day:?}", interval.as_str()),
            )
            .with_hint(hint)
        })
    }

    /// How many rows each place has, or how many different actors, as a list: [`Self::counted`] makes rows of it.
    pub(crate) fn counts(index: Expr, actor: Option<Expr>) -> Expr {
        COUNTS.call(std::iter::once(index).chain(actor).collect())
    }

    /// How many rows have each place in their sets, as the same list.
    pub(crate) fn counts_of_sets(set: Expr) -> Expr {
        COUNTS.call(vec![set])
    }

    /// The rows of the list in a column, as two columns with a place and its number, beside other columns.
    pub(crate) fn counted(
        lists: DataFrame,
        others: &[Expr],
        (list, place, number): (&str, &str, &str),
    ) -> datafusion::error::Result<DataFrame> {
        let of = |field: &str| get_field(ident(list), field);
        let mut wanted = others.to_vec();
        wanted.extend([of(count::PLACE).alias(place), of(count::NUMBER).alias(number)]);
        let keyless = others.iter().map(keyless).chain([ident(list)]).collect::<Vec<_>>();
        lists
            .select(keyless)?
            .unnest_columns(&[list])?
            .filter(ident(list).is_not_null())?
            .select(wanted)
    }

    /// The set of places in a group.
    pub(crate) fn set(&self, index: Expr) -> Expr {
        SET.call(vec![index, lit(self.len() as u64)])
    }
}

/// The start of an interval as results have it: `YYYY-MM-DD`, with ` HH:MM:SS` for hours. An hour that clocks show twice
/// has its offset from UTC behind it.
pub(crate) fn start_day(interval: Interval, start: Local) -> String {
    let format = match interval {
        Interval::Hour if is_shown_twice(start) => "%Y-%m-%d %H:%M:%S%:z",
        Interval::Hour => "%Y-%m-%d %H:%M:%S",
        Interval::Day | Interval::Week | Interval::Month => "%Y-%m-%d",
    };
    start.format(format).to_string()
}

/// The same for people.
pub(crate) fn start_label(interval: Interval, start: Local) -> String {
    let format = match interval {
        Interval::Hour if is_shown_twice(start) => "%-d-%b-%Y %H:%M (%:z)",
        Interval::Hour => "%-d-%b-%Y %H:%M",
        Interval::Day | Interval::Week => "%-d-%b-%Y",
        Interval::Month => "%b-%Y",
    };
    start.format(format).to_string()
}
