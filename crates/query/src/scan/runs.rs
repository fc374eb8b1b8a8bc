//! Where the events of each person lie in a row group.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::hash_utils::create_hashes;
use datafusion::common::{Result, internal_err};
use datafusion::physical_plan::repartition::REPARTITION_RANDOM_STATE;
use hedgerow_lake::Overrides;

/// Into how many shares each partition divides its persons.
pub(super) const SHARES: usize = 64;

/// Rows that follow one another and are of the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The person after all merges.
    pub(super) person: i64,
    pub(super) start: u32,
    pub(super) rows: u32,
}

/// The runs of a row group, those of each share of the persons together.
#[derive(Debug)]
pub(super) struct Runs {
    /// The merges that they are of.
    overrides: Arc<Overrides>,
    partitions: usize,
    /// Where each share begins, and the end.
    starts: Vec<u32>,
    runs: Vec<Run>,
}

impl Runs {
    /// From the keys that events came with.
    pub(super) fn new(keys: &ArrayRef, overrides: &Arc<Overrides>, partitions: usize) -> Result<Self> {
        let Some(keys) = keys
            .as_primitive_opt::<Int64Type>()
            .filter(|keys| keys.null_count() == 0)
        else {
            return internal_err!("the keys of persons are no whole numbers");
        };
        let mut found = Vec::new();
        let mut start = 0;
        for run in keys.values().chunk_by(|one, other| one == other) {
            let person = overrides.get(&run[0]).copied().unwrap_or(run[0]);
            let rows = u32::try_from(run.len()).unwrap_or(u32::MAX);
            found.push(Run { person, start, rows });
            start += rows;
        }
        let persons = Int64Array::from_iter_values(found.iter().map(|run| run.person));
        let shares = shares(&persons, partitions)?;
        let mut starts = vec![0_u32; partitions * SHARES + 1];
        for share in &shares {
            starts[share + 1] += 1;
        }
        for share in 1..starts.len() {
            starts[share] += starts[share - 1];
        }
        let mut next = starts.clone();
        let mut runs = vec![
            Run {
                person: 0,
                start: 0,
                rows: 0
            };
            found.len()
        ];
        for (run, share) in found.into_iter().zip(shares) {
            runs[next[share] as usize] = run;
            next[share] += 1;
        }
        Ok(Self {
            overrides: Arc::clone(overrides),
            partitions,
            starts,
            runs,
        })
    }

    /// Whether they are of these merges, for so many partitions.
    pub(super) fn are_of(&self, overrides: &Arc<Overrides>, partitions: usize) -> bool {
        Arc::ptr_eq(&self.overrides, overrides) && self.partitions == partitions
    }

    /// The runs of some shares, in the order of rows within each.
    pub(super) fn of(&self, shares: &Range<usize>) -> &[Run] {
        &self.runs[self.starts[shares.start] as usize..self.starts[shares.end] as usize]
    }

    pub(super) fn bytes(&self) -> usize {
        self.runs.capacity() * size_of::<Run>() + self.starts.capacity() * size_of::<u32>()
    }
}

/// The share of each person, of all partitions: a partition has the persons that it would get by their hash.
pub(super) fn shares(persons: &Int64Array, partitions: usize) -> Result<Vec<usize>> {
    let mut hashes = vec![0; persons.len()];
    create_hashes(
        [persons as &dyn Array],
        REPARTITION_RANDOM_STATE.random_state(),
        &mut hashes,
    )?;
    let share = |hash: u64| {
        let all = usize::try_from(hash % (partitions * SHARES) as u64).unwrap_or(0);
        all % partitions * SHARES + all / partitions
    };
    Ok(hashes.into_iter().map(share).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_in_the_share_of_its_person() {
        let keys: Vec<i64> = (0..3000).map(|row| row / 7 * 1_000_003).collect();
        let overrides = Arc::new(Overrides::from([(0, 5 * 1_000_003), (1_000_003, 77)]));
        let array: ArrayRef = Arc::new(Int64Array::from(keys.clone()));
        let runs = Runs::new(&array, &overrides, 3).unwrap();
        let mut seen = vec![false; keys.len()];
        for share in 0..3 * SHARES {
            for run in runs.of(&(share..share + 1)) {
                let person = Int64Array::from(vec![run.person]);
                assert_eq!(shares(&person, 3).unwrap(), vec![share]);
                for row in run.start..run.start + run.rows {
                    let key = keys[row as usize];
                    assert_eq!(run.person, overrides.get(&key).copied().unwrap_or(key));
                    assert!(!std::mem::replace(&mut seen[row as usize], true));
                }
            }
        }
        assert!(seen.into_iter().all(|seen| seen));
        assert!(runs.are_of(&overrides, 3) && !runs.are_of(&Arc::new(Overrides::new()), 3));
    }
}
