//! The tools that make, change and delete objects of a kind: the same for every product, which brings what the
//! body is and what must hold of it.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::Warning;
use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::effect::Effect;
use crate::object::{Object, ObjectChange, ObjectState, ObjectStore};
use crate::object_notes::ObjectNote;
use crate::tool::{Declaration, DynTool, ToolContext};
use crate::write_tool::{WritePlan, WriteTool, erase_write};

/// The longest name.
const MAX_NAME: usize = 400;

/// A kind of objects.
#[async_trait]
pub trait ObjectKind: Send + Sync + 'static {
    /// What an object keeps; `deny_unknown_fields`, every field described.
    type Body: Serialize + DeserializeOwned + JsonSchema + Send + Sync;

    /// The kind's name, e.g. `feature_flag`.
    const KIND: &'static str;

    /// The kind in a sentence, e.g. `feature flag`.
    const NOUN: &'static str;

    /// The body as it is kept, e.g. with ids in the place of names. Refuses one that would be of no use: it can't
    /// be evaluated, or names what is not there.
    async fn settle(&self, ctx: &ToolContext, name: &str, body: Self::Body) -> Result<Self::Body>;

    /// What a reader of the result of a change must know of the object of this name.
    async fn note(&self, _ctx: &ToolContext, _name: &str, _body: &Self::Body) -> Result<Option<ObjectNote>> {
        Ok(None)
    }

    /// What whoever agrees to such a body must know: it can be kept, and does not do yet what it says.
    async fn warnings(&self, _ctx: &ToolContext, _body: &Self::Body) -> Result<Vec<Warning>> {
        Ok(Vec::new())
    }

    /// Refuses to delete an object that something else needs.
    async fn check_deletion(&self, _ctx: &ToolContext, _object: &Object) -> Result<()> {
        Ok(())
    }

    /// The effect of a change where it is stronger than what it does to the object, e.g. because people see it.
    /// A state is absent before an object is made and after it is deleted.
    fn effect(&self, _before: Option<&Self::Body>, _after: Option<&Self::Body>) -> Option<Effect> {
        None
    }
}

/// Reads an object's body.
///
/// # Errors
///
/// `corrupt` where it is not of the kind's form.
pub fn body_of<T: DeserializeOwned>(object: &Object) -> Result<T> {
    T::deserialize(&object.body).map_err(|error| {
        let message = format!(
            "{} {:?} is not of the form that this version knows",
            object.kind, object.name
        );
        Error::caused(Code::Corrupt, message, error)
    })
}

/// What a new object is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateArguments<B> {
    /// Its name, which no other of the kind may have.
    pub name: String,
    /// What it consists of.
    pub body: B,
}

/// What to change of an object.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateArguments {
    /// The object's name.
    pub name: String,
    /// Another name for it.
    #[serde(default)]
    pub new_name: Option<String>,
    /// The fields of the body to replace: objects are merged, lists and values replaced, `null` takes a field
    /// away (RFC 7396). The fields are those of the body when it is created.
    #[serde(default)]
    pub changes: Map<String, Value>,
}

/// Which object to delete.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteArguments {
    /// The object's name.
    pub name: String,
}

/// The tools to make, change and delete objects of a kind, with what each says of itself.
pub fn object_tools<K: ObjectKind>(
    kind: K,
    store: &Arc<dyn ObjectStore>,
    [create, update, delete]: [ObjectTool; 3],
) -> [Arc<dyn DynTool>; 3] {
    let kind = Arc::new(kind);
    [
        erase_write(Create(Shared::new(&kind, store, create))),
        erase_write(Update(Shared::new(&kind, store, update))),
        erase_write(Delete(Shared::new(&kind, store, delete))),
    ]
}

/// What a tool over objects says of itself.
pub struct ObjectTool {
    /// Beside its types.
    pub declaration: Declaration,
    /// What people would type to find it.
    pub phrases: &'static [&'static str],
}

struct Shared<K> {
    kind: Arc<K>,
    store: Arc<dyn ObjectStore>,
    tool: ObjectTool,
    types: PhantomData<fn() -> K>,
}

impl<K: ObjectKind> Shared<K> {
    fn new(kind: &Arc<K>, store: &Arc<dyn ObjectStore>, tool: ObjectTool) -> Self {
        Self {
            kind: kind.clone(),
            store: store.clone(),
            tool,
            types: PhantomData,
        }
    }

    async fn object(&self, ctx: &ToolContext, name: &str) -> Result<Object> {
        self.store.named(&ctx.project, K::KIND, name).await
    }

    /// Refuses a name that is taken before anybody is asked to approve it, rather than when it is committed.
    async fn check(&self, ctx: &ToolContext, change: &ObjectChange, current: Option<&Object>) -> Result<()> {
        let same = self.store.list(&ctx.project, Some(K::KIND)).await?;
        let holder = same.iter().find(|object| object.name == change.name());
        change.check(current, holder.map(|object| object.id))
    }

