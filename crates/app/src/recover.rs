//! After a start: runs that the last process left open get their end.

use hedgerow_errors::Result;
use hedgerow_ids::RunId;

use crate::App;

/// What became of the runs that were open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Runs that go on.
    pub resumed: Vec<RunId>,
    /// Runs that were closed.
    pub closed: Vec<RunId>,
    /// Runs that could not even be closed, because their events can't be read; they stay open.
    pub stuck: Vec<RunId>,
}

impl App {
    /// Ends or resumes what a crash left open. Whoever owns the data folder calls it once, before
    /// anything else: a server with `resume`, so that questions go on; a single verb without, since
    /// it would end before they do.
    pub async fn recover(&self, resume: bool) -> Result<Recovered> {
        let mut recovered = Recovered::default();
        for run_id in self.parts.run_log.unfinished().await? {
            let resumed = if resume { self.resume(run_id).await } else { Ok(false) };
            let is_resumed = resumed.unwrap_or_else(|error| {
                tracing::warn!(%run_id, error = error.chain(), "a run can't be resumed, closing it");
                false
            });
            if is_resumed {
                recovered.resumed.push(run_id);
                continue;
            }
            // One run that is damaged must not keep everything else from being used.
            match self.parts.agent.close_interrupted(run_id, &self.clock).await {
                Ok(()) => recovered.closed.push(run_id),
                Err(error) => {
                    tracing::error!(%run_id, error = error.chain(), "a run can't be closed");
                    recovered.stuck.push(run_id);
                }
            }
        }
        Ok(recovered)
    }

    /// Resumes a run whose model can be found; false where it can't.
    async fn resume(&self, run_id: RunId) -> Result<bool> {
        let thread = self.parts.agent.thread(run_id).await?;
        let Ok(model) = self.resolve_model(&thread.model) else {
            return Ok(false);
        };
        self.parts.agent.resume(run_id, model, self.clock.clone()).await?;
        Ok(true)
    }
}
