//! Which objects rest on another: whoever keeps another object in its body keeps its id.

use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ObjectId, ProjectId};
use serde_json::Value;

use crate::object::{Object, ObjectStore};

/// Users that are named in a refusal.
const NAMED: usize = 5;

/// The objects in whose bodies the id of another stands, whatever kinds they are.
#[must_use]
pub fn users_of(objects: &[Object], id: ObjectId) -> Vec<&Object> {
    let id = id.to_string();
    objects.iter().filter(|object| holds(&object.body, &id)).collect()
}

fn holds(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(values) => values.iter().any(|value| holds(value, id)),
        Value::Object(members) => members.values().any(|value| holds(value, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Refuses to delete an object as long as others rest on it.
///
/// # Errors
///
/// `conflict` with the names of those that do.
pub async fn refuse_while_used(objects: &dyn ObjectStore, project: &ProjectId, object: &Object) -> Result<()> {
    let all = objects.list(project, None).await?;
    let users = users_of(&all, object.id);
    if users.is_empty() {
        return Ok(());
    }
    let named = users.iter().take(NAMED);
    let named = named.map(|user| format!("{} {:?}", user.kind.replace('_', " "), user.name));
    let mut named: Vec<String> = named.collect();
    if users.len() > NAMED {
        named.push(format!("{} more", users.len() - NAMED));
    }
    let message = format!("the {} {:?} is used by {}", object.kind, object.name, named.join(", "));
    Err(Error::new(Code::Conflict, message).with_hint("change or delete what uses it first"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_anywhere_in_a_body_and_only_whole() {
        let id = ObjectId::new().to_string();
        let cases = [
            (json!({"query": {"series": [{"kind": "ActionsNode", "id": id}]}}), true),
            (json!({"filters": {"type": "OR", "values": [{"value": id}]}}), true),
            (json!({"description": format!("see {id}")}), false),
            (json!({id.clone(): 1}), false),
            (json!([1, null, true, "x"]), false),
        ];
        for (body, expected) in cases {
            assert_eq!(holds(&body, &id), expected, "{body}");
        }
    }
}
