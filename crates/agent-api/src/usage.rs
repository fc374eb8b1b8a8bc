//! What is kept of how the tools are used: calls, and what people say of runs.
//!
//! There is one source for each thing. Calls that an agent makes are in its run's log already, and are read from
//! there; calls that people and programs make belong to no run, so each leaves a [`CallRecord`] in a [`UsageStore`].
//! A record names the tool and not its product: which product a tool is part of is for the registry to say.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_errors::{Report, Result};
use hedgerow_ids::{CallId, ProjectId, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::Surface;

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// It worked.
    Ok,
    /// It failed, or its arguments were refused.
    Error,
    /// The policy forbids it, or whoever called lacks the right.
    Denied,
    /// It was stopped to ask a person.
    Asked,
    /// A person was asked and did not agree.
    Rejected,
    /// Nobody saw its end.
    Unknown,
}

impl CallEnd {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ok,
        Self::Error,
        Self::Denied,
        Self::Asked,
        Self::Rejected,
        Self::Unknown,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Denied => "denied",
            Self::Asked => "asked",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }
}

/// A call of a tool, on any surface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The project that it was about.
    pub project: ProjectId,
    /// The tool, or what the caller took for one.
    pub tool: String,
    /// Where it came from.
    pub surface: Surface,
    /// When it began, by the caller's clock.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds; absent for one that did not run to its end.
    pub ms: Option<u64>,
    /// What became of it.
    pub end: CallEnd,
    /// Why it did not work.
    pub error: Option<Report>,
    /// The tokens of its arguments as JSON, in `o200k_base`.
    pub argument_tokens: u64,
    /// The tokens of its result as a model reads it.
    pub result_tokens: u64,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// The words of a search that found nothing: customer text.
    pub searched: Option<String>,
}

/// Whether an answer was of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// It was.
    Good,
    /// It was not.
    Bad,
}

impl Rating {
    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// What a person says of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// The run.
    pub run_id: RunId,
    /// The run's project.
    pub project: ProjectId,
    /// Who says it.
    pub person: String,
    /// When.
    #[schemars(with = "String")]
    pub at: DateTime<Utc>,
    /// Whether the answer was of use.
    pub rating: Rating,
    /// What was good or wrong, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The call of the run that it is about; all of the run when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// The figure of the answer that it is about, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<u32>,
}

/// Keeps calls and feedback. Every implementation keeps these promises (see the conformance suite in
/// `hedgerow-testkit`): what returns is durable; calls come back as they were given, by time; of a person's feedback
/// on a run the last is kept.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Adds calls: all, or none. `recorded_at` is the machine's time, by which they are forgotten.
    async fn add_calls(&self, calls: Vec<CallRecord>, recorded_at: DateTime<Utc>) -> Result<()>;

    /// A project's calls that began within `from` (included) and `to` (excluded), oldest first.
    async fn calls(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<CallRecord>>;

    /// Forgets the calls that were recorded before a time; says how many.
    async fn forget_calls(&self, before: DateTime<Utc>) -> Result<u64>;

    /// Keeps what a person says of a run, in place of what the same person said before.
    async fn give_feedback(&self, feedback: Feedback) -> Result<()>;

    /// What was said of a run, oldest first.
    async fn feedback_of(&self, run_id: RunId) -> Result<Vec<Feedback>>;

    /// What was said of a project's runs within `from` (included) and `to` (excluded), newest first.
    async fn feedback(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Feedback>>;
}
