//! `update_dashboard`: another name or other contents.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Another text",
    r#"{"name": "Growth", "changes": {"tiles": [{"type": "text", "text": "**Sign-ups**"}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "update_dashboard".into(),
        title: "Change a dashboard".into(),
        description: "Changes a dashboard: only the fields in changes are replaced, and tiles as a whole, so read it with read_data first and repeat \
                      the tiles that stay."
            .into(),
        display: Display::new("Changing a dashboard", "Changed a dashboard"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "dashboard:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["add an insight to a dashboard", "change a dashboard"],
    }
}
