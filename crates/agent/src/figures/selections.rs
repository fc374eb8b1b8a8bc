//! What the rows and columns of a result stand for: which filters hold for a column, whether rows
//! are missing, and which rows are no single values.

use std::collections::BTreeSet;

use hedgerow_data_api::{Role, Unit};

use super::filters;
use super::turn::{CellAt, Turn};

/// A word that a sentence may use for what the conditions of a series select.
const MATCHING: &str = "matching";
/// The row of all values beyond the limit of a breakdown.
const OTHER: &str = "Other";
/// The row of events without the property of a breakdown.
const NONE: &str = "None";

impl Turn<'_> {
    /// The filters that hold for all of some columns; without columns, for all measures.
    pub(super) fn filters(&self, table: usize, columns: &[usize]) -> BTreeSet<String> {
        let measures = self.columns_of(table, Role::Measure);
        let looked_at = if columns.is_empty() { &measures } else { columns };
        let mut sets = looked_at.iter().map(|column| self.filters_of(table, *column));
        let first = sets.next().unwrap_or_default();
        sets.fold(first, |common, set| common.intersection(&set).cloned().collect())
    }

    fn filters_of(&self, table: usize, column: usize) -> BTreeSet<String> {
        let Some(provenance) = &self.results[table].provenance else {
            return BTreeSet::new();
        };
        // The measures of a result stand in the order of its series.
        let mut measures = self.columns_of(table, Role::Measure).into_iter();
        let series = measures
            .position(|measure| measure == column)
            .map(|position| position + 1);
        let holds = |filter: &String| match filters::own(filter) {
            Some((number, own)) => (Some(number) == series).then(|| own.to_owned()),
            None => Some(filter.clone()),
        };
        provenance.filters.iter().filter_map(holds).collect()
    }

    /// The words by which a sentence may narrow down what these columns count.
    pub(super) fn filter_words(&self, table: usize, columns: &[usize]) -> BTreeSet<String> {
        let mut words: BTreeSet<String> = self
            .filters(table, columns)
            .iter()
            .flat_map(|filter| filters::words(filter))
            .collect();
        let has_own = |column: &usize| !self.own_filters(table, *column).is_empty();
        if !columns.is_empty() && columns.iter().all(has_own) {
            words.insert(MATCHING.to_owned());
        }
        words
    }

    /// The words for what is surely taken out of what these columns count.
    pub(super) fn excluded_words(&self, table: usize, columns: &[usize]) -> BTreeSet<String> {
        let filters = self.filters(table, columns).into_iter();
        filters.flat_map(|filter| filters::excluded(&filter)).collect()
    }

    /// The filters of a column beyond those of the columns with the same measure.
    pub(super) fn own_filters(&self, table: usize, column: usize) -> BTreeSet<String> {
        let shared = self.filters(table, &self.siblings(table, column));
        self.filters_of(table, column).difference(&shared).cloned().collect()
    }

    /// The columns that count the same as a column, itself included.
    fn siblings(&self, table: usize, column: usize) -> Vec<usize> {
        let is = |other: usize| {
            let shown = self.column(table, other);
            (shown.measure_title().to_lowercase(), shown.unit)
        };
        let mut measures = self.columns_of(table, Role::Measure);
        measures.retain(|other| is(*other) == is(column));
        measures
    }

    /// The words that tell a column apart from those with the same measure.
    pub(super) fn telling_words(&self, table: usize, column: usize) -> BTreeSet<String> {
        let own = self.own_filters(table, column);
        let mut words: BTreeSet<String> = own.iter().flat_map(|filter| filters::words(filter)).collect();
        words.extend(filters::split_words(
            self.column(table, column).label().unwrap_or_default(),
        ));
        words.insert(MATCHING.to_owned());
        words
    }

    /// The words of a table's titles, which restrict nothing; of its measures only those looked at.
    pub(super) fn title_words(&self, table: usize, columns: &[usize]) -> BTreeSet<String> {
        let mut words = filters::split_words(&self.table(table).title);
        for (position, column) in self.table(table).columns.iter().enumerate() {
            if column.role != Role::Measure || columns.contains(&position) {
                words.extend(filters::split_words(column.measure_title()));
            }
        }
        words
    }

    /// True where rows may exist that are not in the table.
    pub(super) fn is_cut(&self, table: usize) -> bool {
        let result = &self.results[table];
        let warned = result.warnings.iter().any(|warning| warning.code == "row_limit");
        let limited = result.provenance.as_ref().is_some_and(|provenance| {
            let cuts = |word: &str| matches!(word, "limit" | "fetch" | "offset" | "top" | "tablesample");
            let stated =
                provenance.kind == "SqlQuery" && filters::split_words(&provenance.query).iter().any(|word| cuts(word));
            let rows = result.table.rows.len();
            stated
                || provenance
                    .limits
                    .iter()
                    .filter_map(|limit| row_limit(limit))
                    .any(|limit| rows >= limit)
        });
        result.table.rows_cut > 0 || warned || limited
    }

    /// True for a row that stands for other or for missing values of a breakdown.
    pub(super) fn is_collective(&self, table: usize, row: usize) -> bool {
        self.has_label(table, row, OTHER) || self.has_label(table, row, NONE)
    }

    /// True where a row stands for several values, so that the least of them are not there.
    pub(super) fn hides_values(&self, table: usize) -> bool {
        (0..self.table(table).rows.len()).any(|row| self.has_label(table, row, OTHER))
    }

    fn has_label(&self, table: usize, row: usize, text: &str) -> bool {
        let made = self.results[table].provenance.as_ref();
        let breakdown = made.is_some_and(|provenance| provenance.kind == "TrendsQuery");
        let mut labels = self.columns_of(table, Role::Label).into_iter();
        breakdown && labels.any(|column| self.text(CellAt { table, row, column }) == text)
    }

    /// True where the cell's number has no unit, so that only its title says what it counts.
    pub(super) fn is_plain(&self, at: CellAt) -> bool {
        self.unit(at) == Unit::None
    }
}

/// `100 rows (default)`
fn row_limit(limit: &str) -> Option<usize> {
    let (number, rest) = limit.split_once(' ')?;
    let rows = rest.split(' ').next() == Some("rows");
    number.parse().ok().filter(|_| rows)
}
