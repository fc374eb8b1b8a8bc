//! `create_action`: a new one.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Page views that were not found",
    r#"{"name": "Not found", "body": {"description": "Page views with status 404", "steps": [{"event": "$pageview", "properties": [{"key": "status", "value": 404}]}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "create_action".into(),
        title: "Create an action".into(),
        description: "Creates an action: one or more steps, each an event with conditions; an event counts where one step fits. Take the names \
                      of events, properties and values from read_taxonomy."
            .into(),
        display: Display::new("Creating an action", "Created an action"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "action:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["define an action", "name these events as an action"],
    }
}
