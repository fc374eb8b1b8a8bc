//! Run events: what the run log keeps.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{Provenance, Table, Warning};
use hedgerow_errors::Report;
use hedgerow_ids::{CallId, ConversationId, ProjectId, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::effect::Effect;
use crate::figure::Answer;
use crate::model::{ModelReply, Outcome, ToolOutcome, Usage};
use crate::object::ObjectChange;
use crate::page_context::PageContext;
use crate::principal::Principal;
use crate::stage::Stage;
use crate::tool::ResultView;

/// The version of the events written now. Readers know all earlier ones.
pub const RUN_EVENT_VERSION: u32 = 1;

/// One entry of the run log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunEvent {
    /// The format's version.
    pub version: u32,
    /// The run.
    pub run_id: RunId,
    /// The position within the run, from 1 without gaps: the SSE id.
    pub seq: u64,
    /// When it was recorded.
    #[schemars(with = "String")]
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub kind: RunEventKind,
}

/// What happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunEventKind {
    /// Always the first.
    RunStarted {
        /// The project.
        project: ProjectId,
        /// The conversation.
        conversation_id: ConversationId,
        /// The user's words.
        question: String,
        /// The model that drives the run.
        model: String,
        /// The injected clock.
        #[schemars(with = "String")]
        now: DateTime<Utc>,
        /// The run whose question this one answers, or whose conversation it goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        continues: Option<RunId>,
        /// What the user says to the call that the continued run asked about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approval: Option<Approval>,
        /// Who asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// What the page lends from which the question was sent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        context: Vec<PageContext>,
        /// What whoever asks may in this project, and so the run. Absent in runs from before there were
        /// keys, when only the owner of the machine could ask.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        principal: Option<Principal>,
        /// The lowest stage of the products that whoever asks sees, and so the run; absent where that is all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sees: Option<Stage>,
        /// The versions of the products that were in force, by name; products that count none are left out.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        products: BTreeMap<String, u32>,
    },
    /// A mode was turned on.
    ModeEnabled {
        /// The mode.
        mode: String,
        /// Who turned it on: `router`, `agent` or `user`.
        by: String,
    },
    /// A piece of a reply's text, as it came.
    TextDelta {
        /// The text.
        text: String,
    },
    /// A reply broke off with its process and is asked for again: its pieces so far count no more.
    DraftDropped {},
    /// The model's reply is complete.
    Replied {
        /// The reply.
        reply: ModelReply,
    },
    /// A call is about to run: recorded before it does.
    CallStarted {
        /// The call, also its idempotency key.
        call_id: CallId,
        /// The model's name for it.
        model_call_id: String,
        /// The tool.
        tool: String,
        /// The status text while it runs.
        title: String,
        /// The arguments.
        arguments: Value,
        /// What it does.
        effect: Effect,
        /// Whether it only plans changes, which happen with the record of its end or not at all.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        only_plans: bool,
    },
    /// A call got further.
    CallProgress {
        /// The call.
        call_id: CallId,
        /// From 0 to 1.
        fraction: f64,
        /// What it is doing.
        note: String,
    },
    /// A call ended.
    CallFinished {
        /// The call.
        call_id: CallId,
        /// Whether it worked.
        outcome: ToolOutcome,
        /// The status text when done.
        title: String,
        /// What the model reads.
        content: String,
        /// The numbers, where there are some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Box<ResultSnapshot>>,
        /// Changes of objects that were made with this event.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<ObjectChange>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Report>,
        /// How long it took; absent where the end of the run, or of the process, cut it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
    },
    /// The answer was sent back once, because a figure in it has no support.
    RepairRequested {
        /// What was wrong.
        problem: String,
    },
    /// The to-do list was replaced.
    TodoChanged {
        /// The new list.
        items: Vec<TodoItem>,
    },
    /// The process died during a call with an outside effect; nobody knows whether it happened.
    CallOutcomeUnknown {
        /// The call.
        call_id: CallId,
    },
    /// The end: an answer.
    Completed {
        /// Answered or refused.
        outcome: Outcome,
        /// The answer with its figures bound.
        answer: Answer,
        /// What a reader must know.
        warnings: Vec<Warning>,
        /// What it cost.
        usage: Usage,
    },
    /// The end: an error.
    Failed {
        /// What failed.
        error: Report,
    },
    /// The end: somebody stopped it.
    Cancelled {},
    /// The end of this run: the user must say something first.
    AwaitingUser {
        /// What is awaited.
        reason: AwaitReason,
    },
}

impl RunEventKind {
    /// True for the four events that end a run.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled {} | Self::AwaitingUser { .. }
        )
    }
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AwaitReason {
    /// An answer to a question.
    Question {
        /// The question, as the model put it.
        question: Question,
        /// The same as it is shown: numbers that nothing supports carry ` [unverified]`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<Question>,
    },
    /// A yes or no to a call.
    Approval {
        /// The call, stopped before it ran.
        call_id: CallId,
        /// The tool.
        tool: String,
        /// The resolved arguments.
        arguments: Value,
        /// What it would do.
        effect: Effect,
        /// Why it is asked: the policy, or an unknown outcome after a crash.
        why: String,
        /// The changes of objects that it would make.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<ObjectChange>,
        /// What whoever decides must know of them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<Warning>,
    },
}

/// What a person says to a call that waits for approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
pub enum Approval {
    /// Make it.
    Approve {
        /// Other arguments than those that were asked about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<Value>,
    },
    /// Don't.
    Reject {
        /// Why not, for the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// A question to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question.
    pub question: String,
    /// Answers to choose from, up to 6; any other answer is allowed, too.
    #[serde(default)]
    pub options: Vec<String>,
}

/// A line of the to-do list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TodoItem {
    /// The job.
    pub content: String,
    /// How far it is.
    pub status: TodoStatus,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoStatus {
    /// Not begun.
    Pending,
    /// Being done.
    InProgress,
    /// Done.
    Completed,
}

/// A result as the run log keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultSnapshot {
    /// The name in references: `r1`, `r2`, ... in the order of results of the run.
    pub handle: String,
    /// The numbers.
    pub table: Table,
    /// How they came to be.
    pub provenance: Option<Provenance>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
    /// How a page shows it that has no part for the tool; absent where the tool does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<ResultView>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// No terminal event yet.
    #[default]
    Running,
    /// Answered.
    Answered,
    /// Refused.
    Refused,
    /// Waits for the user.
    Asked,
    /// Failed.
    Failed,
    /// Cancelled.
    Cancelled,
}

/// How a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Not ended.
    Running,
    /// It worked.
    Ok,
    /// It failed.
    Error,
    /// Nobody knows.
    Unknown,
}

/// A run as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// The run.
    pub run_id: RunId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The project.
    pub project: ProjectId,
    /// The user's words.
    pub question: String,
    /// How it stands.
    pub status: RunStatus,
    /// When it started.
    #[schemars(with = "String")]
    pub started_at: DateTime<Utc>,
}
