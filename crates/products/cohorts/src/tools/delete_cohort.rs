//! `delete_cohort`: gone, until that is undone.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new("Delete one by its name", r#"{"name": "Paying"}"#)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "delete_cohort".into(),
        title: "Delete a cohort".into(),
        description: "Deletes a cohort. Refused as long as an insight, a flag, an action or another cohort uses it."
            .into(),
        display: Display::new("Deleting a cohort", "Deleted a cohort"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "cohort:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["delete a cohort", "remove a cohort"],
    }
}
