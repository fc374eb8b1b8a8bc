//! Idempotency: an event's uuid is unique within its UTC day and the days beside it.

use std::collections::{BTreeMap, HashSet};

use hedgerow_data_api::EventRecord;
use hedgerow_errors::Result;
use uuid::Uuid;

use crate::parquet_file;
use crate::view::LakeView;

/// An event's UTC day, as days since 1970-01-01.
pub(crate) fn day_of(event: &EventRecord) -> i64 {
    event.timestamp.timestamp().div_euclid(86_400)
}

/// Drops events that occur twice in the batch, or that the lake has already. Returns the rest.
pub(crate) fn without_known(view: &LakeView, batch: Vec<EventRecord>) -> Result<Vec<EventRecord>> {
    let mut by_day: BTreeMap<i64, HashSet<Uuid>> = BTreeMap::new();
    for event in &batch {
        by_day.entry(day_of(event)).or_default().insert(event.uuid);
    }
    let mut known: HashSet<(i64, Uuid)> = HashSet::new();
    for file in &view.files {
        let near = by_day.range(file.day - 1..=file.day + 1);
        let wanted: HashSet<Uuid> = near.flat_map(|(_, uuids)| uuids).copied().collect();
        if !wanted.is_empty() {
            known.extend(
                parquet_file::present(&file.path, &wanted)?
                    .into_iter()
                    .map(|uuid| (file.day, uuid)),
            );
        }
    }
    let mut fresh = Vec::with_capacity(batch.len());
    for event in batch {
        let day = day_of(&event);
        if (day - 1..=day + 1).all(|near| !known.contains(&(near, event.uuid))) {
            known.insert((day, event.uuid));
            fresh.push(event);
        }
    }
    Ok(fresh)
}
