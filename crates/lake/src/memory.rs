//! The memory half of a view: events that are in the write-ahead log and not in files yet.

use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use hedgerow_data_api::EventBatch;
use hedgerow_errors::Result;
use uuid::Uuid;

use crate::counts::Counts;
use crate::layout::Layout;
use crate::people::{PeopleChanges, person_keys};
use crate::shred::Shredded;

/// Events of one segment, in the three forms that are needed of them.
#[derive(Debug)]
pub(crate) struct MemoryBatch {
    /// The segment of the log that holds them.
    pub(crate) segment: Uuid,
    /// What its appends took of the room for events in memory, in KB.
    pub(crate) reserved: usize,
    /// For the flush.
    pub(crate) events: EventBatch,
    /// For queries; only columns in which something stands.
    pub(crate) rows: RecordBatch,
    /// For the taxonomy.
    pub(crate) counts: Arc<Counts>,
    /// For persons and groups.
    pub(crate) people: Arc<PeopleChanges>,
}

impl MemoryBatch {
    pub(crate) fn new(segment: Uuid, reserved: usize, events: EventBatch, layout: &Layout) -> Result<Self> {
        let order: Vec<u32> = (0..events.len() as u32).collect();
        let keys = person_keys(&events);
        let shredded = Shredded::new(&events, layout, order, &keys);
        let to = events.len() as u32;
        let rows = shredded.rows(&shredded.present(0, to), 0, to)?;
        Ok(Self {
            segment,
            reserved,
            rows,
            counts: Arc::new(Counts::of(&events, None)),
            people: Arc::new(PeopleChanges::of(&events)),
            events,
        })
    }

    /// Merges the last batches until each is more than twice as long as the next, so that many small
    /// appends become few batches at little cost.
    pub(crate) fn settle(memory: &mut Vec<Arc<Self>>, layout: &Layout) -> Result<()> {
        while let [.., before, last] = memory.as_slice() {
            if before.segment != last.segment || before.events.len() > 2 * last.events.len() {
                break;
            }
            let mut events = before.events.clone();
            events.append(&last.events);
            let merged = Self::new(last.segment, before.reserved + last.reserved, events, layout)?;
            memory.truncate(memory.len() - 2);
            memory.push(Arc::new(merged));
        }
        Ok(())
    }
}

/// Bytes as whole KB, at least one.
pub(crate) fn kb(bytes: usize) -> usize {
    bytes.div_ceil(1024).max(1)
}
