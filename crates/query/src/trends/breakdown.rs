//! What splits the series of a trends query, or the persons of retention: the values of a property, bins of its numbers, several of these together, or
//! cohorts.

use std::fmt::Write as _;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::{coalesce, concat, replace};
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::logical_expr::{Expr, cast, lit, try_cast, when};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, BreakdownFilter, BreakdownType, Clock, EventsNode, Math, ValueType, Warning,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use super::measure::literal;
use super::parts::{self, OfCohorts};
use super::{Done, Prepared};
use crate::engine::{Engine, Session, rows};
use crate::scope::Begun;
use crate::{sql, validate};

/// Properties of one breakdown.
const MOST_PARTS: usize = 3;
/// Bins of one property.
const MOST_BINS: u32 = 100;

/// Several values are one text in a plan: between two stands [`BETWEEN`], for a missing one [`MISSING`], and for these
/// characters themselves what begins with [`ESCAPE`].
const BETWEEN: &str = "\u{1f}";
const ESCAPE: &str = "\u{1a}";
const MISSING: &str = "\u{1a}2";

/// What splits the series.
#[derive(Clone)]
pub(crate) struct Breakdown {
    parts: Vec<Part>,
    /// What there is in place of properties.
    cohorts: Option<OfCohorts>,
    /// Whether properties of persons are those right after each event.
    is_at_events: bool,
}

/// A property whose values, or bins, split the series.
#[derive(Clone)]
struct Part {
    key: String,
    of: BreakdownType,
    value: Expr,
    value_type: ValueType,
    /// How many bins there shall be.
    bins: Option<u32>,
    /// What the bins are called, in order, once they are known.
    labels: Vec<String>,
}

impl Breakdown {
    /// What a query names; refuses what is not there.
    pub(crate) async fn of(
        (filter, series): (Option<&BreakdownFilter>, &[EventsNode]),
        begun: &mut Begun,
        (engine, project): (&Engine, &ProjectId),
        clock: &Clock,
    ) -> Result<Option<Self>> {
        let Some(filter) = filter else {
            return Ok(None);
        };
        validate::breakdown_limit(filter)?;
        if filter.breakdown.is_some() && !filter.breakdowns.is_empty() {
            return Err(
                Error::invalid("breakdown and breakdowns both name properties").with_hint("leave one of them out")
            );
        }
        if let Some(cohorts) = parts::cohorts(filter, series, begun, (engine, project), clock).await? {
            return Ok(Some(Self {
                parts: Vec::new(),
                cohorts: Some(cohorts),
                is_at_events: false,
            }));
        }
        let wanted = filter.parts();
        if !(1..=MOST_PARTS).contains(&wanted.len()) {
            let message = format!(
                "a breakdown is by 1 to {MOST_PARTS} properties, not by {}",
                wanted.len()
            );
            return Err(Error::invalid(message).with_hint("name one in `breakdown`, several in `breakdowns`"));
        }
        let mut parts = Vec::new();
        for part in wanted {
            let (value, value_type) = parts::value(&part, begun, (engine, project), clock).await?;
            if let Some(bins) = part.histogram_bin_count {
                if !(1..=MOST_BINS).contains(&bins) {
                    let message = format!("bins go from 1 to {MOST_BINS}, not {bins}");
                    return Err(Error::invalid(message).with_hint("leave their number out for the values themselves"));
                }
                if value_type == ValueType::Boolean {
                    let message = format!("{:?} is true or false, and bins are of numbers", part.property);
                    return Err(Error::invalid(message).with_hint("leave their number out for the values themselves"));
                }
            }
            parts.push(Part {
                key: part.property,
                of: part.breakdown_type,
                value,
                value_type,
                bins: part.histogram_bin_count,
                labels: Vec::new(),
            });
        }
        Ok(Some(Self {
            parts,
            cohorts: None,
            is_at_events: begun.is_at_events(),
        }))
    }

