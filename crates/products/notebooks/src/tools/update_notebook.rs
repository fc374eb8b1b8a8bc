//! `update_notebook`: another name or other contents.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Another text",
    r#"{"name": "Traffic in May", "changes": {"cells": [{"type": "text", "text": "**Traffic**\nNothing new."}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "update_notebook".into(),
        title: "Change a notebook".into(),
        description: "Changes a notebook: only the fields in changes are replaced, and cells as a whole, so read it with read_data first."
            .into(),
        display: Display::new("Changing a notebook", "Changed a notebook"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "notebook:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["change a notebook", "add a query to a notebook"],
    }
}
