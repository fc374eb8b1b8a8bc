//! Run events, and the thread as a pure fold of them.

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
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Report>,
        /// How long it took.
        ms: u64,
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
        /// The question.
        question: Question,
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

/// A call as a thread shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCallView {
    /// The call.
    pub call_id: CallId,
    /// The model's name for it.
    pub model_call_id: String,
    /// The tool.
    pub tool: String,
    /// The status text.
    pub title: String,
    /// The arguments.
    pub arguments: Value,
    /// What it does.
    pub effect: Effect,
    /// How it stands.
    pub state: CallState,
    /// From 0 to 1, where it was told.
    pub progress: Option<f64>,
    /// What the model reads.
    pub content: String,
    /// The numbers.
    pub result: Option<Box<ResultSnapshot>>,
    /// Why it failed.
    pub error: Option<Report>,
    /// How long it took.
    pub ms: Option<u64>,
}

/// A run as it is shown: a pure fold of its events. Lists only ever grow while events are added,
/// so that the thread of a prefix is a prefix of the thread.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Thread {
    /// The run; absent before the first event.
    pub run_id: Option<RunId>,
    /// The conversation.
    pub conversation_id: Option<ConversationId>,
    /// The project.
    pub project: Option<ProjectId>,
    /// The run this one continues.
    pub continues: Option<RunId>,
    /// The user's words.
    pub question: String,
    /// The model.
    pub model: String,
    /// The injected clock, RFC 3339.
    pub now: String,
    /// How it stands.
    pub status: RunStatus,
    /// The modes, in the order in which they were turned on.
    pub modes: Vec<String>,
    /// The complete replies.
    pub replies: Vec<ModelReply>,
    /// How many calls had been started when each reply was complete, so that replies and calls can
    /// be put in order.
    pub calls_before_reply: Vec<usize>,
    /// The calls.
    pub calls: Vec<ToolCallView>,
    /// The newest to-do list.
    pub todo: Vec<TodoItem>,
    /// The text of the reply that is being written.
    pub draft: String,
    /// What was wrong with answers that were sent back.
    pub repairs: Vec<String>,
    /// The answer.
    pub answer: Option<Answer>,
    /// What is awaited.
    pub awaiting: Option<AwaitReason>,
    /// Why it failed.
    pub error: Option<Report>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
    /// What it cost.
    pub usage: Usage,
    /// The newest event's position.
    pub seq: u64,
}

