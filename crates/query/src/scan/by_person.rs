//! Aggregates of each person's events, and counts of the persons with each value, a share of the persons at a time.
//!
//! Files are sorted by person, so that the events of a few persons are found in all files without looking at those of
//! others. What is held at once is small, persons need no exchange between partitions, and the rows of a person need no
//! look-up each.

mod aggregates;
mod groups;
mod rule;

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array};
use datafusion::arrow::compute::{filter, filter_record_batch};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use futures::TryStreamExt as _;
use futures::stream::try_unfold;
use tokio::sync::OnceCell;

use super::runs::{SHARES, shares};
use super::source::{Chosen, ChunkScan, Holding, Wanted};
use super::{BYTES_READ, ROWS_READ};
use aggregates::{Aggregate, Running};
use groups::{Groups, Met, Values};
pub(crate) use rule::ByPerson;

/// The rows of a partition that are worked on at once, roughly.
const ROWS_AT_ONCE: u64 = 1 << 19;
/// What is held of a row, where each is of a person of its own: fewer are worked on at once where memory is short.
const BYTES_A_ROW: usize = 256;

/// What is computed by person.
#[derive(Debug)]
struct Asked {
    aggregates: Vec<Aggregate>,
    /// The place of the person among the columns by which is grouped; `None` where persons are counted. The aggregates
    /// of a partition give their states then, and counts of persons add up, since no person is in two partitions.
    person: Option<usize>,
    /// The column of the table that is the other one, where there is one.
    value: Option<usize>,
}

/// The plan: a row for each person of the events of a scan, and of those in memory, with what aggregates give; or one for
/// each person and value, or for each value.
#[derive(Debug)]
struct ByPersonExec {
    /// A [`ChunkScan`] of what the aggregates take.
    scan: Arc<dyn ExecutionPlan>,
    /// The same of the events in memory, then their value where there is one, and their person as the last column.
    memory: Option<Arc<dyn ExecutionPlan>>,
    asked: Arc<Asked>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
    holding: Arc<Holding>,
    in_memory: Arc<OnceCell<Vec<InMemory>>>,
    metrics: ExecutionPlanMetricsSet,
}

/// Events in memory, with the share of each person.
#[derive(Debug)]
struct InMemory {
    rows: RecordBatch,
    values: Option<ArrayRef>,
    persons: Int64Array,
    shares: Vec<usize>,
}

impl ByPersonExec {
    fn new(
        scan: Arc<dyn ExecutionPlan>,
        memory: Option<Arc<dyn ExecutionPlan>>,
        asked: Arc<Asked>,
        schema: SchemaRef,
    ) -> Self {
        let partitions = scan.properties().partitioning.partition_count();
        let person = asked.person.map(|person| {
            let name = schema.field(person).name();
            Arc::new(Column::new(name, person)) as Arc<dyn PhysicalExpr>
        });
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            person.map_or(Partitioning::UnknownPartitioning(partitions), |person| {
                Partitioning::Hash(vec![person], partitions)
            }),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            scan,
            memory,
            asked,
            schema,
            properties: Arc::new(properties),
            holding: Arc::default(),
            in_memory: Arc::default(),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    fn chunk_scan(&self) -> Result<Arc<ChunkScan>> {
        let mut plan = &self.scan;
        // It may have come to stand in a plan that does nothing but yield.
        while let [inner] = plan.children().as_slice() {
            plan = inner;
        }
        let source = plan.downcast_ref::<DataSourceExec>().map(DataSourceExec::data_source);
        let source = source.map(|source| Arc::clone(source) as Arc<dyn Any + Send + Sync>);
        match source.and_then(|source| source.downcast::<ChunkScan>().ok()) {
            Some(scan) => Ok(scan),
            None => internal_err!("persons are found in scans of events alone"),
        }
    }
}

/// What is known of the rows so far.
struct Found {
    values: Values,
    /// Those of the persons that are worked on, or where persons are counted their values.
    groups: Groups,
    met: Met,
    /// The aggregates of these persons, or where persons are counted of all so far.
    running: Running,
    /// What the values and their persons take.
    memory: MemoryReservation,
}

impl Found {
    fn new(asked: &Asked, context: &TaskContext) -> Result<Self> {
        Ok(Self {
            values: Values::default(),
            groups: Groups::default(),
            met: Met::default(),
            running: Running::new(&asked.aggregates, context)?,
            memory: MemoryConsumer::new("ByPersonExec[values]").register(context.memory_pool()),
        })
    }

