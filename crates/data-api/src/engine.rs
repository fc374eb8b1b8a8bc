//! What engines offer to the rest.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::actors::{ActorsQuery, ActorsResponse};
use crate::calendar_heatmap::{CalendarHeatmapQuery, CalendarHeatmapResponse};
use crate::clock::Clock;
use crate::definitions::{CohortDefinition, CohortMembers, Definitions};
use crate::event::EventSink;
use crate::event_list::{EventsQuery, EventsResponse};
use crate::explained::Explained;
use crate::funnels::{FunnelsQuery, FunnelsResponse};
use crate::lifecycle::{LifecycleQuery, LifecycleResponse};
use crate::paths::{PathsQuery, PathsResponse};
use crate::people::PersonTaxonomy;
use crate::person_list::{PersonsQuery, PersonsResponse};
use crate::progress::Progress;
use crate::provenance::{Provenance, Warning};
use crate::retention::{RetentionQuery, RetentionResponse};
use crate::stickiness::{StickinessQuery, StickinessResponse};
use crate::taxonomy::{Taxonomy, ValueList};
use crate::trends::{TrendsQuery, TrendsResponse};
use crate::typed_query::{TypedQuery, TypedResponse};

/// A read-only SQL statement over the project's own tables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlQuery {
    /// One SELECT statement.
    pub query: String,
    /// Rows to return at most, 1 to 50,000; 100 when absent and the statement has no LIMIT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Values for `$name` and `{name}` in the statement: texts, numbers, booleans or null. They never become part of its
    /// text. Under `variables` are those of `{variables.x}`, under `filters` the dashboard's for `{filters}`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

/// What a SQL statement answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SqlResponse {
    /// The columns' names with their SQL types.
    pub columns: Vec<(String, String)>,
    /// The rows; integers, floats, texts, booleans and null as JSON, times as ISO text.
    pub rows: Vec<Vec<Value>>,
    /// Columns with what the statement wrote itself instead of reading it from the data, such as
    /// `SELECT 4711 AS page_views`: no figure can rest on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written_columns: Vec<String>,
    /// Anything a reader must know, e.g. that rows were cut.
    pub warnings: Vec<Warning>,
    /// How the rows came to be.
    pub provenance: Provenance,
}

/// What a SQL statement answers, in columns.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlArrow {
    /// The rows as an Arrow IPC stream (<https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format>).
    pub stream: Vec<u8>,
    /// Anything a reader must know, e.g. that rows were cut.
    pub warnings: Vec<Warning>,
    /// How the rows came to be.
    pub provenance: Provenance,
}