impl Thread {
    /// Folds a run's events.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a RunEvent>) -> Self {
        let mut thread = Self::default();
        for event in events {
            thread.apply(event);
        }
        thread
    }

    /// Adds one event. An event at or before [`Thread::seq`] was delivered twice and changes nothing.
    pub fn apply(&mut self, event: &RunEvent) {
        if event.seq <= self.seq {
            return;
        }
        self.seq = event.seq;
        match &event.kind {
            RunEventKind::RunStarted {
                project,
                conversation_id,
                question,
                model,
                now,
                continues,
            } => {
                self.run_id = Some(event.run_id);
                self.conversation_id = Some(*conversation_id);
                self.project = Some(project.clone());
                self.continues = *continues;
                self.question.clone_from(question);
                self.model.clone_from(model);
                self.now = now.to_rfc3339();
            }
            RunEventKind::ModeEnabled { mode, .. } => {
                if !self.modes.contains(mode) {
                    self.modes.push(mode.clone());
                }
            }
            RunEventKind::TextDelta { text } => self.draft.push_str(text),
            RunEventKind::Replied { reply } => {
                self.draft.clear();
                self.usage.replies += 1;
                self.usage.input_tokens += reply.usage.input_tokens;
                self.usage.output_tokens += reply.usage.output_tokens;
                self.calls_before_reply.push(self.calls.len());
                self.replies.push(reply.clone());
            }
            RunEventKind::CallStarted {
                call_id,
                model_call_id,
                tool,
                title,
                arguments,
                effect,
            } => {
                // A call that a restart runs again keeps its id and its place.
                if let Some(call) = self.call_mut(*call_id) {
                    call.state = CallState::Running;
                    return;
                }
                self.calls.push(ToolCallView {
                    call_id: *call_id,
                    model_call_id: model_call_id.clone(),
                    tool: tool.clone(),
                    title: title.clone(),
                    arguments: arguments.clone(),
                    effect: *effect,
                    state: CallState::Running,
                    progress: None,
                    content: String::new(),
                    result: None,
                    error: None,
                    ms: None,
                });
            }
            RunEventKind::CallProgress {
                call_id,
                fraction,
                note,
            } => {
                if let Some(call) = self.call_mut(*call_id) {
                    call.progress = Some(*fraction);
                    call.title.clone_from(note);
                }
            }
            RunEventKind::CallFinished {
                call_id,
                outcome,
                title,
                content,
                result,
                error,
                ms,
            } => {
                if let Some(call) = self.call_mut(*call_id) {
                    call.state = if *outcome == ToolOutcome::Ok {
                        CallState::Ok
                    } else {
                        CallState::Error
                    };
                    call.title.clone_from(title);
                    call.content.clone_from(content);
                    call.result.clone_from(result);
                    call.error.clone_from(error);
                    call.ms = Some(*ms);
                }
            }
            RunEventKind::CallOutcomeUnknown { call_id } => {
                if let Some(call) = self.call_mut(*call_id) {
                    call.state = CallState::Unknown;
                }
            }
            RunEventKind::RepairRequested { problem } => self.repairs.push(problem.clone()),
            RunEventKind::TodoChanged { items } => self.todo.clone_from(items),
            RunEventKind::Completed {
                outcome,
                answer,
                warnings,
                ..
            } => {
                self.status = if *outcome == Outcome::Answered {
                    RunStatus::Answered
                } else {
                    RunStatus::Refused
                };
                self.answer = Some(answer.clone());
                self.warnings.clone_from(warnings);
            }
            RunEventKind::Failed { error } => {
                self.status = RunStatus::Failed;
                self.error = Some(error.clone());
            }
            RunEventKind::Cancelled {} => self.status = RunStatus::Cancelled,
            RunEventKind::AwaitingUser { reason } => {
                self.status = RunStatus::Asked;
                self.awaiting = Some(reason.clone());
            }
        }
    }

    fn call_mut(&mut self, call_id: CallId) -> Option<&mut ToolCallView> {
        self.calls.iter_mut().find(|call| call.call_id == call_id)
    }

    /// The results by handle.
    #[must_use]
    pub fn results(&self) -> BTreeMap<&str, &ResultSnapshot> {
        let results = self.calls.iter().filter_map(|call| call.result.as_deref());
        results.map(|result| (result.handle.as_str(), result)).collect()
    }

    /// Where two threads, one of a prefix of the other's events, contradict each other; `None`
    /// where they don't.
    #[must_use]
    pub fn contradiction(&self, whole: &Self) -> Option<String> {
        let calls: Vec<CallId> = self.calls.iter().map(|call| call.call_id).collect();
        let whole_calls: Vec<CallId> = whole.calls.iter().map(|call| call.call_id).collect();
        let ended = |call: &&ToolCallView| matches!(call.state, CallState::Ok | CallState::Error);
        let changed = self.calls.iter().filter(ended).find(|call| !whole.calls.contains(call));
        if !whole_calls.starts_with(&calls) {
            Some("calls are no prefix".to_owned())
        } else if let Some(call) = changed {
            Some(format!("ended call {} changed", call.call_id))
        } else if !whole.replies.starts_with(&self.replies) {
            Some("replies are no prefix".to_owned())
        } else if !whole.modes.starts_with(&self.modes) {
            Some("modes are no prefix".to_owned())
        } else if self.status != RunStatus::Running && self.status != whole.status {
            Some("an ended run changed its status".to_owned())
        } else {
            None
        }
    }
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
