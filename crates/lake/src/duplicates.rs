//! Idempotency: an event's uuid is unique within its UTC day and the days beside it.

use std::collections::{BTreeMap, HashSet};

use hedgerow_data_api::EventBatch;
use hedgerow_errors::Result;
use uuid::Uuid;

use crate::days::{day_of, near};
use crate::recent::Recent;
use crate::view::LakeFile;

/// The rows of a batch that neither occur before in it nor are in the lake.
pub(crate) fn fresh_rows(
    recent: &mut Recent,
    files: &[LakeFile],
    memory: &BTreeMap<i64, HashSet<Uuid>>,
    batch: &EventBatch,
) -> Result<Vec<u32>> {
    let mut by_day: BTreeMap<i64, Vec<u128>> = BTreeMap::new();
    for (uuid, time) in batch.uuids.iter().zip(&batch.timestamps) {
        by_day.entry(day_of(*time)).or_default().push(uuid.as_u128());
    }
    for uuids in by_day.values_mut() {
        uuids.sort_unstable();
    }
    let mut known = recent.present(files, &by_day)?;
    for (day, uuids) in memory {
        for wanted in by_day.range(near(*day)).map(|(_, wanted)| wanted) {
            let held = wanted.iter().filter(|uuid| uuids.contains(&Uuid::from_u128(**uuid)));
            known.extend(held.map(|uuid| (*day, *uuid)));
        }
    }
    let mut fresh = Vec::with_capacity(batch.len());
    for (row, (uuid, time)) in (0..).zip(batch.uuids.iter().zip(&batch.timestamps)) {
        let (day, uuid) = (day_of(*time), uuid.as_u128());
        if near(day).all(|near| !known.contains(&(near, uuid))) {
            known.insert((day, uuid));
            fresh.push(row);
        }
    }
    Ok(fresh)
}