/// Runs queries on one snapshot each.
#[async_trait]
pub trait QueryEngine: Send + Sync {
    /// Runs a trends query. Unknown names are refused with the nearest; a range without data is
    /// refused naming the range that has some.
    async fn trends(
        &self,
        project: &ProjectId,
        query: &TrendsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<TrendsResponse>;

    /// Runs a funnels query, which refuses in the same way. An engine without funnels refuses.
    async fn funnels(
        &self,
        _project: &ProjectId,
        _query: &FunnelsQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<FunnelsResponse> {
        Err(Error::new(Code::Unavailable, "this engine knows no funnels"))
    }

    /// Runs a retention query, which refuses in the same way. An engine that knows none refuses.
    async fn retention(
        &self,
        _project: &ProjectId,
        _query: &RetentionQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<RetentionResponse> {
        Err(Error::new(Code::Unavailable, "this engine knows no retention queries"))
    }

    /// Runs a lifecycle query, which refuses in the same way. An engine that knows none refuses.
    async fn lifecycle(
        &self,
        _project: &ProjectId,
        _query: &LifecycleQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<LifecycleResponse> {
        Err(Error::new(Code::Unavailable, "this engine knows no lifecycles"))
    }

    /// Runs a stickiness query, which refuses in the same way. An engine that knows none refuses.
    async fn stickiness(
        &self,
        _project: &ProjectId,
        _query: &StickinessQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<StickinessResponse> {
        Err(Error::new(Code::Unavailable, "this engine knows no stickiness"))
    }

    /// Runs a paths query, which refuses in the same way. An engine that knows none refuses.
    async fn paths(
        &self,
        _project: &ProjectId,
        _query: &PathsQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<PathsResponse> {
        Err(Error::new(Code::Unavailable, "this engine knows no paths"))
    }

    /// Runs a calendar heatmap query, which refuses in the same way. An engine that knows none refuses.
    async fn calendar_heatmap(
        &self,
        _project: &ProjectId,
        _query: &CalendarHeatmapQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<CalendarHeatmapResponse> {
        Err(Error::new(Code::Unavailable, "this engine knows no calendar heatmaps"))
    }

    /// Lists events, newest first. Unknown names are refused with the nearest, conditions that a list of events does
    /// not know by name. An engine without lists refuses.
    async fn events(
        &self,
        _project: &ProjectId,
        _query: &EventsQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<EventsResponse> {
        Err(Error::new(Code::Unavailable, "this engine lists no events"))
    }

    /// Lists persons, the newest first, in the same way.
    async fn persons(
        &self,
        _project: &ProjectId,
        _query: &PersonsQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<PersonsResponse> {
        Err(Error::new(Code::Unavailable, "this engine lists no persons"))
    }

    /// Lists the persons behind a number of another query, with the refusals of that query.
    async fn actors(
        &self,
        _project: &ProjectId,
        _query: &ActorsQuery,
        _clock: &Clock,
        _progress: &Progress,
    ) -> Result<ActorsResponse> {
        Err(Error::new(Code::Unavailable, "this engine lists no persons"))
    }

    /// Runs a typed query of any kind.
    async fn answer(
        &self,
        project: &ProjectId,
        query: &TypedQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<TypedResponse> {
        Ok(match query {
            TypedQuery::Trends(query) => TypedResponse::Trends(self.trends(project, query, clock, progress).await?),
            TypedQuery::Funnels(query) => TypedResponse::Funnels(self.funnels(project, query, clock, progress).await?),
            TypedQuery::Retention(query) => {
                TypedResponse::Retention(self.retention(project, query, clock, progress).await?)
            }
            TypedQuery::Lifecycle(query) => {
                TypedResponse::Lifecycle(self.lifecycle(project, query, clock, progress).await?)
            }
            TypedQuery::Stickiness(query) => {
                TypedResponse::Stickiness(self.stickiness(project, query, clock, progress).await?)
            }
            TypedQuery::Paths(query) => TypedResponse::Paths(self.paths(project, query, clock, progress).await?),
            TypedQuery::CalendarHeatmap(query) => {
                TypedResponse::CalendarHeatmap(self.calendar_heatmap(project, query, clock, progress).await?)
            }
            TypedQuery::Events(query) => TypedResponse::Events(self.events(project, query, clock, progress).await?),
            TypedQuery::Persons(query) => TypedResponse::Persons(self.persons(project, query, clock, progress).await?),
            TypedQuery::Actors(query) => TypedResponse::Actors(self.actors(project, query, clock, progress).await?),
        })
    }

    /// The same engine, computing all anew; `None` for one that keeps nothing of what it computed.
    fn anew(&self) -> Option<Arc<dyn QueryEngine>> {
        None
    }

    /// Runs one SELECT. Anything else is refused before it is planned.
    async fn sql(
        &self,
        project: &ProjectId,
        query: &SqlQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<SqlResponse>;

    /// Runs one SELECT in the same way and gives its rows as an Arrow IPC stream.
    async fn sql_arrow(&self, project: &ProjectId, query: &SqlQuery, clock: &Clock) -> Result<SqlArrow>;

    /// The physical plans that a query begins with, as text; nothing is run. Lists are put together of several plans
    /// and are refused.
    async fn plan(&self, project: &ProjectId, query: &TypedQuery, clock: &Clock) -> Result<String>;

    /// Runs a query and says what that took. An engine that doesn't watch itself refuses.
    async fn explain(&self, _project: &ProjectId, _query: &TypedQuery, _clock: &Clock) -> Result<Explained> {
        Err(Error::new(Code::Unavailable, "this engine says nothing of its plans"))
    }

    /// Who is in a cohort now, by the same rules by which queries filter by one; at most `limit` persons are named.
    /// Refuses conditions that name what is not there, and a cohort that rests on itself.
    async fn cohort(
        &self,
        _project: &ProjectId,
        _cohort: &CohortDefinition,
        _limit: usize,
        _clock: &Clock,
    ) -> Result<CohortMembers> {
        Err(Error::new(Code::Unavailable, "this engine knows no persons"))
    }

    /// Whether a query could be kept: refuses one that names what is not there. A range that has no data now may
    /// have some later.
    async fn check(&self, project: &ProjectId, query: &TrendsQuery, clock: &Clock) -> Result<()> {
        match self.plan(project, &TypedQuery::Trends(query.clone()), clock).await {
            Err(error) if error.code() != Code::NoData => Err(error),
            _ => Ok(()),
        }
    }
}

/// A project as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectInfo {
    /// The project.
    pub id: ProjectId,
    /// Events stored; 0 where the project can't be read.
    pub events: u64,
    /// Why the project can't be read, where it can't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Projects and what is in them.
#[async_trait]
pub trait EventStore: EventSink {
    /// All projects, by id. One that can't be read is listed with its problem.
    async fn projects(&self) -> Result<Vec<ProjectInfo>>;

    /// Makes a project unless it exists.
    async fn create_project(&self, project: &ProjectId) -> Result<()>;

    /// What exists in a project. An unknown project is refused with the names that exist.
    async fn taxonomy(&self, project: &ProjectId) -> Result<Arc<Taxonomy>>;

    /// A property's values that contain `search` (ignoring case; all when empty), most frequent first;
    /// what is `search` itself may come before them. Where no value contains it, a store may give texts
    /// that are like it but for a few typos, the most alike first and of those the most frequent; then
    /// `complete` says that no value contains it.
    async fn values(&self, project: &ProjectId, key: &str, search: &str, limit: usize) -> Result<ValueList>;

    /// Whether some event has exactly this value, numbers and booleans by what they are and not by
    /// how they are written. `None` where the store can't tell without reading the events.
    async fn has_value(&self, project: &ProjectId, key: &str, value: &str) -> Result<Option<bool>>;

    /// The properties of the project's persons with their values. A store without persons has none.
    async fn person_taxonomy(&self, project: &ProjectId) -> Result<Arc<PersonTaxonomy>> {
        self.taxonomy(project).await.map(|_| Arc::default())
    }
}

/// The engines as products get them.
#[derive(Clone)]
pub struct Data {
    /// Runs queries.
    pub queries: Arc<dyn QueryEngine>,
    /// Knows projects, events, properties and values.
    pub store: Arc<dyn EventStore>,
    /// Knows actions and cohorts.
    pub definitions: Arc<dyn Definitions>,
}
