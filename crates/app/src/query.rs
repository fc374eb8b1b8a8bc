//! Typed queries and read-only SQL.

use hedgerow_data_api::{SqlQuery, SqlResponse, TrendsQuery, TrendsResponse};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use crate::App;

impl App {
    /// Runs a trends query.
    pub async fn query(&self, project: &ProjectId, query: &TrendsQuery) -> Result<TrendsResponse> {
        self.parts.data.queries.trends(project, query, &self.clock).await
    }

    /// The physical plan of a trends query, as text.
    pub async fn explain(&self, project: &ProjectId, query: &TrendsQuery) -> Result<String> {
        self.parts.data.queries.explain(project, query, &self.clock).await
    }

    /// Runs one SELECT.
    pub async fn sql(&self, project: &ProjectId, query: &SqlQuery) -> Result<SqlResponse> {
        self.parts.data.queries.sql(project, query, &self.clock).await
    }
}
