//! Idempotency: an event's uuid is unique within its UTC day and the days beside it.

use std::collections::{BTreeMap, HashSet};

use hedgerow_data_api::EventBatch;
use hedgerow_errors::Result;
use uuid::Uuid;

use crate::recent::{Recent, near};
use crate::view::LakeFile;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// The UTC day of an instant in microseconds, as days since 1970-01-01.
pub(crate) fn day_of(timestamp: i64) -> i64 {
    timestamp.div_euclid(DAY_US)
}

/// The rows of a batch that neither occur before in it nor are in the lake.
pub(crate) fn fresh_rows(
    recent: &mut Recent,
    files: &[LakeFile],
    memory: &BTreeMap<i64, HashSet<Uuid>>,
    batch: &EventBatch,
) -> Result<Vec<u32>> {
    let mut by_day: BTreeMap<i64, HashSet<Uuid>> = BTreeMap::new();
    for (uuid, time) in batch.uuids.iter().zip(&batch.timestamps) {
        by_day.entry(day_of(*time)).or_default().insert(*uuid);
    }
    let mut known = recent.present(files, &by_day)?;
    for (day, uuids) in memory {
        for wanted in by_day.range(near(*day)).map(|(_, wanted)| wanted) {
            known.extend(wanted.intersection(uuids).map(|uuid| (*day, *uuid)));
        }
    }
    let mut fresh = Vec::with_capacity(batch.len());
    for (row, (uuid, time)) in (0..).zip(batch.uuids.iter().zip(&batch.timestamps)) {
        let day = day_of(*time);
        if near(day).all(|near| !known.contains(&(near, *uuid))) {
            known.insert((day, *uuid));
            fresh.push(row);
        }
    }
    Ok(fresh)
}
