//! What was computed, and on which data: equal only where the same must come out.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use datafusion::arrow::array::Array;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::MemTable;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::logical_plan::builder::LogicalTableSource;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan, Volatility, WindowFunctionDefinition};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{LakeFile, LakeView, Overrides};

use crate::scan::EventsTable;
use crate::{elements, lookups, person_history, persons, semi_joins};

/// What a node of a plan and a part of an expression take, about.
const NODE_BYTES: usize = 2 << 10;
const PART_BYTES: usize = 256;

/// A plan on the data of a moment. It keeps none of the data alive.
pub(crate) struct Asked {
    project: ProjectId,
    data: Data,
    /// Without its tables.
    plan: LogicalPlan,
    /// Columns of the tables that are no table of the project's, such as the persons that a query read before.
    given: Vec<Weak<dyn Array>>,
    bytes: usize,
}

/// The events of a moment.
struct Data {
    snapshot_id: i64,
    files: Weak<Vec<LakeFile>>,
    /// The first column of each batch in memory.
    memory: Vec<Weak<dyn Array>>,
    overrides: Arc<Overrides>,
}

impl Asked {
    /// `None` where the same plan may give something else on the same data: one with `now()` or `random()`, or with a
    /// table that is read when it runs.
    pub(crate) fn new(project: &ProjectId, view: &LakeView, plan: &LogicalPlan) -> Option<Self> {
        let mut seen = Seen::default();
        let plan = plan
            .clone()
            .transform_down_with_subqueries(|node| seen.without_table(node))
            .ok()?
            .data;
        let memory = view.memory.iter().filter_map(|batch| batch.columns().first());
        Some(Self {
            project: project.clone(),
            data: Data {
                snapshot_id: view.snapshot_id,
                files: Arc::downgrade(&view.files),
                memory: memory.map(Arc::downgrade).collect(),
                overrides: Arc::clone(&view.overrides),
            },
            plan,
            given: seen.given,
            bytes: seen.bytes,
        })
    }

    /// What it takes itself.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether another is on what the same project was, or will be.
    pub(super) fn is_other_data(&self, other: &Self) -> bool {
        self.project == other.project && self.data != other.data
    }
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.project == other.project
            && self.data == other.data
            && are_same(&self.given, &other.given)
            && self.plan == other.plan
    }
}

impl Eq for Asked {}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.project.hash(state);
        self.data.snapshot_id.hash(state);
        self.plan.hash(state);
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        self.snapshot_id == other.snapshot_id
            && Weak::ptr_eq(&self.files, &other.files)
            && are_same(&self.memory, &other.memory)
            && (Arc::ptr_eq(&self.overrides, &other.overrides) || self.overrides == other.overrides)
    }
}

/// Whether these are the very same columns. One that is gone has its place to itself as long as it is named here.
fn are_same(some: &[Weak<dyn Array>], others: &[Weak<dyn Array>]) -> bool {
    let place = |column: &Weak<dyn Array>| column.as_ptr().cast::<()>();
    some.iter().map(place).eq(others.iter().map(place))
}

/// What a plan consists of.
#[derive(Default)]
struct Seen {
    given: Vec<Weak<dyn Array>>,
    bytes: usize,
}

impl Seen {
    /// A node without its table; an error where the node may give something else each time.
    fn without_table(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        self.bytes += NODE_BYTES;
        node.apply_expressions(|expr| expr.apply(|part| self.see(part)))?;
        let LogicalPlan::TableScan(scan) = node else {
            return match node {
                LogicalPlan::Extension(_) | LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => {
                    internal_err!("a plan that is not known")
                }
                known => Ok(Transformed::no(known)),
            };
        };
        let table = source_as_provider(&scan.source)?;
        let table: &dyn Any = table.as_ref();
        if let Some(given) = table.downcast_ref::<MemTable>() {
            self.given(given)?;
        } else if !table.is::<EventsTable>() {
            return internal_err!("a table that is read when the plan runs");
        }
        let source = Arc::new(LogicalTableSource::new(scan.source.schema()));
        Ok(Transformed::yes(LogicalPlan::TableScan(TableScan { source, ..scan })))
    }

    fn given(&mut self, table: &MemTable) -> Result<()> {
        for part in &table.batches {
            let Ok(batches) = part.try_read() else {
                return internal_err!("a table that is written");
            };
            let columns = batches.iter().flat_map(RecordBatch::columns);
            self.given.extend(columns.map(Arc::<dyn Array>::downgrade));
        }
        Ok(())
    }

    fn see(&mut self, part: &Expr) -> Result<TreeNodeRecursion> {
        self.bytes += PART_BYTES;
        let volatility = match part {
            // What they hold is made anew for each query, and may be large.
            Expr::ScalarFunction(call) if lookups::is_value_of(&call.func) || elements::is_fit(&call.func) => {
                Volatility::Stable
            }
            Expr::ScalarFunction(call) => {
                self.bytes += persons::bytes_held(&call.func)
                    + person_history::bytes_held(&call.func)
                    + semi_joins::bytes_held(&call.func);
                call.func.signature().volatility
            }
            Expr::AggregateFunction(call) => call.func.signature().volatility,
            Expr::WindowFunction(call) => match &call.fun {
                WindowFunctionDefinition::AggregateUDF(function) => function.signature().volatility,
                WindowFunctionDefinition::WindowUDF(function) => function.signature().volatility,
            },
            Expr::ScalarVariable(..) | Expr::Placeholder(_) => Volatility::Volatile,
            _ => Volatility::Immutable,
        };
        match volatility {
            Volatility::Immutable => Ok(TreeNodeRecursion::Continue),
            Volatility::Stable | Volatility::Volatile => internal_err!("a function that is another each time"),
        }
    }
}
