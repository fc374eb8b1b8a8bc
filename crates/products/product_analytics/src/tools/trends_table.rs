//! A trends response as a table that figures can refer to.

use std::collections::BTreeMap;

use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, Column, EventsNode, Interval, LABEL_MARK, Math, Role, Series, Table, TrendsQuery,
    TrendsResponse, Unit, reference_names,
};
use serde_json::Value;

/// The label of all breakdown values beyond the limit.
const OTHER: &str = "Other";
/// The label of events without the property.
const NONE: &str = "None";

/// The table of a response: a time column unless there is one total, a label column where there
/// is a breakdown, and one measure a series. A row is a bucket and a breakdown value.
#[must_use]
pub fn trends_table(query: &TrendsQuery, response: &TrendsResponse) -> Table {
    let query = &with_names(query, response);
    let buckets = buckets(query, response);
    let values = breakdown_values(query, response);
    let cells: BTreeMap<(usize, String), &Series> = response
        .results
        .iter()
        .map(|series| ((series.action.order, value_key(series)), series))
        .collect();
    let one_day = is_one_day(&buckets);
    let mut rows = Vec::new();
    for (position, bucket) in buckets.iter().enumerate() {
        for value in &values {
            let mut row: Vec<Value> = Vec::new();
            if !query.trends_filter.display.is_total() {
                row.push(Value::String(bucket_label(bucket, query.interval, one_day)));
            }
            if query.breakdown_filter.is_some() {
                row.push(value_label(value.as_ref()));
            }
            let key = value.as_ref().map_or_else(String::new, Value::to_string);
            // A value that one series has and another has not is unknown there (it may be part of
            // that series' "Other"), so the cell is empty instead of 0.
            row.extend((0..query.series.len()).map(|order| {
                cells
                    .get(&(order, key.clone()))
                    .and_then(|series| number_at(series, query, position))
                    .into()
            }));
            rows.push(row);
        }
    }
    Table {
        title: title(query, response),
        columns: columns(query),
        rows,
        rows_cut: 0,
    }
}

/// True for a row that stands for other or missing values instead of one value.
pub(super) fn is_collective(value: Option<&Value>) -> bool {
    matches!(value.and_then(Value::as_str), Some(BREAKDOWN_OTHER | BREAKDOWN_NONE))
}

/// The breakdown values in the order of the result; one `None` where there is no breakdown.
pub(super) fn breakdown_values(query: &TrendsQuery, response: &TrendsResponse) -> Vec<Option<Value>> {
    if query.breakdown_filter.is_none() {
        return vec![None];
    }
    let mut values: Vec<Option<Value>> = Vec::new();
    for series in &response.results {
        if !values.contains(&series.breakdown_value) {
            values.push(series.breakdown_value.clone());
        }
    }
    // With several series the values of a later one would stand behind the collective rows.
    values.sort_by_key(|value| match value.as_ref().and_then(Value::as_str) {
        Some(BREAKDOWN_OTHER) => 1,
        Some(BREAKDOWN_NONE) => 2,
        _ => 0,
    });
    values
}

fn buckets(query: &TrendsQuery, response: &TrendsResponse) -> Vec<String> {
    if query.trends_filter.display.is_total() {
        return vec![String::new()];
    }
    response
        .results
        .first()
        .map(|series| series.days.clone())
        .unwrap_or_default()
}

fn value_key(series: &Series) -> String {
    series
        .breakdown_value
        .as_ref()
        .map_or_else(String::new, Value::to_string)
}

fn number_at(series: &Series, query: &TrendsQuery, position: usize) -> Option<u64> {
    if query.trends_filter.display.is_total() {
        series.aggregated_value
    } else {
        series.data.get(position).copied()
    }
}

fn is_one_day(buckets: &[String]) -> bool {
    let day = |bucket: &String| bucket.get(..10).map(str::to_owned);
    buckets
        .first()
        .map(day)
        .is_some_and(|first| buckets.iter().all(|bucket| day(bucket) == first))
}

/// A bucket's name: the day it starts, for hours with the time; hours of one single day by their
/// time alone, as the title names the day.
fn bucket_label(bucket: &str, interval: Interval, one_day: bool) -> String {
    let minute = bucket.get(..16).unwrap_or(bucket);
    match interval {
        Interval::Hour if one_day => minute.get(11..).unwrap_or(minute).to_owned(),
        Interval::Hour => minute.to_owned(),
        Interval::Day | Interval::Week | Interval::Month => bucket.get(..10).unwrap_or(bucket).to_owned(),
    }
}

fn value_label(value: Option<&Value>) -> Value {
    let text = match value {
        Some(Value::String(text)) if text == BREAKDOWN_OTHER => OTHER.to_owned(),
        Some(Value::String(text)) if text == BREAKDOWN_NONE => NONE.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => NONE.to_owned(),
    };
    Value::String(text)
}

