//! What can be set of a lake.

use std::time::Duration;

/// How the lake trades latency against throughput and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long the first of several small appends waits for the others that share its sync.
    pub group_window: Duration,
    /// Events in memory are flushed when they take so much, in bytes.
    pub flush_bytes: usize,
    /// And at the latest after so long.
    pub flush_after: Duration,
    /// Appends wait while events in memory take so much, in bytes.
    pub most_bytes: usize,
    /// An append of so many events goes to files at once: for it the file is the log.
    pub direct_events: usize,
    /// How many files of a day are merged into one.
    pub compact_files: usize,
    /// Snapshots that are older are forgotten, and with them the files that only they name.
    pub snapshots_for: Duration,
    /// Values of a property that are listed at most; of more the most frequent ones stay.
    pub listed_values: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            group_window: Duration::from_millis(5),
            flush_bytes: 32 << 20,
            flush_after: Duration::from_secs(60),
            most_bytes: 96 << 20,
            direct_events: 10_000,
            compact_files: 4,
            snapshots_for: Duration::from_secs(24 * 3600),
            listed_values: 1_000_000,
        }
    }
}

impl Settings {
    pub(crate) fn memory_kb(self) -> usize {
        (self.most_bytes >> 10).max(1)
    }
}
