//! The query engine: sessions, limits, and the two doors.

use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use hedgerow_data_api::{
    Clock, EventStore, Provenance, QueryEngine, SqlQuery, SqlResponse, TrendsQuery, TrendsResponse, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, QueryId};
use hedgerow_lake::{Lake, LakeView};
use uuid::Uuid;

use crate::cells::cells;
use crate::scan::EventsTable;
use crate::{sql, trends};

/// A query that takes longer is stopped.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// What all running queries may take together.
const MEMORY_LIMIT: usize = 1 << 30;

/// Runs queries on the lake.
pub struct Engine {
    pub(crate) lake: Arc<Lake>,
    runtime: Arc<RuntimeEnv>,
}

/// One query's session over one snapshot.
pub(crate) struct Session {
    pub(crate) context: SessionContext,
    pub(crate) view: Arc<LakeView>,
    started: Instant,
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
        Ok(Self { lake, runtime })
    }

    /// A session that can name the project's tables and nothing else.
    pub(crate) fn session(&self, view: Arc<LakeView>) -> Result<Session> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let config = SessionConfig::new()
            .with_target_partitions(cores)
            .with_information_schema(false)
            .with_default_catalog_and_schema("hedgerow", "project");
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.runtime))
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        context
            .register_table("events", Arc::new(EventsTable::new(Arc::clone(&view))))
            .map_err(|error| Error::caused(Code::Internal, "cannot offer the events table", error))?;
        Ok(Session {
            context,
            view,
            started: Instant::now(),
        })
    }
}

impl Session {
    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        let physical = self.context.state().create_physical_plan(plan).await;
        physical.map_err(|error| sql::explain(&error, &self.view))
    }

    /// Runs a plan within the time limit.
    pub(crate) async fn run(&self, plan: &LogicalPlan) -> Result<Executed> {
        let physical = self.physical(plan).await?;
        let collected = tokio::time::timeout(TIME_LIMIT, collect(Arc::clone(&physical), self.context.task_ctx())).await;
        let batches = collected.map_err(|_| {
            Error::new(
                Code::LimitExceeded,
                format!("the query took longer than {} seconds", TIME_LIMIT.as_secs()),
            )
            .with_hint("narrow it by time, or group by fewer things")
        })?;
        let batches = batches.map_err(|error| sql::explain(&error, &self.view))?;
        let plan_text = plan.display_indent().to_string();
        Ok(Executed {
            batches,
            rows_read: rows_read(&physical),
            plan_text,
        })
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
            time_zone: "UTC".to_owned(),
            range: None,
            filters: Vec::new(),
            null_semantics: String::new(),
            limits: Vec::new(),
            query,
            rows_read: executed.iter().map(|executed| executed.rows_read).sum(),
            elapsed_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Rows that came out of the scans, which are the plan's leaves.
fn rows_read(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    if plan.children().is_empty() {
        return plan.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or(0) as u64;
    }
    plan.children().into_iter().map(rows_read).sum()
}

#[async_trait]
impl QueryEngine for Engine {
    async fn trends(&self, project: &ProjectId, query: &TrendsQuery, clock: &Clock) -> Result<TrendsResponse> {
        trends::run(self, project, query, clock).await
    }

    async fn sql(&self, project: &ProjectId, query: &SqlQuery, _clock: &Clock) -> Result<SqlResponse> {
        let (view, _) = self.lake.snapshot(project).await?;
        let session = self.session(view)?;
        let planned = sql::plan(&session.context, &session.view, query).await?;
        // One row more than wanted tells whether there are more.
        let fetch = datafusion::logical_expr::LogicalPlanBuilder::from(planned.plan)
            .limit(0, Some(planned.limit as usize + 1))
            .and_then(datafusion::logical_expr::LogicalPlanBuilder::build)
            .map_err(|error| sql::explain(&error, &session.view))?;
        let executed = session.run(&fetch).await?;
        let schema = fetch.schema();
        let columns = schema
            .fields()
            .iter()
            .map(|field| (field.name().clone(), field.data_type().to_string()))
            .collect();
        let mut rows = rows(&executed.batches)?;
        let mut warnings = Vec::new();
        if rows.len() > planned.limit as usize {
            rows.truncate(planned.limit as usize);
            let message = format!(
                "only the first {} rows are shown, there are more; set LIMIT to see up to {}",
                planned.limit,
                sql::MAX_ROWS
            );
            warnings.push(Warning::new("row_limit", message));
        }
        let mut provenance = session.provenance(project, "SqlQuery", query.query.clone(), &[executed]);
        "SQL: comparisons with missing values are unknown, so both = and <> leave them out"
            .clone_into(&mut provenance.null_semantics);
        let by = if planned.own_limit { "the statement" } else { "default" };
        provenance.limits = vec![
            format!("{} rows ({by})", planned.limit),
            format!("{} seconds", TIME_LIMIT.as_secs()),
        ];
        Ok(SqlResponse {
            columns,
            rows,
            warnings,
            provenance,
        })
    }

    async fn explain(&self, project: &ProjectId, query: &TrendsQuery, clock: &Clock) -> Result<String> {
        let (view, taxonomy) = self.lake.snapshot(project).await?;
        crate::validate::trends(self.lake.as_ref() as &dyn EventStore, project, &taxonomy, query).await?;
        let session = self.session(view)?;
        let prepared = trends::Prepared::new(query, &taxonomy, clock)?;
        let mut text = String::new();
        for series in 0..query.series.len() {
            let plan = prepared.plan(&session, series, &trends::Others::Keep).await?;
            text.push_str(
                &displayable(session.physical(&plan).await?.as_ref())
                    .indent(false)
                    .to_string(),
            );
        }
        Ok(text)
    }
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
