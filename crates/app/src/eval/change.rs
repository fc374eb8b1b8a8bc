//! The change that a run asks to make, held against the expected one.

use std::collections::HashMap;

use hedgerow_agent_api::{AwaitReason, ObjectChange, Thread};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::judge::Judgement;
use super::{Expect, Verdict};
use crate::{AskOutcome, AskReport};

/// The names of objects by their ids.
pub(super) type Names = HashMap<String, String>;

/// The one change of an approval.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedChange {
    /// What the object is, e.g. `feature_flag`.
    pub kind: String,
    /// Its name after the change; that before for a deletion.
    pub name: String,
    /// What was there: `null` for nothing, an object's earlier name for a renamed one; absent where it is called
    /// the same.
    #[serde(default, deserialize_with = "present")]
    pub before: Option<Option<String>>,
    /// The body after the change, with the names of other objects in the place of their ids; `null` for a deletion.
    #[serde(deserialize_with = "Option::deserialize")]
    pub after: Option<Value>,
}

/// Tells a field that is `null` from one that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

impl ExpectedChange {
    pub(super) fn to_json(&self) -> Value {
        let before = self.before.clone().unwrap_or_else(|| Some(self.name.clone()));
        shown(&self.kind, &self.name, before.as_deref(), self.after.as_ref())
    }
}

fn shown(kind: &str, name: &str, before: Option<&str>, after: Option<&Value>) -> Value {
    json!({"kind": kind, "name": name, "before": before, "after": after.map(plain)})
}

/// A planned change in the form of an expected one.
pub(super) fn planned(change: &ObjectChange, names: &Names) -> Value {
    let after = change.after.as_ref().map(|state| named(&state.body, names));
    let before = change.before.as_ref().map(|state| state.name.as_str());
    shown(&change.kind, change.name(), before, after.as_ref())
}

/// The changes that a run asks to make.
pub(super) fn changes(thread: &Thread) -> &[ObjectChange] {
    match &thread.awaiting {
        Some(AwaitReason::Approval { changes, .. }) => changes,
        _ => &[],
    }
}

/// Judges the changes that a run asks to make; `None` where none is expected and none is asked for.
pub(super) fn judge(expect: &Expect, report: &AskReport, made: &[Value]) -> Option<Judgement> {
    let of = |verdict, reason: Option<String>| Some(Judgement { verdict, reason });
    match (&expect.change, made) {
        (None, []) => None,
        (None, [first, ..]) => of(
            Verdict::Wrong,
            Some(format!("asks to make {first}, where none is right")),
        ),
        (Some(_), []) => match report.outcome {
            AskOutcome::Answered => of(
                Verdict::Wrong,
                Some("answered without asking to change anything".to_owned()),
            ),
            other => of(Verdict::Missed, Some(format!("{}: {}", other.as_str(), report.answer))),
        },
        (Some(expected), [only]) if expected.to_json() == *only => of(Verdict::Right, None),
        (Some(expected), made) => of(
            Verdict::Wrong,
            Some(format!(
                "expected {}, asks to make {}",
                expected.to_json(),
                Value::from(made.to_vec())
            )),
        ),
    }
}

/// The same with the names of objects in the place of their ids.
fn named(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => Value::from(names.get(text).unwrap_or(text).as_str()),
        Value::Array(values) => values.iter().map(|value| named(value, names)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), named(value, names)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The same with one form for each number: 20.0 is 20.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), plain(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
