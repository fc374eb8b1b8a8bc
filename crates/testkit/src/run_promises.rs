//! What every run that has ended must hold, however often its process died.

use std::collections::BTreeSet;

use hedgerow_agent_api::{CallState, RunEvent, RunEventKind, Thread};
use hedgerow_ids::CallId;

/// Panics where a whole run breaks a promise of the run log: positions without gaps, one terminal
/// event and that at the end, no call without a result or an end, no call that ended twice, handles
/// in order, and the fold of each prefix a prefix of the whole. Returns the fold.
#[expect(clippy::panic, reason = "it is an assertion")]
pub fn assert_run_promises(events: &[RunEvent]) -> Thread {
    let whole = Thread::fold(events);
    let broken = |promise: &str| panic!("{promise}: {events:#?}");
    if !events.iter().zip(1..).all(|(event, seq)| event.seq == seq) {
        broken("positions have a gap");
    }
    let terminals: Vec<u64> = events
        .iter()
        .filter(|event| event.kind.is_terminal())
        .map(|event| event.seq)
        .collect();
    if terminals != [events.len() as u64] {
        broken("not one terminal event at the end");
    }
    for length in 0..=events.len() {
        if let Some(contradiction) = Thread::fold(&events[..length]).contradiction(&whole) {
            broken(&format!("after {length} events: {contradiction}"));
        }
    }
    if whole.calls.iter().any(|call| call.state == CallState::Running) {
        broken("a call without a result or an end");
    }
    let ended: Vec<CallId> = events.iter().filter_map(ended_call).collect();
    if ended.iter().collect::<BTreeSet<_>>().len() != ended.len() {
        broken("a call ended twice");
    }
    let handles = whole.calls.iter().filter_map(|call| call.result.as_ref());
    if !handles
        .zip(1..)
        .all(|(result, number)| result.handle == format!("r{number}"))
    {
        broken("handles are out of order");
    }
    whole
}

fn ended_call(event: &RunEvent) -> Option<CallId> {
    match &event.kind {
        RunEventKind::CallFinished { call_id, .. } | RunEventKind::CallOutcomeUnknown { call_id } => Some(*call_id),
        _ => None,
    }
}
