//! Copies of projects.

use serde::{Deserialize, Serialize};

/// A project that was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectCopy {
    /// Its event files.
    pub files: u64,
    /// Its events, those included that were not in files yet.
    pub events: u64,
}
