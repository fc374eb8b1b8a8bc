//! `update_insight`: another name or other contents.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Another period",
    r#"{"name": "Page views by day", "changes": {"query": {"dateRange": {"date_from": "-90d"}}}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "update_insight".into(),
        title: "Change an insight".into(),
        description: "Changes a saved insight: only the fields in changes are replaced. Read it with read_data first."
            .into(),
        display: Display::new("Changing an insight", "Changed an insight"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "insight:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["change a saved insight", "rename an insight"],
    }
}
