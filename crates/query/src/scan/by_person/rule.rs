//! Finds the aggregates by person in a plan.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::source::DataSourceExec;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::projection_pushdown::ProjectionPushdown;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::union::UnionExec;

use super::super::source::ChunkScan;
use super::aggregates::Aggregate;
use super::{Asked, ByPersonExec};

/// The rule. It comes before the one that has rows of the same person meet in one partition: here they do already.
#[derive(Debug)]
pub(crate) struct ByPerson;

impl PhysicalOptimizerRule for ByPerson {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let replaced = plan.transform_down(|plan| match by_person(&plan, config)? {
            Some(plan) => Ok(Transformed::new(plan, true, TreeNodeRecursion::Jump)),
            None => Ok(Transformed::no(plan)),
        })?;
        Ok(replaced.data)
    }

    fn name(&self) -> &'static str {
        "ByPerson"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// An aggregate of scanned events by the person, by the person and a text, or by a text where persons are counted;
/// `None` for any other plan.
fn by_person(plan: &Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(last) = plan.downcast_ref::<AggregateExec>() else {
        return Ok(None);
    };
    let first = match last.mode() {
        AggregateMode::Single | AggregateMode::SinglePartitioned => Some(last),
        AggregateMode::Final | AggregateMode::FinalPartitioned => {
            let partial = last.input().downcast_ref::<AggregateExec>();
            partial.filter(|partial| *partial.mode() == AggregateMode::Partial)
        }
        _ => None,
    };
    let Some(first) = first.filter(|first| is_plain(first) && is_plain(last)) else {
        return Ok(None);
    };
    let by = first.group_expr().expr().iter();
    let by = by.map(|(expr, _)| expr.downcast_ref::<Column>().map(Column::index));
    let Some(by) = by.collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let input = without_exchanges(first.input(), config)?;
    let Some((scan, memory)) = scan_of(&input) else {
        return Ok(None);
    };
    if !scan.stays_in_memory() {
        return Ok(None);
    }
    let is_count = |function: &AggregateFunctionExpr| counted_person(function).is_some_and(|at| scan.is_person(at));
    let person = by.iter().position(|at| scan.is_person(*at));
    let (person_at, value_at) = match (person, by.as_slice()) {
        (Some(_), [only]) => (*only, None),
        (Some(person), [_, _]) => (by[person], Some(by[1 - person])),
        (None, [] | [_]) => {
            let counted = counted_of(first, |at| scan.is_person(at));
            match counted.filter(|_| last.mode() != first.mode()) {
                Some(person) => (person, by.first().copied()),
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    let value = value_at.and_then(|at| scan.texts_of_table(at));
    if value.is_some() != value_at.is_some() {
        return Ok(None);
    }
    // What the aggregates take is left to the scan, which computes what looks at one column of texts once a text.
    let schema = input.schema();
    let mut taken: Vec<ProjectionExpr> = Vec::new();
    let mut take = |expr: Arc<dyn PhysicalExpr>| -> Arc<dyn PhysicalExpr> {
        if expr.is::<Literal>() {
            return expr;
        }
        let at = taken
            .iter()
            .position(|known| known.expr.as_ref() == expr.as_ref())
            .unwrap_or_else(|| {
                taken.push(ProjectionExpr::new(Arc::clone(&expr), expr.to_string()));
                taken.len() - 1
            });
        Arc::new(Column::new(&expr.to_string(), at))
    };
    let mut aggregates = Vec::new();
    for (function, filter) in first.aggr_expr().iter().zip(first.filter_expr()) {
        let of_persons = person.is_none() && filter.is_none() && is_count(function);
        let function = if of_persons {
            Arc::new(count_of(function, &first.input_schema())?)
        } else {
            Arc::clone(function)
        };
        aggregates.push(Aggregate {
            arguments: function.expressions().into_iter().map(&mut take).collect(),
            filter: filter.clone().map(&mut take),
            function,
            of_persons,
        });
    }
    let functions: Vec<_> = aggregates.iter().map(|one| Arc::clone(&one.function)).collect();
    let asked = Asked {
        aggregates,
        person,
        value,
    };
    let scan = DataSourceExec::from_data_source(scan.projected(&ProjectionExprs::new(taken.clone()))?);
    let groups = value_at.into_iter().chain([person_at]).map(|at| {
        let name = schema.field(at).name();
        ProjectionExpr::new(Arc::new(Column::new(name, at)), name)
    });
    let with_groups: Vec<_> = taken.iter().cloned().chain(groups).collect();
    let memory = memory
        .map(|memory| ProjectionExec::try_new(with_groups, memory))
        .transpose()?;
    let memory = memory.map(|memory| Arc::new(memory) as Arc<dyn ExecutionPlan>);
    let asked = Arc::new(asked);
    if person.is_some() {
        return Ok(Some(Arc::new(ByPersonExec::new(scan, memory, asked, plan.schema()))));
    }
    // Its partitions take the place of the partial aggregates.
    let partial = AggregateExec::try_new(
        AggregateMode::Partial,
        first.group_expr().clone(),
        functions.clone(),
        first.filter_expr().to_vec(),
        Arc::clone(first.input()),
        first.input_schema(),
    )?;
    let states = Arc::new(ByPersonExec::new(scan, memory, asked, partial.schema()));
    let last = AggregateExec::try_new(
        *last.mode(),
        last.group_expr().clone(),
        functions,
        last.filter_expr().to_vec(),
        states,
        last.input_schema(),
    )?;
    Ok(Some(Arc::new(last)))
}

/// The place of the column whose different values a function counts.
fn counted_person(function: &AggregateFunctionExpr) -> Option<usize> {
    let arguments = function.expressions();
    let [argument] = arguments.as_slice() else {
        return None;
    };
    let is_count = function.is_distinct() && function.fun().name() == "count";
    argument
        .downcast_ref::<Column>()
        .filter(|_| is_count)
        .map(Column::index)
}

/// A count of rows in place of one of different values, under the same name.
fn count_of(function: &AggregateFunctionExpr, schema: &SchemaRef) -> Result<AggregateFunctionExpr> {
    let one: Arc<dyn PhysicalExpr> = Arc::new(Literal::new(ScalarValue::Int64(Some(1))));
    AggregateExprBuilder::new(count_udaf(), vec![one])
        .schema(Arc::clone(schema))
        .alias(function.name())
        .build()
}

/// The plan of an input without exchanges, and with its projections in the scan where that is possible.
fn without_exchanges(input: &Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
    let mut input = Arc::clone(input);
    // Projections above an exchange go below it.
    for _ in 0..2 {
        while let Some(repartition) = input.downcast_ref::<RepartitionExec>() {
            input = Arc::clone(repartition.input());
        }
        input = ProjectionPushdown::new().optimize(input, config)?;
    }
    Ok(input)
}

/// The place of the person, where an aggregate counts different ones.
fn counted_of(aggregate: &AggregateExec, is_person: impl Fn(usize) -> bool) -> Option<usize> {
    let mut counts = aggregate.aggr_expr().iter().zip(aggregate.filter_expr());
    counts.find_map(|(function, filter)| counted_person(function).filter(|at| filter.is_none() && is_person(*at)))
}

fn is_plain(aggregate: &AggregateExec) -> bool {
    let is_ordered = aggregate
        .aggr_expr()
        .iter()
        .any(|function| !function.order_bys().is_empty());
    aggregate.group_expr().is_single() && aggregate.limit_options().is_none() && !is_ordered
}

/// A scan and the events in memory beside it.
fn scan_of(plan: &Arc<dyn ExecutionPlan>) -> Option<(&ChunkScan, Option<Arc<dyn ExecutionPlan>>)> {
    if let Some(scan) = chunk_scan(plan) {
        return Some((scan, None));
    }
    match plan.downcast_ref::<UnionExec>()?.inputs().as_slice() {
        [events, memory] => Some((chunk_scan(events)?, Some(Arc::clone(memory)))),
        _ => None,
    }
}

fn chunk_scan(plan: &Arc<dyn ExecutionPlan>) -> Option<&ChunkScan> {
    plan.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref()
}
