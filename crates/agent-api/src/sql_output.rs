//! The answer to a SQL statement as a tool gives it: text for the model, a table for figures.

use hedgerow_data_api::{Column, Role, SqlResponse, Table, Unit, Warning, reference_names};

use crate::taint::Tainted;
use crate::tool::ToolOutput;

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 50;

/// The output of a tool that ran a statement. `title` names the table, `note` says beside it what the numbers
/// rest on.
#[must_use]
pub fn sql_output(mut response: SqlResponse, title: &str, note: &str) -> ToolOutput<SqlResponse> {
    if !response.written_columns.is_empty() {
        let message = format!(
            "no figure can rest on {}: the statement writes these numbers itself; select what the data says and compute \
             in the reference",
            response.written_columns.join(", ")
        );
        response.warnings.push(Warning::new("written_columns", message));
    }
    let table = table(&response, title);
    ToolOutput {
        content: content(&response, &table, note),
        table: Some(table),
        provenance: Some(response.provenance.clone()),
        warnings: response.warnings.clone(),
        control: Vec::new(),
        changes: Vec::new(),
        result: response,
    }
}

/// What the model reads, all of it inside the fence: cells and column names come from outside.
fn content(response: &SqlResponse, table: &Table, note: &str) -> String {
    let mut lines = vec![format!("{} ({note})", table.title)];
    lines.push(if table.rows.is_empty() {
        "(no rows)".to_owned()
    } else {
        table.preview(PREVIEW_ROWS)
    });
    lines.extend(
        response
            .warnings
            .iter()
            .map(|warning| format!("warning {}: {}", warning.code, warning.message)),
    );
    let provenance = &response.provenance;
    lines.push(format!(
        "computed in time zone {}, {} rows read",
        provenance.time_zone, provenance.rows_read
    ));
    Tainted::new(lines.join("\n")).fenced()
}

/// Words that name a thing rather than an amount, even where the column is numeric.
const LABEL_WORDS: [&str; 12] = [
    "id", "key", "status", "code", "year", "month", "week", "day", "hour", "weekday", "port", "version",
];

/// The table of a response. Columns keep their names as far as references can hold them; numeric
/// columns are measures unless they are named like a label, times are times, the rest are labels.
/// The engine knows no units, so measures are plain numbers. Where every column would be a label, there
/// is nothing to cite but names. Columns that the statement wrote itself are left out, so that no figure
/// can refer to them.
fn table(response: &SqlResponse, title: &str) -> Table {
    let names = reference_names(response.columns.iter().map(|(name, _)| name.as_str()));
    let kept: Vec<bool> = response
        .columns
        .iter()
        .map(|(name, _)| !response.written_columns.contains(name))
        .collect();
    let columns = response
        .columns
        .iter()
        .zip(names)
        .zip(&kept)
        .filter(|(_, kept)| **kept)
        .map(|(((title, sql_type), name), _)| Column {
            role: role(&name, sql_type),
            name,
            title: title.clone(),
            unit: Unit::None,
        });
    Table {
        title: title.to_owned(),
        columns: columns.collect(),
        rows: response
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .zip(&kept)
                    .filter(|(_, kept)| **kept)
                    .map(|(cell, _)| cell.clone())
                    .collect()
            })
            .collect(),
        rows_cut: 0,
    }
}

fn role(name: &str, sql_type: &str) -> Role {
    let sql_type = sql_type.to_ascii_lowercase();
    let is = |marks: &[&str]| marks.iter().any(|mark| sql_type.contains(mark));
    if is(&["timestamp", "date", "time"]) {
        Role::Time
    } else if is(&["int", "float", "double", "decimal", "numeric", "real"]) && !is(&["interval"]) {
        if named_like_a_label(name) {
            Role::Label
        } else {
            Role::Measure
        }
    } else {
        Role::Label
    }
}

/// Whether a column is named like a label rather than an amount. The last word decides: `status` and `person_id` are labels, `status_count` is an amount.
#[must_use]
pub fn named_like_a_label(name: &str) -> bool {
    name.rsplit('_').next().is_some_and(|word| LABEL_WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_follows_type_and_name() {
        let cases = [
            ("views", "Int64", Role::Measure),
            ("share", "Float64", Role::Measure),
            ("amount", "Decimal128(10, 2)", Role::Measure),
            ("status", "BIGINT", Role::Label),
            ("person_id", "Int64", Role::Label),
            ("status_count", "Int64", Role::Measure),
            ("path", "Utf8", Role::Label),
            ("path", "Utf8View", Role::Label),
            ("is_bot", "Boolean", Role::Label),
            ("at", "Timestamp(Microsecond, None)", Role::Time),
            ("gap", "Interval(MonthDayNano)", Role::Label),
        ];
        for (name, sql_type, expected) in cases {
            assert_eq!(role(name, sql_type), expected, "{name} {sql_type}");
        }
    }
}