    /// What to say of it.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let cohorts = self.cohorts.as_ref();
        cohorts.map(|cohorts| cohorts.warnings.clone()).unwrap_or_default()
    }

    /// Events with their value in a column; an event has a row for each value.
    pub(crate) fn with_value(&self, events: DataFrame, column: &str) -> datafusion::error::Result<DataFrame> {
        match &self.cohorts {
            Some(cohorts) => events
                .with_column(column, cohorts.names.clone())?
                .unnest_columns(&[column]),
            None => events.with_column(column, self.value()),
        }
    }

    /// The value of an event.
    fn value(&self) -> Expr {
        match self.parts.as_slice() {
            [one] => one.value.clone(),
            several => {
                let texts = several.iter().map(|part| {
                    let escaped =
                        |text, of: &str, number: &str| replace(text, lit(of), lit(format!("{ESCAPE}{number}")));
                    let text = cast(part.value.clone(), DataType::Utf8);
                    let text = match part.value_type {
                        ValueType::String | ValueType::Json => escaped(escaped(text, ESCAPE, "0"), BETWEEN, "1"),
                        _ => text,
                    };
                    coalesce(vec![text, lit(MISSING)])
                });
                let mut all: Vec<Expr> = texts.flat_map(|text| [lit(BETWEEN), text]).collect();
                all.remove(0);
                concat(all)
            }
        }
    }

    /// A value of a plan as results have it.
    pub(crate) fn shown(&self, value: &Value) -> Value {
        let (Value::String(text), [_, _, ..]) = (value, self.parts.as_slice()) else {
            return value.clone();
        };
        let parts = text.split(BETWEEN).zip(&self.parts);
        let shown = parts.map(|(text, part)| match text {
            MISSING => Value::from(BREAKDOWN_NONE),
            text if part.bins.is_none() && is_typed(part.value_type) => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
            }
            text => Value::from(text.replace("\u{1a}1", BETWEEN).replace("\u{1a}0", ESCAPE)),
        });
        Value::Array(shown.collect())
    }

    /// A value of a result as plans have it.
    pub(crate) fn hidden(&self, value: &Value) -> Result<Value> {
        let several = self.parts.len() > 1;
        match value {
            Value::Array(values) if several && values.len() == self.parts.len() => {
                let texts = values.iter().zip(&self.parts).map(|(value, part)| part.text(value));
                Ok(Value::from(texts.collect::<Result<Vec<_>>>()?.join(BETWEEN)))
            }
            Value::Array(_) => Err(self.no_value()),
            value if several && value.as_str() != Some(BREAKDOWN_OTHER) => Err(self.no_value()),
            value => Ok(value.clone()),
        }
    }

    fn no_value(&self) -> Error {
        let message = match self.parts.len() {
            0 | 1 => "a value of this breakdown is no list".to_owned(),
            count => format!("a value of this breakdown is a list of {count}"),
        };
        Error::invalid(message).with_hint("name it as `breakdown_value` of the result has it")
    }

    /// The place of a value where values have an order of their own: that of bins.
    pub(super) fn place(&self, value: &Value) -> usize {
        match (self.parts.as_slice(), value.as_str()) {
            ([part], Some(text)) => part.labels.iter().position(|label| label == text).unwrap_or(0),
            _ => 0,
        }
    }

    /// The properties in words.
    pub(crate) fn said(&self) -> String {
        if let Some(cohorts) = &self.cohorts {
            return cohorts.said.clone();
        }
        let mut said = String::new();
        for (place, part) in self.parts.iter().enumerate() {
            let before = if place == 0 { "" } else { " and " };
            let whose = match part.of {
                BreakdownType::Person if self.is_at_events => " of the person, as it was right after the event",
                BreakdownType::Person => " of the person, as it is now",
                BreakdownType::Group => " of the group, as it is now",
                BreakdownType::Session => " of the session",
                BreakdownType::Event | BreakdownType::Hogql | BreakdownType::Cohort => "",
            };
            // Writing to a String can't fail.
            let _ = write!(said, "{before}{}{whose}", part.key);
            if !part.labels.is_empty() {
                let _ = write!(said, " in {} bins", part.labels.len());
            }
        }
        said
    }

    pub(crate) fn is_by_cohorts(&self) -> bool {
        self.cohorts.is_some()
    }

    fn has_bins(&self) -> bool {
        self.parts.iter().any(|part| part.bins.is_some())
    }

    /// Refuses bins, for a query that has none of them.
    pub(crate) fn without_bins(&self, query: &str) -> Result<()> {
        if !self.has_bins() {
            return Ok(());
        }
        Err(Error::invalid(format!("a breakdown of {query} has no bins")).with_hint(
            "leave their number out for the values themselves, or take an expression of type hogql that rounds them",
        ))
    }

    /// Whether all events of a person have the same value.
    pub(crate) fn is_of_persons(&self) -> bool {
        !self.is_at_events && self.parts.iter().all(|part| part.of == BreakdownType::Person)
    }
}

