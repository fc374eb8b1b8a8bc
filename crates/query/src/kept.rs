//! Results that are kept, for when the same is computed on the same data again.
//!
//! What is kept is not an answer but what a plan gave. A query is validated and planned anew each time, so that all it
//! looks up (the clock, actions, cohorts, settings, persons) is in its plan: as a literal, or within a function that
//! holds it. Where the plan equals one that was run, and the data is the very same, so is what it gives.

mod asked;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use datafusion::arrow::record_batch::RecordBatch;

pub(crate) use asked::Asked;

/// What a part of the room one result may take.
const PART: usize = 8;

/// Results of plans, the latest used, up to so many bytes.
pub(crate) struct Results {
    most_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<Arc<Asked>, Entry>,
    bytes: usize,
    /// Grows with each use.
    uses: u64,
}

struct Entry {
    found: Found,
    bytes: usize,
    last_use: u64,
}

/// What a plan gave.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) batches: Vec<RecordBatch>,
    /// When it was computed, by the clock of its query.
    pub(crate) at: DateTime<Utc>,
}

impl fmt::Debug for Results {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Results").finish_non_exhaustive()
    }
}

impl Results {
    /// Keeps so many bytes at most.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            kept: Mutex::default(),
        }
    }

    /// What the same gave before.
    pub(crate) fn get(&self, asked: &Asked) -> Option<Found> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let entry = kept.entries.get_mut(asked)?;
        entry.last_use = now;
        Some(entry.found.clone())
    }

    /// Keeps what a plan gave. What was kept of the same project on other data goes: nobody reads that any more.
    pub(crate) fn put(&self, asked: Asked, batches: &[RecordBatch], at: DateTime<Utc>) {
        let bytes = batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>() + asked.bytes();
        if bytes > self.most_bytes / PART {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| !asked.is_other_data(other));
        kept.uses += 1;
        let found = Found {
            batches: batches.to_vec(),
            at,
        };
        let last_use = kept.uses;
        let entry = Entry { found, bytes, last_use };
        if let Some(before) = kept.entries.insert(Arc::new(asked), entry) {
            kept.bytes -= before.bytes;
        }
        kept.bytes += bytes;
        while kept.bytes > self.most_bytes {
            let oldest = kept.entries.values().map(|entry| entry.last_use).min().unwrap_or(0);
            let used_since = |entry: &Entry| entry.last_use > oldest;
            let removed: usize = kept
                .entries
                .values()
                .filter(|entry| !used_since(entry))
                .map(|entry| entry.bytes)
                .sum();
            kept.entries.retain(|_, entry| used_since(entry));
            kept.bytes -= removed;
        }
    }
}

impl Kept {
    fn retain(&mut self, keep: impl Fn(&Asked) -> bool) {
        let mut bytes = 0;
        self.entries.retain(|asked, entry| {
            let stays = keep(asked);
            bytes += if stays { entry.bytes } else { 0 };
            stays
        });
        self.bytes = bytes;
    }
}
