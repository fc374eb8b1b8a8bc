//! `delete_action`: gone, until that is undone.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new("Delete one by its name", r#"{"name": "Not found"}"#)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "delete_action".into(),
        title: "Delete an action".into(),
        description: "Deletes an action. Refused as long as an insight uses it.".into(),
        display: Display::new("Deleting an action", "Deleted an action"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "action:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["delete an action", "remove an action"],
    }
}
