//! The query engine: sessions, limits, and the two doors.

use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono_tz::Tz;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, ScalarUDF};
use datafusion::physical_plan::{ExecutionPlan, displayable, execute_stream};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use futures::StreamExt as _;
use hedgerow_data_api::{
    ActorsQuery, ActorsResponse, Clock, CohortDefinition, CohortMembers, Definitions, EventsQuery, EventsResponse,
    FunnelsQuery, FunnelsResponse, LifecycleQuery, LifecycleResponse, NoDefinitions, PathsQuery, PathsResponse,
    PersonsQuery, PersonsResponse, Progress, Provenance, QueryEngine, RetentionQuery, RetentionResponse, SqlArrow,
    SqlQuery, SqlResponse, StickinessQuery, StickinessResponse, TrendsQuery, TrendsResponse, TypedQuery, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, QueryId};
use hedgerow_lake::{Lake, LakeView};
use uuid::Uuid;

use crate::cells::cells;
use crate::dates::Local;
use crate::definitions::{Cohorts, Named};
use crate::people::{PeopleKind, PeopleTable};
use crate::persons::{KnownPersons, Needs};
use crate::rest::JsonGetStr;
use crate::scan::{Chunks, EventsTable, MOST_BYTES, ROWS_READ};
use crate::slots::Slots;
use crate::written::written_columns;
use crate::{actors, event_list, funnels, lifecycle, paths, person_list, retention, sql, stickiness, trends};

/// A query that takes longer is stopped.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Groups of one series that are held at once.
const MOST_GROUPS: usize = 200_000;
/// Memory that one result may take.
const RESULT_LIMIT: usize = 256 << 20;
/// Time between two reports of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// What all running queries may take together.
const MEMORY_LIMIT: usize = 1 << 30;

/// Runs queries on the lake.
pub struct Engine {
    pub(crate) lake: Arc<Lake>,
    runtime: Arc<RuntimeEnv>,
    pub(crate) persons: KnownPersons,
    pub(crate) definitions: Arc<dyn Definitions>,
    chunks: Arc<Chunks>,
    slots: Arc<Slots>,
    /// Groups (bucket × value) of one series that are held at once.
    pub(crate) most_groups: usize,
}

/// One query's session over one snapshot.
pub(crate) struct Session {
    pub(crate) context: SessionContext,
    pub(crate) state: SessionState,
    pub(crate) view: Arc<LakeView>,
    zone: Tz,
    slots: Arc<Slots>,
    started: Instant,
    progress: Progress,
}

/// What a plan gave.
pub(crate) struct Executed {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) rows_read: u64,
    pub(crate) plan_text: String,
}

