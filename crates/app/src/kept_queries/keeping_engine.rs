//! A query engine that keeps what it was asked.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::{
    ActorsQuery, ActorsResponse, CalendarHeatmapQuery, CalendarHeatmapResponse, Clock, CohortDefinition, CohortMembers,
    EventsQuery, EventsResponse, Explained, FunnelsQuery, FunnelsResponse, LifecycleQuery, LifecycleResponse,
    PathsQuery, PathsResponse, PersonsQuery, PersonsResponse, Progress, QueryEngine, RetentionQuery, RetentionResponse,
    SqlArrow, SqlQuery, SqlResponse, StickinessQuery, StickinessResponse, TrendsQuery, TrendsResponse, TypedQuery,
};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use super::KeptQueries;

/// Keeps each query that is answered, whoever asked it: a page, a tool, an agent.
pub struct KeepingEngine {
    engine: Arc<dyn QueryEngine>,
    kept: Arc<KeptQueries>,
}

impl KeepingEngine {
    /// The same engine, keeping queries.
    #[must_use]
    pub fn new(engine: Arc<dyn QueryEngine>, kept: Arc<KeptQueries>) -> Self {
        Self { engine, kept }
    }
}

/// A clock that stands where another is: what is kept is the very time that the query went by.
fn stopped(clock: &Clock) -> Clock {
    Clock::fixed(clock.now())
}

#[async_trait]
impl QueryEngine for KeepingEngine {
    async fn trends(
        &self,
        project: &ProjectId,
        query: &TrendsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<TrendsResponse> {
        let clock = stopped(clock);
        let response = self.engine.trends(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn funnels(
        &self,
        project: &ProjectId,
        query: &FunnelsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<FunnelsResponse> {
        let clock = stopped(clock);
        let response = self.engine.funnels(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn retention(
        &self,
        project: &ProjectId,
        query: &RetentionQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<RetentionResponse> {
        let clock = stopped(clock);
        let response = self.engine.retention(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn lifecycle(
        &self,
        project: &ProjectId,
        query: &LifecycleQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<LifecycleResponse> {
        let clock = stopped(clock);
        let response = self.engine.lifecycle(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn stickiness(
        &self,
        project: &ProjectId,
        query: &StickinessQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<StickinessResponse> {
        let clock = stopped(clock);
        let response = self.engine.stickiness(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn calendar_heatmap(
        &self,
        project: &ProjectId,
        query: &CalendarHeatmapQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<CalendarHeatmapResponse> {
        let clock = stopped(clock);
        let response = self.engine.calendar_heatmap(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn paths(
        &self,
        project: &ProjectId,
        query: &PathsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<PathsResponse> {
        let clock = stopped(clock);
        let response = self.engine.paths(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn events(
        &self,
        project: &ProjectId,
        query: &EventsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<EventsResponse> {
        let clock = stopped(clock);
        let response = self.engine.events(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn persons(
        &self,
        project: &ProjectId,
        query: &PersonsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<PersonsResponse> {
        let clock = stopped(clock);
        let response = self.engine.persons(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn actors(
        &self,
        project: &ProjectId,
        query: &ActorsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<ActorsResponse> {
        let clock = stopped(clock);
        let response = self.engine.actors(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn sql(
        &self,
        project: &ProjectId,
        query: &SqlQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<SqlResponse> {
        let clock = stopped(clock);
        let response = self.engine.sql(project, query, &clock, progress).await?;
        self.kept.keep(query, &response.provenance, &clock);
        Ok(response)
    }

    async fn sql_arrow(&self, project: &ProjectId, query: &SqlQuery, clock: &Clock) -> Result<SqlArrow> {
        let clock = stopped(clock);
        let answer = self.engine.sql_arrow(project, query, &clock).await?;
        self.kept.keep(query, &answer.provenance, &clock);
        Ok(answer)
    }

    async fn plan(&self, project: &ProjectId, query: &TypedQuery, clock: &Clock) -> Result<String> {
        self.engine.plan(project, query, clock).await
    }

    async fn explain(&self, project: &ProjectId, query: &TypedQuery, clock: &Clock) -> Result<Explained> {
        self.engine.explain(project, query, clock).await
    }

    fn anew(&self) -> Option<Arc<dyn QueryEngine>> {
        let engine = self.engine.anew()?;
        Some(Arc::new(Self::new(engine, Arc::clone(&self.kept))))
    }

    async fn cohort(
        &self,
        project: &ProjectId,
        cohort: &CohortDefinition,
        limit: usize,
        clock: &Clock,
    ) -> Result<CohortMembers> {
        self.engine.cohort(project, cohort, limit, clock).await
    }

    async fn check(&self, project: &ProjectId, query: &TrendsQuery, clock: &Clock) -> Result<()> {
        self.engine.check(project, query, clock).await
    }
}
