//! How many queries run at once. Others wait for their turn.

use std::sync::Arc;
use std::time::Duration;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use hedgerow_errors::{Code, Error, Result};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A query that may read more rows than this is a heavy one.
const HEAVY_ROWS: usize = 500_000;
/// The same where rows are counted as they come, and nothing is kept of them: a row costs a small part of what it does
/// where rows are put together, by person or by value.
const HEAVY_ROWS_COUNTED: usize = 4_000_000;
/// Operators that keep nothing of the rows that go through them.
const PASS_ON: [&str; 9] = [
    "CoalesceBatchesExec",
    "CoalescePartitionsExec",
    "CooperativeExec",
    "DataSourceExec",
    "FilterExec",
    "ProjectionExec",
    "RepartitionExec",
    "UnionExec",
    "UnnestExec",
];
/// A query that waits for longer is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Places for queries: heavy ones, each of which can use all cores, run one after the other, and light ones beside them.
pub(crate) struct Slots {
    heavy: Semaphore,
    light: Semaphore,
}

impl Slots {
    /// Places on so many cores.
    pub(crate) fn new(cores: usize) -> Self {
        Self {
            heavy: Semaphore::new((cores / 2).max(1)),
            light: Semaphore::new(cores * 4),
        }
    }

    /// A place for a plan, held for as long as it runs.
    pub(crate) async fn take(&self, plan: &Arc<dyn ExecutionPlan>) -> Result<SemaphorePermit<'_>> {
        let most = if keeps_rows(plan) {
            HEAVY_ROWS
        } else {
            HEAVY_ROWS_COUNTED
        };
        let kind = if rows(plan) > most { &self.heavy } else { &self.light };
        let waited = tokio::time::timeout(LONGEST_WAIT, kind.acquire()).await;
        let permit = waited.map_err(|_| {
            let message = format!("the query waited {} seconds for others to end", LONGEST_WAIT.as_secs());
            Error::new(Code::LimitExceeded, message).with_hint("ask again later, or ask for a shorter range")
        })?;
        permit.map_err(|error| Error::caused(Code::Internal, "no query can run any more", error))
    }
}

/// Whether a plan may do more with rows than to choose and to count them.
fn keeps_rows(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let passes_on = match plan.downcast_ref::<AggregateExec>() {
        Some(aggregate) => aggregate.group_expr().expr().is_empty(),
        None => PASS_ON.contains(&plan.name()),
    };
    !passes_on || plan.children().into_iter().any(keeps_rows)
}

/// The rows that a plan's scans may read.
fn rows(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let children = plan.children();
    if !children.is_empty() {
        return children.into_iter().map(rows).sum();
    }
    let statistics = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new());
    let rows = statistics
        .ok()
        .and_then(|statistics| statistics.num_rows.get_value().copied());
    rows.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;

    #[tokio::test]
    async fn plans_that_only_count_keep_no_rows() {
        let context = SessionContext::new();
        let cases = [
            ("sum(a)", "WHERE a > 1", false),
            ("sum(a) + 1", "", false),
            ("b", "WHERE a > 1", false),
            ("sum(a)", "GROUP BY b", true),
            ("a", "ORDER BY b", true),
            ("DISTINCT a", "", true),
        ];
        for (selected, rest, keeps) in cases {
            let query = format!("SELECT {selected} FROM (VALUES (1, 'a'), (2, 'b')) AS t(a, b) {rest}");
            let plan = context.sql(&query).await.unwrap();
            let plan = plan.create_physical_plan().await.unwrap();
            assert_eq!(keeps_rows(&plan), keeps, "{query}");
        }
    }
}
