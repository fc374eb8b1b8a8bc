//! A funnel's result as a table, in each of its views.

use hedgerow_data_api::{
    BreakdownFilter, Column, FunnelOrder, FunnelResults, FunnelTimes, FunnelTrend, FunnelsQuery, FunnelsResponse, Role,
    Table, Unit, reference_names,
};
use serde_json::{Value, json};

use super::value_name;

/// The table of a result.
pub(super) fn table(query: &FunnelsQuery, response: &FunnelsResponse) -> Table {
    match &response.results {
        FunnelResults::Steps(_) | FunnelResults::ByValue(_) => of_steps(query, response),
        FunnelResults::Times(times) => of_times(query, response, times),
        FunnelResults::Trends(trends) => of_trends(query, response, trends),
    }
}

fn column(name: &str, role: Role, unit: Unit) -> Column {
    Column {
        name: name.to_owned(),
        title: name.replace('_', " "),
        role,
        unit,
    }
}

/// Puts a column for the values of a breakdown at a place. All keep names of their own.
fn with_values(columns: &mut Vec<Column>, place: usize, query: &FunnelsQuery) {
    if let Some(key) = breakdown(query) {
        let mut values = column(&key, Role::Label, Unit::None);
        key.clone_into(&mut values.title);
        columns.insert(place, values);
        let names = reference_names(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
        for (column, name) in columns.iter_mut().zip(names) {
            column.name = name;
        }
    }
}

fn breakdown(query: &FunnelsQuery) -> Option<String> {
    query.breakdown_filter.as_ref().map(BreakdownFilter::name)
}

fn value(value: Option<&Value>) -> Option<Value> {
    value.map(|value| json!(value_name(value)))
}

/// The name of a step in a title: its own, or that of its event or action.
fn step_name(query: &FunnelsQuery, step: usize) -> String {
    let node = query.series.get(step);
    let name = node.and_then(|node| {
        let own = node.custom_name.as_deref();
        own.or(node.event.as_deref()).or(node.action())
    });
    name.unwrap_or("any event").to_owned()
}

/// From and to which step times and rates are taken.
fn span(query: &FunnelsQuery) -> String {
    let filter = &query.funnels_filter;
    let to = filter.funnel_to_step.unwrap_or(query.series.len().saturating_sub(1));
    let from = filter.funnel_from_step.unwrap_or(0);
    format!("{} to {}", step_name(query, from), step_name(query, to))
}

fn range(response: &FunnelsResponse) -> String {
    response.provenance.range.as_ref().map_or_else(String::new, |range| {
        let day = |instant: &str| instant.get(..10).unwrap_or(instant).to_owned();
        format!(
            ", {} to {} {}",
            day(&range.date_from),
            day(&range.date_to),
            response.provenance.time_zone
        )
    })
}

/// A row a step, or a row for each breakdown value and step. Steps of the same name are told apart by their position.
fn of_steps(query: &FunnelsQuery, response: &FunnelsResponse) -> Table {
    let mut columns = vec![
        column("step", Role::Label, Unit::None),
        column("persons", Role::Measure, Unit::Persons),
        column("conversion_rate", Role::Measure, Unit::Percent),
        Column {
            title: "conversion rate from the previous step".to_owned(),
            ..column("from_previous", Role::Measure, Unit::Percent)
        },
        column("average_seconds", Role::Measure, Unit::None),
        column("median_seconds", Role::Measure, Unit::None),
    ];
    with_values(&mut columns, 0, query);
    let first: Vec<_> = response.results.steps().take(query.series.len()).collect();
    let name = |order: usize, name: &str| {
        let repeats = first.iter().filter(|step| step.name == name).count() > 1;
        if repeats {
            format!("{name} (step {})", order + 1)
        } else {
            name.to_owned()
        }
    };
    let rows = response.results.steps().map(|step| {
        let optional = |number: Option<f64>| number.map_or(Value::Null, Value::from);
        let cells = [
            json!(name(step.order, &step.name)),
            json!(step.count),
            optional(step.conversion_rate),
            optional(step.conversion_rate_from_previous),
            optional(step.average_conversion_time),
            optional(step.median_conversion_time),
        ];
        value(step.breakdown_value.as_ref()).into_iter().chain(cells).collect()
    });
    // The steps of any order have no names of their own in the result.
    let names: Vec<String> = (0..query.series.len()).map(|step| step_name(query, step)).collect();
    let named: Vec<&str> = first.iter().map(|step| step.name.as_str()).collect();
    let is_unordered = query.funnels_filter.funnel_order_type == FunnelOrder::Unordered;
    let steps = if is_unordered {
        format!("{} in any order", names.join(" and "))
    } else {
        named.join(" to ")
    };
    let by = breakdown(query).map_or_else(String::new, |key| format!(" by {key}"));
    Table {
        title: format!("persons from {steps}{by}{}", range(response)),
        columns,
        rows: rows.collect(),
        rows_cut: 0,
    }
}

/// A row for all, with how long they take on average and in the median, then a row a bin.
fn of_times(query: &FunnelsQuery, response: &FunnelsResponse, times: &FunnelTimes) -> Table {
    let columns = vec![
        column("seconds", Role::Label, Unit::None),
        column("persons", Role::Measure, Unit::Persons),
        column("average_seconds", Role::Measure, Unit::None),
        column("median_seconds", Role::Measure, Unit::None),
    ];
    let all = vec![
        json!("all"),
        json!(times.count),
        json!(times.average_conversion_time),
        json!(times.median_conversion_time),
    ];
    let last = times.bins.len().saturating_sub(1);
    let bins = times.bins.iter().enumerate();
    let bins = bins.filter_map(|(place, (from, count))| {
        // Behind the last bin are only those who took as long as it goes.
        let seconds = if place < last {
            format!("{from} to {}", from + times.bin_width)
        } else if *count > 0 {
            from.to_string()
        } else {
            return None;
        };
        Some(vec![json!(seconds), json!(count), Value::Null, Value::Null])
    });
    Table {
        title: format!("persons by seconds from {}{}", span(query), range(response)),
        columns,
        rows: std::iter::once(all).chain(bins).collect(),
        rows_cut: 0,
    }
}

/// A row an interval, or a row for each breakdown value and interval.
fn of_trends(query: &FunnelsQuery, response: &FunnelsResponse, trends: &[FunnelTrend]) -> Table {
    let interval = query.interval.unwrap_or_default().as_str();
    let mut columns = vec![
        column(interval, Role::Time, Unit::None),
        column("conversion_rate", Role::Measure, Unit::Percent),
        column("entered", Role::Measure, Unit::Persons),
        column("converted", Role::Measure, Unit::Persons),
        column("window", Role::Label, Unit::None),
    ];
    with_values(&mut columns, 1, query);
    let rows = trends.iter().flat_map(|trend| {
        let value = value(trend.breakdown_value.as_ref());
        trend.days.iter().enumerate().map(move |(place, day)| {
            let ended = trend.window_ended.get(place) == Some(&true);
            let cells = [
                json!(trend.data.get(place).copied().flatten()),
                json!(trend.entered.get(place)),
                json!(trend.converted.get(place)),
                json!(if ended { "over" } else { "open" }),
            ];
            let value = value.clone();
            std::iter::once(json!(day)).chain(value).chain(cells).collect()
        })
    });
    let by = breakdown(query).map_or_else(String::new, |key| format!(" by {key}"));
    Table {
        title: format!(
            "share of persons from {} per {interval} of entry{by}{}",
            span(query),
            range(response)
        ),
        columns,
        rows: rows.collect(),
        rows_cut: 0,
    }
}

#[cfg(test)]
mod tests;
