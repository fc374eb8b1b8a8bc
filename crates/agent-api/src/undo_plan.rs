//! What taking changes back would do, said before it is done.

use hedgerow_errors::Error;
use hedgerow_ids::{ActivityId, ObjectId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::object::{Activity, ObjectChange};

/// What taking changes back would do. It is all done, or nothing: one conflict is enough to stop it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct UndoPlan {
    /// What would be different, one change an object; objects that would be as they are now are left out.
    pub changes: Vec<ObjectChange>,
    /// What stands in the way.
    pub conflicts: Vec<UndoConflict>,
}

/// Why a change can't be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UndoConflict {
    /// The change that was to be taken back.
    pub activity: ActivityId,
    /// Its object.
    pub object_id: ObjectId,
    /// What the object is.
    pub kind: String,
    /// What the object was called.
    pub name: String,
    /// The reason.
    pub reason: String,
    /// The way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The newest change that came to the object since, beside those that were to be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Box<Activity>>,
}

impl UndoPlan {
    /// Adds a step. Steps that follow each other on one object are one change.
    pub fn add(&mut self, step: ObjectChange) {
        match self.changes.iter_mut().find(|change| change.id == step.id) {
            Some(change) => change.after = step.after,
            None => self.changes.push(step),
        }
    }

    /// Adds why a change can't be taken back: `undone` are all that were to be, and `history` is that of the
    /// object, newest first.
    pub fn refuse(&mut self, activity: &Activity, error: &Error, undone: &[ActivityId], history: Vec<Activity>) {
        let came_since = |other: &Activity| other.version > activity.version && !undone.contains(&other.id);
        self.conflicts.push(UndoConflict {
            activity: activity.id,
            object_id: activity.object_id,
            kind: activity.kind.clone(),
            name: activity.name().to_owned(),
            reason: error.message().to_owned(),
            hint: error.hint().map(ToOwned::to_owned),
            since: history.into_iter().find(came_since).map(Box::new),
        });
    }

    /// The plan without objects that would be as they are now.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.changes.retain(|change| change.before != change.after);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::ObjectState;

    fn state(rollout: u32) -> Option<ObjectState> {
        let (name, body) = ("a".to_owned(), json!({"rollout": rollout}));
        Some(ObjectState { name, body })
    }

    fn step(id: ObjectId, before: Option<ObjectState>, after: Option<ObjectState>) -> ObjectChange {
        ObjectChange {
            id,
            kind: "feature_flag".into(),
            from_version: 3,
            before,
            after,
        }
    }

    #[test]
    fn steps_on_one_object_are_one_change_and_what_comes_to_nothing_is_none() {
        let (twice, round, once) = (ObjectId::new(), ObjectId::new(), ObjectId::new());
        let mut plan = UndoPlan::default();
        for step in [
            step(twice, state(3), state(2)),
            step(round, state(1), state(2)),
            step(once, None, state(9)),
            step(twice, state(2), None),
            step(round, state(2), state(1)),
        ] {
            plan.add(step);
        }
        let expected = [step(twice, state(3), None), step(once, None, state(9))];
        assert_eq!(plan.finish().changes, expected);
    }
}
