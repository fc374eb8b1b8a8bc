//! The persons behind a number of a trends query.

use datafusion::arrow::datatypes::DataType;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, ident, lit, try_cast};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{ActorsResponse, BREAKDOWN_NONE, BREAKDOWN_OTHER, Compared, Math, TrendsQuery};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use super::breakdown::Breakdown;
use super::measure::{ACTIVE, BUCKET, GROUP, VALUE, literal};
use super::{Done, Others, Prepared, compare, selection, splits};
use crate::actors::{Asked, COUNT};
use crate::engine::Session;
use crate::sql;

/// The persons of a series in a bucket, with how many of its events are theirs.
pub(crate) async fn actors(asked: &Asked<'_>, query: &TrendsQuery) -> Result<ActorsResponse> {
    let cell = &asked.query.cell;
    has_persons(query)?;
    let is_total = query.trends_filter.display.is_total();
    let is_compared = query.compare_filter.as_ref().is_some_and(|filter| filter.compare);
    let fields = [
        ("series", true),
        ("day", !is_total),
        ("breakdown", query.breakdown_filter.is_some()),
        ("compare", is_compared),
    ];
    let fields: Vec<&str> = fields.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    cell.has_only("this trends query", &fields)?;
    let series = cell.series_of(query.series.len())?;
    if query.series[series].math == Math::Hogql {
        let message = "the number of an expression (math hogql) counts nobody";
        return Err(Error::invalid(message).with_hint("take the math total or dau with the same conditions"));
    }
    let mut begun = asked.begin(selection(query, &query.date_range)?).await?;
    let (clock, most_groups) = (asked.clock, asked.engine.most_groups);
    let breakdown = Breakdown::of(splits(query), &mut begun, (asked.engine, asked.project), clock).await?;
    let mut current = Prepared::new(query, &query.date_range, &begun, breakdown.clone(), clock, most_groups)?;
    let range = compare::other_range(query.compare_filter.as_ref(), &query.date_range, &current.scope.range)?;
    let mut other = match &range {
        Some(range) => {
            let other = Prepared::new(query, range, &begun, breakdown, clock, most_groups);
            Some(other.map_err(|error| compare::of_other(&error))?)
        }
        None => None,
    };
    let mut done = Done {
        executed: Vec::new(),
        warnings: Vec::new(),
    };
    current.find_bins(other.as_mut(), &begun.session, &mut done).await?;
    let other = other.filter(|_| cell.compare == Some(Compared::Previous));
    let prepared = other.as_ref().unwrap_or(&current);
    let place = match &cell.day {
        _ if is_total => None,
        Some(day) => Some(prepared.intervals.place_of(query.interval, day)?),
        None => {
            let message = "the number of a trends query is that of a day";
            return Err(Error::invalid(message).with_hint(r#"name it: "cell": {"day": "2026-05-03"}"#));
        }
    };
    let (others, of_value) = match &cell.breakdown {
        Some(Value::String(text)) if text == BREAKDOWN_OTHER => {
            // Which values have a line of their own is up to the range of the query itself.
            let lines = current.all_lines(&begun.session, None, &mut done).await?;
            let values = lines.get(series).map(super::Lines::values);
            (Others::Merge(values.unwrap_or_default()), None)
        }
        Some(Value::String(text)) if text == BREAKDOWN_NONE => (Others::Keep, Some(ident(VALUE).is_null())),
        Some(value) => {
            let breakdown = prepared.breakdown.as_ref();
            let value = breakdown.map(|breakdown| breakdown.hidden(value)).transpose()?;
            let value = literal(&value.unwrap_or_default());
            (Others::Keep, Some(ident(VALUE).in_list(vec![value], false)))
        }
        None if query.breakdown_filter.is_some() => {
            let message = "the number of a query with a breakdown is that of a value";
            return Err(Error::invalid(message).with_hint("name it as `breakdown_value` of the result has it"));
        }
        None => (Others::Keep, None),
    };
    let members = prepared
        .members(&begun.session, series, &others, place, of_value)
        .await?;
    asked
        .list(
            &begun,
            &prepared.scope,
            members,
            prepared.said(series, cell.day.as_deref()),
        )
        .await
}

/// Refuses a query whose numbers are made of several others.
fn has_persons(query: &TrendsQuery) -> Result<()> {
    let filter = &query.trends_filter;
    let (message, hint) = if !filter.formulas().is_empty() {
        (
            "the number of a formula counts nobody",
            "leave the formula out and name a series",
        )
    } else if filter.smoothing_intervals.is_some_and(|count| count > 1) {
        (
            "a smoothed number counts nobody",
            "leave smoothingIntervals out and name a day",
        )
    } else {
        return Ok(());
    };
    Err(Error::invalid(message).with_hint(hint))
}

impl Prepared<'_> {
    /// The persons that a number of a series counts, or whose events it counts.
    async fn members(
        &self,
        session: &Session,
        series: usize,
        others: &Others,
        place: Option<usize>,
        of_value: Option<Expr>,
    ) -> Result<DataFrame> {
        let failed = |error| sql::explain(&error, &session.view);
        let math = self.node(series).math;
        if let Some(days) = self.trailing_days(series) {
            let (places, rule) = self.trailing_rule(days);
            let is_active = rule.has(place.unwrap_or(0), vec![ident(ACTIVE)]);
            let persons = self.active(session, series, others, &places).await?;
            let condition = of_value.into_iter().fold(is_active, Expr::and);
            return persons.filter(condition).map_err(failed);
        }
        let in_bucket = place.map(|place| {
            let place = lit(place as u64);
            if self.is_cumulative() {
                ident(BUCKET).lt_eq(place)
            } else {
                ident(BUCKET).eq(place)
            }
        });
        let is_first = matches!(math, Math::FirstTimeForUser | Math::FirstMatchingEventForUser);
        let mut rows = if is_first {
            self.firsts(session, series, others).await?
        } else {
            self.events(session, series, others).await?
        };
        let counts = match (math, self.property(series)?) {
            (Math::UniqueGroup, _) => Some(ident(GROUP).is_not_null()),
            (Math::UniqueSession, _) => Some(ident("session_id").is_not_null()),
            (_, Some(property)) => Some(try_cast(ident(&property.column), DataType::Float64).is_not_null()),
            _ => None,
        };
        for condition in of_value.into_iter().chain(in_bucket).chain(counts) {
            rows = rows.filter(condition).map_err(failed)?;
        }
        if is_first {
            return Ok(rows);
        }
        let counted = rows.aggregate(vec![ident("person_key")], vec![count(lit(1_i64)).alias(COUNT)]);
        counted.map_err(failed)
    }

    /// What the number counts.
    fn said(&self, series: usize, day: Option<&str>) -> Vec<String> {
        let math = self.node(series).math.as_str();
        let until = if self.is_cumulative() { "up to " } else { "" };
        let when = day.map(|day| format!(", {until}the {} of {day}", self.query.interval.as_str()));
        let said = format!("{math} of {}{}", self.scope.label(series), when.unwrap_or_default());
        std::iter::once(said).chain(self.limits()).collect()
    }
}