    fn add(&mut self, asked: &Asked, chosen: &Chosen<'_>) -> Result<()> {
        let values = chosen.values.map(|values| self.values.of(values, chosen.row_group));
        let values = values.transpose()?;
        let bytes = self.values.bytes() + self.groups.bytes() + self.met.bytes();
        self.memory.try_resize(bytes)?;
        let (aggregates, rows) = (&asked.aggregates, chosen.rows);
        if asked.person.is_some() {
            let groups = self.groups.of(chosen.persons, values.as_deref());
            return self.running.add(aggregates, rows, &groups, None);
        }
        let values = values.map_or_else(
            || vec![0; chosen.persons.len()],
            |values| values.into_iter().map(|number| number as usize).collect(),
        );
        let firsts = self.met.firsts(chosen.persons, &values);
        self.running.add(aggregates, rows, &values, Some(&firsts))
    }
}

/// One partition under way.
struct Work {
    scan: Arc<ChunkScan>,
    memory: Option<Arc<dyn ExecutionPlan>>,
    asked: Arc<Asked>,
    schema: SchemaRef,
    holding: Arc<Holding>,
    in_memory: Arc<OnceCell<Vec<InMemory>>>,
    context: Arc<TaskContext>,
    /// `None` before the first rows, and after the last ones. The lock is for those who look at other fields meanwhile.
    found: Mutex<Option<Found>>,
    /// The shares that are left, and how many are taken at once: 0 before it is known.
    left: Range<usize>,
    at_once: usize,
    rows_read: Count,
    bytes_read: Count,
    work: BaselineMetrics,
    is_first: bool,
}

impl Work {
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>> {
        let work = self.work.elapsed_compute().clone();
        let _timer = work.timer();
        if self.at_once == 0 {
            let rows = self.scan.settled(&self.holding, &self.bytes_read).await?;
            let partitions = self.scan.partitions();
            let room = match self.context.memory_pool().memory_limit() {
                MemoryLimit::Finite(bytes) => (bytes / partitions / BYTES_A_ROW) as u64,
                _ => u64::MAX,
            };
            let pieces = (rows / partitions as u64).div_ceil(ROWS_AT_ONCE.min(room).max(1));
            let pieces = usize::try_from(pieces).unwrap_or(SHARES).clamp(1, SHARES);
            self.at_once = SHARES.div_ceil(pieces);
        }
        while !self.left.is_empty() {
            let end = self.left.end.min(self.left.start + self.at_once);
            let shares = self.left.start..end;
            self.left.start = end;
            if let Some(batch) = self.persons_of(&shares).await? {
                self.work.record_output(batch.num_rows());
                return Ok(Some((batch, self)));
            }
        }
        let Some(Found {
            values,
            running,
            memory: _memory,
            ..
        }) = self.taken().filter(|_| self.asked.person.is_none())
        else {
            return Ok(None);
        };
        let is_by_value = self.asked.value.is_some();
        let mut columns: Vec<ArrayRef> = is_by_value.then(|| values.all()).into_iter().collect();
        columns.extend(running.states()?);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        self.work.record_output(batch.num_rows());
        Ok(Some((batch, self)))
    }

