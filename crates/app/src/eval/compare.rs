//! Two runs of a suite side by side.

use std::path::Path;

use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EvalSummary, Verdict};

/// The cases whose verdict is another than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvalComparison {
    /// The suite.
    pub suite: String,
    /// The cases, in the order of the suite; `null` where one run lacks the case.
    pub changed: Vec<VerdictChange>,
}

/// A case whose verdict is another than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictChange {
    /// The case.
    pub id: String,
    /// The earlier verdict.
    pub before: Option<Verdict>,
    /// The verdict now.
    pub now: Option<Verdict>,
}

impl VerdictChange {
    /// True where a case that came out as it should no longer does.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        let good = |verdict: Option<Verdict>| matches!(verdict, Some(Verdict::Right | Verdict::RefusedRight));
        good(self.before) && self.now.is_some() && !good(self.now)
    }
}

/// Reads what an earlier `eval --json` printed: one summary after the other.
pub fn read_summaries(path: &Path) -> Result<Vec<EvalSummary>> {
    let text = fs_err::read_to_string(path)?;
    let summaries = serde_json::Deserializer::from_str(&text).into_iter::<EvalSummary>();
    summaries.collect::<Result<_, _>>().map_err(|error| {
        Error::caused(
            Code::InvalidArgument,
            format!("{} is not the output of eval --json", path.display()),
            error,
        )
    })
}

/// What is different from an earlier run of the same suite.
#[must_use]
pub fn compare(before: &EvalSummary, now: &EvalSummary) -> EvalComparison {
    let verdict =
        |summary: &EvalSummary, id: &str| summary.cases.iter().find(|case| case.id == id).map(|case| case.verdict);
    let gone = before.cases.iter().filter(|case| verdict(now, &case.id).is_none());
    let ids = now.cases.iter().chain(gone).map(|case| case.id.clone());
    let changes = ids.map(|id| VerdictChange {
        before: verdict(before, &id),
        now: verdict(now, &id),
        id,
    });
    let changed = changes.filter(|change| change.before != change.now).collect();
    EvalComparison {
        suite: now.suite.clone(),
        changed,
    }
}
