//! Idempotency: an event's uuid is unique within its UTC day and the days beside it.

use std::collections::{BTreeMap, HashSet};

use hedgerow_data_api::EventRecord;
use hedgerow_errors::Result;
use uuid::Uuid;

use crate::recent::{Recent, near};
use crate::view::LakeView;

/// An event's UTC day, as days since 1970-01-01.
pub(crate) fn day_of(event: &EventRecord) -> i64 {
    event.timestamp.timestamp().div_euclid(86_400)
}

/// Drops events that occur twice in the batch, or that the lake has already. Returns the rest.
pub(crate) fn without_known(recent: &mut Recent, view: &LakeView, batch: Vec<EventRecord>) -> Result<Vec<EventRecord>> {
    let mut by_day: BTreeMap<i64, HashSet<Uuid>> = BTreeMap::new();
    for event in &batch {
        by_day.entry(day_of(event)).or_default().insert(event.uuid);
    }
    let mut known = recent.present(view, &by_day)?;
    let mut fresh = Vec::with_capacity(batch.len());
    for event in batch {
        let day = day_of(&event);
        if near(day).all(|near| !known.contains(&(near, event.uuid))) {
            known.insert((day, event.uuid));
            fresh.push(event);
        }
    }
    Ok(fresh)
}
