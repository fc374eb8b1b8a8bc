//! The loop: what comes next is a pure function of the fold of the log.
//!
//! There is no other state, so a run that a crash interrupted goes on at the same step: a reply that
//! is recorded is not asked for again, a call whose result is recorded is not made again.

use std::sync::Arc;

use hedgerow_agent_api::{CallState, ModelReply, RunEventKind, Thread, ToolCallRequest, ToolCallView};
use hedgerow_errors::Result;

use crate::call::{Approved, Pending};
use crate::supervisor::Run;
use crate::{answer, call_batch, model_round};

/// What comes next in a run.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Ask the model.
    Reply,
    /// Make these calls.
    Calls(Vec<Pending>),
    /// Bind this final text.
    Answer(ModelReply),
}

/// Runs until there is an ending; its last event is terminal and not yet recorded.
pub(crate) async fn drive(run: Arc<Run>) -> Result<Vec<RunEventKind>> {
    loop {
        let thread = run.recorder.thread().await;
        let approved = run.history.approved_call(&thread);
        let ending = match next_step(&thread, approved.as_ref()) {
            Step::Reply => model_round::ask_model(&run, &thread).await.map(|()| None)?,
            Step::Calls(pending) => call_batch::make_calls(&run, &thread, pending).await?,
            Step::Answer(reply) => answer::conclude(&run, &thread, &reply).await?,
        };
        if let Some(ending) = ending {
            return Ok(ending);
        }
    }
}

/// What comes next. `approved` is the call of an earlier run that the user has just agreed to: it
/// stands before the first reply.
pub(crate) fn next_step(thread: &Thread, approved: Option<&Pending>) -> Step {
    let started = &thread.calls[thread.calls_before_reply.last().copied().unwrap_or(0)..];
    let wanted: Vec<Pending> = match thread.replies.last() {
        None => approved.into_iter().cloned().collect(),
        Some(reply) => reply
            .tool_calls
            .iter()
            .map(|request| Pending::fresh(request.clone()))
            .collect(),
    };
    let agreed = approved
        .filter(|_| thread.replies.is_empty())
        .and_then(|pending| pending.approved.clone());
    let unfinished = started
        .iter()
        .filter(|call| call.state == CallState::Running)
        .map(|call| again(call, agreed.clone()));
    // Calls start in the order of the reply, so the position tells which of them have.
    let pending: Vec<Pending> = unfinished.chain(wanted.into_iter().skip(started.len())).collect();
    if !pending.is_empty() {
        return Step::Calls(pending);
    }
    let finals = thread
        .replies
        .iter()
        .filter(|reply| reply.tool_calls.is_empty())
        .count();
    match thread.replies.last() {
        // Each final text is followed by the end or by its repair.
        Some(reply) if reply.tool_calls.is_empty() && finals > thread.repairs.len() => Step::Answer(reply.clone()),
        _ => Step::Reply,
    }
}

/// A call that was started by an earlier process and whose result never came.
fn again(call: &ToolCallView, approved: Option<Approved>) -> Pending {
    let (id, name, arguments) = (call.model_call_id.clone(), call.tool.clone(), call.arguments.clone());
    let request = ToolCallRequest { id, name, arguments };
    Pending {
        call_id: Some(call.call_id),
        approved,
        request,
    }
}
