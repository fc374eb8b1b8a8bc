//! A trends response as a table that figures can refer to.

use std::collections::BTreeMap;

use hedgerow_data_api::{
    BREAKDOWN_NONE, BREAKDOWN_OTHER, Column, Compared, EventsNode, Interval, LABEL_MARK, Math, Role, Series, Statistic,
    Table, TrendsQuery, TrendsResponse, Unit, reference_names,
};
use serde_json::{Number, Value};

/// The label of all breakdown values beyond the limit.
const OTHER: &str = "Other";
/// The label of events without the property.
const NONE: &str = "None";

/// The table of a response: a time column unless there is one total, a label column where there is a breakdown, and
/// one measure for each series or formula; where two ranges are compared, that of the other one, and the change. A row
/// is a bucket and a breakdown value.
#[must_use]
pub fn trends_table(query: &TrendsQuery, response: &TrendsResponse) -> Table {
    let query = &with_names(query, response);
    let buckets = buckets(query, response);
    let values = breakdown_values(query, response);
    let cells: BTreeMap<(Option<Compared>, usize, String), &Series> = response
        .results
        .iter()
        .map(|series| ((series.compare_label, series.action.order, value_key(series)), series))
        .collect();
    let one_day = is_one_day(&buckets);
    let outputs = outputs(query);
    let compares = is_compared(query);
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
            let number = |range: Option<Compared>, order: usize| {
                let series = cells.get(&(range, order, key.clone()))?;
                number_at(series, query, position)
            };
            for order in 0..outputs.len() {
                if compares {
                    let now = number(Some(Compared::Current), order);
                    let before = number(Some(Compared::Previous), order);
                    let (change, percent) = change(now.as_ref(), before.as_ref());
                    row.extend([now.into(), before.into(), change, percent]);
                } else {
                    row.push(number(None, order).into());
                }
            }
            rows.push(row);
        }
    }
    Table {
        title: title(query, response),
        columns: columns(query, outputs),
        rows,
        rows_cut: 0,
    }
}

fn is_compared(query: &TrendsQuery) -> bool {
    query.compare_filter.as_ref().is_some_and(|filter| filter.compare)
}

/// How much more the one number is than the other, and how much that is in percent of the other; null where there is
/// nothing to compare, and no percent of 0.
fn change(now: Option<&Number>, before: Option<&Number>) -> (Value, Value) {
    let (Some(now), Some(before)) = (now.and_then(Number::as_f64), before.and_then(Number::as_f64)) else {
        return (Value::Null, Value::Null);
    };
    let whole = |number: f64| {
        let text = format!("{number}");
        text.parse::<i64>().map_or_else(|_| Value::from(number), Value::from)
    };
    let percent = if before == 0.0 {
        Value::Null
    } else {
        whole((now - before) / before * 100.0)
    };
    (whole(now - before), percent)
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
    let own = response.results.iter();
    let mut own = own.filter(|series| series.compare_label != Some(Compared::Previous));
    own.next().map(|series| series.days.clone()).unwrap_or_default()
}

fn value_key(series: &Series) -> String {
    series
        .breakdown_value
        .as_ref()
        .map_or_else(String::new, Value::to_string)
}

