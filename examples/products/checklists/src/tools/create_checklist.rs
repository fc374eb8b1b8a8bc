//! `create_checklist`: a new one.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "What has to be done to launch templates",
    r#"{"name": "Templates", "body": {"description": "Notes that begin from a template.", "event": "template_used", "launched_on": "2026-05-18", "items": [{"text": "Write the help page", "owner": "Docs"}, {"text": "Tell the sales team", "owner": "Ann"}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "create_checklist".into(),
        title: "Create a checklist".into(),
        description: "Creates a launch checklist: items with a text and an owner, the event that people send who use what \
            is launched, and the day of the launch. Give event and launched_on where they are known: measure_reach needs \
            both."
            .into(),
        display: Display::new("Creating a checklist", "Created a checklist"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "checklist:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["create a launch checklist", "list what has to be done for the launch"],
    }
}
