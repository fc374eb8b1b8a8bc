//! The calls of a run, from its log.

use hedgerow_agent::{agrees_to, core_tools};
use hedgerow_agent_api::{
    AwaitReason, CallEnd, CallRecord, RunEvent, RunEventKind, Surface, Tainted, Thread, ToolOutcome,
};
use hedgerow_errors::Code;
use hedgerow_ids::{CallId, ProjectId};
use serde_json::Value;

use super::recorder::MadeCall;

/// The calls of a run that have ended, with the texts whose tokens are yet to be counted. `asking` is the run that it
/// continues: what that asked about, and this one's user did not agree to, was rejected.
pub(crate) fn calls_of_run(project: &ProjectId, events: &[RunEvent], asking: Option<&Thread>) -> Vec<MadeCall> {
    let mut calls: Vec<(Option<CallId>, MadeCall)> = Vec::new();
    for event in events {
        match &event.kind {
            RunEventKind::RunStarted { question, approval, .. } => {
                let awaited = asking.and_then(|thread| thread.awaiting.as_ref());
                if let Some(AwaitReason::Approval { tool, arguments, .. }) = awaited
                    && !agrees_to(question, approval.as_ref())
                {
                    calls.push((None, made(project, event, tool, arguments, CallEnd::Rejected)));
                }
            }
            // A call that a restart runs again keeps its place.
            RunEventKind::CallStarted { call_id, .. } if calls.iter().any(|(id, _)| *id == Some(*call_id)) => {}
            RunEventKind::CallStarted {
                call_id,
                tool,
                arguments,
                ..
            } => {
                // Nobody has seen its end yet.
                let call = made(project, event, tool, arguments, CallEnd::Unknown);
                calls.push((Some(*call_id), call));
            }
            RunEventKind::CallFinished {
                call_id,
                outcome,
                content,
                error,
                ms,
                ..
            } => {
                let Some((_, call)) = calls.iter_mut().find(|(id, _)| *id == Some(*call_id)) else {
                    continue;
                };
                call.record.end = match (outcome, error) {
                    (ToolOutcome::Ok, _) => CallEnd::Ok,
                    (_, Some(error)) if error.code == Code::Denied => CallEnd::Denied,
                    _ => CallEnd::Error,
                };
                call.record.ms = *ms;
                call.record.error.clone_from(error);
                call.record.searched = searched(&call.record.tool, &call.arguments, content);
                call.result.clone_from(content);
            }
            RunEventKind::AwaitingUser {
                reason: AwaitReason::Approval { tool, arguments, .. },
            } => calls.push((None, made(project, event, tool, arguments, CallEnd::Asked))),
            _ => {}
        }
    }
    // While a run goes on, what it has begun is not over.
    let is_over = events.last().is_some_and(|event| event.kind.is_terminal());
    calls.retain(|(_, call)| is_over || call.record.end != CallEnd::Unknown);
    calls.into_iter().map(|(_, call)| call).collect()
}

fn made(project: &ProjectId, event: &RunEvent, tool: &str, arguments: &Value, end: CallEnd) -> MadeCall {
    MadeCall {
        record: CallRecord {
            project: project.clone(),
            tool: tool.to_owned(),
            surface: Surface::Agent,
            at: event.at,
            ms: None,
            end,
            error: None,
            argument_tokens: 0,
            result_tokens: 0,
            run_id: Some(event.run_id),
            searched: None,
        },
        arguments: arguments.to_string(),
        result: String::new(),
    }
}

fn searched(tool: &str, arguments: &str, content: &str) -> Option<String> {
    let arguments = serde_json::from_str(arguments).ok()?;
    let result = serde_json::from_str(Tainted::unfenced(content)).ok()?;
    core_tools::found_nothing(tool, &arguments, &result)
}
