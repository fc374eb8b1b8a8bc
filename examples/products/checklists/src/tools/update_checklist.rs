//! `update_checklist`: another name or other contents.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "The launch is a week later",
    r#"{"name": "Templates", "changes": {"launched_on": "2026-05-25"}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "update_checklist".into(),
        title: "Change a checklist".into(),
        description:
            "Changes a launch checklist: its description, event, day of the launch or items. Only the fields in \
            changes are replaced, and items as a whole, so read it with read_data first. To tick one item, use \
            tick_checklist_item instead."
                .into(),
        display: Display::new("Changing a checklist", "Changed a checklist"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "checklist:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["add an item to a checklist", "change the launch day of a checklist"],
    }
}
