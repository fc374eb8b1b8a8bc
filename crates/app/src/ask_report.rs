//! The outcome of a question as data: what `ask --json` prints.

use hedgerow_agent::shown_question;
use hedgerow_agent_api::{
    AwaitReason, CallState, Figure, Question, ResultSnapshot, RunStatus, Tainted, Thread, ToolCallView, Usage,
};
use hedgerow_data_api::{FilterGroup, FilterList, Provenance, Warning};
use hedgerow_errors::Report;
use hedgerow_ids::RunId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskOutcome {
    /// With an answer.
    Answered,
    /// With the reason why there is none.
    Refused,
    /// With a question back.
    Asked,
    /// With an error.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl AskOutcome {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Asked => "asked",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A tool call, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCallReport {
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
    /// Whether it worked.
    pub ok: bool,
    /// How long it took; null where it was cut off.
    pub ms: Option<u64>,
}

/// A result that figures of the answer rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultArtifact {
    /// Always `result`.
    #[serde(rename = "type")]
    pub artifact_type: String,
    /// Its name in the figures' expressions, e.g. `r1`.
    pub handle: String,
    /// What it shows.
    pub title: String,
    /// How many rows it has.
    pub rows: usize,
    /// How it came to be.
    pub provenance: Option<Provenance>,
}

/// The tool whose result a list takes over.
pub(crate) const MAKE_FILTERS: &str = "make_filters";

/// A filter for a list, as `make_filters` gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MadeFilters {
    /// The list.
    pub list: FilterList,
    /// The conditions.
    pub filters: FilterGroup,
    /// One short sentence for each condition.
    pub understood: Vec<String>,
}

/// Everything about the outcome of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskReport {
    /// How it ended.
    pub outcome: AskOutcome,
    /// The answer, the reason of a refusal or the question asked back; empty where there is none.
    /// An unverified figure carries ` [unverified]`.
    pub answer: String,
    /// The one figure that answers the question.
    pub headline: Option<Figure>,
    /// All figures, in the order in which they stand in the answer.
    pub figures: Vec<Figure>,
    /// The results that the figures rest on.
    pub artifacts: Vec<ResultArtifact>,
    /// The tool calls, in the order in which they were made.
    pub tool_calls: Vec<ToolCallReport>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
    /// What it cost.
    pub usage: Usage,
    /// The run.
    pub run_id: RunId,
    /// The filter that the run made for the list of its page; absent where it made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<MadeFilters>,
    /// The question asked back, with its options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Report>,
}

impl AskReport {
    /// The report of an ended run; `None` while it is running.
    #[must_use]
    pub fn of(thread: &Thread) -> Option<Self> {
        let outcome = match thread.status {
            RunStatus::Running => return None,
            RunStatus::Answered => AskOutcome::Answered,
            RunStatus::Refused => AskOutcome::Refused,
            RunStatus::Asked => AskOutcome::Asked,
            RunStatus::Failed => AskOutcome::Failed,
            RunStatus::Cancelled => AskOutcome::Cancelled,
        };
        let question = thread.awaiting.as_ref().map(|reason| question_of(reason, thread));
        let answer = match (&thread.answer, &question) {
            (Some(answer), _) => answer.text.clone(),
            (None, Some(question)) => question.question.clone(),
            (None, None) => String::new(),
        };
        let artifacts = cited_results(thread).into_iter().map(|result| ResultArtifact {
            artifact_type: "result".to_owned(),
            handle: result.handle.clone(),
            title: result.table.title.clone(),
            rows: result.table.rows.len(),
            provenance: result.provenance.clone(),
        });
        let tool_calls = thread.calls.iter().map(|call| ToolCallReport {
            name: call.tool.clone(),
            arguments: call.arguments.clone(),
            ok: call.state == CallState::Ok,
            ms: call.ms,
        });
        Some(Self {
            outcome,
            answer,
            headline: thread
                .answer
                .as_ref()
                .and_then(|answer| answer.headline_figure())
                .cloned(),
            figures: thread
                .answer
                .as_ref()
                .map(|answer| answer.figures.clone())
                .unwrap_or_default(),
            artifacts: artifacts.collect(),
            tool_calls: tool_calls.collect(),
            warnings: thread.warnings.clone(),
            usage: thread.usage,
            run_id: thread.run_id?,
            filters: made_filters(thread),
            question,
            error: thread.error.clone(),
        })
    }
}

/// The result of the last call of `make_filters` that worked, of a run that was answered.
fn made_filters(thread: &Thread) -> Option<MadeFilters> {
    let answered = thread.status == RunStatus::Answered;
    let made = |call: &&ToolCallView| call.tool == MAKE_FILTERS && call.state == CallState::Ok;
    let call = thread.calls.iter().rev().find(made).filter(|_| answered)?;
    serde_json::from_str(Tainted::unfenced(&call.content)).ok()
}

/// The results that the answer's figures rest on, in the order of their first mention.
#[must_use]
pub fn cited_results(thread: &Thread) -> Vec<&ResultSnapshot> {
    let results = thread.results();
    let figures = thread.answer.iter().flat_map(|answer| &answer.figures);
    let mut cited: Vec<&ResultSnapshot> = Vec::new();
    for handle in figures
        .flat_map(|figure| &figure.cells)
        .map(|cell| cell.handle.as_str())
    {
        if let Some(result) = results.get(handle)
            && !cited.iter().any(|known| known.handle == handle)
        {
            cited.push(result);
        }
    }
    cited
}

/// What the user is asked.
fn question_of(reason: &AwaitReason, thread: &Thread) -> Question {
    match reason {
        AwaitReason::Question { question, shown } => shown.clone().unwrap_or_else(|| shown_question(question, thread)),
        AwaitReason::Approval { tool, why, changes, .. } => Question {
            question: match changes.as_slice() {
                [] => format!("May {tool} run? {why}"),
                changes => {
                    let named = changes
                        .iter()
                        .map(|change| format!("{} {:?}", change.kind, change.name()));
                    let named = named.collect::<Vec<_>>().join(", ");
                    format!("May {tool} change {named}? {why}")
                }
            },
            options: vec!["yes".to_owned(), "no".to_owned()],
        },
    }
}