impl Part {
    fn text(&self, value: &Value) -> Result<String> {
        match value {
            Value::String(text) if text == BREAKDOWN_NONE => return Ok(MISSING.to_owned()),
            Value::String(text) if self.bins.is_some() || !is_typed(self.value_type) => {
                return Ok(text.replace(ESCAPE, "\u{1a}0").replace(BETWEEN, "\u{1a}1"));
            }
            _ => {}
        }
        let wanted = match self.value_type {
            ValueType::Integer => DataType::Int64,
            ValueType::Double => DataType::Float64,
            _ => DataType::Boolean,
        };
        // The text is that of the plan, whichever way numbers are written there.
        let text = match literal(value) {
            Expr::Literal(scalar, _) => scalar
                .cast_to(&wanted)
                .and_then(|scalar| scalar.cast_to(&DataType::Utf8)),
            _ => Ok(ScalarValue::Null),
        };
        match text {
            Ok(ScalarValue::Utf8(Some(text))) => Ok(text),
            _ => Err(Error::invalid(format!("{value} is no value of {:?}", self.key))),
        }
    }

    /// Puts the numbers into bins from the smallest to the largest one.
    fn bin(&mut self, smallest: f64, largest: f64) -> Result<()> {
        let bounds = bounds(smallest, largest, self.bins.unwrap_or(1));
        let number = try_cast(self.value.clone(), DataType::Float64);
        self.labels.clear();
        let mut case = when(number.clone().is_null(), lit(ScalarValue::Utf8(None)));
        let last = bounds.len() - 2;
        for (place, pair) in bounds.windows(2).enumerate() {
            let end = if place == last { ']' } else { ')' };
            let label = format!("[{},{}{end}", pair[0], pair[1]);
            if place < last {
                case = case.when(number.clone().lt(lit(pair[1])), lit(label.as_str()));
            }
            self.labels.push(label);
        }
        let last = self.labels.last().map(String::as_str).unwrap_or_default();
        let binned = case.otherwise(lit(last));
        self.value = binned.map_err(|error| Error::internal(format!("bins are no condition: {error}")))?;
        Ok(())
    }
}

/// Whether values of a type are written in a result as they are in JSON, and not as texts.
fn is_typed(value_type: ValueType) -> bool {
    matches!(value_type, ValueType::Integer | ValueType::Double | ValueType::Boolean)
}

/// The ends of bins of the same width, but for rounding to three digits of it; there are two at least.
fn bounds(smallest: f64, largest: f64, count: u32) -> Vec<f64> {
    let width = (largest - smallest) / f64::from(count);
    if width <= 0.0 || !width.is_finite() {
        return vec![smallest, largest];
    }
    let scale = 10_f64.powf(2.0 - width.log10().floor());
    // Where numbers are too large or too small for digits behind the point, they stay as they are.
    let rounded = |number: f64, round: fn(f64) -> f64| {
        let rounded = round(number * scale) / scale;
        if rounded.is_finite() { rounded } else { number }
    };
    let mut bounds = vec![rounded(smallest, f64::floor).min(smallest)];
    bounds.extend((1..count).map(|place| rounded(smallest + width * f64::from(place), f64::round)));
    bounds.push(rounded(largest, f64::ceil).max(largest));
    bounds.dedup();
    bounds
}

