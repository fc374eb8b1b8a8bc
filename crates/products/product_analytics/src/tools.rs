//! The tools of product analytics, one file each.

mod extremes;
mod funnel_table;
pub mod query_actors;
pub mod query_funnel;
pub mod query_lifecycle;
pub mod query_paths;
pub mod query_retention;
pub mod query_stickiness;
pub mod query_trends;
mod trends_table;

use hedgerow_agent_api::Tainted;
use hedgerow_data_api::{BREAKDOWN_NONE, BREAKDOWN_OTHER, Column, Provenance, Role, Table, Unit, Warning};
use serde_json::Value;
pub use trends_table::trends_table;

/// Over what a result was computed, as the model reads it.
fn computed(provenance: &Provenance) -> String {
    let range = provenance.range.as_ref().map_or_else(String::new, |range| {
        let partial = if range.partial { ", not over yet" } else { "" };
        format!("{} to {}{partial}, ", range.date_from, range.date_to)
    });
    let filters = if provenance.filters.is_empty() {
        "no filters".to_owned()
    } else {
        format!("filters: {}", provenance.filters.join("; "))
    };
    let definitions = match provenance.definitions.as_slice() {
        [] => String::new(),
        definitions => format!(", with {}", definitions.join("; ")),
    };
    format!(
        "computed over {range}time zone {}, {filters}{definitions}, {} rows read",
        provenance.time_zone, provenance.rows_read
    )
}

/// A breakdown value as people read it; that of several properties as the JSON which names it among the persons behind a
/// number.
fn value_name(value: &Value) -> String {
    match value {
        Value::String(text) if text == BREAKDOWN_OTHER => "Other".to_owned(),
        Value::String(text) if text == BREAKDOWN_NONE => "None".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// A column of a table of persons.
fn column(name: impl Into<String>, title: impl Into<String>, role: Role, unit: Unit) -> Column {
    Column {
        name: name.into(),
        title: title.into(),
        role,
        unit,
    }
}

/// The days that a result is about, as the end of a title.
fn of_range(provenance: &Provenance) -> String {
    provenance.range.as_ref().map_or_else(String::new, |range| {
        let day = |instant: &str| instant.get(..10).unwrap_or(instant).to_owned();
        format!(
            ", {} to {} {}",
            day(&range.date_from),
            day(&range.date_to),
            provenance.time_zone
        )
    })
}

/// What the model reads of a table of persons. Labels, filters and warnings can hold text from the data, so all of it
/// stands inside the fence.
fn told(table: &Table, rows: usize, provenance: &Provenance, warnings: &[Warning]) -> String {
    let mut lines = vec![table.title.clone(), table.preview(rows)];
    let said = warnings.iter();
    lines.extend(said.map(|warning| format!("warning {}: {}", warning.code, warning.message)));
    lines.push(computed(provenance));
    lines.extend(provenance.limits.iter().cloned());
    Tainted::new(lines.join("\n")).fenced()
}
