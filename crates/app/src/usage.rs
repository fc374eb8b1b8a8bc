//! How the tools are used: a record of each call, on every surface.
//!
//! There is one source for each thing. What an agent calls is in its run's log, which is folded when somebody looks
//! ([`of_run`]); a second table of the same could only disagree with it. What people and programs call belongs to no
//! run, so those calls are written to the [`UsageStore`](hedgerow_agent_api::UsageStore), after the call and beside
//! it ([`CallRecorder`]): no call waits for its record or fails with it, and a record that can't be kept is logged as
//! an error.

mod of_run;
mod recorder;

pub(crate) use of_run::calls_of_run;
pub(crate) use recorder::{CallRecorder, MadeCall, counted};

use chrono::Duration;
use hedgerow_agent_api::{CallRecord, Registry};

/// How long calls that belong to no run are kept, and with them the words of searches that found nothing. The calls
/// of a run stay as long as the run.
pub(crate) const RETENTION: Duration = Duration::days(90);

/// The calls of tools of a product.
pub(crate) fn is_of_product(registry: &Registry, product: &str, call: &CallRecord) -> bool {
    registry.product_of_tool(&call.tool) == Some(product)
}

/// Tokens of a text in `o200k_base`.
pub(crate) fn tokens(text: &str) -> usize {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len()
}
