//! The store of run events: append-only, the truth about every run.

use std::path::Path;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_errors::Result;
use hedgerow_ids::{ConversationId, ProjectId, RunId};

use crate::object::ObjectWrite;
use crate::run::{RunEvent, RunEventKind, RunSummary};

/// What a new run starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// The run's id, chosen by the caller, so that asking twice starts one run.
    pub run_id: RunId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The project.
    pub project: ProjectId,
    /// The user's words.
    pub question: String,
    /// When.
    pub started_at: DateTime<Utc>,
}

/// Keeps run events. Every implementation keeps these promises (see the conformance suite in
/// `hedgerow-testkit`): positions start at 1 without gaps; an append is durable when it returns, all
/// its events or none; an append at a position that is not the next one is a `conflict`; nothing can
/// be appended after a terminal event.
#[async_trait]
pub trait RunLog: Send + Sync {
    /// Makes a run; a second time with the same id is a `conflict`.
    async fn create(&self, run: NewRun) -> Result<()>;

    /// Appends events after position `after` (0 for the first).
    async fn append(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
    ) -> Result<Vec<RunEvent>>;

    /// The same together with changes of objects: both are durable when it returns, or neither is. A change
    /// that no longer fits to what is there is a `conflict`.
    async fn append_with(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
        write: ObjectWrite,
    ) -> Result<Vec<RunEvent>>;

    /// A run's events after a position, in order. An unknown run is `unknown_name`.
    async fn read(&self, run_id: RunId, after: u64) -> Result<Vec<RunEvent>>;

    /// A run's project. An unknown run is `unknown_name`.
    async fn project(&self, run_id: RunId) -> Result<ProjectId>;

    /// Newest first.
    async fn list(&self, project: Option<&ProjectId>, limit: usize) -> Result<Vec<RunSummary>>;

    /// A project's runs with an event within `from` (included) and `to` (excluded), oldest first.
    async fn active(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<RunId>>;

    /// A conversation's runs, oldest first.
    async fn conversation(&self, conversation_id: ConversationId) -> Result<Vec<RunId>>;

    /// Runs without a terminal event, oldest first.
    async fn unfinished(&self) -> Result<Vec<RunId>>;

    /// Records that a run's owner is alive.
    async fn heartbeat(&self, run_id: RunId, at: DateTime<Utc>) -> Result<()>;

    /// Copies all runs as of one moment into a new file, from which a log can be opened. False where runs
    /// are kept in no file.
    async fn copy_to(&self, _file: &Path) -> Result<bool> {
        Ok(false)
    }
}
