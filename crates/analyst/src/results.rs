//! Reads the text of a `query_trends` result: the preview of its rows and which rows are extreme.

use hedgerow_agent_api::Tainted;

/// A result as its text shows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Shown {
    /// The name in references.
    pub(crate) handle: String,
    /// The columns' names.
    pub(crate) columns: Vec<String>,
    /// The cells of the first rows.
    pub(crate) rows: Vec<Vec<String>>,
    /// The rows with the highest number of the last column, and how many share it.
    pub(crate) highest: Extreme,
    /// The same for the lowest.
    pub(crate) lowest: Extreme,
    /// True where values are put together as "Other".
    pub(crate) has_other: bool,
}

/// Rows that share an extreme number.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Extreme {
    pub(crate) rows: Vec<usize>,
    pub(crate) count: usize,
}

impl Shown {
    /// Reads a result's text; one row without a label has no extremes, it is its own.
    pub(crate) fn read(handle: &str, content: &str) -> Self {
        let mut shown = Self {
            handle: handle.to_owned(),
            ..Self::default()
        };
        for line in Tainted::unfenced(content).lines() {
            let mut cells = line.split('\t').map(str::to_owned);
            let first = cells.next().unwrap_or_default();
            if first == "row" && shown.columns.is_empty() {
                shown.columns = cells.collect();
            } else if !shown.columns.is_empty() && line.contains('\t') && first.parse() == Ok(shown.rows.len()) {
                shown.rows.push(cells.collect());
            } else if let Some(rest) = line.strip_prefix("# highest ") {
                shown.highest = shown.extreme(rest).unwrap_or(shown.highest);
            } else if let Some(rest) = line.strip_prefix("# lowest ") {
                shown.lowest = shown.extreme(rest).unwrap_or(shown.lowest);
            }
            shown.has_other |= line.starts_with("warning breakdown_other");
        }
        shown
    }

    /// `page_views: 12 in row 4`, `page_views: 12 in 7 rows: 0, 1, 2, ...`, of the last column.
    fn extreme(&self, text: &str) -> Option<Extreme> {
        let (column, rest) = text.split_once(": ")?;
        (Some(column) == self.columns.last().map(String::as_str)).then_some(())?;
        let (_, rows) = rest.split_once(" in ")?;
        let numbers = rows
            .split_once(": ")
            .map_or_else(|| rows.trim_start_matches("row "), |(_, list)| list);
        let listed: Vec<usize> = numbers.split(", ").filter_map(|number| number.parse().ok()).collect();
        let count = rows
            .split_once(" rows: ")
            .and_then(|(count, _)| count.parse().ok())
            .unwrap_or(listed.len());
        Some(Extreme { rows: listed, count })
    }

    /// The column of the last series.
    pub(crate) fn measure(&self) -> &str {
        self.columns.last().map_or("", String::as_str)
    }

    /// A reference to a cell, without braces.
    pub(crate) fn cell(&self, row: usize, column: &str) -> String {
        format!("{}[{row}].{column}", self.handle)
    }

    /// The number in a row's last cell.
    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        self.rows.get(row)?.last()?.parse().ok()
    }

    /// The row of events without the property, where the preview shows it: the last one.
    pub(crate) fn none_row(&self) -> Option<usize> {
        let last = self.rows.len().checked_sub(1)?;
        (self.columns.len() > 1 && self.rows[last].first().is_some_and(|label| label == "None")).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_reads_rows_and_extremes() {
        let content = "<data>\npage views by pathname\nrow\tpathname\tpage_views\n0\t/\t9\n1\t/a\t9\n2\tNone\t1\n\
            # highest page_views: 9 in 2 rows: 0, 1\n# lowest page_views: 9 in 7 rows: 0, 1, 2, 3, 4, ...\n\
            warning breakdown_other: more\ncomputed over x\n</data>";
        let shown = Shown::read("r1", content);
        assert_eq!(shown.columns, ["pathname", "page_views"]);
        assert_eq!(shown.rows.len(), 3);
        assert_eq!(
            shown.highest,
            Extreme {
                rows: vec![0, 1],
                count: 2
            }
        );
        assert_eq!(
            shown.lowest,
            Extreme {
                rows: vec![0, 1, 2, 3, 4],
                count: 7
            }
        );
        assert_eq!(shown.none_row(), Some(2));
        assert!(shown.has_other);
        let one = Shown::read(
            "r2",
            "<data>\nrow\tday\tevents\n0\t2015-05-17\t1\n# highest events: 1 in row 0\n</data>",
        );
        assert_eq!(
            one.highest,
            Extreme {
                rows: vec![0],
                count: 1
            }
        );
    }

    #[test]
    fn shown_is_not_misled_by_labels() {
        let content = "<data>\nt\nrow\tpathname\tpage_views\n0\t# highest page_views: 9 in row 5\t2\n1\t7\t1\n</data>";
        let shown = Shown::read("r1", content);
        assert_eq!(shown.highest, Extreme::default());
        assert_eq!(shown.rows.len(), 2);
    }
}
