//! Importers: what turns foreign data into events.
//!
//! An importer writes through [`hedgerow_data_api::EventSink`] and knows no engine. `access_log`
//! reads the logs of web servers; `csv`, `jsonl` and `parquet` read events that are events already.

mod access_log;
mod cell_types;
mod chunks;
mod columns;
mod csv;
mod draft;
mod events;
mod identity;
mod json_text;
mod jsonl;
#[cfg(test)]
mod memory_sink;
mod parquet;
mod posthog;
mod rejects;
mod source;
mod summary;
mod times;
mod user_agent;

pub use access_log::{AccessLogOptions, OpenAccessLogs};
pub use columns::ColumnOptions;
pub use events::{EventFormat, EventOptions, OpenEvents};
pub use identity::source_name;
pub use summary::{ImportProgress, ImportSummary, MaxRejects, RejectReason};
