//! Recording calls that belong to no run, beside the calls themselves.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Duration, Utc};
use hedgerow_agent_api::{CallRecord, UsageStore};
use hedgerow_data_api::Clock;
use hedgerow_errors::{Code, Error, Result};
use tokio::sync::{mpsc, oneshot};

use super::{RETENTION, tokens};

/// Calls that wait to be recorded. More than that at once come from something that is broken.
const WAITING: usize = 4_096;
/// Calls that are written in one transaction.
const BATCH: usize = 256;

/// A call that was made, with the texts whose tokens are yet to be counted.
pub(crate) struct MadeCall {
    /// The record, without its tokens.
    pub(crate) record: CallRecord,
    /// Its arguments, as JSON.
    pub(crate) arguments: String,
    /// Its result, as a model reads it.
    pub(crate) result: String,
}

enum Message {
    Made(Box<MadeCall>),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// Takes calls and writes them in a task of its own.
pub(crate) struct CallRecorder {
    store: Arc<dyn UsageStore>,
    /// The machine's clock, by which records are forgotten.
    clock: Clock,
    /// To the task, which starts with the first call.
    sender: OnceLock<mpsc::Sender<Message>>,
}

impl CallRecorder {
    pub(crate) fn new(store: Arc<dyn UsageStore>, clock: Clock) -> Self {
        let sender = OnceLock::new();
        Self { store, clock, sender }
    }

    /// Takes a call. It never waits; what can't be taken is logged.
    pub(crate) fn record(&self, call: MadeCall) {
        let tool = call.record.tool.clone();
        let sender = self.sender.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(WAITING);
            tokio::spawn(write_all(Arc::clone(&self.store), self.clock.clone(), receiver));
            sender
        });
        if let Err(error) = sender.try_send(Message::Made(Box::new(call))) {
            tracing::error!(tool, "a call was not recorded: {error}");
        }
    }

    /// Waits until the calls that were taken so far are written.
    pub(crate) async fn flush(&self) {
        let Some(sender) = self.sender.get() else {
            return;
        };
        let (done, written) = oneshot::channel();
        // Where the task is gone there is nothing left to wait for.
        if sender.send(Message::Flush(done)).await.is_ok() {
            let _ = written.await;
        }
    }
}

async fn write_all(store: Arc<dyn UsageStore>, clock: Clock, mut receiver: mpsc::Receiver<Message>) {
    let (mut batch, mut forgotten_at) = (Vec::new(), None);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (mut made, mut flushed) = (Vec::new(), Vec::new());
        for message in batch.drain(..) {
            match message {
                Message::Made(call) => made.push(*call),
                Message::Flush(done) => flushed.push(done),
            }
        }
        let number = made.len();
        if number > 0
            && let Err(error) = write(store.as_ref(), clock.now(), made, &mut forgotten_at).await
        {
            tracing::error!(error = error.chain(), "{number} call(s) were not recorded");
        }
        for done in flushed {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
    }
}

async fn write(
    store: &dyn UsageStore,
    now: DateTime<Utc>,
    made: Vec<MadeCall>,
    forgotten_at: &mut Option<DateTime<Utc>>,
) -> Result<()> {
    let counted = tokio::task::spawn_blocking(move || made.into_iter().map(counted).collect()).await;
    let counted = counted.map_err(|error| Error::caused(Code::Internal, "counting tokens broke off", error))?;
    store.add_calls(counted, now).await?;
    if forgotten_at.is_none_or(|at| now - at >= Duration::days(1)) {
        store.forget_calls(now - RETENTION).await?;
        *forgotten_at = Some(now);
    }
    Ok(())
}

/// The record of a call with its tokens.
pub(crate) fn counted(made: MadeCall) -> CallRecord {
    CallRecord {
        argument_tokens: tokens(&made.arguments) as u64,
        result_tokens: tokens(&made.result) as u64,
        ..made.record
    }
}

#[cfg(test)]
mod tests {
    use hedgerow_agent_api::{CallEnd, Surface};
    use hedgerow_testkit::MemoryUsage;

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn made(at: &str) -> MadeCall {
        MadeCall {
            record: CallRecord {
                project: "site".parse().unwrap(),
                tool: "count".to_owned(),
                surface: Surface::Http,
                at: time(at),
                ms: Some(3),
                end: CallEnd::Ok,
                error: None,
                argument_tokens: 0,
                result_tokens: 0,
                run_id: None,
                searched: None,
            },
            arguments: r#"{"event": "$pageview"}"#.to_owned(),
            result: "1,002 page views".to_owned(),
        }
    }

    #[tokio::test]
    async fn calls_are_written_with_their_tokens_and_old_ones_forgotten() {
        let store = Arc::new(MemoryUsage::default());
        let (site, long_ago) = ("site".parse().unwrap(), time("2015-01-01T00:00:00Z"));
        let all = || store.calls(&site, long_ago, time("2030-01-01T00:00:00Z"));
        let old = CallRecorder::new(store.clone(), Clock::fixed(time("2026-01-01T00:00:00Z")));
        old.record(made("2026-01-01T00:00:00Z"));
        old.flush().await;
        assert_eq!(all().await.unwrap().len(), 1);
        // The caller's own clock plays no part in how long a record is kept.
        let now = CallRecorder::new(store.clone(), Clock::fixed(time("2026-04-02T00:00:00Z")));
        now.record(made("2015-05-20T00:00:00Z"));
        now.flush().await;
        let left = all().await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].at, time("2015-05-20T00:00:00Z"));
        let (arguments, result) = (tokens(r#"{"event": "$pageview"}"#), tokens("1,002 page views"));
        assert_eq!(
            (left[0].argument_tokens, left[0].result_tokens),
            (arguments as u64, result as u64)
        );
        assert!(arguments > 3 && result > 3);
    }

    #[tokio::test]
    async fn a_store_that_fails_fails_nothing_else() {
        let store = Arc::new(MemoryUsage::default());
        store.fail();
        let recorder = CallRecorder::new(store, Clock::fixed(time("2026-01-01T00:00:00Z")));
        recorder.record(made("2026-01-01T00:00:00Z"));
        recorder.flush().await;
        recorder.record(made("2026-01-01T00:00:00Z"));
        recorder.flush().await;
    }
}
