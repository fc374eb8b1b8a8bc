//! A run log whose process dies, or whose disk fails, at a chosen append.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{NewRun, ObjectWrite, RunEvent, RunEventKind, RunLog, RunSummary};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};
use tokio::sync::Notify;

/// Which side of the append it happens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The append is lost.
    Before,
    /// The append is durable, and nobody is told.
    After,
}

/// How long an append takes on each side of the moment at which it takes effect, as on a disk, so
/// that its caller can be dropped in between.
const PAUSE: Duration = Duration::from_millis(1);

/// Passes everything on to another log until the chosen append.
pub struct FlakyRunLog {
    inner: Arc<dyn RunLog>,
    /// The append, from 1, at which it happens.
    nth: usize,
    moment: Moment,
    /// True where everything after it is refused, too; false where only that one append fails.
    for_good: bool,
    appends: AtomicUsize,
    crashed: AtomicBool,
    notify: Notify,
}

impl FlakyRunLog {
    /// A log that dies at its `nth` append (from 1) and refuses everything from then on.
    pub fn crashing(inner: Arc<dyn RunLog>, nth: usize, moment: Moment) -> Arc<Self> {
        Self::new(inner, nth, moment, true)
    }

    /// A log of which one append fails, the rest works.
    pub fn failing_once(inner: Arc<dyn RunLog>, nth: usize, moment: Moment) -> Arc<Self> {
        Self::new(inner, nth, moment, false)
    }

    fn new(inner: Arc<dyn RunLog>, nth: usize, moment: Moment, for_good: bool) -> Arc<Self> {
        let (appends, crashed, notify) = (AtomicUsize::new(0), AtomicBool::new(false), Notify::new());
        Arc::new(Self {
            inner,
            nth,
            moment,
            for_good,
            appends,
            crashed,
            notify,
        })
    }

    /// Waits until it has happened.
    pub async fn crashed(&self) {
        let notified = self.notify.notified();
        if !self.has_crashed() {
            notified.await;
        }
    }

    /// True once it has happened.
    pub fn has_crashed(&self) -> bool {
        self.crashed.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<()> {
        if self.for_good && self.has_crashed() {
            return Err(Error::new(Code::Unavailable, "the run log is gone"));
        }
        Ok(())
    }

    async fn at_append(&self, append: impl Future<Output = Result<Vec<RunEvent>>> + Send) -> Result<Vec<RunEvent>> {
        self.check()?;
        let hit = self.appends.fetch_add(1, Ordering::SeqCst) + 1 == self.nth;
        if hit && self.moment == Moment::Before {
            return Err(self.crash());
        }
        tokio::time::sleep(PAUSE).await;
        let events = append.await?;
        tokio::time::sleep(PAUSE).await;
        if hit { Err(self.crash()) } else { Ok(events) }
    }

    fn crash(&self) -> Error {
        self.crashed.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
        Error::new(Code::Io, "the run log failed while appending")
    }
}

#[async_trait]
impl RunLog for FlakyRunLog {
    async fn create(&self, run: NewRun) -> Result<()> {
        self.check()?;
        self.inner.create(run).await
    }

    async fn append(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
    ) -> Result<Vec<RunEvent>> {
        self.at_append(self.inner.append(run_id, after, at, kinds)).await
    }

    async fn append_with(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
        write: ObjectWrite,
    ) -> Result<Vec<RunEvent>> {
        self.at_append(self.inner.append_with(run_id, after, at, kinds, write))
            .await
    }

    async fn read(&self, run_id: RunId, after: u64) -> Result<Vec<RunEvent>> {
        self.check()?;
        self.inner.read(run_id, after).await
    }

    async fn project(&self, run_id: RunId) -> Result<ProjectId> {
        self.check()?;
        self.inner.project(run_id).await
    }

    async fn list(&self, project: Option<&ProjectId>, limit: usize) -> Result<Vec<RunSummary>> {
        self.check()?;
        self.inner.list(project, limit).await
    }

    async fn active(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<RunId>> {
        self.check()?;
        self.inner.active(project, from, to).await
    }

    async fn conversation(&self, conversation_id: ConversationId) -> Result<Vec<RunId>> {
        self.check()?;
        self.inner.conversation(conversation_id).await
    }

    async fn unfinished(&self) -> Result<Vec<RunId>> {
        self.check()?;
        self.inner.unfinished().await
    }

    async fn heartbeat(&self, run_id: RunId, at: DateTime<Utc>) -> Result<()> {
        self.check()?;
        self.inner.heartbeat(run_id, at).await
    }
}
