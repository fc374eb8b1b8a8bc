//! What another system answered, as the output of a call.

use std::fmt::Write;

use hedgerow_agent_api::{Tainted, ToolOutput};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use crate::reply_table;

/// Characters of an answer that a model reads at most.
const MOST_READ: usize = 20_000;

/// The output with this result. What the model reads is the answer's body, as data; a list of flat objects in it is
/// a table.
pub(crate) fn output(body: &Value, result: Value, title: &str) -> Result<ToolOutput<Value>> {
    let mut content = match body {
        Value::String(text) => text.clone(),
        other => {
            serde_json::to_string(other).map_err(|error| Error::internal(format!("an answer is not JSON: {error}")))?
        }
    };
    let length = content.chars().count();
    if length > MOST_READ {
        content = content.chars().take(MOST_READ).collect();
        // Writing to a String can't fail.
        let _ = write!(content, "\n(cut: {MOST_READ} of {length} characters)");
    }
    Ok(ToolOutput {
        table: reply_table::table(body, title),
        ..ToolOutput::text(result, Tainted::new(content).fenced())
    })
}

/// A text as JSON; one that is none stays a text, and an empty one is null.
pub(crate) fn read(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
