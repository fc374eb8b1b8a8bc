//! Events on their way out of the store, as bytes of a file format.

use async_trait::async_trait;
use hedgerow_errors::Result;
use serde::{Deserialize, Serialize};

/// The format of exported events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// One Parquet file: the columns of the events table, `person_key` being that of the current person.
    Parquet,
    /// One event a line, in `PostHog`'s form.
    Jsonl,
}

/// What to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The format.
    pub format: ExportFormat,
    /// The names of the events; all when empty.
    pub events: Vec<String>,
}

/// A part of an export. The parts, one after the other, are the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportPart {
    /// The bytes; JSON lines are whole.
    pub bytes: Vec<u8>,
    /// The events that were read for it, those that are not wanted included.
    pub read: u64,
    /// The events that went into the file.
    pub written: u64,
}

/// An export that is under way: all events of one moment, whatever is appended meanwhile.
#[async_trait]
pub trait ExportStream: Send {
    /// The events that will be read.
    fn total(&self) -> u64;

    /// The next part; `None` after the last one. It takes memory for some thousand events at a time,
    /// or for a row group of Parquet. After an error there is no next part.
    async fn next(&mut self) -> Result<Option<ExportPart>>;
}
