//! The rows of some persons, which lie together in each file.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderMetadata;
use datafusion::physical_plan::metrics::Count;
use tokio::sync::OnceCell;

use super::super::chunks;
use super::super::runs::{Run, Runs};
use super::{ChunkScan, Columns};

/// For which rows of a row group a condition holds, as bits; `None` for all.
#[derive(Debug)]
struct Holds(Option<Vec<u64>>);

impl Holds {
    fn new(holds: Option<&BooleanBuffer>) -> Self {
        Self(holds.map(|holds| holds.bit_chunks().iter_padded().collect()))
    }

    fn count(&self, rows: u64) -> u64 {
        match &self.0 {
            Some(words) => words.iter().map(|word| u64::from(word.count_ones())).sum(),
            None => rows,
        }
    }

    /// The rows of a run for which it holds.
    fn rows_of(&self, run: &Run, into: &mut Vec<u32>) {
        let Some(words) = &self.0 else {
            into.extend(run.start..run.start + run.rows);
            return;
        };
        let (mut row, end) = (run.start, run.start + run.rows);
        while row < end {
            let (word, shift) = (words[(row / u64::BITS) as usize], row % u64::BITS);
            let length = (u64::BITS - shift).min(end - row);
            let mut bits = word >> shift & u64::MAX >> (u64::BITS - length);
            while bits != 0 {
                into.push(row + bits.trailing_zeros());
                bits &= bits - 1;
            }
            row += length;
        }
    }
}

/// For which rows the condition of a scan holds, which is settled once for all shares.
#[derive(Debug, Default)]
pub(in super::super) struct Holding {
    /// By file and row group.
    known: Mutex<HashMap<(usize, usize), Arc<OnceCell<Holds>>>>,
    /// The first file that no partition has begun with.
    next: AtomicUsize,
}

impl Holding {
    fn of(&self, row_group: (usize, usize)) -> Arc<OnceCell<Holds>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(row_group).or_default())
    }
}

/// What is wanted of the rows of some persons.
pub(in super::super) struct Wanted<'a> {
    pub(in super::super) holding: &'a Holding,
    /// A column of the table by which rows are told apart beside their person.
    pub(in super::super) value: Option<usize>,
    /// Whether of rows that are the same in everything one will do.
    pub(in super::super) once: bool,
    /// Where the rows are counted that are looked at; they are looked at for each share.
    pub(in super::super) rows_read: Option<&'a Count>,
    pub(in super::super) bytes_read: &'a Count,
}

/// Rows of a row group.
pub(in super::super) struct Chosen<'a> {
    pub(in super::super) rows: &'a RecordBatch,
    /// The person of each row.
    pub(in super::super) persons: &'a [i64],
    /// The value of each row, where one is wanted, as it lies in memory.
    pub(in super::super) values: Option<&'a ArrayRef>,
    /// The place of their file, and of the row group in it; none in memory.
    pub(in super::super) row_group: Option<(usize, usize)>,
}

impl ChunkScan {
    /// Settles the condition for all rows together with the other partitions: a file each, as long as there are any.
    /// Gives for how many rows it holds.
    pub(in super::super) async fn settled(self: &Arc<Self>, holding: &Holding, bytes_read: &Count) -> Result<u64> {
        if self.condition.is_none() {
            return Ok(self.rows());
        }
        loop {
            let file = holding.next.fetch_add(1, Ordering::Relaxed);
            if file >= self.files.len() {
                break;
            }
            self.settled_of_file(file, holding, bytes_read).await?;
        }
        let mut kept = 0;
        for file in 0..self.files.len() {
            kept += self.settled_of_file(file, holding, bytes_read).await?;
        }
        Ok(kept)
    }

    async fn settled_of_file(self: &Arc<Self>, file: usize, holding: &Holding, bytes_read: &Count) -> Result<u64> {
        let footer = self.footer(file).await?;
        let mut kept = 0;
        for group in 0..footer.metadata().num_row_groups() {
            let holds = holding.of((file, group));
            let settle = || self.holds_of(file, &footer, group, bytes_read);
            let rows = chunks::rows(&footer, group);
            kept += holds.get_or_try_init(settle).await?.count(rows as u64);
        }
        Ok(kept)
    }

    async fn holds_of(
        self: &Arc<Self>,
        file: usize,
        footer: &ArrowReaderMetadata,
        group: usize,
        bytes_read: &Count,
    ) -> Result<Holds> {
        let scanned = &self.files[file];
        let mut needed = Vec::new();
        if let Some(condition) = &self.condition {
            condition.columns(self.timestamp, scanned.span, &mut needed);
        }
        needed.sort_unstable();
        needed.dedup();
        let columns = self.columns(file, footer, group, needed, bytes_read).await?;
        let holds = self.holds(scanned, &columns, chunks::rows(footer, group))?;
        // A place where a cancelled query ends.
        tokio::task::yield_now().await;
        Ok(Holds::new(holds.as_ref()))
    }

