//! Results as tables that figures refer to.
//!
//! Every tool that returns numbers returns one of these, so that `{{r1[0].page_views}}` means
//! the same for every tool: result `r1`, first row, column `page_views`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A time bucket: part of the row's label.
    Time,
    /// A name: part of the row's label.
    Label,
    /// A number.
    Measure,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Events.
    Events,
    /// Distinct persons.
    Persons,
    /// Distinct sessions.
    Sessions,
    /// Hundredths: 0 to 100.
    Percent,
    /// Bytes.
    Bytes,
    /// A plain number or a name.
    #[default]
    None,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// The name in references: letters, digits and underscores.
    pub name: String,
    /// The name for people, e.g. `unique visitors`.
    pub title: String,
    /// What it is for.
    pub role: Role,
    /// What it counts.
    pub unit: Unit,
}

/// What parts the measure of a column from its label in a title: `events · not found`. A label
/// tells columns apart that count the same.
pub const LABEL_MARK: &str = " · ";

impl Column {
    /// What the column counts: the title without its label.
    #[must_use]
    pub fn measure_title(&self) -> &str {
        self.title
            .split_once(LABEL_MARK)
            .map_or(&self.title, |(measure, _)| measure)
    }

    /// The label that somebody gave to the column. It proves nothing about its numbers.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.title.split_once(LABEL_MARK).map(|(_, label)| label)
    }
}

/// How a cell looks on the wire: a number, a text, a boolean or null. Only a schema: in Rust a cell
/// is a [`Value`].
#[derive(Debug)]
pub struct Cell;

impl JsonSchema for Cell {
    fn schema_name() -> Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["number", "string", "boolean", "null"]})
    }
}

/// A result as rows and columns. Cells are JSON numbers, texts, booleans or null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// What the table shows, for people.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each as long as `columns`.
    #[schemars(with = "Vec<Vec<Cell>>")]
    pub rows: Vec<Vec<Value>>,
    /// Rows that exist but are not here.
    #[serde(default)]
    pub rows_cut: u64,
}

impl Table {
    /// The position of a column.
    #[must_use]
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The row's name: its time and label cells.
    #[must_use]
    pub fn row_label(&self, row: usize) -> String {
        let Some(cells) = self.rows.get(row) else {
            return String::new();
        };
        let named = self
            .columns
            .iter()
            .zip(cells)
            .filter(|(column, _)| column.role != Role::Measure);
        named.map(|(_, cell)| cell_text(cell)).collect::<Vec<_>>().join(", ")
    }

    /// The first rows as tab-separated text for a reader of few tokens: a header that starts with
    /// `row`, then each row with its position, then how many rows are left out. The cells come
    /// from the data: show the text inside a fence.
    #[must_use]
    pub fn preview(&self, rows: usize) -> String {
        let names = self.columns.iter().map(|column| column.name.clone());
        let mut lines = vec![
            std::iter::once("row".to_owned())
                .chain(names)
                .collect::<Vec<_>>()
                .join("\t"),
        ];
        for (position, cells) in self.rows.iter().take(rows).enumerate() {
            // A tab or line break within a cell would look like another cell or row.
            let texts = cells
                .iter()
                .map(|cell| cell_text(cell).replace(['\t', '\n', '\r'], " "));
            lines.push(
                std::iter::once(position.to_string())
                    .chain(texts)
                    .collect::<Vec<_>>()
                    .join("\t"),
            );
        }
        let left_out = self.rows.len().saturating_sub(rows) as u64 + self.rows_cut;
        if left_out > 0 {
            lines.push(format!("({left_out} more rows)"));
        }
        lines.join("\n")
    }
}

/// Names for columns, fit for references: lower-case letters, digits and underscores, starting
/// with a letter; a name that repeats gets `_2`, `_3`, ...
#[must_use]
pub fn reference_names<'a>(wanted: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in wanted {
        let name = reference_name(text);
        let mut unique = name.clone();
        let mut number = 2;
        while names.contains(&unique) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        names.push(unique);
    }
    names
}

fn reference_name(text: &str) -> String {
    let mapped: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let name = mapped.trim_matches('_');
    if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.to_owned()
    } else {
        format!("c_{name}").trim_end_matches('_').to_owned()
    }
}

fn cell_text(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reference_names_are_plain_and_unique() {
        let names = reference_names(["$pathname", "page views", "count(*)", "count", "2nd", "é"]);
        assert_eq!(names, ["pathname", "page_views", "count", "count_2", "c_2nd", "c"]);
    }

    #[test]
    fn preview_keeps_one_line_a_row_and_counts_the_rest() {
        let column = |name: &str, role| Column {
            name: name.into(),
            title: name.into(),
            role,
            unit: Unit::None,
        };
        let columns = vec![column("path", Role::Label), column("events", Role::Measure)];
        let rows = vec![
            vec![json!("/a\tb\n0\t9"), json!(3)],
            vec![json!(null), json!(2)],
            vec![json!("/c"), json!(1)],
        ];
        let table = Table {
            title: "events".into(),
            columns,
            rows,
            rows_cut: 4,
        };
        assert_eq!(
            table.preview(2),
            "row\tpath\tevents\n0\t/a b 0 9\t3\n1\tnone\t2\n(5 more rows)"
        );
    }
}