    async fn plan(
        &self,
        ctx: &ToolContext,
        change: ObjectChange,
        done: &str,
        before: Option<&K::Body>,
        after: Option<&K::Body>,
    ) -> Result<WritePlan> {
        let mut said = format!("{done} the {} {:?}.", K::NOUN, change.name());
        let mut table = None;
        if let Some(after) = after
            && let Some(note) = self.kind.note(ctx, change.name(), after).await?
        {
            said = format!("{said} {}", note.text);
            table = note.table;
        }
        Ok(WritePlan {
            effect: self.kind.effect(before, after),
            table,
            ..WritePlan::new(vec![change], said)
        })
    }

    async fn settled(&self, ctx: &ToolContext, name: &str, body: K::Body) -> Result<(ObjectState, K::Body)> {
        let length = name.chars().count();
        if name.trim().is_empty() || name.trim() != name || length > MAX_NAME {
            return Err(Error::invalid(format!("{name:?} is no name for a {}", K::NOUN))
                .with_hint(format!("give 1 to {MAX_NAME} characters, without spaces around them")));
        }
        let body = self.kind.settle(ctx, name, body).await?;
        let json = serde_json::to_value(&body)
            .map_err(|error| Error::caused(Code::Internal, format!("writing a {} as JSON", K::NOUN), error))?;
        let name = name.to_owned();
        Ok((ObjectState { name, body: json }, body))
    }
}

struct Create<K>(Shared<K>);

#[async_trait]
impl<K: ObjectKind> WriteTool for Create<K> {
    type Args = CreateArguments<K::Body>;

    fn declaration(&self) -> Declaration {
        self.0.tool.declaration.clone()
    }

    fn phrases(&self) -> &'static [&'static str] {
        self.0.tool.phrases
    }

    async fn plan(&self, ctx: &ToolContext, args: Self::Args) -> Result<WritePlan> {
        let (state, body) = self.0.settled(ctx, &args.name, args.body).await?;
        let change = ObjectChange::create(K::KIND, state);
        self.0.check(ctx, &change, None).await?;
        Ok(WritePlan {
            warnings: self.0.kind.warnings(ctx, &body).await?,
            ..self.0.plan(ctx, change, "Created", None, Some(&body)).await?
        })
    }
}

struct Update<K>(Shared<K>);

#[async_trait]
impl<K: ObjectKind> WriteTool for Update<K> {
    type Args = UpdateArguments;

    fn declaration(&self) -> Declaration {
        self.0.tool.declaration.clone()
    }

    fn phrases(&self) -> &'static [&'static str] {
        self.0.tool.phrases
    }

    async fn plan(&self, ctx: &ToolContext, args: Self::Args) -> Result<WritePlan> {
        let object = self.0.object(ctx, &args.name).await?;
        let before: K::Body = body_of(&object)?;
        let mut merged = object.body.clone();
        merge(&mut merged, &Value::Object(args.changes));
        let after = K::Body::deserialize(&merged).map_err(|error| {
            Error::invalid(format!("changes of {:?} are not valid: {error}", args.name))
                .with_hint(format!("it is now {}", object.body))
        })?;
        let name = args.new_name.as_deref().unwrap_or(&object.name);
        let (state, after) = self.0.settled(ctx, name, after).await?;
        let change = ObjectChange::of(&object, Some(state));
        self.0.check(ctx, &change, Some(&object)).await?;
        if change.effect() == Effect::Read {
            return Err(
                Error::invalid(format!("the {} {name:?} is so already", K::NOUN)).with_hint("there is nothing to do")
            );
        }
        Ok(WritePlan {
            warnings: self.0.kind.warnings(ctx, &after).await?,
            ..self.0.plan(ctx, change, "Changed", Some(&before), Some(&after)).await?
        })
    }
}

struct Delete<K>(Shared<K>);

#[async_trait]
impl<K: ObjectKind> WriteTool for Delete<K> {
    type Args = DeleteArguments;

    fn declaration(&self) -> Declaration {
        self.0.tool.declaration.clone()
    }

    fn phrases(&self) -> &'static [&'static str] {
        self.0.tool.phrases
    }

    async fn plan(&self, ctx: &ToolContext, args: Self::Args) -> Result<WritePlan> {
        let object = self.0.object(ctx, &args.name).await?;
        self.0.kind.check_deletion(ctx, &object).await?;
        // What can't be read any more can still be deleted.
        let before: Option<K::Body> = body_of(&object).ok();
        let change = ObjectChange::of(&object, None);
        self.0.plan(ctx, change, "Deleted", before.as_ref(), None).await
    }
}

/// JSON Merge Patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (key, change) in changes {
        if change.is_null() {
            members.shift_remove(key);
        } else {
            merge(members.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merge_follows_the_examples_of_its_rfc() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (mut target, patch, expected) in cases {
            merge(&mut target, &patch);
            assert_eq!(target, expected, "{patch}");
        }
    }
}