fn columns(query: &TrendsQuery) -> Vec<Column> {
    let mut columns = Vec::new();
    let label = |name: &str, role| Column {
        name: name.into(),
        title: name.into(),
        role,
        unit: Unit::None,
    };
    if !query.trends_filter.display.is_total() {
        columns.push(label(query.interval.as_str(), Role::Time));
    }
    if let Some(breakdown) = &query.breakdown_filter {
        columns.push(label(breakdown.breakdown.trim_start_matches('$'), Role::Label));
    }
    columns.extend(query.series.iter().map(|node| {
        let (name, unit) = measure(query, node);
        Column {
            title: label_of(query, node).map_or_else(|| name.clone(), |label| format!("{name}{LABEL_MARK}{label}")),
            name,
            role: Role::Measure,
            unit,
        }
    }));
    let names = reference_names(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = name;
    }
    columns
}

/// The query with its actions by their names, as the response has them.
fn with_names(query: &TrendsQuery, response: &TrendsResponse) -> TrendsQuery {
    let mut query = query.clone();
    for (order, node) in query.series.iter_mut().enumerate() {
        let by_id = node.action().is_some() && node.name.is_none() && node.custom_name.is_none();
        let counted = response.results.iter().find(|series| series.action.order == order);
        if let Some(counted) = counted.filter(|_| by_id) {
            node.name = Some(counted.action.name.clone());
        }
    }
    query
}

/// What a series counts, for people, with its unit. It follows from the query alone: a custom name
/// may say of page views that they are visitors, so that it is no more than a label.
fn measure(query: &TrendsQuery, node: &EventsNode) -> (String, Unit) {
    let action = node
        .action()
        .map(|reference| format!("action {}", node.name.as_deref().unwrap_or(reference)));
    let (title, unit) = match (node.math, action.as_deref().or(node.event.as_deref())) {
        (Math::Dau, _) => ("unique visitors", Unit::Persons),
        (Math::UniqueSession, _) => ("sessions", Unit::Sessions),
        (Math::Total, None) => ("events", Unit::Events),
        (Math::Total, Some("$pageview")) => ("page views", Unit::Events),
        (Math::Total, Some("$request")) => ("other requests", Unit::Events),
        (Math::Total, Some(event)) => (event, Unit::Events),
    };
    // Series that count the same are called the same, by the word that one of them brings.
    let mut alike = query
        .series
        .iter()
        .filter(|other| (other.math, &other.event, other.action()) == (node.math, &node.event, node.action()));
    let synonym = alike.find_map(|other| other.custom_name.as_deref().filter(|name| is_synonym(other, name)));
    (
        synonym.map_or_else(|| title.replace(LABEL_MARK, "·"), str::to_owned),
        unit,
    )
}

/// True for another word for just what the series counts.
fn is_synonym(node: &EventsNode, name: &str) -> bool {
    if node.math == Math::Total && node.action().is_some() {
        return false;
    }
    let words: &[&str] = match (node.math, node.event.as_deref()) {
        (Math::Dau, _) => &["visitors", "users", "unique users"],
        (Math::UniqueSession, _) => &["visits"],
        (Math::Total, None) => &["requests", "hits", "responses"],
        (Math::Total, Some("$pageview")) => &["pageviews", "views"],
        (Math::Total, Some(_)) => &[],
    };
    words.contains(&name)
}

/// The custom name where it says more than the measure: it tells series apart and is no measure.
fn label_of(query: &TrendsQuery, node: &EventsNode) -> Option<String> {
    let name = node.custom_name.as_deref()?;
    (name != measure(query, node).0).then(|| name.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn title(query: &TrendsQuery, response: &TrendsResponse) -> String {
    let mut measures: Vec<String> = query.series.iter().map(|node| measure(query, node).0).collect();
    measures.dedup();
    let mut title = measures.join(", ");
    if let Some(breakdown) = &query.breakdown_filter {
        title.push_str(&format!(" by {}", breakdown.breakdown.trim_start_matches('$')));
    }
    if !query.trends_filter.display.is_total() {
        title.push_str(&format!(" per {}", query.interval.as_str()));
    }
    if let Some(range) = &response.provenance.range {
        let (from, to) = (day(&range.date_from), day(&range.date_to));
        let span = if from == to {
            from.to_owned()
        } else {
            format!("{from} to {to}")
        };
        title.push_str(&format!(", {span} {}", response.provenance.time_zone));
    }
    title
}

fn day(instant: &str) -> &str {
    instant.get(..10).unwrap_or(instant)
}

#[cfg(test)]
pub(crate) mod tests;
