//! Queries that were answered, kept so that each can be opened again by the id in its result's provenance.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_errors::Result;
use hedgerow_ids::{ProjectId, QueryId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Queries of a project that are kept at most: the latest.
pub const MOST_KEPT_QUERIES: u32 = 10_000;
/// A query that is longer as JSON is answered and not kept.
pub const LONGEST_KEPT_QUERY: usize = 64 << 10;

/// A query that was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeptQuery {
    /// The execution, as the result's provenance names it.
    pub query_id: QueryId,
    /// The project.
    pub project: ProjectId,
    /// `TrendsQuery`, ..., or `SqlQuery`.
    pub kind: String,
    /// The query as it was asked.
    pub query: Map<String, Value>,
    /// The time by which its dates were read.
    #[schemars(with = "String")]
    pub now: DateTime<Utc>,
    /// The lake's snapshot that it was answered from.
    pub snapshot_id: i64,
    /// Events that were read beside the snapshot.
    pub memory_rows: u64,
}

/// Keeps queries.
#[async_trait]
pub trait QueryStore: Send + Sync {
    /// Adds queries in the order in which they were answered, and forgets all but the latest `most` of their projects.
    /// One whose id is known stays as it is.
    async fn keep_queries(&self, queries: Vec<KeptQuery>, most: u32) -> Result<()>;

    /// A query of a project; `None` for one that is not kept, or not any more.
    async fn kept_query(&self, project: &ProjectId, query_id: QueryId) -> Result<Option<KeptQuery>>;
}