    fn taken(&mut self) -> Option<Found> {
        self.found.get_mut().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The rows of the persons of some shares; none where persons are counted, which are given at the end.
    async fn persons_of(&mut self, shares: &Range<usize>) -> Result<Option<RecordBatch>> {
        let mut found = match self.taken() {
            Some(found) => found,
            None => Found::new(&self.asked, &self.context)?,
        };
        found.groups.clear();
        found.met.clear();
        let wanted = Wanted {
            holding: &self.holding,
            value: self.asked.value,
            once: self.asked.aggregates.iter().all(Aggregate::is_of_places),
            rows_read: self.is_first.then_some(&self.rows_read),
            bytes_read: &self.bytes_read,
        };
        self.scan
            .rows_of(shares, &wanted, |chosen| found.add(&self.asked, &chosen))
            .await?;
        self.is_first = false;
        for in_memory in self.in_memory().await? {
            let is_wanted = in_memory.shares.iter().map(|share| shares.contains(share));
            let is_wanted: BooleanArray = is_wanted.map(Some).collect();
            if is_wanted.true_count() > 0 {
                let rows = filter_record_batch(&in_memory.rows, &is_wanted)?;
                let values = in_memory.values.as_ref().map(|values| filter(values, &is_wanted));
                let persons = filter(&in_memory.persons, &is_wanted)?;
                let persons = persons.as_primitive::<Int64Type>().values();
                let values = values.transpose()?;
                let chosen = Chosen {
                    rows: &rows,
                    persons,
                    values: values.as_ref(),
                    row_group: None,
                };
                found.add(&self.asked, &chosen)?;
            }
        }
        let batch = match self.asked.person.filter(|_| !found.groups.is_empty()) {
            Some(person) => {
                let mut columns = vec![found.groups.persons()];
                if self.asked.value.is_some() {
                    columns.insert(1 - person, found.groups.values(&found.values));
                }
                let next = Running::new(&self.asked.aggregates, &self.context)?;
                columns.extend(std::mem::replace(&mut found.running, next).finish()?);
                Some(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
            }
            None => None,
        };
        self.found = Mutex::new(Some(found));
        Ok(batch)
    }

    /// The events in memory, which the first of all partitions reads.
    async fn in_memory(&self) -> Result<&[InMemory]> {
        let Some(memory) = &self.memory else {
            return Ok(&[]);
        };
        let read = || async {
            let mut read: Vec<InMemory> = Vec::new();
            for partition in 0..memory.properties().partitioning.partition_count() {
                let batches = memory.execute(partition, Arc::clone(&self.context))?;
                for batch in batches.try_collect::<Vec<_>>().await? {
                    read.push(self.with_shares(&batch)?);
                }
            }
            Ok::<_, DataFusionError>(read)
        };
        Ok(self.in_memory.get_or_try_init(read).await?)
    }

    fn with_shares(&self, batch: &RecordBatch) -> Result<InMemory> {
        let mut columns = batch.columns().to_vec();
        let persons = columns
            .pop()
            .and_then(|persons| persons.as_primitive_opt::<Int64Type>().cloned());
        let Some(persons) = persons else {
            return internal_err!("events in memory have no person");
        };
        let values = self.asked.value.and_then(|_| columns.pop());
        Ok(InMemory {
            rows: batch.project(&(0..columns.len()).collect::<Vec<_>>())?,
            shares: shares(&persons, self.scan.partitions())?,
            values,
            persons,
        })
    }
}

impl DisplayAs for ByPersonExec {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let aggregates: Vec<String> = self.asked.aggregates.iter().map(ToString::to_string).collect();
        write!(formatter, "ByPersonExec: aggr=[{}]", aggregates.join(", "))
    }
}

impl ExecutionPlan for ByPersonExec {
    fn name(&self) -> &'static str {
        "ByPersonExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        std::iter::once(&self.scan).chain(&self.memory).collect()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.children().len()]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for expr in self.asked.aggregates.iter().flat_map(Aggregate::expressions) {
            if f(expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let mut children = children.into_iter();
        let Some(scan) = children.next() else {
            return internal_err!("persons are found in a scan");
        };
        let (asked, schema) = (Arc::clone(&self.asked), Arc::clone(&self.schema));
        Ok(Arc::new(Self::new(scan, children.next(), asked, schema)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let scan = self.chunk_scan()?;
        let work = Work {
            rows_read: MetricBuilder::new(scan.metric_set()).counter(ROWS_READ, partition),
            bytes_read: MetricBuilder::new(scan.metric_set()).counter(BYTES_READ, partition),
            work: BaselineMetrics::new(&self.metrics, partition),
            scan,
            memory: self.memory.clone(),
            asked: Arc::clone(&self.asked),
            schema: Arc::clone(&self.schema),
            holding: Arc::clone(&self.holding),
            in_memory: Arc::clone(&self.in_memory),
            context,
            found: Mutex::default(),
            left: partition * SHARES..(partition + 1) * SHARES,
            at_once: 0,
            is_first: partition == 0,
        };
        let batches = try_unfold(work, Work::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            batches,
        )))
    }
}
