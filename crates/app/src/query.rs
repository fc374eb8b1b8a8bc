//! Typed queries and read-only SQL.

use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{Progress, SqlArrow, SqlQuery, SqlResponse, TrendsQuery, TrendsResponse};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use crate::App;

impl App {
    /// Runs a trends query.
    pub async fn query(&self, project: &ProjectId, query: &TrendsQuery) -> Result<TrendsResponse> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        let queries = &self.parts.data.queries;
        queries.trends(project, query, &self.clock, &Progress::ignore()).await
    }

    /// The physical plan of a trends query, as text.
    pub async fn explain(&self, project: &ProjectId, query: &TrendsQuery) -> Result<String> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        self.parts.data.queries.explain(project, query, &self.clock).await
    }

    /// Runs one SELECT.
    pub async fn sql(&self, project: &ProjectId, query: &SqlQuery) -> Result<SqlResponse> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        let queries = &self.parts.data.queries;
        queries.sql(project, query, &self.clock, &Progress::ignore()).await
    }

    /// Runs one SELECT and gives its rows as an Arrow IPC stream.
    pub async fn sql_arrow(&self, project: &ProjectId, query: &SqlQuery) -> Result<SqlArrow> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        self.parts.data.queries.sql_arrow(project, query, &self.clock).await
    }
}
