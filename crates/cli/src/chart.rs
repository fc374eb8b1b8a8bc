//! A small bar chart of text, for a result that an answer rests on.

use hedgerow_data_api::{Role, Table};
use serde_json::Value;

use crate::number;
use crate::table::shortened;

/// The chart's width, in columns.
const WIDTH: usize = 60;
/// The widest label.
const LABEL: usize = 28;
/// The most bars; a chart that fills the screen is no small one.
const BARS: usize = 24;
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// One bar a row of a column, or nothing where a chart would say nothing: fewer than two rows, no
/// such column, or a number below zero.
pub(crate) fn bars(table: &Table, column: &str) -> Vec<String> {
    let Some(position) = table.column_index(column) else {
        return Vec::new();
    };
    let values: Vec<Option<f64>> = table
        .rows
        .iter()
        .map(|row| row.get(position).and_then(Value::as_f64))
        .collect();
    let known = values.iter().flatten();
    if known.clone().count() < 2 || known.clone().any(|value| *value < 0.0) {
        return Vec::new();
    }
    let shown = values.len().min(BARS);
    let largest = values.iter().take(shown).flatten().copied().fold(0.0, f64::max);
    let labels: Vec<String> = (0..shown)
        .map(|row| shortened(&plain_label(table, row), LABEL))
        .collect();
    let texts: Vec<String> = (0..shown).map(|row| text(&table.rows[row][position])).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let (label_width, text_width) = (widest(&labels), widest(&texts));
    let room = WIDTH.saturating_sub(label_width + text_width + 2);
    let line = |row: usize| {
        let bar = bar(values[row].unwrap_or(0.0), largest, room);
        format!("{:<label_width$} {:>text_width$} {bar}", labels[row], texts[row])
            .trim_end()
            .to_owned()
    };
    let mut lines: Vec<String> = (0..shown).map(line).collect();
    let hidden = (values.len() - shown) as u64 + table.rows_cut;
    if hidden > 0 {
        lines.push(format!("({hidden} more rows)"));
    }
    lines
}

/// The first column of numbers.
pub(crate) fn first_measure(table: &Table) -> Option<&str> {
    table
        .columns
        .iter()
        .find(|column| column.role == Role::Measure)
        .map(|column| column.name.as_str())
}

/// The row's label without the zeros of a time: a day as a day, an hour as an hour. A tab or line
/// break in a name would break the chart's lines.
fn plain_label(table: &Table, row: usize) -> String {
    let label = table
        .row_label(row)
        .replace("T00:00:00Z", "")
        .replace(":00Z", "")
        .replace(" 00:00:00", "");
    label.replace(['\n', '\r', '\t'], " ")
}

fn text(value: &Value) -> String {
    value.as_number().map_or_else(|| "-".to_owned(), number::grouped)
}

/// A bar of full blocks and one of eighths; the longest value fills the room.
fn bar(value: f64, largest: f64, room: usize) -> String {
    if largest <= 0.0 {
        return String::new();
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the room is a few dozen columns, and the value lies between zero and the largest"
    )]
    let eighths = (value / largest * (room * 8) as f64).round() as usize;
    let full = "█".repeat(eighths / 8);
    let rest = eighths % 8;
    if rest == 0 {
        full
    } else {
        format!("{full}{}", EIGHTHS[rest - 1])
    }
}

#[cfg(test)]
mod tests {
    use hedgerow_data_api::{Column, Unit};
    use serde_json::json;

    use super::*;

    fn table(rows: Vec<Vec<Value>>) -> Table {
        let column = |name: &str, role| Column {
            name: name.into(),
            title: name.into(),
            role,
            unit: Unit::Events,
        };
        let columns = vec![column("day", Role::Time), column("page_views", Role::Measure)];
        Table {
            title: "page views".into(),
            columns,
            rows,
            rows_cut: 0,
        }
    }

    #[test]
    fn bars_show_each_row_in_proportion() {
        let rows = vec![
            vec![json!("2015-05-17"), json!(500)],
            vec![json!("2015-05-18"), json!(1000)],
            vec![json!("2015-05-19"), json!(0)],
        ];
        let lines = bars(&table(rows), "page_views");
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        let blocks = |line: &str| line.chars().filter(|c| *c == '█').count();
        assert_eq!(lines[1].chars().count(), WIDTH);
        assert_eq!(blocks(&lines[0]), blocks(&lines[1]) / 2);
        assert_eq!(lines[2], "2015-05-19     0");
    }

    #[test]
    fn bars_say_how_many_rows_are_hidden() {
        let rows = (0..30)
            .map(|row| vec![json!(format!("row {row}")), json!(row)])
            .collect();
        assert_eq!(bars(&table(rows), "page_views").last().unwrap(), "(6 more rows)");
    }

    #[test]
    fn bars_are_left_out_where_they_say_nothing() {
        let one = vec![vec![json!("a"), json!(1)]];
        let below = vec![vec![json!("a"), json!(1)], vec![json!("b"), json!(-1)]];
        for rows in [Vec::new(), one, below] {
            assert!(bars(&table(rows), "page_views").is_empty());
        }
        assert!(bars(&table(Vec::new()), "other").is_empty());
    }
}
