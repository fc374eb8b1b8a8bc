//! Runs that no loop owns: closing them, and finding out what there is to close.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_agent_api::{AwaitReason, CallState, RunEventKind, RunLog, RunStatus, RunSummary, Thread};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::RunId;

use crate::recorder::with_ends_of_calls;

/// How many runs are looked through for one that was made and never started.
const LISTED: usize = 10_000;

/// Ends a run with a terminal event unless it has one. Returns the last position.
pub(crate) async fn close(
    log: &Arc<dyn RunLog>,
    run_id: RunId,
    at: Option<DateTime<Utc>>,
    terminal: RunEventKind,
) -> Result<u64> {
    let mut conflicts = 0;
    loop {
        let events = log.read(run_id, 0).await?;
        let thread = Thread::fold(&events);
        if thread.status != RunStatus::Running {
            return Ok(thread.seq);
        }
        let mut kinds = with_ends_of_calls(&thread, vec![terminal.clone()]);
        let mut time = at.or(events.last().map(|event| event.at));
        if events.is_empty() {
            // The process died between making the run and its first event.
            let made = made(log, run_id).await?;
            time = at.or(Some(made.started_at));
            kinds.insert(0, first_event(made));
        }
        let at = time.ok_or_else(|| Error::internal(format!("run {run_id} has events without a time")))?;
        match log.append(run_id, thread.seq, at, kinds).await {
            Ok(events) => return Ok(events.last().map_or(thread.seq, |event| event.seq)),
            // Somebody else wrote in between: look again.
            Err(error) if error.code() == Code::Conflict && conflicts < 3 => conflicts += 1,
            Err(error) => return Err(error),
        }
    }
}

/// What a run was made with.
pub(crate) async fn made(log: &Arc<dyn RunLog>, run_id: RunId) -> Result<RunSummary> {
    let runs = log.list(None, LISTED).await?;
    let found = runs.into_iter().find(|run| run.run_id == run_id);
    found.ok_or_else(|| Error::new(Code::Corrupt, format!("run {run_id} has neither events nor a summary")))
}

fn first_event(made: RunSummary) -> RunEventKind {
    RunEventKind::RunStarted {
        project: made.project,
        conversation_id: made.conversation_id,
        question: made.question,
        model: "none".to_owned(),
        now: made.started_at,
        continues: None,
        approval: None,
        person: None,
        context: Vec::new(),
        principal: None,
        sees: None,
        products: BTreeMap::new(),
    }
}

/// The end of a run that lost sight of a call with an outside effect: the user must say whether to
/// make it again. `None` where there is no such call.
pub(crate) fn lost_call(thread: &Thread, what_happened: &str) -> Option<RunEventKind> {
    let lost = thread
        .calls
        .iter()
        .find(|call| call.state == CallState::Running && !call.is_repeatable())?;
    let why = format!("{what_happened}, and nobody knows whether it took effect; approve to make it again");
    let reason = AwaitReason::Approval {
        call_id: lost.call_id,
        tool: lost.tool.clone(),
        arguments: lost.arguments.clone(),
        effect: lost.effect,
        why,
        changes: Vec::new(),
        warnings: Vec::new(),
    };
    Some(RunEventKind::AwaitingUser { reason })
}
