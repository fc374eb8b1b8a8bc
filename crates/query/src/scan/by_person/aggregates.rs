//! Aggregates over numbered groups, and their state while rows come.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, internal_err};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::{GroupsAccumulatorAdapter, PhysicalExpr};

use crate::intervals;

/// An aggregate with what it takes of a row.
#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) function: Arc<AggregateFunctionExpr>,
    pub(super) arguments: Vec<Arc<dyn PhysicalExpr>>,
    pub(super) filter: Option<Arc<dyn PhysicalExpr>>,
    /// Whether it takes one row of each person alone.
    pub(super) of_persons: bool,
}

impl Aggregate {
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Arc<dyn PhysicalExpr>> {
        self.arguments.iter().chain(&self.filter)
    }

    /// Whether of several rows with the same arguments one will do.
    pub(super) fn is_of_places(&self) -> bool {
        intervals::is_set(&self.function) && self.filter.is_none()
    }

    fn start(&self) -> Result<Box<dyn GroupsAccumulator>> {
        if self.function.groups_accumulator_supported() {
            return self.function.create_groups_accumulator();
        }
        let function = Arc::clone(&self.function);
        let adapter = GroupsAccumulatorAdapter::new(move || function.create_accumulator());
        Ok(Box::new(adapter))
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(ToString::to_string).collect();
        let distinct = if self.of_persons { "DISTINCT " } else { "" };
        write!(
            formatter,
            "{}({distinct}{})",
            self.function.fun().name(),
            arguments.join(", ")
        )?;
        match &self.filter {
            Some(filter) => write!(formatter, " FILTER (WHERE {filter})"),
            None => Ok(()),
        }
    }
}

/// Aggregates under way.
pub(super) struct Running {
    accumulators: Vec<Box<dyn GroupsAccumulator>>,
    /// Arguments that are the same for all rows, as long as the longest batch was.
    literals: Vec<Vec<Option<ArrayRef>>>,
    groups: usize,
    memory: MemoryReservation,
}

impl Running {
    pub(super) fn new(aggregates: &[Aggregate], context: &TaskContext) -> Result<Self> {
        Ok(Self {
            accumulators: aggregates.iter().map(Aggregate::start).collect::<Result<_>>()?,
            literals: aggregates
                .iter()
                .map(|aggregate| vec![None; aggregate.arguments.len()])
                .collect(),
            groups: 0,
            memory: MemoryConsumer::new("ByPersonExec").register(context.memory_pool()),
        })
    }

    /// Adds rows, each to its group, to the aggregates of which these are the accumulators. `firsts` are those that are
    /// the first ones of their person in their group, for aggregates that take no others.
    pub(super) fn add(
        &mut self,
        aggregates: &[Aggregate],
        rows: &RecordBatch,
        groups: &[usize],
        firsts: Option<&BooleanArray>,
    ) -> Result<()> {
        self.groups = groups
            .iter()
            .max()
            .map_or(self.groups, |most| self.groups.max(most + 1));
        let mut bytes = 0;
        let accumulators = self.accumulators.iter_mut().zip(&mut self.literals);
        for (aggregate, (accumulator, literals)) in aggregates.iter().zip(accumulators) {
            let arguments = aggregate.arguments.iter().zip(literals);
            let values = arguments.map(|(argument, literal)| value(argument, rows, literal));
            let filter = aggregate
                .filter
                .as_ref()
                .map(|filter| condition(filter, rows))
                .transpose()?;
            let firsts = firsts.filter(|_| aggregate.of_persons);
            accumulator.update_batch(
                &values.collect::<Result<Vec<_>>>()?,
                groups,
                filter.as_ref().or(firsts),
                self.groups,
            )?;
            bytes += accumulator.size();
        }
        self.memory.try_resize(bytes)
    }

    /// What the aggregates give for all groups.
    pub(super) fn finish(self) -> Result<Vec<ArrayRef>> {
        let evaluated = self.accumulators.into_iter();
        evaluated
            .map(|mut accumulator| accumulator.evaluate(EmitTo::All))
            .collect()
    }

    /// The states of all groups, for others to put together.
    pub(super) fn states(self) -> Result<Vec<ArrayRef>> {
        let mut states = Vec::new();
        for mut accumulator in self.accumulators {
            states.extend(accumulator.state(EmitTo::All)?);
        }
        Ok(states)
    }
}

/// A literal is not written anew for each batch: that of a long text takes more time than everything else.
fn value(argument: &Arc<dyn PhysicalExpr>, rows: &RecordBatch, literal: &mut Option<ArrayRef>) -> Result<ArrayRef> {
    let count = rows.num_rows();
    if !argument.is::<Literal>() {
        return argument.evaluate(rows)?.into_array(count);
    }
    match literal {
        Some(known) if known.len() >= count => Ok(known.slice(0, count)),
        _ => {
            let value = argument.evaluate(rows)?.into_array(count)?;
            *literal = Some(Arc::clone(&value));
            Ok(value)
        }
    }
}

fn condition(filter: &Arc<dyn PhysicalExpr>, rows: &RecordBatch) -> Result<BooleanArray> {
    let holds = filter.evaluate(rows)?.into_array(rows.num_rows())?;
    match holds.as_boolean_opt() {
        Some(holds) => Ok(holds.clone()),
        None => internal_err!("the filter of an aggregate is neither true nor false"),
    }
}
