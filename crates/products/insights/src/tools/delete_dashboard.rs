//! `delete_dashboard`: gone, until that is undone.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new("Delete one by its name", r#"{"name": "Growth"}"#)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "delete_dashboard".into(),
        title: "Delete a dashboard".into(),
        description:
            "Deletes a dashboard with its texts; the insights that stand on it stay. To take one insight off it, use \
                      update_dashboard instead."
                .into(),
        display: Display::new("Deleting a dashboard", "Deleted a dashboard"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "dashboard:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["delete a dashboard", "remove a dashboard"],
    }
}
