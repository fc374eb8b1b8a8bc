//! A run log in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{NewRun, ObjectWrite, RUN_EVENT_VERSION, RunEvent, RunEventKind, RunLog, RunSummary, Thread};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};

use crate::MemoryObjects;

/// Keeps runs as long as it lives.
#[derive(Default)]
pub struct MemoryRunLog {
    state: Mutex<State>,
    objects: Arc<MemoryObjects>,
}

#[derive(Default)]
struct State {
    /// In the order in which they were made.
    runs: Vec<NewRun>,
    events: HashMap<RunId, Vec<RunEvent>>,
    heartbeats: HashMap<RunId, u64>,
}

impl MemoryRunLog {
    /// The objects that are written together with events.
    pub fn objects(&self) -> Arc<MemoryObjects> {
        self.objects.clone()
    }

    /// How often a run's owner said that it is alive.
    pub fn heartbeats(&self, run_id: RunId) -> u64 {
        self.lock().heartbeats.get(&run_id).copied().unwrap_or(0)
    }

    fn append_all(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
        write: Option<&ObjectWrite>,
    ) -> Result<Vec<RunEvent>> {
        let mut state = self.lock();
        let events = state.events(run_id)?;
        let last = events.len() as u64;
        if events.last().is_some_and(|event| event.kind.is_terminal()) {
            return Err(Error::new(Code::Conflict, format!("run {run_id} has ended")));
        }
        if after != last {
            return Err(Error::new(
                Code::Conflict,
                format!("run {run_id} is at {last}, not at {after}"),
            ));
        }
        if kinds.iter().rev().skip(1).any(RunEventKind::is_terminal) {
            return Err(Error::new(Code::Conflict, "a terminal event must be the last"));
        }
        let version = RUN_EVENT_VERSION;
        let new: Vec<RunEvent> = (last + 1..)
            .zip(kinds)
            .map(|(seq, kind)| RunEvent {
                version,
                run_id,
                seq,
                at,
                kind,
            })
            .collect();
        if let Some(write) = write {
            self.objects.commit(write)?;
        }
        state.events.entry(run_id).or_default().extend(new.clone());
        Ok(new)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panicking test thread leaves whole entries behind, never half of one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn events(&self, run_id: RunId) -> Result<&Vec<RunEvent>> {
        self.events
            .get(&run_id)
            .ok_or_else(|| Error::new(Code::UnknownName, format!("unknown run {run_id}")))
    }
}

#[async_trait]
impl RunLog for MemoryRunLog {
    async fn create(&self, run: NewRun) -> Result<()> {
        let mut state = self.lock();
        if state.events.contains_key(&run.run_id) {
            return Err(Error::new(Code::Conflict, format!("run {} exists already", run.run_id)));
        }
        state.events.insert(run.run_id, Vec::new());
        state.runs.push(run);
        Ok(())
    }

    async fn append(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
    ) -> Result<Vec<RunEvent>> {
        self.append_all(run_id, after, at, kinds, None)
    }

    async fn append_with(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
        write: ObjectWrite,
    ) -> Result<Vec<RunEvent>> {
        self.append_all(run_id, after, at, kinds, Some(&write))
    }

    async fn read(&self, run_id: RunId, after: u64) -> Result<Vec<RunEvent>> {
        let state = self.lock();
        Ok(state
            .events(run_id)?
            .iter()
            .filter(|event| event.seq > after)
            .cloned()
            .collect())
    }

    async fn project(&self, run_id: RunId) -> Result<ProjectId> {
        let state = self.lock();
        state.events(run_id)?;
        let run = state.runs.iter().find(|run| run.run_id == run_id);
        run.map(|run| run.project.clone())
            .ok_or_else(|| Error::internal(format!("run {run_id} has events and was never made")))
    }

    async fn list(&self, project: Option<&ProjectId>, limit: usize) -> Result<Vec<RunSummary>> {
        let state = self.lock();
        let wanted = state
            .runs
            .iter()
            .rev()
            .filter(|run| project.is_none_or(|project| *project == run.project));
        let summary = |run: &NewRun| RunSummary {
            run_id: run.run_id,
            conversation_id: run.conversation_id,
            project: run.project.clone(),
            question: run.question.clone(),
            status: Thread::fold(&state.events[&run.run_id]).status,
            started_at: run.started_at,
        };
        Ok(wanted.take(limit).map(summary).collect())
    }

    async fn active(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<RunId>> {
        let state = self.lock();
        let of_project = state.runs.iter().filter(|run| run.project == *project);
        let is_within = |event: &RunEvent| from <= event.at && event.at < to;
        let active = of_project.filter(|run| state.events[&run.run_id].iter().any(is_within));
        Ok(active.map(|run| run.run_id).collect())
    }

    async fn conversation(&self, conversation_id: ConversationId) -> Result<Vec<RunId>> {
        let state = self.lock();
        let of_it = state.runs.iter().filter(|run| run.conversation_id == conversation_id);
        Ok(of_it.map(|run| run.run_id).collect())
    }

    async fn unfinished(&self) -> Result<Vec<RunId>> {
        let state = self.lock();
        let ended = |run_id: &RunId| {
            state.events[run_id]
                .last()
                .is_some_and(|event| event.kind.is_terminal())
        };
        Ok(state
            .runs
            .iter()
            .map(|run| run.run_id)
            .filter(|run_id| !ended(run_id))
            .collect())
    }

    async fn heartbeat(&self, run_id: RunId, _: DateTime<Utc>) -> Result<()> {
        let mut state = self.lock();
        state.events(run_id)?;
        *state.heartbeats.entry(run_id).or_default() += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn memory_run_log_keeps_the_promises() {
        crate::run_log_conformance(|| async { Arc::new(MemoryRunLog::default()) as Arc<dyn RunLog> }).await;
    }
}
