//! `delete_insight`: gone, until that is undone.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Delete one by its name",
    r#"{"name": "Page views by day"}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "delete_insight".into(),
        title: "Delete an insight".into(),
        description: "Deletes a saved insight. One that stands on a dashboard is refused: take it off there first."
            .into(),
        display: Display::new("Deleting an insight", "Deleted an insight"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "insight:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["delete an insight", "remove a saved insight"],
    }
}
