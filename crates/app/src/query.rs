//! Typed queries and read-only SQL.

use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{Progress, SqlArrow, SqlQuery, SqlResponse, TypedQuery, TypedResponse};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use crate::App;

impl App {
    /// Runs a typed query of any kind.
    pub async fn query(&self, project: &ProjectId, query: &TypedQuery) -> Result<TypedResponse> {
        self.check(&Access::read(Resource::Query), Some(project))?;
        let (queries, progress) = (&self.parts.data.queries, Progress::ignore());
        Ok(match query {
            TypedQuery::Trends(query) => {
                TypedResponse::Trends(queries.trends(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Funnels(query) => {
                TypedResponse::Funnels(queries.funnels(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Retention(query) => {
                TypedResponse::Retention(queries.retention(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Lifecycle(query) => {
                TypedResponse::Lifecycle(queries.lifecycle(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Stickiness(query) => {
                TypedResponse::Stickiness(queries.stickiness(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Paths(query) => {
                TypedResponse::Paths(queries.paths(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Events(query) => {
                TypedResponse::Events(queries.events(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Persons(query) => {
                TypedResponse::Persons(queries.persons(project, query, &self.clock, &progress).await?)
            }
            TypedQuery::Actors(query) => {
                TypedResponse::Actors(queries.actors(project, query, &self.clock, &progress).await?)
            }
        })
    }

    /// The physical plan of a query, as text. Lists are put together of several plans and have none to show.
    pub async fn explain(&self, project: &ProjectId, query: &TypedQuery) -> Result<String> {
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
