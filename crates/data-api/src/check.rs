//! Checking stored data, and what a check found.

use hedgerow_ids::ProjectId;
use serde::{Deserialize, Serialize};

/// How to check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Read all events, too: their order and identities, and every count.
    pub full: bool,
    /// Repair what can be repaired without losing anything, which takes reading all events.
    pub repair: bool,
    /// Give up files that are missing, with their events.
    pub drop_missing: bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; nothing is wrong.
    Info,
    /// Events are whole; something derived from them or beside them is not.
    Warning,
    /// Events are lost, hidden or wrong, or may become so.
    Error,
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the check, e.g. `orphans`; stable.
    pub check: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// Whether it has been repaired.
    pub repaired: bool,
    /// What helps, where it has not been repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What a check of a project found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The project.
    pub project: ProjectId,
    /// Files that the newest snapshot names.
    pub files: u64,
    /// Their events.
    pub events: u64,
    /// Events that are in the write-ahead log only so far.
    pub in_memory: u64,
    /// Events that were given up with missing files.
    pub events_dropped: u64,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Whether no problem is left; what is only good to know is none.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let is_problem = |finding: &&Finding| finding.severity > Severity::Info && !finding.repaired;
        !self.findings.iter().any(|finding| is_problem(&finding))
    }
}
