//! Importers: what turns foreign data into events.
//!
//! An importer writes through [`hedgerow_data_api::EventSink`] and knows no engine. The only one
//! so far reads the access log of a web server.

mod access_log;
mod user_agent;

pub use access_log::{
    AccessLogOptions, ImportProgress, ImportSummary, MaxRejects, OpenAccessLogs, RejectReason, source_name,
};
