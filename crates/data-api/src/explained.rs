//! What running a query took: what it read, and where the time went.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a query was run. It was computed anew for this, whatever was kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explained {
    /// `TrendsQuery`, ...
    pub kind: String,
    /// The lake's snapshot that was read.
    pub snapshot_id: i64,
    /// Files that were looked into.
    pub files_read: u64,
    /// Files of the snapshot.
    pub files: u64,
    /// Bytes that were read from files; 0 where all that was needed lay in memory.
    pub bytes_read: u64,
    /// Rows that scans looked at.
    pub rows_read: u64,
    /// Events of the snapshot.
    pub rows: u64,
    /// Where the time went, from first to last; together it is the whole.
    pub stages: Vec<QueryStage>,
    /// What the plans' operators worked at, in time of all cores; it is part of the stage `run`.
    pub work: Vec<QueryStage>,
    /// Each plan that was run.
    pub plans: Vec<ExplainedPlan>,
}

/// A part of the time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueryStage {
    /// Of a query: `prepare` (names, conditions on persons, dates), `plan`, `wait` (for a place among other queries),
    /// `run`, `rest` (what comes between plans and after them). Of its work: `scan`, `filter`, `aggregate`, `join`,
    /// `sort`, `project`, `exchange`, `other`.
    pub name: String,
    /// Milliseconds.
    pub ms: f64,
}

/// A plan that was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedPlan {
    /// Files that it looked into.
    pub files_read: u64,
    /// Bytes that it read from files.
    pub bytes_read: u64,
    /// Rows that its scans looked at.
    pub rows_read: u64,
    /// Milliseconds from its first to its last row.
    pub ms: f64,
    /// Its operators, each before those that it takes its rows from.
    pub operators: Vec<PlanOperator>,
}

/// An operator of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanOperator {
    /// How far below the root it is.
    pub depth: usize,
    /// What it does.
    pub text: String,
    /// Rows that it gave; absent where it does not count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Milliseconds that it worked, on all cores together; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<f64>,
    /// Bytes that it wrote to disk because there was no room for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spilled_bytes: Option<u64>,
}
