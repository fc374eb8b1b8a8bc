//! Objects: what people and agents make, change and delete, with the history of every change.
//!
//! A tool does not write. It plans [`ObjectChange`]s with the state before and after, and whoever runs it
//! commits them: so a preview, the diff of an approval and the before-images of an undo are one thing, and
//! an agent's write is in the same transaction as the call's result.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ActivityId, CallId, ObjectId, ProjectId, RunId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::effect::Effect;
use crate::undo_plan::UndoPlan;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// A person, on a page, the command line or over HTTP.
    Person {
        /// The name.
        name: String,
    },
    /// An agent, in a run, for a person.
    Agent {
        /// The person who asked.
        name: String,
        /// The run.
        run_id: RunId,
        /// The call, which is the step.
        call_id: CallId,
    },
}

impl Actor {
    /// The person, at whoever's hand it happened.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Person { name } | Self::Agent { name, .. } => name,
        }
    }
}

/// An object as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Object {
    /// Its id.
    pub id: ObjectId,
    /// The project.
    pub project: ProjectId,
    /// What it is, e.g. `feature_flag`.
    pub kind: String,
    /// Its name: one of a kind in a project, so that people and queries can call it by it.
    pub name: String,
    /// How many times it was written, from 1.
    pub version: u64,
    /// What its product keeps in it.
    pub body: Value,
    /// When it was made.
    #[schemars(with = "String")]
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: Actor,
    /// When it was last written.
    #[schemars(with = "String")]
    pub updated_at: DateTime<Utc>,
    /// Who wrote it last.
    pub updated_by: Actor,
}

impl Object {
    /// Name and body: what a change can change.
    #[must_use]
    pub fn state(&self) -> ObjectState {
        ObjectState {
            name: self.name.clone(),
            body: self.body.clone(),
        }
    }
}

/// What a change can change of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectState {
    /// Its name.
    pub name: String,
    /// What its product keeps in it.
    pub body: Value,
}

/// A change that is planned, or was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectChange {
    /// The object.
    pub id: ObjectId,
    /// What it is.
    pub kind: String,
    /// The version that the plan rests on; 0 for an object that is new.
    pub from_version: u64,
    /// The state before; absent for a new object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ObjectState>,
    /// The state after; absent for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ObjectState>,
}

impl ObjectChange {
    /// A new object.
    #[must_use]
    pub fn create(kind: &str, after: ObjectState) -> Self {
        Self {
            id: ObjectId::new(),
            kind: kind.to_owned(),
            from_version: 0,
            before: None,
            after: Some(after),
        }
    }

    /// Another state of an object; without one it is deleted.
    #[must_use]
    pub fn of(object: &Object, after: Option<ObjectState>) -> Self {
        Self {
            id: object.id,
            kind: object.kind.clone(),
            from_version: object.version,
            before: Some(object.state()),
            after,
        }
    }

    /// The object's name, after the change where it has one then.
    #[must_use]
    pub fn name(&self) -> &str {
        let state = self.after.as_ref().or(self.before.as_ref());
        state.map_or("", |state| &state.name)
    }

    /// What the change does.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match (&self.before, &self.after) {
            (before, after) if before == after => Effect::Read,
            (None, _) => Effect::Create,
            (_, None) => Effect::Delete,
            _ => Effect::Change,
        }
    }

    /// Whether two plans do the same, wherever a new object's id comes from.
    #[must_use]
    pub fn does_the_same_as(&self, other: &Self) -> bool {
        let same_object = self.id == other.id || (self.from_version == 0 && other.from_version == 0);
        same_object && self.kind == other.kind && self.before == other.before && self.after == other.after
    }

    /// Refuses a plan that no longer fits to what is there: `current` is the object as it stands, and
    /// `named` another one of the kind that has the name already.
    ///
    /// # Errors
    ///
    /// `conflict` where the object was changed, deleted or made since, or the name is taken.
    pub fn check(&self, current: Option<&Object>, named: Option<ObjectId>) -> Result<()> {
        let version = current.map_or(0, |object| object.version);
        if version != self.from_version {
            let what = if current.is_none() { "deleted" } else { "changed" };
            let message = format!("{} {:?} was {what} since this was planned", self.kind, self.name());
            return Err(Error::new(Code::Conflict, message).with_hint("look at it again, then repeat the change"));
        }
        if let Some(other) = named.filter(|other| *other != self.id) {
            return Err(taken(&self.kind, self.name(), other));
        }
        Ok(())
    }
}

fn taken(kind: &str, name: &str, other: ObjectId) -> Error {
    let message = format!("a {kind} named {name:?} exists already");
    Error::new(Code::Conflict, message).with_hint(format!("choose another name, or change {other}"))
}

/// The strongest effect of some changes; `read` where they change nothing.
#[must_use]
pub fn effect_of(changes: &[ObjectChange]) -> Effect {
    let effects = changes.iter().map(ObjectChange::effect);
    effects.max().unwrap_or(Effect::Read)
}

/// Changes that belong together: all happen, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectWrite {
    /// The project.
    pub project: ProjectId,
    /// Who does it.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// The changes.
    pub changes: Vec<ObjectChange>,
}

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityAction {
    /// It was made.
    Created,
    /// Its name or body changed.
    Changed,
    /// It was deleted.
    Deleted,
    /// An earlier change was undone.
    Restored,
}