impl Engine {
    /// An engine on a lake.
    pub fn new(lake: Arc<Lake>) -> Result<Self> {
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_LIMIT)))
            .build_arc()
            .map_err(|error| Error::caused(Code::Internal, "cannot start the query engine", error))?;
        Ok(Self {
            lake,
            runtime,
            persons: KnownPersons::default(),
            definitions: Arc::new(NoDefinitions),
            chunks: Arc::new(Chunks::new(MOST_BYTES)),
            slots: Arc::new(Slots::new(cores())),
            most_groups: MOST_GROUPS,
        })
    }

    /// The same with the actions and cohorts that queries may name; none unless given.
    #[must_use]
    pub fn with_definitions(mut self, definitions: Arc<dyn Definitions>) -> Self {
        self.definitions = definitions;
        self
    }

    /// The same, holding fewer or more groups (bucket × breakdown value) of one series at once; 200,000
    /// unless set. With more, the values are ranked first, and only the largest are held.
    #[must_use]
    pub fn with_most_groups(mut self, groups: usize) -> Self {
        self.most_groups = groups;
        self
    }

    /// The time of a clock in the zone of a project.
    pub(crate) async fn now(&self, project: &ProjectId, clock: &Clock) -> Result<Local> {
        let settings = self.definitions.settings(project).await?;
        Ok(clock.now().with_timezone(&settings.timezone.0))
    }

    /// A session that can name the project's tables and nothing else.
    pub(crate) fn session(
        &self,
        project: &ProjectId,
        view: Arc<LakeView>,
        now: Local,
        progress: Progress,
    ) -> Result<Session> {
        let mut config = SessionConfig::new()
            .with_target_partitions(cores())
            .with_information_schema(false)
            .with_default_catalog_and_schema("hedgerow", "project");
        // With it, DISTINCT over a window function and with a LIMIT fails.
        config.options_mut().optimizer.enable_distinct_aggregation_soft_limit = false;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.runtime))
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        let mut state = context.state();
        // `now()` and `current_date` mean the injected clock, so that a replay gives the same numbers.
        state.execution_props_mut().query_execution_start_time = Some(now.to_utc());
        let mut tables: Vec<(&str, Arc<dyn TableProvider>)> = vec![(
            "events",
            Arc::new(EventsTable::new(Arc::clone(&view), Arc::clone(&self.chunks))),
        )];
        for kind in PeopleKind::ALL {
            let table = PeopleTable::new(Arc::clone(&self.lake), project.clone(), kind);
            tables.push((kind.name(), Arc::new(table)));
        }
        for (name, table) in tables {
            let offered = context.register_table(name, table);
            offered.map_err(|error| Error::caused(Code::Internal, format!("cannot offer the table {name}"), error))?;
        }
        context.register_udf(ScalarUDF::from(JsonGetStr::default()));
        Ok(Session {
            context,
            state,
            view,
            zone: now.timezone(),
            slots: Arc::clone(&self.slots),
            started: Instant::now(),
            progress,
        })
    }
}

impl Session {
    /// Leaves projections of plans as they are. Where two are merged, the columns in a lambda's body get new places
    /// and its parameters keep the old ones.
    fn keep_projections(&mut self) {
        let rules = self.state.physical_optimizers().iter();
        let kept = rules.filter(|rule| rule.name() != "ProjectionPushdown").cloned();
        let kept = kept.collect();
        self.state = SessionStateBuilder::new_from_existing(self.state.clone())
            .with_physical_optimizer_rules(kept)
            .build();
    }

    /// All sessions with one of their fields.
    pub(crate) async fn sessions(&self, field: &str) -> Result<DataFrame> {
        self.sessions_with(&[field]).await
    }

    /// The same with several.
    pub(crate) async fn sessions_with(&self, fields: &[&str]) -> Result<DataFrame> {
        let table = sql::sessions(&self.view, fields);
        let read = self.context.sql(&format!("SELECT * FROM {table}")).await;
        read.map_err(|error| sql::explain(&error, &self.view))
    }

