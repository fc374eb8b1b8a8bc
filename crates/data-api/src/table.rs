//! Results as tables that figures refer to.
//!
//! Every tool that returns numbers returns one of these, so that `{{r1[0].page_views}}` means
//! the same for every tool: result `r1`, first row, column `page_views`.

use schemars::JsonSchema;
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

/// A result as rows and columns. Cells are JSON numbers, texts, booleans or null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// What the table shows, for people.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each as long as `columns`.
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
        let Some(cells) = self.rows.get(row) else { return String::new() };
        let named = self.columns.iter().zip(cells).filter(|(column, _)| column.role != Role::Measure);
        named.map(|(_, cell)| cell_text(cell)).collect::<Vec<_>>().join(", ")
    }
}

fn cell_text(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}
