//! One round: the model is asked, its text is recorded as it comes, then its reply.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hedgerow_agent_api::{DeltaSink, ModelReply, ModelRequest, RunEventKind, Thread};
use hedgerow_errors::{Code, Error, Result, Retry};

use crate::context;
use crate::supervisor::Run;

/// Text that comes within this time is one event.
const DELTA_EVERY: Duration = Duration::from_millis(50);
/// How long the loop waits before it asks a model again that was not there.
const BACKOFF: Duration = Duration::from_millis(500);

/// Asks the model and records its reply.
pub(crate) async fn ask_model(run: &Run, thread: &Thread) -> Result<()> {
    let limit = run.limits.rounds as usize;
    if thread.replies.len() >= limit {
        let reached = format!("{limit} replies with {} calls gave no answer", thread.calls.len());
        return Err(Error::new(Code::LimitExceeded, reached).with_hint("ask a narrower question"));
    }
    if !thread.draft.is_empty() {
        run.recorder.append(vec![RunEventKind::DraftDropped {}]).await?;
    }
    let request = context::request(run, thread);
    let deltas = Deltas::default();
    let mut reply = stream_reply(run, &request, &deltas).await;
    // A second try is safe as long as nothing of the first was shown.
    if !deltas.any() && reply.as_ref().is_err_and(|error| error.code().retry() == Retry::Once) {
        tokio::time::sleep(BACKOFF).await;
        reply = stream_reply(run, &request, &deltas).await;
    }
    let reply = with_call_ids(reply?, thread);
    let mut kinds = deltas
        .take()
        .map(|text| RunEventKind::TextDelta { text })
        .into_iter()
        .collect::<Vec<_>>();
    kinds.push(RunEventKind::Replied { reply });
    run.recorder.append(kinds).await
}

async fn stream_reply(run: &Run, request: &ModelRequest, deltas: &Deltas) -> Result<ModelReply> {
    let mut reply = run.model.reply(request, deltas);
    let mut timer = tokio::time::interval(DELTA_EVERY);
    loop {
        tokio::select! {
            biased;
            reply = &mut reply => return reply,
            _ = timer.tick() => if let Some(text) = deltas.take() {
                run.recorder.append(vec![RunEventKind::TextDelta { text }]).await?;
            }
        }
    }
}

/// Gives each call a name of its own within the reply, as some models leave it out.
fn with_call_ids(mut reply: ModelReply, thread: &Thread) -> ModelReply {
    let before: usize = thread.replies.iter().map(|reply| reply.tool_calls.len()).sum();
    for position in 0..reply.tool_calls.len() {
        let (earlier, rest) = reply.tool_calls.split_at_mut(position);
        let call = &mut rest[0];
        if call.id.is_empty() || earlier.iter().any(|other| other.id == call.id) {
            call.id = format!("call_{}", before + position + 1);
        }
    }
    reply
}

/// Gathers text between two ticks.
#[derive(Default)]
struct Deltas(Mutex<(String, bool)>);

impl Deltas {
    fn take(&self) -> Option<String> {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!gathered.0.is_empty()).then(|| std::mem::take(&mut gathered.0))
    }

    fn any(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl DeltaSink for Deltas {
    fn delta(&self, text: &str) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.0.push_str(text);
        gathered.1 = true;
    }
}
