//! Runs that were made: listed, shown, replayed and compared.

pub(crate) mod diff;

use hedgerow_agent_api::{Access, Level, Resource, RunEvent, RunSummary, Thread};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};

use crate::App;
use diff::RunDiff;

/// The most runs that one list holds.
const MAX_RUNS: usize = 1_000;

impl App {
    /// Runs, newest first; of one project, or of all that the caller sees.
    pub async fn runs(&self, project: Option<&ProjectId>, limit: usize) -> Result<Vec<RunSummary>> {
        if limit == 0 || limit > MAX_RUNS {
            return Err(Error::invalid(format!("limit {limit} is not within 1 to {MAX_RUNS}")));
        }
        self.check(&Access::read(Resource::Run), project)?;
        if let Some(project) = project {
            self.require_project(project).await?;
        }
        let run_log = &self.parts.run_log;
        let (None, Some(seen)) = (project, &self.principal.projects) else {
            return run_log.list(project, limit).await;
        };
        let mut runs = Vec::new();
        for project in seen {
            runs.extend(run_log.list(Some(project), limit).await?);
        }
        runs.sort_by_key(|run| std::cmp::Reverse((run.started_at, run.run_id)));
        runs.truncate(limit);
        Ok(runs)
    }

    /// A run as it is shown.
    pub async fn run_thread(&self, run_id: RunId) -> Result<Thread> {
        self.check_run(run_id, Level::Read).await?;
        self.parts.agent.thread(run_id).await
    }

    /// A run's recorded events after a position.
    pub async fn run_events(&self, run_id: RunId, after: u64) -> Result<Vec<RunEvent>> {
        self.check_run(run_id, Level::Read).await?;
        self.parts.run_log.read(run_id, after).await
    }

    /// The runs of a conversation, oldest first.
    pub async fn conversation(&self, conversation_id: ConversationId) -> Result<Vec<Thread>> {
        self.check(&Access::read(Resource::Run), None)?;
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

    /// Refuses a run of a project in which the caller may not do this.
    pub(crate) async fn check_run(&self, run_id: RunId, level: Level) -> Result<()> {
        let resource = Resource::Run;
        let access = Access { resource, level };
        // Those who may do it nowhere are not told which runs there are.
        self.check(&access, None)?;
        let project = self.parts.run_log.project(run_id).await?;
        self.check(&access, Some(&project))
    }

    /// What is different between two runs.
    pub async fn diff_runs(&self, left: RunId, right: RunId) -> Result<RunDiff> {
        Ok(RunDiff::between(
            (left, &self.run_thread(left).await?),
            (right, &self.run_thread(right).await?),
        ))
    }
}
