//! Typed queries and read-only SQL.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{
    Clock, Explained, KeptQuery, Progress, QueryEngine, SqlArrow, SqlQuery, SqlResponse, TypedQuery, TypedResponse,
};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{ProjectId, QueryId};

use crate::App;
use crate::kept_queries::{AnyQuery, Reopened, ReopenedResponse};

impl App {
    /// The same, computing the results of queries anew also where they are kept from the same data.
    #[must_use]
    pub fn computing_anew(&self) -> Self {
        Self {
            anew: true,
            ..self.clone()
        }
    }

    fn queries(&self) -> Arc<dyn QueryEngine> {
        let queries = &self.parts.data.queries;
        let anew = if self.anew { queries.anew() } else { None };
        anew.unwrap_or_else(|| Arc::clone(queries))
    }

    /// Runs a typed query of any kind.
    pub async fn query(&self, project: &ProjectId, query: &TypedQuery) -> Result<TypedResponse> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        let progress = Progress::ignore();
        self.queries().answer(project, query, &self.clock, &progress).await
    }

    /// Runs a typed query and says what that took: its plans, what was read, and where the time went.
    pub async fn explain(&self, project: &ProjectId, query: &TypedQuery) -> Result<Explained> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        self.parts.data.queries.explain(project, query, &self.clock).await
    }

    /// A query that was answered, by the id in its result's provenance.
    pub async fn kept_query(&self, project: &ProjectId, query_id: QueryId) -> Result<KeptQuery> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        self.require_project(project).await?;
        self.parts.kept_queries.find(project, query_id).await
    }

    /// Opens such a query again: runs it on what the project has now, by the time that it was asked at, or another.
    pub async fn reopen(&self, project: &ProjectId, query_id: QueryId, now: Option<DateTime<Utc>>) -> Result<Reopened> {
        let asked = self.kept_query(project, query_id).await?;
        let then = self.at(Clock::fixed(now.unwrap_or(asked.now)));
        let response = match AnyQuery::of(&asked)? {
            AnyQuery::Typed(query) => ReopenedResponse::Typed(Box::new(then.query(project, &query).await?)),
            AnyQuery::Sql(query) => ReopenedResponse::Sql(Box::new(then.sql(project, &query).await?)),
        };
        let provenance = response.provenance();
        let read = (provenance.snapshot_id, provenance.memory_rows);
        Ok(Reopened {
            has_moved: read != (asked.snapshot_id, asked.memory_rows),
            asked,
            response,
        })
    }

    /// Says what running such a query takes.
    pub async fn explain_kept(
        &self,
        project: &ProjectId,
        query_id: QueryId,
        now: Option<DateTime<Utc>>,
    ) -> Result<Explained> {
        let asked = self.kept_query(project, query_id).await?;
        let AnyQuery::Typed(query) = AnyQuery::of(&asked)? else {
            let message = format!("query {query_id} is SQL, which says nothing of its plan");
            return Err(Error::invalid(message).with_hint("leave out --explain, or ask a typed query"));
        };
        let then = self.at(Clock::fixed(now.unwrap_or(asked.now)));
        then.explain(project, &query).await
    }

    /// Runs one SELECT.
    pub async fn sql(&self, project: &ProjectId, query: &SqlQuery) -> Result<SqlResponse> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        let progress = Progress::ignore();
        self.queries().sql(project, query, &self.clock, &progress).await
    }

    /// Runs one SELECT and gives its rows as an Arrow IPC stream.
    pub async fn sql_arrow(&self, project: &ProjectId, query: &SqlQuery) -> Result<SqlArrow> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        self.queries().sql_arrow(project, query, &self.clock).await
    }
}
