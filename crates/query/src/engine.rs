//! The query engine: sessions, limits, and the two doors.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use chrono_tz::Tz;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{LogicalPlanBuilder, ScalarUDF};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use hedgerow_data_api::{
    ActorsQuery, ActorsResponse, CalendarHeatmapQuery, CalendarHeatmapResponse, Clock, CohortDefinition, CohortMembers,
    Definitions, EventsQuery, EventsResponse, Explained, FunnelsQuery, FunnelsResponse, LifecycleQuery,
    LifecycleResponse, NoDefinitions, PathsQuery, PathsResponse, PersonsQuery, PersonsResponse, Progress, Provenance,
    QueryEngine, RetentionQuery, RetentionResponse, SqlArrow, SqlQuery, SqlResponse, StickinessQuery,
    StickinessResponse, TrendsQuery, TrendsResponse, TypedQuery, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{Lake, LakeView};

use crate::cells::cells;
use crate::codec::PlanCodec;
use crate::dates::Local;
use crate::definitions::{Cohorts, Named};
use crate::kept::Results;
use crate::observed::Observed;
use crate::people::{PeopleKind, PeopleTable};
use crate::persons::{KnownPersons, Needs};
use crate::rest::JsonGetStr;
use crate::scan::{ByPerson, Chunks, EventsTable, MOST_BYTES};
use crate::session::TIME_LIMIT;
pub(crate) use crate::session::{Executed, Session};
use crate::slots::Slots;
use crate::written::written_columns;
use crate::{
    actors, calendar_heatmap, event_list, funnels, lifecycle, paths, person_list, retention, sql, stickiness, trends,
};

/// Groups of one series that are held at once.
const MOST_GROUPS: usize = 200_000;
/// What all running queries may take together.
const MEMORY_LIMIT: usize = 1 << 30;

/// Runs queries on the lake. Cheap to clone; clones share all that they hold.
#[derive(Clone)]
pub struct Engine {
    pub(crate) lake: Arc<Lake>,
    runtime: Arc<RuntimeEnv>,
    pub(crate) persons: Arc<KnownPersons>,
    pub(crate) definitions: Arc<dyn Definitions>,
    chunks: Arc<Chunks>,
    slots: Arc<Slots>,
    /// Groups (bucket × value) of one series that are held at once.
    pub(crate) most_groups: usize,
    /// Who wants to know what plans do.
    observed: Option<Arc<Observed>>,
    /// What plans gave before; nothing is kept unless asked for.
    kept: Option<Arc<Results>>,
    /// Sends plans, where they are to be sent.
    sent: Option<Arc<PlanCodec>>,
}

impl Engine {
    /// An engine on a lake.
    pub fn new(lake: Arc<Lake>) -> Result<Self> {
        Ok(Self {
            lake,
            runtime: runtime(MEMORY_LIMIT)?,
            persons: Arc::default(),
            definitions: Arc::new(NoDefinitions),
            chunks: Arc::new(Chunks::new(MOST_BYTES)),
            slots: Arc::new(Slots::new(cores())),
            most_groups: MOST_GROUPS,
            observed: None,
            kept: None,
            sent: None,
        })
    }

    /// The same with the actions and cohorts that queries may name; none unless given.
    #[must_use]
    pub fn with_definitions(mut self, definitions: Arc<dyn Definitions>) -> Self {
        self.definitions = definitions;
        self
    }

    /// The same, with which queries take no more than so many bytes together; 1 GB unless set. What is more goes to disk
    /// where that helps, and is refused where it does not.
    pub fn with_memory_limit(mut self, bytes: usize) -> Result<Self> {
        self.runtime = runtime(bytes)?;
        Ok(self)
    }

    /// Bytes that running queries hold at this moment.
    #[must_use]
    pub fn memory_in_use(&self) -> usize {
        self.runtime.memory_pool.reserved()
    }

    /// The same, keeping results up to so many bytes: what is computed on the same data again is read from there.
    #[must_use]
    pub fn with_results_kept(mut self, most_bytes: usize) -> Self {
        self.kept = Some(Arc::new(Results::new(most_bytes)));
        self
    }

    /// The same, but each plan becomes bytes and a plan of these before it is run, as if it were run elsewhere.
    #[must_use]
    pub fn with_plans_sent(mut self) -> Self {
        self.sent = Some(Arc::new(PlanCodec::new(Arc::clone(&self.chunks))));
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
            .with_physical_optimizer_rules(rules(self.sent.is_none()))
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
            observed: self.observed.clone(),
            kept: self.kept.clone(),
            sent: self.sent.clone(),
            project: project.clone(),
            now: now.to_utc(),
        })
    }
}

/// The rules for plans: those of `DataFusion`, and for plans that run here ours before the one that has rows meet.
fn rules(run_here: bool) -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    if !run_here {
        return rules;
    }
    let meet = rules.iter().position(|rule| rule.name() == "EnsureRequirements");
    rules.insert(meet.unwrap_or(rules.len()), Arc::new(ByPerson));
    rules
}

fn runtime(memory_limit: usize) -> Result<Arc<RuntimeEnv>> {
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory_limit)))
        .build_arc()
        .map_err(|error| Error::caused(Code::Internal, "cannot start the query engine", error))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
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

    async fn calendar_heatmap(
        &self,
        project: &ProjectId,
        query: &CalendarHeatmapQuery,
        clock: &Clock,
        progress: &Progress,
    ) -> Result<CalendarHeatmapResponse> {
        calendar_heatmap::run(self, project, query, clock, progress).await
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
        Box::pin(actors::run(self, project, query, clock, progress)).await
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

    async fn explain(&self, project: &ProjectId, query: &TypedQuery, clock: &Clock) -> Result<Explained> {
        let observed = Arc::new(Observed::default());
        let engine = Self {
            observed: Some(Arc::clone(&observed)),
            kept: None,
            ..self.clone()
        };
        let began = Instant::now();
        engine.answer(project, query, clock, &Progress::ignore()).await?;
        Ok(observed.explained(query.kind(), began, Instant::now()))
    }

    fn anew(&self) -> Option<Arc<dyn QueryEngine>> {
        Some(Arc::new(Self {
            kept: None,
            ..self.clone()
        }))
    }

    async fn plan(&self, project: &ProjectId, query: &TypedQuery, clock: &Clock) -> Result<String> {
        let (begun, plans) = match query {
            TypedQuery::Trends(query) => trends::plans(self, project, query, clock).await?,
            TypedQuery::Funnels(query) => funnels::plans(self, project, query, clock).await?,
            TypedQuery::Retention(query) => retention::plans(self, project, query, clock).await?,
            TypedQuery::Lifecycle(query) => lifecycle::plans(self, project, query, clock).await?,
            TypedQuery::Stickiness(query) => stickiness::plans(self, project, query, clock).await?,
            TypedQuery::CalendarHeatmap(query) => calendar_heatmap::plans(self, project, query, clock).await?,
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
        if planned.passes_over_mode {
            let message = "SQL reads properties of persons as they are now, whatever mode is set for the project";
            warnings.push(Warning::new("persons_as_of_now", message));
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