impl ActivityAction {
    /// What a change did; one that undoes another restored something.
    #[must_use]
    pub fn of(change: &ObjectChange, undoes: Option<ActivityId>) -> Self {
        match change.effect() {
            _ if undoes.is_some() => Self::Restored,
            Effect::Create => Self::Created,
            Effect::Delete => Self::Deleted,
            _ => Self::Changed,
        }
    }
}

/// One change of one object, as its history keeps it; never changed afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// The object.
    pub object_id: ObjectId,
    /// The project.
    pub project: ProjectId,
    /// What the object is.
    pub kind: String,
    /// The version that it led to.
    pub version: u64,
    /// When.
    #[schemars(with = "String")]
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: ActivityAction,
    /// The state before; absent for a new object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ObjectState>,
    /// The state after; absent for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ObjectState>,
    /// The change that this one undid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<ActivityId>,
    /// The newest change that undid this one; it may be undone itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<ActivityId>,
}

impl Activity {
    /// The record of a change that leads to a version; `undoes` is the change that it takes back.
    #[must_use]
    pub fn of(write: &ObjectWrite, change: &ObjectChange, version: u64, undoes: Option<ActivityId>) -> Self {
        Self {
            id: ActivityId::new(),
            object_id: change.id,
            project: write.project.clone(),
            kind: change.kind.clone(),
            version,
            at: write.at,
            actor: write.actor.clone(),
            action: ActivityAction::of(change, undoes),
            before: change.before.clone(),
            after: change.after.clone(),
            undoes,
            undone_by: None,
        }
    }

    /// The object's name, after the change where it has one then.
    #[must_use]
    pub fn name(&self) -> &str {
        let state = self.after.as_ref().or(self.before.as_ref());
        state.map_or("", |state| &state.name)
    }

    /// What was changed, without who did it and when.
    #[must_use]
    pub fn change(&self) -> ObjectChange {
        ObjectChange {
            id: self.object_id,
            kind: self.kind.clone(),
            from_version: self.version.saturating_sub(1),
            before: self.before.clone(),
            after: self.after.clone(),
        }
    }

    /// The change that takes this one back. It can be taken back where the object is as this change left it;
    /// whatever came between and was taken back itself does no harm.
    ///
    /// # Errors
    ///
    /// `conflict` where the object is not as this change left it.
    pub fn undo(&self, current: Option<&Object>) -> Result<ObjectChange> {
        let state = current.map(Object::state);
        if state != self.after {
            let message = format!("{} {:?} is not as this change left it", self.kind, self.name());
            return Err(Error::new(Code::Conflict, message)
                .with_hint("undo what came after it first, or change the object by hand"));
        }
        Ok(ObjectChange {
            id: self.object_id,
            kind: self.kind.clone(),
            from_version: current.map_or(0, |object| object.version),
            before: state,
            after: self.before.clone(),
        })
    }
}

/// Which changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActivityFilter {
    /// Only this object's.
    pub object: Option<ObjectId>,
    /// Only those of objects of this kind.
    pub kind: Option<String>,
    /// Only those of this run.
    pub run: Option<RunId>,
    /// Only those of this call.
    pub call: Option<CallId>,
    /// How many at most.
    pub limit: Option<usize>,
}

/// Keeps objects and their history. Every implementation keeps these promises (see the conformance suite in
/// `hedgerow-testkit`): a write is durable when it returns, all its changes or none; one that rests on
/// another version than the current is a `conflict`; the history has every write, and none is changed.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// A project's objects, all or of a kind, by name.
    async fn list(&self, project: &ProjectId, kind: Option<&str>) -> Result<Vec<Object>>;

    /// One object. An unknown one is `unknown_name`.
    async fn get(&self, project: &ProjectId, id: ObjectId) -> Result<Object>;

    /// Commits changes; those that change nothing are left out.
    async fn write(&self, write: ObjectWrite) -> Result<Vec<Activity>>;

    /// Takes changes back in the given order, all or none: see [`Activity::undo`].
    async fn undo(
        &self,
        project: &ProjectId,
        activities: &[ActivityId],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Vec<Activity>>;

    /// What [`Self::undo`] would do now, and each conflict that stands in its way. Nothing is written.
    async fn plan_undo(&self, project: &ProjectId, activities: &[ActivityId]) -> Result<UndoPlan>;

    /// One change. An unknown one is `unknown_name`.
    async fn change(&self, project: &ProjectId, id: ActivityId) -> Result<Activity>;

    /// Changes, newest first.
    async fn activity(&self, project: &ProjectId, filter: &ActivityFilter) -> Result<Vec<Activity>>;

    /// The object of a kind with a name; an unknown one is refused with the nearest.
    async fn named(&self, project: &ProjectId, kind: &str, name: &str) -> Result<Object> {
        let mut objects = self.list(project, Some(kind)).await?;
        match objects.iter().position(|object| object.name == name) {
            Some(position) => Ok(objects.swap_remove(position)),
            None => Err(Error::unknown(
                kind,
                name,
                objects.iter().map(|object| object.name.as_str()),
            )),
        }
    }
}
