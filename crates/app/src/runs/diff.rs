//! What is different between two runs: outcome, answer, figures, tool calls.

use hedgerow_agent_api::Thread;
use hedgerow_ids::RunId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One difference; `null` stands for something that one side lacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What differs: `question`, `model`, `outcome`, `answer`, `figures[0]`, `tool_calls[2]`.
    pub what: String,
    /// In the first run.
    pub left: Value,
    /// In the second run.
    pub right: Value,
}

/// All differences between two runs. Ids and times don't count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunDiff {
    /// The first run.
    pub left: RunId,
    /// The second run.
    pub right: RunId,
    /// The differences; none where the runs are the same.
    pub changes: Vec<Change>,
}

impl RunDiff {
    pub(crate) fn between(left: (RunId, &Thread), right: (RunId, &Thread)) -> Self {
        let (a, b) = (left.1, right.1);
        let mut changes = Vec::new();
        let mut compare = |what: String, left: Value, right: Value| {
            if left != right {
                changes.push(Change { what, left, right });
            }
        };
        compare("question".to_owned(), json!(a.question), json!(b.question));
        compare("model".to_owned(), json!(a.model), json!(b.model));
        compare("outcome".to_owned(), json!(a.status), json!(b.status));
        compare("answer".to_owned(), answer(a), answer(b));
        for (name, left, right) in [("figures", figures(a), figures(b)), ("tool_calls", calls(a), calls(b))] {
            for position in 0..left.len().max(right.len()) {
                let side = |list: &[Value]| list.get(position).cloned().unwrap_or(Value::Null);
                compare(format!("{name}[{position}]"), side(&left), side(&right));
            }
        }
        Self {
            left: left.0,
            right: right.0,
            changes,
        }
    }
}

fn answer(thread: &Thread) -> Value {
    json!(thread.answer.as_ref().map(|answer| &answer.text))
}

fn figures(thread: &Thread) -> Vec<Value> {
    let figures = thread.answer.iter().flat_map(|answer| &answer.figures);
    figures
        .map(|figure| json!({"text": figure.text, "value": figure.value, "status": figure.status}))
        .collect()
}

fn calls(thread: &Thread) -> Vec<Value> {
    let calls = thread.calls.iter();
    calls
        .map(|call| json!({"name": call.tool, "arguments": call.arguments, "state": call.state}))
        .collect()
}
