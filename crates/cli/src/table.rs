//! Aligned columns for people.

use serde_json::Value;

use crate::number;
use crate::printer::clean;

/// The widest a cell gets on a terminal; longer ones end in `…`.
const MAX_CELL: usize = 60;

/// Rows under a header, numbers to the right.
pub(crate) struct TextTable {
    header: Vec<String>,
    rows: Vec<Vec<(String, bool)>>,
}

impl TextTable {
    pub(crate) fn new<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Self {
        Self {
            header: header.into_iter().map(|title| one_line(&title.into())).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; a number stands to the right.
    pub(crate) fn row(&mut self, cells: &[Value]) {
        let cells = cells
            .iter()
            .map(|cell| (one_line(&number::cell(cell)), cell.is_number()));
        self.rows.push(cells.collect());
    }

    /// The lines. `cut` shortens long cells, for a terminal.
    pub(crate) fn lines(&self, cut: bool) -> Vec<String> {
        let fit = |text: &str| {
            if cut {
                shortened(text, MAX_CELL)
            } else {
                text.to_owned()
            }
        };
        let width = |column: usize| {
            let cells = self
                .rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|(text, _)| fit(text).chars().count());
            cells
                .chain([fit(&self.header[column]).chars().count()])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let is_number = |column: usize| {
            let mut cells = self
                .rows
                .iter()
                .filter_map(|row| row.get(column))
                .filter(|(text, _)| !text.is_empty())
                .peekable();
            cells.peek().is_some() && cells.all(|(_, number)| *number)
        };
        let right: Vec<bool> = (0..self.header.len()).map(is_number).collect();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).zip(&right).map(|((text, width), right)| {
                let text = fit(text);
                if *right {
                    format!("{text:>width$}")
                } else {
                    format!("{text:<width$}")
                }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let rule = widths
            .iter()
            .map(|width| "-".repeat(*width))
            .collect::<Vec<_>>()
            .join("  ");
        let header = line(self.header.iter().map(String::as_str).collect());
        let rows = self
            .rows
            .iter()
            .map(|row| line(row.iter().map(|(text, _)| text.as_str()).collect()));
        [header, rule].into_iter().chain(rows).collect()
    }
}

/// At most `width` characters; a longer text ends in `…`.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A cell must not break its line, nor be measured with characters that the printer drops.
fn one_line(text: &str) -> String {
    clean(&text.replace(['\n', '\r', '\t'], " "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_align_numbers_to_the_right_and_cut_only_for_terminals() {
        let mut table = TextTable::new(["path", "events"]);
        table.row(&[json!("/"), json!(218)]);
        table.row(&[json!("/a\nb"), json!(7)]);
        assert_eq!(
            table.lines(true),
            ["path  events", "----  ------", "/        218", "/a b       7"]
        );
        table.row(&[json!("x".repeat(70)), json!(1)]);
        assert!(table.lines(true)[4].starts_with(&format!("{}…  ", "x".repeat(59))));
        assert!(table.lines(false)[4].starts_with(&"x".repeat(70)));
    }
}
