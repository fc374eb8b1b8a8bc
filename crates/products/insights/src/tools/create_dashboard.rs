//! `create_dashboard`: a new one.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "A page with a heading and no insight yet",
    r#"{"name": "Growth", "body": {"description": "How we grow", "tiles": [{"type": "text", "text": "**Traffic**"}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "create_dashboard".into(),
        title: "Create a dashboard".into(),
        description: "Creates a page of insights and texts. Name insights by their names or ids; create those that are missing first."
            .into(),
        display: Display::new("Creating a dashboard", "Created a dashboard"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "dashboard:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["make a dashboard", "new page of insights"],
    }
}