fn number_at(series: &Series, query: &TrendsQuery, position: usize) -> Option<Number> {
    if query.trends_filter.display.is_total() {
        series.aggregated_value.clone()
    } else {
        series.data.get(position).cloned().flatten()
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

/// What a column of numbers holds: its name and unit, and a label.
struct Output {
    measure: String,
    unit: Unit,
    label: Option<String>,
}

/// A number for each series, or for each formula.
fn outputs(query: &TrendsQuery) -> Vec<Output> {
    let formulas = query.trends_filter.formulas();
    if formulas.is_empty() {
        let of_series = query.series.iter().map(|node| {
            let (measure, unit) = measure(query, node);
            Output {
                label: label_of(query, node),
                measure,
                unit,
            }
        });
        return of_series.collect();
    }
    let of_formula = formulas.into_iter().map(|node| Output {
        measure: "formula".to_owned(),
        unit: Unit::None,
        label: Some(node.custom_name.unwrap_or(node.formula)),
    });
    of_formula.collect()
}

fn columns(query: &TrendsQuery, outputs: Vec<Output>) -> Vec<Column> {
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
        columns.push(label(&breakdown.name(), Role::Label));
    }
    for output in outputs {
        let column = |name: String, unit| Column {
            title: match &output.label {
                Some(label) => format!("{name}{LABEL_MARK}{label}"),
                None => name.clone(),
            },
            name,
            role: Role::Measure,
            unit,
        };
        columns.push(column(output.measure.clone(), output.unit));
        if is_compared(query) {
            columns.push(column(format!("previous {}", output.measure), output.unit));
            columns.push(column("change".to_owned(), output.unit));
            columns.push(column("change percent".to_owned(), Unit::Percent));
        }
    }
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
    let event = action.as_deref().or(node.event.as_deref());
    let (title, unit) = match (node.math, event) {
        (Math::Dau, _) => ("unique visitors".to_owned(), Unit::Persons),
        (Math::WeeklyActive, _) => ("weekly active users".to_owned(), Unit::Persons),
        (Math::MonthlyActive, _) => ("monthly active users".to_owned(), Unit::Persons),
        (Math::FirstTimeForUser, _) => ("first-time users".to_owned(), Unit::Persons),
        (Math::FirstMatchingEventForUser, _) => ("users by their first match".to_owned(), Unit::Persons),
        (Math::UniqueSession, _) => ("sessions".to_owned(), Unit::Sessions),
        (Math::UniqueGroup, _) => ("unique groups".to_owned(), Unit::None),
        (Math::Hogql, _) => (node.math_hogql.clone().unwrap_or_default(), Unit::None),
        (Math::Total, event) => (events_of(event).to_owned(), Unit::Events),
        (math, event) => (statistic(math, node, event), Unit::None),
    };
    // Series that count the same are called the same, by the word that one of them brings.
    let counted = |node: &EventsNode| {
        let (event, action) = (node.event.clone(), node.action().map(str::to_owned));
        let of_math = (
            node.math_property.clone(),
            node.math_hogql.clone(),
            node.math_group_type_index,
        );
        (node.math, of_math, event, action)
    };
    let mut alike = query.series.iter().filter(|other| counted(other) == counted(node));
    let synonym = alike.find_map(|other| other.custom_name.as_deref().filter(|name| is_synonym(other, name)));
    (
        synonym.map_or_else(|| title.replace(LABEL_MARK, "·"), str::to_owned),
        unit,
    )
}

fn events_of(event: Option<&str>) -> &str {
    match event {
        None => "events",
        Some("$pageview") => "page views",
        Some("$request") => "other requests",
        Some(event) => event,
    }
}

/// `average of amount`, `median of page views per person`.
fn statistic(math: Math, node: &EventsNode, event: Option<&str>) -> String {
    let word = |statistic| match statistic {
        Statistic::Average => "average".to_owned(),
        Statistic::Sum => "sum".to_owned(),
        Statistic::Minimum => "minimum".to_owned(),
        Statistic::Maximum => "maximum".to_owned(),
        Statistic::Percentile(share) if (share - 0.5).abs() < f64::EPSILON => "median".to_owned(),
        Statistic::Percentile(share) => format!("{}th percentile", share * 100.0),
    };
    match (math.of_property(), math.of_persons()) {
        (Some(of_property), _) => {
            let key = node.math_property.as_deref().unwrap_or_default();
            format!("{} of {}", word(of_property), key.trim_start_matches('$'))
        }
        (None, Some(of_persons)) => format!("{} of {} per person", word(of_persons), events_of(event)),
        (None, None) => math.as_str().to_owned(),
    }
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
        _ => &[],
    };
    words.contains(&name)
}

/// The custom name where it says more than the measure: it tells series apart and is no measure.
fn label_of(query: &TrendsQuery, node: &EventsNode) -> Option<String> {
    let name = node.custom_name.as_deref()?;
    (name != measure(query, node).0).then(|| name.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn title(query: &TrendsQuery, response: &TrendsResponse) -> String {
    let mut measures: Vec<String> = outputs(query).into_iter().map(|output| output.measure).collect();
    measures.dedup();
    let mut title = measures.join(", ");
    if let Some(breakdown) = &query.breakdown_filter {
        title.push_str(&format!(" by {}", breakdown.name()));
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
    // Which other range that is, the result itself says.
    let limits = response.provenance.limits.iter();
    for compared in limits.filter(|limit| is_compared(query) && limit.starts_with("compared with ")) {
        title.push_str(&format!(", {compared}"));
    }
    title
}

fn day(instant: &str) -> &str {
    instant.get(..10).unwrap_or(instant)
}

#[cfg(test)]
pub(crate) mod tests;
