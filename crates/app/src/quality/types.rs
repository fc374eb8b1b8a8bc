//! What the quality of a product is told with.

use chrono::{DateTime, Utc};
use hedgerow_agent_api::{CallEnd, Feedback, Stage};
use hedgerow_errors::Code;
use hedgerow_ids::{ProjectId, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::eval_history::EvalRecord;

/// Which calls count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityOptions {
    /// Those of this project.
    pub project: ProjectId,
    /// Those of so many full days before today, 1 to 90, and of today; 30 when absent.
    pub days: Option<u32>,
}

/// How well a product works in a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductQuality {
    /// The product.
    pub product: String,
    /// Its name for people.
    pub title: String,
    /// The team that answers for it.
    pub owner: String,
    /// How to reach them.
    pub contact: String,
    /// How far it is.
    pub stage: Stage,
    /// The project that was looked at.
    pub project: ProjectId,
    /// The first instant that counts.
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// When it was looked at; today is not over.
    #[schemars(with = "String")]
    pub until: DateTime<Utc>,
    /// All calls of its tools.
    pub totals: Totals,
    /// The same for each day in UTC, also those without calls.
    pub by_day: Vec<DayCalls>,
    /// The same for each of its tools, the most called first.
    pub tools: Vec<ToolQuality>,
    /// Calls that did not work, by the code of the error, the most first.
    pub errors: Vec<ErrorGroup>,
    /// The runs that called it.
    pub runs: RunTotals,
    /// The newest of those that failed, at most 10.
    pub failed_runs: Vec<FailedRun>,
    /// Searches in the project that found nothing, whatever product they were meant for.
    pub searches_without_match: u64,
    /// Their words, the newest 20.
    pub searches: Vec<ZeroMatch>,
    /// What was said of runs that called it.
    pub feedback: QualityFeedback,
    /// What its suites came to, oldest first.
    pub evals: Vec<EvalRecord>,
    /// True where texts are left out, because whoever asks lacks `run:read`: messages, questions, words, feedback.
    pub texts_withheld: bool,
}

impl ProductQuality {
    /// Takes out what comes from runs and people, and leaves the counts.
    pub(super) fn withhold_texts(&mut self) {
        for group in &mut self.errors {
            group.latest.clear();
        }
        self.failed_runs.clear();
        self.searches.clear();
        self.feedback.latest.clear();
    }
}

/// Calls by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// All of them: the sum of the following.
    pub calls: u64,
    /// Those that worked.
    pub ok: u64,
    /// Those that failed.
    pub error: u64,
    /// Those that were not allowed.
    pub denied: u64,
    /// Those that were stopped to ask a person.
    pub asked: u64,
    /// Those that a person was asked about and did not agree to.
    pub rejected: u64,
    /// Those whose end nobody saw.
    pub unknown: u64,
    /// Tokens of all arguments.
    pub argument_tokens: u64,
    /// Tokens of all results, as a model reads them.
    pub result_tokens: u64,
}

impl Totals {
    pub(super) fn add(&mut self, end: CallEnd) {
        self.calls += 1;
        let count = match end {
            CallEnd::Ok => &mut self.ok,
            CallEnd::Error => &mut self.error,
            CallEnd::Denied => &mut self.denied,
            CallEnd::Asked => &mut self.asked,
            CallEnd::Rejected => &mut self.rejected,
            CallEnd::Unknown => &mut self.unknown,
        };
        *count += 1;
    }
}

/// The calls of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayCalls {
    /// The day in UTC, as `2026-05-20`.
    pub day: String,
    /// Calls.
    pub calls: u64,
    /// How many of them failed, were not allowed or were lost.
    pub failed: u64,
    /// True for today, which is not over.
    pub partial: bool,
}

/// The calls of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolQuality {
    /// The tool.
    pub tool: String,
    /// Its name for people.
    pub title: String,
    /// Its calls.
    pub totals: Totals,
    /// Where they came from.
    pub surfaces: SurfaceCalls,
    /// Half of the calls that worked took so many milliseconds or less; absent where none did.
    pub p50_ms: Option<u64>,
    /// 95 % of them did.
    pub p95_ms: Option<u64>,
}

/// Calls by where they came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SurfaceCalls {
    /// From runs.
    pub agent: u64,
    /// From the HTTP API.
    pub http: u64,
    /// From the command line.
    pub cli: u64,
}

/// Calls that did not work for one kind of reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorGroup {
    /// The code of the error; absent for calls whose end nobody saw.
    pub code: Option<Code>,
    /// How many.
    pub calls: u64,
    /// The newest, at most 3.
    pub latest: Vec<ErrorExample>,
}

/// A call that did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorExample {
    /// When.
    #[schemars(with = "String")]
    pub at: DateTime<Utc>,
    /// The tool.
    pub tool: String,
    /// What the error said. It may quote what customers wrote.
    pub message: String,
    /// The run that made the call; absent where a person or program did.
    pub run_id: Option<RunId>,
}

/// The runs that called a product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunTotals {
    /// All of them.
    pub runs: u64,
    /// Those that failed as a whole.
    pub failed: u64,
    /// Tokens that their models read, as the models say.
    pub input_tokens: u64,
    /// Tokens that their models wrote.
    pub output_tokens: u64,
}

/// A run that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedRun {
    /// The run.
    pub run_id: RunId,
    /// The user's words.
    pub question: String,
    /// Why it failed.
    pub message: String,
}

/// A search that found nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ZeroMatch {
    /// The words: customer text.
    pub words: String,
    /// How often they were searched for.
    pub times: u64,
    /// When they last were.
    #[schemars(with = "String")]
    pub last_at: DateTime<Utc>,
}

/// What was said of runs that called a product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QualityFeedback {
    /// People who found a run of use.
    pub good: u64,
    /// People who did not.
    pub bad: u64,
    /// The newest with words, at most 20.
    pub latest: Vec<Feedback>,
}
