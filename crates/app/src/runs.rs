//! Runs that were made: listed, shown, replayed and compared.

pub(crate) mod diff;

use hedgerow_agent_api::{RunEvent, RunSummary, Thread};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};

use crate::App;
use diff::RunDiff;

/// The most runs that one list holds.
const MAX_RUNS: usize = 1_000;

impl App {
    /// Runs, newest first; of one project, or of all.
    pub async fn runs(&self, project: Option<&ProjectId>, limit: usize) -> Result<Vec<RunSummary>> {
        if limit == 0 || limit > MAX_RUNS {
            return Err(Error::invalid(format!("limit {limit} is not within 1 to {MAX_RUNS}")));
        }
        if let Some(project) = project {
            self.require_project(project).await?;
        }
        self.parts.run_log.list(project, limit).await
    }

    /// A run as it is shown.
    pub async fn run_thread(&self, run_id: RunId) -> Result<Thread> {
        self.parts.agent.thread(run_id).await
    }

    /// A run's recorded events after a position.
    pub async fn run_events(&self, run_id: RunId, after: u64) -> Result<Vec<RunEvent>> {
        self.parts.run_log.read(run_id, after).await
    }

    /// The runs of a conversation, oldest first.
    pub async fn conversation(&self, conversation_id: ConversationId) -> Result<Vec<Thread>> {
        let runs = self.parts.run_log.conversation(conversation_id).await?;
        if runs.is_empty() {
            return Err(Error::new(
                Code::UnknownName,
                format!("unknown conversation \"{conversation_id}\""),
            ));
        }
        let mut threads = Vec::with_capacity(runs.len());
        for run_id in runs {
            threads.push(self.run_thread(run_id).await?);
        }
        Ok(threads)
    }

    /// What is different between two runs.
    pub async fn diff_runs(&self, left: RunId, right: RunId) -> Result<RunDiff> {
        Ok(RunDiff::between(
            (left, &self.run_thread(left).await?),
            (right, &self.run_thread(right).await?),
        ))
    }
}
