//! What the plans of a query did, for who wants to know: what they read, and where their time went.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use datafusion::physical_plan::{ExecutionPlan, displayable};
use hedgerow_data_api::{Explained, ExplainedPlan, PlanOperator, QueryStage};
use hedgerow_lake::LakeView;

use crate::scan::{BYTES_READ, ChunkScan};
use crate::session::rows_read;

/// What operators work at, in the order in which it is told.
const WORK: [&str; 8] = [
    "scan",
    "filter",
    "aggregate",
    "join",
    "sort",
    "project",
    "exchange",
    "other",
];

/// Collects what the plans of one query did.
#[derive(Default)]
pub(crate) struct Observed {
    ran: Mutex<Vec<Ran>>,
}

/// A plan that was run. Its operators keep their own counts.
pub(crate) struct Ran {
    pub(crate) plan: Arc<dyn ExecutionPlan>,
    pub(crate) view: Arc<LakeView>,
    /// When it began to be planned.
    pub(crate) began: Instant,
    pub(crate) planned: Duration,
    pub(crate) waited: Duration,
    pub(crate) ran: Duration,
}

impl Observed {
    pub(crate) fn add(&self, ran: Ran) {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).push(ran);
    }

    /// All of it, for a query that began and ended at some times.
    pub(crate) fn explained(&self, kind: &str, began: Instant, ended: Instant) -> Explained {
        let ran = self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |part: fn(&Ran) -> Duration| ran.iter().map(part).sum::<Duration>();
        let (planned, waited, running) = (sum(|ran| ran.planned), sum(|ran| ran.waited), sum(|ran| ran.ran));
        let first = ran.first().map_or(ended, |first| first.began);
        let prepared = first.saturating_duration_since(began);
        let rest = ended.saturating_duration_since(first);
        let rest = rest.saturating_sub(planned + waited + running);
        let stages = [
            ("prepare", prepared),
            ("plan", planned),
            ("wait", waited),
            ("run", running),
            ("rest", rest),
        ];
        let read: Vec<Read> = ran.iter().map(|ran| Read::of(&ran.plan)).collect();
        let of_chunks: BTreeSet<&Path> = read
            .iter()
            .flat_map(|read| read.chunk_files.iter().map(AsRef::as_ref))
            .collect();
        let most_of_one = read.iter().map(Read::files).max().unwrap_or(0);
        let view = ran.first().map(|ran| &ran.view);
        let mut work: BTreeMap<&str, u64> = BTreeMap::new();
        for ran in ran.iter() {
            add_work(&ran.plan, &mut work);
        }
        let plans = ran.iter().zip(&read).map(|(ran, read)| {
            let mut operators = Vec::new();
            add_operators(&ran.plan, 0, &mut operators);
            ExplainedPlan {
                files_read: read.files() as u64,
                bytes_read: read.bytes,
                rows_read: rows_read(&ran.plan),
                ms: ms(ran.ran),
                operators,
            }
        });
        Explained {
            kind: kind.to_owned(),
            snapshot_id: view.map_or(0, |view| view.snapshot_id),
            files_read: of_chunks.len().max(most_of_one) as u64,
            files: view.map_or(0, |view| view.files.len() as u64),
            bytes_read: read.iter().map(|read| read.bytes).sum(),
            rows_read: ran.iter().map(|ran| rows_read(&ran.plan)).sum(),
            rows: view.map_or(0, |view| view.rows()),
            stages: stages.map(|(name, time)| stage(name, ms(time))).into(),
            work: WORK
                .iter()
                .filter_map(|name| work.get(name).map(|time| stage(name, of_nanos(*time))))
                .collect(),
            plans: plans.collect(),
        }
    }
}

/// What a plan read.
#[derive(Default)]
struct Read {
    chunk_files: BTreeSet<Arc<Path>>,
    /// Files that `DataFusion` read itself; it says only how many.
    other_files: usize,
    bytes: u64,
}

impl Read {
    fn of(plan: &Arc<dyn ExecutionPlan>) -> Self {
        let mut read = Self::default();
        read.add(plan);
        read
    }

    fn add(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        plan.children().into_iter().for_each(|child| self.add(child));
        let Some(scan) = plan.downcast_ref::<DataSourceExec>() else {
            return;
        };
        let metrics = plan.metrics().unwrap_or_default();
        let count = |name: &str| metrics.sum_by_name(name).map_or(0, |count| count.as_usize());
        self.bytes += (count(BYTES_READ) + count("bytes_scanned")) as u64;
        match scan.data_source().downcast_ref::<ChunkScan>() {
            Some(scan) => self.chunk_files.extend(scan.paths()),
            None => self.other_files += count("files_opened").saturating_sub(pruned(&metrics)),
        }
    }

    fn files(&self) -> usize {
        self.chunk_files.len() + self.other_files
    }
}

/// Files that were opened for their statistics alone.
fn pruned(metrics: &MetricsSet) -> usize {
    let of = metrics.iter().map(|metric| match metric.value() {
        MetricValue::PruningMetrics { name, pruning_metrics } if name == "files_ranges_pruned_statistics" => {
            pruning_metrics.pruned()
        }
        _ => 0,
    });
    of.sum()
}

/// What an operator works at.
fn kind(plan: &Arc<dyn ExecutionPlan>) -> &'static str {
    let name = plan.name();
    let kinds = [
        ("DataSource", "scan"),
        ("Filter", "filter"),
        ("Aggregate", "aggregate"),
        ("Join", "join"),
        ("SortPreservingMerge", "exchange"),
        ("Sort", "sort"),
        ("Projection", "project"),
        ("Repartition", "exchange"),
        ("Coalesce", "exchange"),
    ];
    let found = kinds.iter().find(|(part, _)| name.contains(part));
    found.map_or("other", |(_, kind)| kind)
}

fn add_work(plan: &Arc<dyn ExecutionPlan>, work: &mut BTreeMap<&'static str, u64>) {
    if let Some(nanos) = plan.metrics().and_then(|metrics| metrics.elapsed_compute()) {
        *work.entry(kind(plan)).or_default() += nanos as u64;
    }
    plan.children().into_iter().for_each(|child| add_work(child, work));
}

fn add_operators(plan: &Arc<dyn ExecutionPlan>, depth: usize, operators: &mut Vec<PlanOperator>) {
    let metrics = plan.metrics().unwrap_or_default();
    operators.push(PlanOperator {
        depth,
        text: displayable(plan.as_ref()).one_line().to_string().trim_end().to_owned(),
        rows: metrics.output_rows().map(|rows| rows as u64),
        ms: metrics.elapsed_compute().map(|nanos| of_nanos(nanos as u64)),
        spilled_bytes: metrics
            .spilled_bytes()
            .filter(|bytes| *bytes > 0)
            .map(|bytes| bytes as u64),
    });
    for child in plan.children() {
        add_operators(child, depth + 1, operators);
    }
}

fn stage(name: &str, ms: f64) -> QueryStage {
    QueryStage {
        name: name.to_owned(),
        ms,
    }
}

fn ms(time: Duration) -> f64 {
    of_nanos(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// Nanoseconds as milliseconds, to the microsecond.
#[expect(clippy::cast_precision_loss, reason = "a time that is shown")]
fn of_nanos(nanos: u64) -> f64 {
    (nanos / 1_000) as f64 / 1e3
}
