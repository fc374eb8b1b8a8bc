//! What a model reads of a list, and the columns that both lists have in common.

use hedgerow_agent_api::Tainted;
use hedgerow_data_api::{Column, Provenance, Role, Table, Unit, Warning, reference_names};
use serde_json::{Map, Value};

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 50;

/// A column whose cells are names.
pub(super) fn named(name: &str, role: Role) -> Column {
    Column {
        name: name.to_owned(),
        title: name.replace('_', " "),
        role,
        unit: Unit::None,
    }
}

/// The columns of properties that were asked for, behind the list's own. One that holds nothing but numbers is a
/// measure.
pub(super) fn with_properties<'a>(
    mut columns: Vec<Column>,
    keys: &[String],
    rows: impl Iterator<Item = &'a Map<String, Value>> + Clone,
) -> Vec<Column> {
    for key in keys {
        let mut values = rows.clone().filter_map(|properties| properties.get(key)).peekable();
        let is_number = values.peek().is_some() && values.all(Value::is_number);
        columns.push(Column {
            name: key.clone(),
            title: key.trim_start_matches('$').replace('_', " "),
            role: if is_number { Role::Measure } else { Role::Label },
            unit: Unit::None,
        });
    }
    let names = reference_names(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = name;
    }
    columns
}

/// A property as a cell: arrays and objects as JSON text, a missing one as null.
pub(super) fn cell(properties: &Map<String, Value>, key: &str) -> Value {
    match properties.get(key) {
        None => Value::Null,
        Some(nested @ (Value::Array(_) | Value::Object(_))) => Value::String(nested.to_string()),
        Some(value) => value.clone(),
    }
}

/// What the model reads. Names and values come from the data, so all of it stands inside the fence.
pub(super) fn content(
    table: &Table,
    next_cursor: Option<&str>,
    warnings: &[Warning],
    provenance: &Provenance,
) -> String {
    let mut lines = vec![table.title.clone()];
    if table.rows.is_empty() {
        lines.push("(no rows: nothing meets the conditions)".to_owned());
    } else {
        lines.push(table.preview(PREVIEW_ROWS));
    }
    let warned = warnings.iter();
    lines.extend(warned.map(|warning| format!("warning {}: {}", warning.code, warning.message)));
    lines.extend(next_cursor.map(|cursor| format!("the next page: cursor {cursor}")));
    let filters = if provenance.filters.is_empty() {
        "no filters".to_owned()
    } else {
        format!("filters: {}", provenance.filters.join("; "))
    };
    lines.push(format!(
        "listed newest first, time zone {}, {filters}, {} rows read",
        provenance.time_zone, provenance.rows_read
    ));
    Tainted::new(lines.join("\n")).fenced()
}

#[cfg(test)]
pub(super) mod tests;
