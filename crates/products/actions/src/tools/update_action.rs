//! `update_action`: another name or other contents.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Any status from 400 on",
    r#"{"name": "Not found", "changes": {"steps": [{"event": "$pageview", "properties": [{"key": "status", "value": 400, "operator": "gte"}]}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "update_action".into(),
        title: "Change an action".into(),
        description: "Changes an action: only the fields in changes are replaced, and steps as a whole, so read it with read_data first."
            .into(),
        display: Display::new("Changing an action", "Changed an action"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "action:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["change an action", "add a step to an action"],
    }
}