    /// The parts in which plans run.
    pub(crate) fn partitions(&self) -> usize {
        self.state.config().target_partitions()
    }

    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        let physical = self.state.create_physical_plan(plan).await;
        physical.map_err(|error| sql::explain(&error, &self.view))
    }

    /// Runs a plan within the limits of time and size.
    pub(crate) async fn run(&self, plan: &LogicalPlan) -> Result<Executed> {
        let whole = self.run_up_to(plan, usize::MAX).await?;
        whole.ok_or_else(|| Error::internal("a result without a limit was cut"))
    }

    /// The same, but gives up where more rows come than wanted: `None`.
    pub(crate) async fn run_up_to(&self, plan: &LogicalPlan, rows: usize) -> Result<Option<Executed>> {
        let physical = self.physical(plan).await?;
        let _slot = self.slots.take(&physical).await?;
        let collected = tokio::time::timeout(TIME_LIMIT, self.collect(&physical, rows)).await;
        let batches = collected.map_err(|_| {
            Error::new(
                Code::LimitExceeded,
                format!("the query took longer than {} seconds", TIME_LIMIT.as_secs()),
            )
            .with_hint("narrow it by time, or group by fewer things")
        })??;
        let plan_text = plan.display_indent().to_string();
        Ok(batches.map(|batches| Executed {
            batches,
            rows_read: rows_read(&physical),
            plan_text,
        }))
    }

    /// Collects a plan's rows and tells meanwhile how much of the data was read.
    async fn collect(&self, physical: &Arc<dyn ExecutionPlan>, most: usize) -> Result<Option<Vec<RecordBatch>>> {
        let failed = |error| sql::explain(&error, &self.view);
        let all: u64 = self.view.files.iter().map(|file| file.rows).sum();
        let mut stream = execute_stream(Arc::clone(physical), self.context.task_ctx()).map_err(failed)?;
        let mut timer = tokio::time::interval_at(tokio::time::Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
        let (mut batches, mut rows, mut bytes) = (Vec::new(), 0, 0);
        loop {
            tokio::select! {
                biased;
                batch = stream.next() => {
                    let Some(batch) = batch else { return Ok(Some(batches)) };
                    let batch = batch.map_err(failed)?;
                    rows += batch.num_rows();
                    bytes += batch.get_array_memory_size();
                    if rows > most {
                        return Ok(None);
                    }
                    // The engine's own limit holds for what it works with, not for what it gives back.
                    if bytes > RESULT_LIMIT {
                        let message = format!("the result is larger than {} MB", RESULT_LIMIT >> 20);
                        let hint = "select fewer or shorter columns, or fewer rows";
                        return Err(Error::new(Code::LimitExceeded, message).with_hint(hint));
                    }
                    batches.push(batch);
                }
                _ = timer.tick() => {
                    let read = rows_read(physical).min(all);
                    #[expect(clippy::cast_precision_loss, reason = "a fraction for a progress bar")]
                    let fraction = read as f64 / all.max(1) as f64;
                    self.progress.report(fraction, &format!("{read} of {all} rows read"));
                }
            }
        }
    }

    /// What every result says of itself; the caller adds what only it knows.
    pub(crate) fn provenance(
        &self,
        project: &ProjectId,
        kind: &str,
        query: String,
        executed: &[Executed],
    ) -> Provenance {
        let plans: Vec<&str> = executed.iter().map(|executed| executed.plan_text.as_str()).collect();
        Provenance {
            query_id: QueryId::new(),
            project: project.clone(),
            kind: kind.to_owned(),
            plan_hash: Uuid::new_v5(&Uuid::NAMESPACE_OID, plans.join("\n").as_bytes())
                .simple()
                .to_string(),
            snapshot_id: self.view.snapshot_id,
            time_zone: self.zone.name().to_owned(),
            range: None,
            filters: Vec::new(),
            definitions: Vec::new(),
            null_semantics: String::new(),
            limits: Vec::new(),
            query,
            rows_read: executed.iter().map(|executed| executed.rows_read).sum(),
            elapsed_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Rows that the scans looked at, which are the plan's leaves.
fn rows_read(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    if plan.children().is_empty() {
        let metrics = plan.metrics().unwrap_or_default();
        let read = metrics.sum_by_name(ROWS_READ).map(|read| read.as_usize());
        return read.or_else(|| metrics.output_rows()).unwrap_or(0) as u64;
    }
    plan.children().into_iter().map(rows_read).sum()
}

#[async_trait]
impl QueryEngine for Engine {
    async fn trends(
        &self,
        project: &ProjectId,
        query: &TrendsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<TrendsResponse> {
        trends::run(self, project, query, clock, progress).await
    }

    async fn funnels(
        &self,
        project: &ProjectId,
        query: &FunnelsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<FunnelsResponse> {
        funnels::run(self, project, query, clock, progress).await
    }

    async fn retention(
        &self,
        project: &ProjectId,
        query: &RetentionQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<RetentionResponse> {
        retention::run(self, project, query, clock, progress).await
    }

    async fn lifecycle(
        &self,
        project: &ProjectId,
        query: &LifecycleQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<LifecycleResponse> {
        lifecycle::run(self, project, query, clock, progress).await
    }

    async fn stickiness(
        &self,
        project: &ProjectId,
        query: &StickinessQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<StickinessResponse> {
        stickiness::run(self, project, query, clock, progress).await
    }

    async fn paths(
        &self,
        project: &ProjectId,
        query: &PathsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<PathsResponse> {
        paths::run(self, project, query, clock, progress).await
    }

    async fn events(
        &self,
        project: &ProjectId,
        query: &EventsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<EventsResponse> {
        event_list::run(self, project, query, clock, progress).await
    }

    async fn persons(
        &self,
        project: &ProjectId,
        query: &PersonsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<PersonsResponse> {
        person_list::run(self, project, query, clock, progress).await
    }

    async fn actors(
        &self,
        project: &ProjectId,
        query: &ActorsQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<ActorsResponse> {
        actors::run(self, project, query, clock, progress).await
    }

    async fn sql(
        &self,
        project: &ProjectId,
        query: &SqlQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<SqlResponse> {
        let Selected {
            batches,
            columns,
            written_columns,
            warnings,
            provenance,
            ..
        } = self.select(project, query, clock, progress).await?;
        Ok(SqlResponse {
            columns,
            rows: rows(&batches)?,
            written_columns,
            warnings,
            provenance,
        })
    }

    async fn sql_arrow(&self, project: &ProjectId, query: &SqlQuery, clock: &Clock) -> Result<SqlArrow> {
        let selected = self.select(project, query, clock, &Progress::ignore()).await?;
        let failed = |error| Error::caused(Code::Internal, "cannot write the rows as Arrow", error);
        let mut writer = StreamWriter::try_new(Vec::new(), &selected.schema).map_err(failed)?;
        for batch in &selected.batches {
            writer.write(batch).map_err(failed)?;
        }
        Ok(SqlArrow {
            stream: writer.into_inner().map_err(failed)?,
            warnings: selected.warnings,
            provenance: selected.provenance,
        })
    }

    async fn cohort(
        &self,
        project: &ProjectId,
        cohort: &CohortDefinition,
        limit: usize,
        clock: &Clock,
    ) -> Result<CohortMembers> {
        let mut named = Named::of_filters(self.definitions.as_ref(), project, &cohort.filters).await?;
        let needs = if cohort.persons.is_empty() {
            named.needs_of_cohorts()
        } else {
            Needs::DistinctIds
        };
        let moment = self.persons.moment(&self.lake, project, needs).await?;
        crate::validate::values(self.lake.as_ref(), project, &moment, &cohort.filters).await?;
        let now = self.now(project, clock).await?;
        let session = self.session(project, Arc::clone(&moment.view), now, Progress::ignore())?;
        let persons = moment.persons.as_ref();
        let persons = persons.ok_or_else(|| Error::internal("the persons were not read"))?;
        named
            .behave(&cohort.filters, (self, project), (&session, &moment), now)
            .await?;
        let cohorts = Cohorts::compute(&named, persons, &session.state, now)?;
        let (set, ids_without_person) = cohorts.who(cohort, persons, &session.state, now)?;
        Ok(CohortMembers {
            persons: set.len(),
            ids_without_person: ids_without_person as u64,
            first: persons.first(&set, limit)?,
        })
    }

    async fn explain(&self, project: &ProjectId, query: &TypedQuery, clock: &Clock) -> Result<String> {
        let (begun, plans) = match query {
            TypedQuery::Trends(query) => trends::plans(self, project, query, clock).await?,
            TypedQuery::Funnels(query) => funnels::plans(self, project, query, clock).await?,
            TypedQuery::Retention(query) => retention::plans(self, project, query, clock).await?,
            TypedQuery::Lifecycle(query) => lifecycle::plans(self, project, query, clock).await?,
            TypedQuery::Stickiness(query) => stickiness::plans(self, project, query, clock).await?,
            TypedQuery::Paths(query) => paths::plans(self, project, query, clock).await?,
            TypedQuery::Events(_) | TypedQuery::Persons(_) | TypedQuery::Actors(_) => {
                let message = "a list has no single plan to show";
                return Err(Error::invalid(message).with_hint("run it: its provenance says what was read"));
            }
        };
        let session = &begun.session;
        let mut text = String::new();
        for plan in plans {
            text.push_str(
                &displayable(session.physical(&plan).await?.as_ref())
                    .indent(false)
                    .to_string(),
            );
        }
        Ok(text)
    }
}

/// What one SELECT gave, cut to its limit.
struct Selected {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    /// Names with SQL types.
    columns: Vec<(String, String)>,
    written_columns: Vec<String>,
    warnings: Vec<Warning>,
    provenance: Provenance,
}

impl Engine {
    async fn select(
        &self,
        project: &ProjectId,
        query: &SqlQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<Selected> {
        let (view, _) = self.lake.snapshot(project).await?;
        // SQL has no zone but UTC.
        let now = clock.now().with_timezone(&Tz::UTC);
        let mut session = self.session(project, view, now, progress.clone())?;
        let planned = sql::plan(self, project, clock, &session, query).await?;
        if planned.has_lambda {
            session.keep_projections();
        }
        let written_columns = written_columns(&planned.plan);
        // One row more than wanted tells whether there are more.
        let fetch = LogicalPlanBuilder::from(planned.plan)
            .limit(0, Some(planned.limit as usize + 1))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| sql::explain(&error, &session.view))?;
        let mut executed = session.run(&fetch).await?;
        let fields = fetch.schema().fields().iter();
        let columns = fields.map(|field| (field.name().clone(), field.data_type().to_string()));
        let columns = columns.collect();
        let mut warnings = Vec::new();
        if cut(&mut executed.batches, planned.limit as usize) {
            let message = format!(
                "only the first {} rows are shown, there are more; set LIMIT to see up to {}",
                planned.limit,
                sql::MAX_ROWS
            );
            warnings.push(Warning::new("row_limit", message));
        }
        let batches = std::mem::take(&mut executed.batches);
        let mut provenance = session.provenance(project, "SqlQuery", query.query.clone(), &[executed]);
        "SQL: comparisons with missing values are unknown, so both = and <> leave them out"
            .clone_into(&mut provenance.null_semantics);
        let by = match (planned.own_limit, query.limit) {
            (true, _) => "the statement",
            (false, Some(_)) => "as asked",
            (false, None) => "default",
        };
        provenance.limits = vec![
            format!("{} rows ({by})", planned.limit),
            format!("{} seconds", TIME_LIMIT.as_secs()),
        ];
        Ok(Selected {
            schema: batches.first().map_or_else(
                || SchemaRef::new(fetch.schema().as_arrow().clone()),
                RecordBatch::schema,
            ),
            batches,
            columns,
            written_columns,
            warnings,
            provenance,
        })
    }
}

/// Cuts batches to so many rows; true where there were more.
fn cut(batches: &mut [RecordBatch], limit: usize) -> bool {
    let mut left = limit;
    let mut was_cut = false;
    for batch in batches {
        was_cut |= batch.num_rows() > left;
        *batch = batch.slice(0, batch.num_rows().min(left));
        left -= batch.num_rows();
    }
    was_cut
}

/// Batches as rows of JSON cells.
pub(crate) fn rows(batches: &[RecordBatch]) -> Result<Vec<Vec<serde_json::Value>>> {
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch.columns().iter().map(cells).collect::<Result<Vec<_>>>()?;
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        rows.extend((0..batch.num_rows()).map(|_| columns.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>()));
    }
    Ok(rows)
}
