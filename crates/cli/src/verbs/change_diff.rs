//! What a change does to an object, line by line.

use hedgerow_agent_api::{ObjectChange, ObjectState};
use serde_json::{Value, json};

/// The lines of some changes, each under the name of its object.
pub(super) fn of_changes(changes: &[ObjectChange]) -> Vec<String> {
    let mut all = Vec::new();
    for change in changes {
        all.push(format!("{} {}", change.kind, change.name()));
        let lines = lines(change.before.as_ref(), change.after.as_ref());
        all.extend(lines.into_iter().map(|line| format!("  {line}")));
    }
    all
}

/// `- path: old` and `+ path: new` for all that differs.
pub(super) fn lines(before: Option<&ObjectState>, after: Option<&ObjectState>) -> Vec<String> {
    let mut lines = Vec::new();
    let whole = |state: Option<&ObjectState>| state.map(|state| json!({"name": state.name, "body": state.body}));
    compare("", whole(before).as_ref(), whole(after).as_ref(), &mut lines);
    lines
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, lines: &mut Vec<String>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(_)) | None, Some(Value::Object(_)) | None)
        | (Some(Value::Array(_)), Some(Value::Array(_))) => {
            for key in keys(before, after) {
                let below = match path {
                    "" | "body" => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                compare(&below, at(before, &key), at(after, &key), lines);
            }
        }
        _ => {
            lines.extend(before.map(|value| format!("- {path}: {value}")));
            lines.extend(after.map(|value| format!("+ {path}: {value}")));
        }
    }
}

/// The members of both, those of the first first.
fn keys(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for value in [before, after].into_iter().flatten() {
        let names: Vec<String> = match value {
            Value::Object(members) => members.keys().cloned().collect(),
            Value::Array(members) => (0..members.len()).map(|position| position.to_string()).collect(),
            _ => Vec::new(),
        };
        for name in names {
            if !keys.contains(&name) {
                keys.push(name);
            }
        }
    }
    keys
}

fn at<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    match value? {
        Value::Object(members) => members.get(key),
        Value::Array(members) => members.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_what_differs_and_nothing_else() {
        let state = |name: &str, body| ObjectState {
            name: name.to_owned(),
            body,
        };
        let old = state("a", json!({"active": false, "groups": [{"share": 10}], "tags": ["x"]}));
        let new = state(
            "a",
            json!({"active": true, "groups": [{"share": 10}, {"share": 5}], "tags": ["x"]}),
        );
        let changed = lines(Some(&old), Some(&new));
        assert_eq!(changed, ["- active: false", "+ active: true", "+ groups.1.share: 5"]);
        assert_eq!(
            lines(None, Some(&state("a", json!({"active": true})))),
            ["+ name: \"a\"", "+ active: true"]
        );
        assert_eq!(
            lines(Some(&state("a", json!({}))), Some(&state("b", json!({})))),
            ["- name: \"a\"", "+ name: \"b\""]
        );
        assert_eq!(lines(Some(&old), Some(&old)), [""; 0]);
    }
}
