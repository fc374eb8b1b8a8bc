//! `delete_checklist`: gone, until that is undone.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new("Delete one by its name", r#"{"name": "Templates"}"#)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "delete_checklist".into(),
        title: "Delete a checklist".into(),
        description: "Deletes a launch checklist with all of its items. To take out one item, use update_checklist \
            instead."
            .into(),
        display: Display::new("Deleting a checklist", "Deleted a checklist"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "checklist:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["delete a checklist", "remove a launch checklist"],
    }
}
