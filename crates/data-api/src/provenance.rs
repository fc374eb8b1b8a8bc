//! What a result says about itself.

use hedgerow_ids::{ProjectId, QueryId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something a reader must know to read the numbers right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// Stable name: `partial_period`, `row_limit`, `breakdown_other`, `unique_not_summable`, ...
    pub code: String,
    /// The sentence for people.
    pub message: String,
}

impl Warning {
    /// A warning.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_nothing(number: &u64) -> bool {
    *number == 0
}

/// A range as it was really used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResolvedRange {
    /// The first instant included, RFC 3339.
    pub date_from: String,
    /// The last microsecond included, RFC 3339.
    pub date_to: String,
    /// True where the range reaches past the clock, so that its last bucket is not complete.
    pub partial: bool,
}

/// How a result came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// This execution.
    pub query_id: QueryId,
    /// The project.
    pub project: ProjectId,
    /// `TrendsQuery` or `SqlQuery`.
    pub kind: String,
    /// Equal for equal plans, whatever the data: hexadecimal.
    pub plan_hash: String,
    /// The lake's snapshot that was read.
    pub snapshot_id: i64,
    /// Events that were read beside the snapshot, because they had come and were in no file yet.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub memory_rows: u64,
    /// The project's time zone.
    pub time_zone: String,
    /// The range, for typed queries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<ResolvedRange>,
    /// Each filter as a sentence.
    pub filters: Vec<String>,
    /// What else the numbers rest on: the persons as they are now or were right after each event, each action and cohort
    /// with its version, and rules that cleaned paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub definitions: Vec<String>,
    /// How missing values were treated.
    pub null_semantics: String,
    /// Limits in force, e.g. `breakdown 25`.
    pub limits: Vec<String>,
    /// The query as it was understood, complete with defaults: JSON, or SQL.
    pub query: String,
    /// Rows read from storage.
    pub rows_read: u64,
    /// When the numbers, or some of them, were computed (RFC 3339), where that was for an earlier query on the same
    /// data and they were kept; absent where all was computed for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_at: Option<String>,
    /// Milliseconds from validation to the last row.
    pub elapsed_ms: u64,
}
