//! One task a run that outlives whatever the run does: it owns the deadline, the stop button, the
//! heartbeat and the terminal event.

use std::sync::Arc;

use hedgerow_agent_api::{ModelProvider, Policy, Principal, Registry, RunEventKind, RunLog, Stage, Thread};
use hedgerow_data_api::Clock;
use hedgerow_errors::{Code, Error};
use hedgerow_ids::{ProjectId, RunId};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::agent::Limits;
use crate::history::History;
use crate::recorder::Recorder;
use crate::run_loop;

/// All that the loop of one run needs; never changes.
pub(crate) struct Run {
    pub(crate) run_id: RunId,
    pub(crate) project: ProjectId,
    /// What whoever started the run sees of what is installed.
    pub(crate) registry: Arc<Registry>,
    /// The lowest stage of the products in it.
    pub(crate) sees: Stage,
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    pub(crate) model: Arc<dyn ModelProvider>,
    /// Stands still at the start of the run, so that "today" means the same in every call, also in
    /// those that run again after a restart.
    pub(crate) tool_clock: Clock,
    /// Who started the run; every call of it is checked against what this principal may.
    pub(crate) principal: Principal,
    pub(crate) history: History,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) stop: watch::Sender<bool>,
}

/// A task that ends when its handle is dropped.
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    /// Starts it.
    pub(crate) fn spawn(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }

    /// Waits for its value; a panic is an error.
    pub(crate) async fn join(&mut self, step: &str) -> Result<T, Error> {
        (&mut self.0).await.map_err(|error| match error.try_into_panic() {
            Ok(payload) => Error::internal(format!("{step} panicked: {}", panic_text(payload.as_ref()))),
            Err(error) => Error::caused(Code::Internal, format!("{step} was stopped"), error),
        })
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

/// Drives a run to its end and records exactly one terminal event. Returns the last position.
pub(crate) async fn supervise(run: Arc<Run>, log: Arc<dyn RunLog>, clock: Clock) -> u64 {
    let heartbeat = Task::spawn(beat(run.clone(), log, clock));
    let mut body = Task::spawn(run_loop::drive(run.clone()));
    let mut stopped = run.stop.subscribe();
    let ending = tokio::select! {
        biased;
        () = told_to_stop(&mut stopped) => vec![RunEventKind::Cancelled {}],
        () = tokio::time::sleep(run.limits.run_timeout) => failed(&out_of_time(&run).await),
        ended = body.join("the run") => match ended.and_then(|ending| ending) {
            Ok(ending) => ending,
            Err(error) => failed(&error),
        },
    };
    // From here on the loop can't write: ending a run closes its recorder.
    drop(body);
    if let Err(error) = run.recorder.finish(ending).await {
        // The next start finds the run open and closes it.
        tracing::error!(run_id = %run.run_id, error = error.chain(), "the end of a run was not recorded");
    }
    drop(heartbeat);
    run.recorder.thread().await.seq
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // The sender is as old as the run, so an error can't come.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn beat(run: Arc<Run>, log: Arc<dyn RunLog>, clock: Clock) {
    let mut timer = tokio::time::interval(run.limits.heartbeat);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Err(error) = log.heartbeat(run.run_id, clock.now()).await {
            tracing::warn!(run_id = %run.run_id, error = error.chain(), "a heartbeat was not recorded");
        }
    }
}

async fn out_of_time(run: &Run) -> Error {
    let Thread { replies, calls, .. } = run.recorder.thread().await;
    let seconds = run.limits.run_timeout.as_secs();
    let reached = format!("{} replies and {} calls were made", replies.len(), calls.len());
    Error::new(
        Code::LimitExceeded,
        format!("the run took longer than {seconds} s: {reached}"),
    )
    .with_hint("ask for less at once, e.g. a shorter period")
}

fn failed(error: &Error) -> Vec<RunEventKind> {
    vec![RunEventKind::Failed { error: error.report() }]
}
