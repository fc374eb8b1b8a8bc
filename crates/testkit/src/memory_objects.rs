//! Objects in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{Activity, ActivityFilter, Actor, Object, ObjectStore, ObjectWrite, UndoPlan};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ActivityId, ObjectId, ProjectId};

/// Keeps objects as long as it lives.
#[derive(Default)]
pub struct MemoryObjects {
    state: Mutex<State>,
}

#[derive(Default, Clone)]
struct State {
    objects: BTreeMap<ObjectId, Object>,
    /// Oldest first.
    activity: Vec<Activity>,
}

impl MemoryObjects {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A write replaces the state as a whole, so a panicking holder leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits a write at once.
    pub(crate) fn commit(&self, write: &ObjectWrite) -> Result<Vec<Activity>> {
        let mut state = self.lock();
        let mut next = state.clone();
        let activities = next.write(write, None)?;
        *state = next;
        Ok(activities)
    }
}

impl State {
    fn write(&mut self, write: &ObjectWrite, undoes: Option<ActivityId>) -> Result<Vec<Activity>> {
        let mut activities = Vec::new();
        for change in write.changes.iter().filter(|change| change.before != change.after) {
            let current = self
                .objects
                .get(&change.id)
                .filter(|object| object.project == write.project);
            let named = change.after.as_ref().and_then(|after| {
                let same = |object: &&Object| {
                    object.project == write.project && object.kind == change.kind && object.name == after.name
                };
                self.objects.values().find(same).map(|object| object.id)
            });
            change.check(current, named)?;
            let history = self.activity.iter().filter(|activity| activity.object_id == change.id);
            let first = history.clone().next();
            let created = first.map_or((write.at, write.actor.clone()), |first| (first.at, first.actor.clone()));
            let version = history.count() as u64 + 1;
            match &change.after {
                None => {
                    self.objects.remove(&change.id);
                }
                Some(after) => {
                    let object = Object {
                        id: change.id,
                        project: write.project.clone(),
                        kind: change.kind.clone(),
                        name: after.name.clone(),
                        version,
                        body: after.body.clone(),
                        created_at: created.0,
                        created_by: created.1,
                        updated_at: write.at,
                        updated_by: write.actor.clone(),
                    };
                    self.objects.insert(change.id, object);
                }
            }
            let activity = Activity::of(write, change, version, undoes);
            if let Some(undone) = self.activity.iter_mut().find(|activity| Some(activity.id) == undoes) {
                undone.undone_by = Some(activity.id);
            }
            self.activity.push(activity.clone());
            activities.push(activity);
        }
        Ok(activities)
    }

    fn change(&self, project: &ProjectId, id: ActivityId) -> Result<Activity> {
        let mine = |activity: &&Activity| activity.id == id && activity.project == *project;
        let found = self.activity.iter().find(mine);
        found.cloned().ok_or_else(|| unknown("change", &id.to_string()))
    }

    fn undo(&mut self, activity: &Activity, actor: &Actor, at: DateTime<Utc>) -> Result<Vec<Activity>> {
        let change = activity.undo(self.objects.get(&activity.object_id))?;
        let write = ObjectWrite {
            project: activity.project.clone(),
            actor: actor.clone(),
            at,
            changes: vec![change],
        };
        self.write(&write, Some(activity.id))
    }
}

fn unknown(what: &str, id: &str) -> Error {
    Error::new(Code::UnknownName, format!("unknown {what} {id}"))
}

#[async_trait]
impl ObjectStore for MemoryObjects {
    async fn list(&self, project: &ProjectId, kind: Option<&str>) -> Result<Vec<Object>> {
        let state = self.lock();
        let wanted = |object: &&Object| object.project == *project && kind.is_none_or(|kind| object.kind == kind);
        let mut objects: Vec<Object> = state.objects.values().filter(wanted).cloned().collect();
        objects.sort_by(|left, right| (&left.name, &left.kind).cmp(&(&right.name, &right.kind)));
        Ok(objects)
    }

    async fn get(&self, project: &ProjectId, id: ObjectId) -> Result<Object> {
        let state = self.lock();
        let object = state.objects.get(&id).filter(|object| object.project == *project);
        object.cloned().ok_or_else(|| unknown("object", &id.to_string()))
    }

    async fn write(&self, write: ObjectWrite) -> Result<Vec<Activity>> {
        self.commit(&write)
    }

    async fn undo(
        &self,
        project: &ProjectId,
        activities: &[ActivityId],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Vec<Activity>> {
        let mut state = self.lock();
        let mut next = state.clone();
        let mut undone = Vec::new();
        for id in activities {
            let activity = next.change(project, *id)?;
            undone.extend(next.undo(&activity, &actor, at)?);
        }
        *state = next;
        Ok(undone)
    }

    async fn plan_undo(&self, project: &ProjectId, activities: &[ActivityId]) -> Result<UndoPlan> {
        let state = self.lock();
        let mut next = state.clone();
        let nobody = Actor::Person { name: String::new() };
        let mut plan = UndoPlan::default();
        for id in activities {
            let activity = next.change(project, *id)?;
            match next.undo(&activity, &nobody, DateTime::UNIX_EPOCH) {
                Ok(undone) => undone.into_iter().for_each(|step| plan.add(step.change())),
                Err(error) if error.code() == Code::Conflict => {
                    let of_object = |other: &&Activity| other.object_id == activity.object_id;
                    let history = state.activity.iter().rev().filter(of_object).cloned();
                    plan.refuse(&activity, &error, activities, history.collect());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(plan.finish())
    }

    async fn change(&self, project: &ProjectId, id: ActivityId) -> Result<Activity> {
        self.lock().change(project, id)
    }

    async fn activity(&self, project: &ProjectId, filter: &ActivityFilter) -> Result<Vec<Activity>> {
        let state = self.lock();
        let of_actor = |activity: &Activity| match &activity.actor {
            Actor::Person { .. } => filter.run.is_none() && filter.call.is_none(),
            Actor::Agent { run_id, call_id, .. } => {
                filter.run.is_none_or(|run| run == *run_id) && filter.call.is_none_or(|call| call == *call_id)
            }
        };
        let wanted = |activity: &&Activity| {
            activity.project == *project
                && filter.object.is_none_or(|object| object == activity.object_id)
                && filter.kind.as_ref().is_none_or(|kind| *kind == activity.kind)
                && of_actor(activity)
        };
        let newest_first = state.activity.iter().rev().filter(wanted).cloned();
        Ok(newest_first.take(filter.limit.unwrap_or(usize::MAX)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn memory_objects_keep_the_promises() {
        crate::object_store_conformance(|| async { Arc::new(MemoryObjects::default()) as Arc<dyn ObjectStore> }).await;
    }
}
