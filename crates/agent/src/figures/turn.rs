//! The results of a turn, looked at as tables of labelled cells.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use hedgerow_agent_api::{CellRef, ResultSnapshot};
use hedgerow_data_api::{Column, Role, Table, Unit};
use serde_json::Value;

use super::dates::{self, Moment};
use super::filters;

/// The position of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CellAt {
    pub(super) table: usize,
    pub(super) row: usize,
    pub(super) column: usize,
}

/// The results that figures may refer to.
pub(super) struct Turn<'a> {
    pub(super) results: &'a [ResultSnapshot],
}

impl<'a> Turn<'a> {
    pub(super) fn new(results: &'a [ResultSnapshot]) -> Self {
        Self { results }
    }

    pub(super) fn table(&self, table: usize) -> &'a Table {
        &self.results[table].table
    }

    pub(super) fn column(&self, table: usize, column: usize) -> &'a Column {
        &self.table(table).columns[column]
    }

    pub(super) fn cell(&self, at: CellAt) -> &'a Value {
        self.results
            .get(at.table)
            .and_then(|result| result.table.rows.get(at.row))
            .and_then(|row| row.get(at.column))
            .unwrap_or(&Value::Null)
    }

    pub(super) fn number(&self, at: CellAt) -> Option<f64> {
        self.cell(at).as_f64()
    }

    /// The cell's text, as labels are compared.
    pub(super) fn text(&self, at: CellAt) -> String {
        label_text(self.cell(at))
    }

    /// The positions of the columns of a role.
    pub(super) fn columns_of(&self, table: usize, role: Role) -> Vec<usize> {
        let columns = self.table(table).columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.role == role)
            .map(|(position, _)| position)
            .collect()
    }

    /// The columns that name the rows.
    pub(super) fn dimensions(&self, table: usize) -> Vec<usize> {
        let columns = self.table(table).columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.role != Role::Measure)
            .map(|(position, _)| position)
            .collect()
    }

    /// True where the column holds times, by its role or because every cell reads as one.
    pub(super) fn is_time(&self, table: usize, column: usize) -> bool {
        let shown = self.table(table);
        if shown.columns[column].role == Role::Time {
            return true;
        }
        let texts = shown.rows.iter().map(|row| row.get(column).and_then(Value::as_str));
        shown.columns[column].role == Role::Label
            && !shown.rows.is_empty()
            && texts
                .map(|text| text.and_then(|text| dates::parse_cell(text, "")))
                .all(|moment| moment.is_some())
    }

    /// The time that a cell of a time column stands for.
    pub(super) fn moment(&self, at: CellAt) -> Option<Moment> {
        dates::parse_cell(self.cell(at).as_str()?, &self.column(at.table, at.column).name)
    }

    /// The cells of a column.
    pub(super) fn cells_of(&self, table: usize, column: usize) -> Vec<CellAt> {
        (0..self.table(table).rows.len())
            .map(|row| CellAt { table, row, column })
            .collect()
    }

    /// The different texts of a column.
    pub(super) fn distinct(&self, table: usize, column: usize) -> Vec<String> {
        let mut texts: Vec<String> = self
            .cells_of(table, column)
            .into_iter()
            .map(|at| self.text(at))
            .collect();
        texts.sort();
        texts.dedup();
        texts
    }

    /// The name of a measure, without the label that tells series apart.
    pub(super) fn title(&self, at: CellAt) -> &'a str {
        self.column(at.table, at.column).measure_title()
    }

    /// The first and last day that the result is about, where they are whole days.
    pub(super) fn range(&self, table: usize) -> Option<(NaiveDate, NaiveDate)> {
        let range = self.results[table].provenance.as_ref()?.range.as_ref()?;
        let whole_from = range.date_from.len() == 10 || range.date_from.get(11..16) == Some("00:00");
        let whole_to = range.date_to.len() == 10 || range.date_to.get(11..16) == Some("23:59");
        let day = |text: &str| text.get(..10).and_then(|day| day.parse::<NaiveDate>().ok());
        if whole_from && whole_to {
            Some((day(&range.date_from)?, day(&range.date_to)?))
        } else {
            None
        }
    }

    /// The words of the project's name.
    pub(super) fn project_words(&self, table: usize) -> BTreeSet<String> {
        let made = self.results[table].provenance.as_ref();
        made.map_or_else(BTreeSet::new, |made| filters::split_words(&made.project.to_string()))
    }

    /// `r1[0].page_views`
    pub(super) fn name(&self, at: CellAt) -> String {
        format!(
            "{}[{}].{}",
            self.results[at.table].handle,
            at.row,
            self.column(at.table, at.column).name
        )
    }

    /// The copy of a cell that a figure keeps.
    pub(super) fn cell_ref(&self, at: CellAt) -> CellRef {
        let result = &self.results[at.table];
        CellRef {
            handle: result.handle.clone(),
            query_id: result.provenance.as_ref().map(|provenance| provenance.query_id),
            row: at.row,
            column: self.column(at.table, at.column).name.clone(),
            label: result.table.row_label(at.row),
            value: self.cell(at).clone(),
        }
    }

    pub(super) fn unit(&self, at: CellAt) -> Unit {
        self.column(at.table, at.column).unit
    }
}

/// A label cell as text.
pub(super) fn label_text(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}
