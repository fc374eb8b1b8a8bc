//! The thread: a run as people see it, a pure fold of its events.

use std::collections::BTreeMap;

use hedgerow_data_api::Warning;
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
use crate::run::{Approval, AwaitReason, CallState, ResultSnapshot, RunEvent, RunEventKind, RunStatus, TodoItem};

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
    /// Whether it only plans changes, which happen with the record of its end or not at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_plans: bool,
    /// How it stands.
    pub state: CallState,
    /// From 0 to 1, where it was told.
    pub progress: Option<f64>,
    /// What the model reads.
    pub content: String,
    /// The numbers.
    pub result: Option<Box<ResultSnapshot>>,
    /// The changes of objects that it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ObjectChange>,
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
    /// What the user says to the call that the continued run asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What the page lends from which the question was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<PageContext>,
    /// The versions of the products that were in force, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub products: BTreeMap<String, u32>,
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

impl ToolCallView {
    /// Whether nothing is lost where the call's end was not seen: making it again does no harm.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.only_plans || self.effect.is_repeatable()
    }
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
                approval,
                person,
                context,
                principal: _,
                sees: _,
                products,
            } => {
                self.run_id = Some(event.run_id);
                self.conversation_id = Some(*conversation_id);
                self.project = Some(project.clone());
                self.continues = *continues;
                self.question.clone_from(question);
                self.approval.clone_from(approval);
                self.person.clone_from(person);
                self.context.clone_from(context);
                self.products.clone_from(products);
                self.model.clone_from(model);
                self.now = now.to_rfc3339();
            }
            RunEventKind::ModeEnabled { mode, .. } => {
                if !self.modes.contains(mode) {
                    self.modes.push(mode.clone());
                }
            }
            RunEventKind::TextDelta { text } => self.draft.push_str(text),
            RunEventKind::DraftDropped {} => self.draft.clear(),
            RunEventKind::Replied { reply } => {
                self.draft.clear();
                self.usage.replies += 1;
                self.usage.input_tokens += reply.usage.input_tokens;
                self.usage.output_tokens += reply.usage.output_tokens;
                self.calls_before_reply.push(self.calls.len());
                self.replies.push(reply.clone());
            }
            RunEventKind::CallStarted { .. }
            | RunEventKind::CallProgress { .. }
            | RunEventKind::CallFinished { .. }
            | RunEventKind::CallOutcomeUnknown { .. } => self.apply_to_call(&event.kind),
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

    /// The events about one call.
    fn apply_to_call(&mut self, kind: &RunEventKind) {
        match kind {
            RunEventKind::CallStarted {
                call_id,
                model_call_id,
                tool,
                title,
                arguments,
                effect,
                only_plans,
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
                    only_plans: *only_plans,
                    state: CallState::Running,
                    progress: None,
                    content: String::new(),
                    result: None,
                    changes: Vec::new(),
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
                changes,
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
                    call.changes.clone_from(changes);
                    call.error.clone_from(error);
                    call.ms = *ms;
                }
            }
            RunEventKind::CallOutcomeUnknown { call_id } => {
                if let Some(call) = self.call_mut(*call_id) {
                    call.state = CallState::Unknown;
                }
            }
            _ => {}
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
