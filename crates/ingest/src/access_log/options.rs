//! What is asked of an import of access logs.

use std::path::PathBuf;

use crate::summary::MaxRejects;

/// How an access log is imported.
#[derive(Debug, Clone)]
pub struct AccessLogOptions {
    /// The source that is part of each event's identity; by default
    /// [`source_name`](crate::source_name) of the log.
    pub source: Option<String>,
    /// How many lines may be unreadable before the import counts as failed.
    pub max_rejects: MaxRejects,
    /// The file that unreadable lines are written to, made when the first turns up; must not
    /// exist. Without it they are only counted.
    pub rejects_path: Option<PathBuf>,
    /// Events that become durable together at most; at least 1.
    pub chunk_events: usize,
    /// Bytes of lines at which events become durable before they are so many; at least 1.
    pub chunk_bytes: usize,
}

impl Default for AccessLogOptions {
    fn default() -> Self {
        Self {
            source: None,
            max_rejects: MaxRejects::default(),
            rejects_path: None,
            chunk_events: 50_000,
            chunk_bytes: 32 << 20,
        }
    }
}