    /// Calls back with the wanted rows of the persons of some shares, a batch for each row group that has any.
    pub(in super::super) async fn rows_of(
        self: &Arc<Self>,
        shares: &Range<usize>,
        wanted: &Wanted<'_>,
        mut each: impl FnMut(Chosen<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut rows = Vec::new();
        let mut persons = Vec::new();
        for file in 0..self.files.len() {
            let (footer, scanned) = (self.footer(file).await?, &self.files[file]);
            let is_settled = wanted.once && self.made.iter().all(|made| self.constant(made, scanned).is_some());
            for group in 0..footer.metadata().num_row_groups() {
                wanted
                    .rows_read
                    .inspect(|rows_read| rows_read.add(chunks::rows(&footer, group)));
                let runs = self.runs(file, &footer, group, wanted.bytes_read).await?;
                let of_shares = runs.of(shares);
                if of_shares.is_empty() {
                    continue;
                }
                let holds = wanted.holding.of((file, group));
                let holds = holds
                    .get_or_try_init(|| self.holds_of(file, &footer, group, wanted.bytes_read))
                    .await?;
                rows.clear();
                persons.clear();
                for run in of_shares {
                    holds.rows_of(run, &mut rows);
                    persons.resize(rows.len(), run.person);
                }
                if rows.is_empty() {
                    continue;
                }
                let columns = self.columns_of(file, &footer, group, wanted).await?;
                let value = wanted.value.map(|value| columns.column(value)).transpose()?;
                if is_settled {
                    settle(value.as_ref(), &mut rows, &mut persons);
                }
                let chosen = UInt32Array::from(std::mem::take(&mut rows));
                let choose = |array: ArrayRef| Ok(take(&array, &chosen, None)?);
                let made = self.made(scanned, &columns, chosen.len(), choose)?;
                each(Chosen {
                    rows: &self.batch(&made, 0, chosen.len())?,
                    persons: &persons,
                    values: value.map(choose).transpose()?.as_ref(),
                    row_group: Some((file, group)),
                })?;
                // Room for others, and a place where a cancelled query ends.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// The columns of a row group that are made, and the value.
    async fn columns_of(
        self: &Arc<Self>,
        file: usize,
        footer: &ArrowReaderMetadata,
        group: usize,
        wanted: &Wanted<'_>,
    ) -> Result<Columns> {
        let scanned = &self.files[file];
        let made = self.made.iter().filter(|made| self.constant(made, scanned).is_none());
        let mut needed: Vec<usize> = made.map(super::Made::column).chain(wanted.value).collect();
        needed.sort_unstable();
        needed.dedup();
        self.columns(file, footer, group, needed, wanted.bytes_read).await
    }

    /// The runs of persons in a row group.
    async fn runs(
        self: &Arc<Self>,
        file: usize,
        footer: &ArrowReaderMetadata,
        group: usize,
        bytes_read: &Count,
    ) -> Result<Arc<Runs>> {
        let path = &self.files[file].path;
        let known = self.chunks.runs(path, group);
        if let Some(known) = known.filter(|runs| runs.are_of(&self.overrides, self.partitions)) {
            return Ok(known);
        }
        let columns = self
            .columns(file, footer, group, vec![self.person_key], bytes_read)
            .await?;
        let runs = Runs::new(&columns.column(self.person_key)?, &self.overrides, self.partitions)?;
        let runs = Arc::new(runs);
        self.chunks.put_runs(path, group, &runs);
        Ok(runs)
    }
}

/// Leaves one of the rows that follow each other with the same person and value.
fn settle(value: Option<&ArrayRef>, rows: &mut Vec<u32>, persons: &mut Vec<i64>) {
    let codes = match value.map(|value| value.as_dictionary_opt::<Int32Type>()) {
        None => None,
        Some(Some(value)) => Some((value.keys().values(), value.keys().nulls())),
        Some(None) => return,
    };
    let code = |row: u32| {
        let row = row as usize;
        codes.and_then(|(codes, nulls)| nulls.is_none_or(|nulls| nulls.is_valid(row)).then(|| codes[row]))
    };
    let mut kept = 0;
    let mut last = None;
    for at in 0..rows.len() {
        let this = (persons[at], code(rows[at]));
        if last.replace(this) != Some(this) {
            (rows[kept], persons[kept]) = (rows[at], persons[at]);
            kept += 1;
        }
    }
    rows.truncate(kept);
    persons.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_run_are_those_whose_bits_are_set() {
        let is_kept = |row: usize| row.is_multiple_of(3) || (60..140).contains(&row);
        let buffer = BooleanBuffer::collect_bool(1000, is_kept).slice(5, 900);
        let holds = Holds::new(Some(&buffer));
        assert_eq!(holds.count(900), buffer.count_set_bits() as u64);
        for (start, rows) in [
            (0, 0),
            (0, 1),
            (0, 64),
            (0, 900),
            (1, 63),
            (1, 64),
            (63, 2),
            (130, 700),
            (899, 1),
        ] {
            let (mut found, person) = (Vec::new(), 1);
            holds.rows_of(&Run { person, start, rows }, &mut found);
            let wanted = (start..start + rows).filter(|row| is_kept(*row as usize + 5));
            assert_eq!(found, wanted.collect::<Vec<_>>(), "{rows} rows from {start}");
        }
        let mut all = Vec::new();
        Holds::new(None).rows_of(
            &Run {
                person: 1,
                start: 7,
                rows: 2,
            },
            &mut all,
        );
        assert_eq!(all, [7, 8]);
    }
}
