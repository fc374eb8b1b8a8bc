//! `delete_notebook`: gone, until that is undone.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new("Delete one by its name", r#"{"name": "Traffic in May"}"#)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "delete_notebook".into(),
        title: "Delete a notebook".into(),
        description:
            "Deletes a notebook with all of its texts and queries. To take out one cell, use update_notebook instead."
                .into(),
        display: Display::new("Deleting a notebook", "Deleted a notebook"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "notebook:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["delete a notebook", "remove a notebook"],
    }
}
