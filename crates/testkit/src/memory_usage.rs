//! Calls, feedback and settings in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{CallRecord, Feedback, ProjectSettings, Stage, UsageStore};
use hedgerow_data_api::QuerySettings;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, RunId};

/// Keeps usage and settings as long as it lives.
#[derive(Default)]
pub struct MemoryUsage {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<(DateTime<Utc>, CallRecord)>,
    feedback: Vec<Feedback>,
    early_access: HashMap<ProjectId, Stage>,
    query_settings: HashMap<ProjectId, QuerySettings>,
    fails: bool,
}

impl MemoryUsage {
    /// Refuses to record calls from now on.
    pub fn fail(&self) {
        self.lock().fails = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one step, so a panicking holder leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl UsageStore for MemoryUsage {
    async fn add_calls(&self, calls: Vec<CallRecord>, recorded_at: DateTime<Utc>) -> Result<()> {
        let mut state = self.lock();
        if state.fails {
            return Err(Error::new(Code::Io, "the disk is full"));
        }
        state.calls.extend(calls.into_iter().map(|call| (recorded_at, call)));
        Ok(())
    }

    async fn calls(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<CallRecord>> {
        let state = self.lock();
        let calls = state.calls.iter().map(|(_, call)| call);
        let wanted = calls.filter(|call| call.project == *project && from <= call.at && call.at < to);
        let mut wanted: Vec<CallRecord> = wanted.cloned().collect();
        wanted.sort_by_key(|call| call.at);
        Ok(wanted)
    }

    async fn forget_calls(&self, before: DateTime<Utc>) -> Result<u64> {
        let mut state = self.lock();
        let known = state.calls.len();
        state.calls.retain(|(recorded_at, _)| *recorded_at >= before);
        Ok((known - state.calls.len()) as u64)
    }

    async fn give_feedback(&self, feedback: Feedback) -> Result<()> {
        let mut state = self.lock();
        state
            .feedback
            .retain(|known| known.run_id != feedback.run_id || known.person != feedback.person);
        state.feedback.push(feedback);
        Ok(())
    }

    async fn feedback_of(&self, run_id: RunId) -> Result<Vec<Feedback>> {
        let state = self.lock();
        let mut found: Vec<Feedback> = state
            .feedback
            .iter()
            .filter(|known| known.run_id == run_id)
            .cloned()
            .collect();
        found.sort_by(|left, right| (left.at, &left.person).cmp(&(right.at, &right.person)));
        Ok(found)
    }

    async fn feedback(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Feedback>> {
        let state = self.lock();
        let wanted = state
            .feedback
            .iter()
            .filter(|known| known.project == *project && from <= known.at && known.at < to);
        let mut wanted: Vec<Feedback> = wanted.cloned().collect();
        wanted.sort_by(|left, right| right.at.cmp(&left.at).then(left.person.cmp(&right.person)));
        Ok(wanted)
    }
}

#[async_trait]
impl ProjectSettings for MemoryUsage {
    async fn early_access(&self, project: &ProjectId) -> Result<Stage> {
        Ok(self.lock().early_access.get(project).copied().unwrap_or_default())
    }

    async fn set_early_access(&self, project: &ProjectId, stage: Stage, _: &str, _: DateTime<Utc>) -> Result<()> {
        self.lock().early_access.insert(project.clone(), stage);
        Ok(())
    }

    async fn query_settings(&self, project: &ProjectId) -> Result<QuerySettings> {
        Ok(self.lock().query_settings.get(project).cloned().unwrap_or_default())
    }

    async fn set_query_settings(
        &self,
        project: &ProjectId,
        settings: &QuerySettings,
        _: &str,
        _: DateTime<Utc>,
    ) -> Result<()> {
        self.lock().query_settings.insert(project.clone(), settings.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hedgerow_agent_api::RunLog;

    use super::*;
    use crate::MemoryRunLog;

    #[tokio::test]
    async fn memory_usage_keeps_the_promises() {
        crate::usage_store_conformance(|| async {
            let runs: Arc<dyn RunLog> = Arc::new(MemoryRunLog::default());
            (Arc::new(MemoryUsage::default()) as Arc<dyn UsageStore>, runs)
        })
        .await;
        crate::project_settings_conformance(|| async { Arc::new(MemoryUsage::default()) as Arc<dyn ProjectSettings> })
            .await;
    }
}
