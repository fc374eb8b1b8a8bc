//! How many queries run at once. Others wait for their turn.

use std::sync::Arc;
use std::time::Duration;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use hedgerow_errors::{Code, Error, Result};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A query that may read more rows than this is a heavy one.
const HEAVY_ROWS: usize = 500_000;
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
        let kind = if rows(plan) > HEAVY_ROWS {
            &self.heavy
        } else {
            &self.light
        };
        let waited = tokio::time::timeout(LONGEST_WAIT, kind.acquire()).await;
        let permit = waited.map_err(|_| {
            let message = format!("the query waited {} seconds for others to end", LONGEST_WAIT.as_secs());
            Error::new(Code::LimitExceeded, message).with_hint("ask again later, or ask for a shorter range")
        })?;
        permit.map_err(|error| Error::caused(Code::Internal, "no query can run any more", error))
    }
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
