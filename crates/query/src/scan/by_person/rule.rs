//! Finds the aggregates by person in a plan.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExpr;
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

/// An aggregate by nothing but the person, of events that are scanned; `None` for any other plan.
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
    let mut input = first.input();
    while let Some(repartition) = input.downcast_ref::<RepartitionExec>() {
        input = repartition.input();
    }
    let input = ProjectionPushdown::new().optimize(Arc::clone(input), config)?;
    let Some((scan, memory)) = scan_of(&input) else {
        return Ok(None);
    };
    let Some(person) = by
        .iter()
        .position(|at| scan.is_person(*at))
        .filter(|_| scan.stays_in_memory())
    else {
        return Ok(None);
    };
    let (person_at, value_at) = match by.as_slice() {
        [only] => (*only, None),
        [_, _] => (by[person], Some(by[1 - person])),
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
    let aggregates = first.aggr_expr().iter().zip(first.filter_expr());
    let aggregates = aggregates.map(|(function, filter)| Aggregate {
        arguments: function.expressions().into_iter().map(&mut take).collect(),
        filter: filter.clone().map(&mut take),
        function: Arc::clone(function),
    });
    let asked = Asked {
        aggregates: aggregates.collect(),
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
    let by_person = ByPersonExec::new(scan, memory, Arc::new(asked), plan.schema());
    Ok(Some(Arc::new(by_person)))
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