impl Prepared<'_> {
    /// Finds the bins of the breakdown, the same ones for all ranges that stand side by side.
    pub(super) async fn find_bins(
        &mut self,
        other: Option<&mut Self>,
        session: &Session,
        done: &mut Done,
    ) -> Result<()> {
        let Some(mut breakdown) = self.breakdown.clone().filter(Breakdown::has_bins) else {
            return Ok(());
        };
        let is_elsewhere = |math: Math| {
            math.trailing_days().is_some() || matches!(math, Math::FirstTimeForUser | Math::FirstMatchingEventForUser)
        };
        if let Some(node) = self.query.series.iter().find(|node| is_elsewhere(node.math)) {
            let message = format!(
                "the math {} looks at events before the range, whose values may lie in no bin",
                node.math.as_str()
            );
            return Err(Error::invalid(message).with_hint("leave the number of bins out, or take the math dau"));
        }
        let mut ends: Vec<Option<(f64, f64)>> = vec![None; breakdown.parts.len()];
        for range in std::iter::once(&*self).chain(other.as_deref()) {
            for (end, found) in ends.iter_mut().zip(range.ends(&breakdown, session, done).await?) {
                *end = match (*end, found) {
                    (Some((low, high)), Some((other_low, other_high))) => {
                        Some((low.min(other_low), high.max(other_high)))
                    }
                    (one, other) => one.or(other),
                };
            }
        }
        for (part, ends) in breakdown
            .parts
            .iter_mut()
            .zip(ends)
            .filter(|(part, _)| part.bins.is_some())
        {
            // Without any number there is nothing to put into bins.
            let (smallest, largest) = ends.unwrap_or((0.0, 0.0));
            part.bin(smallest, largest)?;
        }
        if let Some(other) = other {
            other.breakdown = Some(breakdown.clone());
        }
        self.breakdown = Some(breakdown);
        Ok(())
    }

    /// The smallest and the largest number of each property, over the events of all series.
    async fn ends(&self, breakdown: &Breakdown, session: &Session, done: &mut Done) -> Result<Vec<Option<(f64, f64)>>> {
        let failed = |error| sql::explain(&error, &session.view);
        let mut of_any = Some(lit(false));
        for series in 0..self.query.series.len() {
            of_any = of_any.zip(self.scope.is_of(series)?).map(|(any, one)| any.or(one));
        }
        let numbers = breakdown.parts.iter().enumerate().flat_map(|(place, part)| {
            let number = try_cast(part.value.clone(), DataType::Float64);
            [
                min(number.clone()).alias(format!("low {place}")),
                max(number).alias(format!("high {place}")),
            ]
        });
        let mut events = self.scope.events(session).await?;
        if let Some(of_any) = of_any {
            events = events.filter(of_any).map_err(failed)?;
        }
        let plan = events
            .aggregate(vec![], numbers.collect())
            .and_then(DataFrame::into_optimized_plan)
            .map_err(failed)?;
        let executed = session.run(&plan).await?;
        let row = rows(&executed.batches)?.into_iter().next().unwrap_or_default();
        done.executed.push(executed);
        let pairs = row.chunks(2).map(|pair| match pair {
            [low, high] => low.as_f64().zip(high.as_f64()),
            _ => None,
        });
        Ok(pairs.collect())
    }
}

#[cfg(test)]
mod tests {
    //! Bins hold all numbers, and none twice.

    use proptest::prelude::*;

    use super::bounds;

    #[test]
    fn bins_are_of_round_numbers() {
        let cases = [
            ((0.0, 100.0, 4), vec![0.0, 25.0, 50.0, 75.0, 100.0]),
            ((1.0, 2.0, 3), vec![1.0, 1.333, 1.667, 2.0]),
            ((3.0, 3.0, 10), vec![3.0, 3.0]),
            ((-0.125, 12.5, 2), vec![-0.13, 6.19, 12.5]),
            ((0.0, 1e9, 3), vec![0.0, 333_000_000.0, 667_000_000.0, 1e9]),
        ];
        for ((smallest, largest, count), wanted) in cases {
            assert_eq!(bounds(smallest, largest, count), wanted);
        }
    }

    proptest! {
        #[test]
        fn bins_reach_from_the_smallest_to_the_largest(low in -1e12..1e12_f64, span in 0.0..1e9_f64, count in 1..100_u32) {
            let high = low + span;
            let bounds = bounds(low, high, count);
            prop_assert!(bounds.len() >= 2 && bounds.len() <= count as usize + 1);
            prop_assert!(bounds[0] <= low && bounds[bounds.len() - 1] >= high);
            prop_assert!(bounds.windows(2).all(|pair| pair[0] <= pair[1]), "{bounds:?}");
        }
    }
}
