//! The rows with the highest and the lowest number of each measure, with ties.
//!
//! A reader of the preview sees only the first rows; these lines tell it which row of a long
//! table to refer to, and that a top value is shared. Rows for other and for missing values
//! are no candidates: they are not one value.

use hedgerow_data_api::{Role, Table, TrendsQuery, TrendsResponse};

use super::trends_table::{breakdown_values, is_collective};

/// How many tied rows are listed.
const LISTED: usize = 5;

/// `# highest page_views: 12 in row 4`, and the same for the lowest, for tables of several rows.
pub(super) fn extremes(query: &TrendsQuery, response: &TrendsResponse, table: &Table) -> Vec<String> {
    let values = breakdown_values(query, response);
    let candidate = |row: usize| {
        values
            .get(row % values.len().max(1))
            .is_some_and(|value| !is_collective(value.as_ref()))
    };
    let candidates: Vec<usize> = (0..table.rows.len()).filter(|row| candidate(*row)).collect();
    if candidates.len() < 2 {
        return Vec::new();
    }
    let measures = table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.role == Role::Measure);
    let mut lines = Vec::new();
    for (position, column) in measures {
        let number = |row: &usize| table.rows[*row][position].as_f64();
        let highest = candidates.iter().filter_map(number).max_by(f64::total_cmp);
        let lowest = candidates.iter().filter_map(number).min_by(f64::total_cmp);
        for (word, extreme) in [("highest", highest), ("lowest", lowest)] {
            let Some(extreme) = extreme else { continue };
            let rows: Vec<usize> = candidates
                .iter()
                .copied()
                .filter(|row| number(row).is_some_and(|number| number.total_cmp(&extreme).is_eq()))
                .collect();
            lines.push(format!("# {word} {}: {extreme} in {}", column.name, row_list(&rows)));
        }
    }
    lines
}

fn row_list(rows: &[usize]) -> String {
    let listed: Vec<String> = rows.iter().take(LISTED).map(ToString::to_string).collect();
    match rows.len() {
        1 => format!("row {}", listed.join(", ")),
        count if count > LISTED => format!("{count} rows: {}, ...", listed.join(", ")),
        count => format!("{count} rows: {}", listed.join(", ")),
    }
}
