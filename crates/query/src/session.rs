//! One query's session over one snapshot: where its plans run, within the limits of time and size.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt as _;
use hedgerow_data_api::{Progress, Provenance};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, QueryId};
use hedgerow_lake::LakeView;
use uuid::Uuid;

use crate::codec::PlanCodec;
use crate::kept::{Asked, Results};
use crate::observed::{Observed, Ran};
use crate::scan::ROWS_READ;
use crate::slots::Slots;
use crate::sql;

/// A query that takes longer is stopped.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Memory that one result may take.
const RESULT_LIMIT: usize = 256 << 20;
/// Time between two reports of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// One query's session over one snapshot.
pub(crate) struct Session {
    pub(crate) context: SessionContext,
    pub(crate) state: SessionState,
    pub(crate) view: Arc<LakeView>,
    pub(crate) zone: Tz,
    pub(crate) slots: Arc<Slots>,
    pub(crate) started: Instant,
    pub(crate) progress: Progress,
    pub(crate) observed: Option<Arc<Observed>>,
    pub(crate) kept: Option<Arc<Results>>,
    pub(crate) sent: Option<Arc<PlanCodec>>,
    pub(crate) project: ProjectId,
    pub(crate) now: DateTime<Utc>,
}

/// What a plan gave.
pub(crate) struct Executed {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) rows_read: u64,
    pub(crate) plan_text: String,
    /// When it was computed, where that was for an earlier query.
    kept_at: Option<DateTime<Utc>>,
}

impl Session {
    /// Leaves projections of plans as they are. Where two are merged, the columns in a lambda's body get new places
    /// and its parameters keep the old ones.
    pub(crate) fn keep_projections(&mut self) {
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
        let plan_text = plan.display_indent().to_string();
        let kept = self.kept.as_ref().and_then(|kept| {
            let asked = Asked::new(&self.project, &self.view, plan)?;
            Some((kept, asked))
        });
        if let Some((kept, asked)) = &kept
            && let Some(found) = kept.get(asked)
        {
            let is_wanted = found.batches.iter().map(RecordBatch::num_rows).sum::<usize>() <= rows;
            return Ok(is_wanted.then_some(Executed {
                batches: found.batches,
                rows_read: 0,
                plan_text,
                kept_at: Some(found.at),
            }));
        }
        let began = Instant::now();
        let mut physical = self.physical(plan).await?;
        if let Some(codec) = &self.sent {
            let sent = codec.sent(&physical, &self.context.task_ctx());
            physical = sent.map_err(|error| sql::explain(&error, &self.view))?;
        }
        let planned = Instant::now();
        let _slot = self.slots.take(&physical).await?;
        let running = Instant::now();
        let collected = tokio::time::timeout(TIME_LIMIT, self.collect(&physical, rows)).await;
        if let Some(observed) = &self.observed {
            observed.add(Ran {
                plan: Arc::clone(&physical),
                view: Arc::clone(&self.view),
                began,
                planned: planned - began,
                waited: running - planned,
                ran: running.elapsed(),
            });
        }
        let batches = collected.map_err(|_| {
            Error::new(
                Code::LimitExceeded,
                format!("the query took longer than {} seconds", TIME_LIMIT.as_secs()),
            )
            .with_hint("narrow it by time, or group by fewer things")
        })??;
        if let (Some((kept, asked)), Some(batches)) = (kept, &batches) {
            kept.put(asked, batches, self.now);
        }
        Ok(batches.map(|batches| Executed {
            batches,
            rows_read: rows_read(&physical),
            plan_text,
            kept_at: None,
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
            memory_rows: self.view.memory.iter().map(|batch| batch.num_rows() as u64).sum(),
            time_zone: self.zone.name().to_owned(),
            range: None,
            filters: Vec::new(),
            definitions: Vec::new(),
            null_semantics: String::new(),
            limits: Vec::new(),
            query,
            rows_read: executed.iter().map(|executed| executed.rows_read).sum(),
            cached_at: executed
                .iter()
                .filter_map(|executed| executed.kept_at)
                .min()
                .map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            elapsed_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Rows that the scans looked at, which are the plan's leaves.
pub(crate) fn rows_read(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    if plan.children().is_empty() {
        let metrics = plan.metrics().unwrap_or_default();
        let read = metrics.sum_by_name(ROWS_READ).map(|read| read.as_usize());
        return read.or_else(|| metrics.output_rows()).unwrap_or(0) as u64;
    }
    plan.children().into_iter().map(rows_read).sum()
}
