//! A store in memory for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use hedgerow_data_api::{Appended, EventBatch, EventRecord, EventSink};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use uuid::Uuid;

/// Keeps events by uuid, as the lake does, and can be told to fail.
#[derive(Default)]
pub(crate) struct MemorySink {
    pub(crate) events: Mutex<BTreeMap<Uuid, EventRecord>>,
    pub(crate) batches: Mutex<Vec<usize>>,
    pub(crate) fails_after: Option<usize>,
}

#[async_trait]
impl EventSink for MemorySink {
    async fn append(&self, _project: &ProjectId, batch: EventBatch) -> Result<Appended> {
        let mut batches = self.batches.lock().unwrap();
        if self.fails_after.is_some_and(|limit| batches.len() >= limit) {
            return Err(Error::new(Code::Io, "disk full").with_hint("make room"));
        }
        batches.push(batch.len());
        let mut events = self.events.lock().unwrap();
        let mut appended = Appended::default();
        for mut event in batch.records() {
            // The order of columns is that of their first appearance in a batch and means nothing.
            event.properties.sort_by(|(left, _), (right, _)| left.cmp(right));
            match events.insert(event.uuid, event) {
                None => appended.added += 1,
                Some(_) => appended.already_present += 1,
            }
        }
        Ok(appended)
    }
}

impl MemorySink {
    pub(crate) fn count(&self, wanted: impl Fn(&EventRecord) -> bool) -> usize {
        self.events
            .lock()
            .unwrap()
            .values()
            .filter(|event| wanted(event))
            .count()
    }

    pub(crate) fn distinct<T: Ord>(&self, of: impl Fn(&EventRecord) -> Option<T>) -> usize {
        self.events
            .lock()
            .unwrap()
            .values()
            .filter_map(of)
            .collect::<BTreeSet<T>>()
            .len()
    }
}
