//! The only writer of a run's events while its loop is alive.
//!
//! It keeps the fold of what was written. A loop may be dropped at any moment, also in the middle of
//! an append; therefore an append runs in a task of its own that nobody drops, and the next one waits
//! for it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_agent_api::{CallState, ObjectWrite, RunEventKind, RunLog, RunStatus, Thread, ToolCallView, ToolOutcome};
use hedgerow_data_api::Clock;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{CallId, RunId};
use tokio::sync::{Mutex, watch};

use crate::channels::{Live, Owner};
use crate::result_text;

/// Writes a run's events one append after another.
pub(crate) struct Recorder {
    run_id: RunId,
    log: Arc<dyn RunLog>,
    clock: Clock,
    thread: Mutex<Thread>,
    channel: watch::Sender<Live>,
}

impl Recorder {
    /// A recorder that goes on where `thread` ends.
    pub(crate) fn new(
        run_id: RunId,
        log: Arc<dyn RunLog>,
        clock: Clock,
        thread: Thread,
        channel: watch::Sender<Live>,
    ) -> Arc<Self> {
        Arc::new(Self {
            run_id,
            log,
            clock,
            thread: Mutex::new(thread),
            channel,
        })
    }

    /// The fold of what was written.
    pub(crate) async fn thread(&self) -> Thread {
        self.thread.lock().await.clone()
    }

    /// Appends events, all or none; refused once the run has ended.
    pub(crate) async fn append(self: &Arc<Self>, kinds: Vec<RunEventKind>) -> Result<()> {
        self.append_all(kinds, None).await
    }

    /// The same together with changes of objects: both, or neither.
    pub(crate) async fn append_with(self: &Arc<Self>, kinds: Vec<RunEventKind>, write: ObjectWrite) -> Result<()> {
        self.append_all(kinds, Some(write)).await
    }

    async fn append_all(self: &Arc<Self>, kinds: Vec<RunEventKind>, write: Option<ObjectWrite>) -> Result<()> {
        let recorder = self.clone();
        let written = tokio::spawn(async move {
            let mut thread = recorder.thread.lock().await;
            if thread.status != RunStatus::Running {
                return Err(Error::new(Code::Conflict, format!("run {} has ended", recorder.run_id)));
            }
            recorder.write(&mut thread, kinds, write).await
        });
        written
            .await
            .map_err(|error| Error::caused(Code::Internal, "appending to the run log broke off", error))?
    }

    /// Ends the run with these events, the last of which is terminal, unless it has ended. Calls that
    /// are cut off by it end, too.
    pub(crate) async fn finish(&self, ending: Vec<RunEventKind>) -> Result<()> {
        let mut thread = self.thread.lock().await;
        if thread.status != RunStatus::Running {
            return Ok(());
        }
        let kinds = with_ends_of_calls(&thread, ending.clone());
        let Err(error) = self.write(&mut thread, kinds, None).await else {
            return Ok(());
        };
        // An append that failed may have taken effect, and so may an earlier one: look what is there.
        tracing::warn!(run_id = %self.run_id, error = error.chain(), "the end of a run was not recorded, trying again");
        self.catch_up(&mut thread).await?;
        if thread.status != RunStatus::Running {
            return Ok(());
        }
        let kinds = with_ends_of_calls(&thread, ending);
        self.write(&mut thread, kinds, None).await
    }

    /// When the next event happens.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    async fn write(&self, thread: &mut Thread, kinds: Vec<RunEventKind>, write: Option<ObjectWrite>) -> Result<()> {
        let (run_id, after, at) = (self.run_id, thread.seq, self.clock.now());
        let events = match write {
            None => self.log.append(run_id, after, at, kinds).await?,
            Some(write) => self.log.append_with(run_id, after, at, kinds, write).await?,
        };
        for event in &events {
            thread.apply(event);
        }
        self.channel.send_replace(Live {
            seq: thread.seq,
            owner: Owner::Loop,
        });
        Ok(())
    }

    async fn catch_up(&self, thread: &mut Thread) -> Result<()> {
        for event in self.log.read(self.run_id, thread.seq).await? {
            thread.apply(&event);
        }
        self.channel.send_replace(Live {
            seq: thread.seq,
            owner: Owner::Loop,
        });
        Ok(())
    }
}

/// The ending, after the ends of the calls that it cuts off: a call that does nothing outside failed,
/// of an outside one nobody knows what became of it.
pub(crate) fn with_ends_of_calls(thread: &Thread, ending: Vec<RunEventKind>) -> Vec<RunEventKind> {
    let ends =
        |kind: &RunEventKind, id: CallId| matches!(kind, RunEventKind::CallFinished { call_id, .. } if *call_id == id);
    let cut_off = thread
        .calls
        .iter()
        .filter(|call| call.state == CallState::Running && !ending.iter().any(|kind| ends(kind, call.call_id)));
    let mut kinds: Vec<_> = cut_off
        .map(|call| {
            if call.is_repeatable() {
                stopped(call)
            } else {
                RunEventKind::CallOutcomeUnknown { call_id: call.call_id }
            }
        })
        .collect();
    kinds.extend(ending);
    kinds
}

fn stopped(call: &ToolCallView) -> RunEventKind {
    let error = Error::new(
        Code::Cancelled,
        format!("{} was stopped: the run ended first", call.tool),
    );
    RunEventKind::CallFinished {
        call_id: call.call_id,
        outcome: ToolOutcome::Error,
        title: format!("{}: stopped", call.title),
        content: result_text::of_error(&error, 1),
        result: None,
        changes: Vec::new(),
        error: Some(error.report()),
        ms: None,
    }
}
