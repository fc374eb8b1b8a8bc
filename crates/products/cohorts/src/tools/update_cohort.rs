//! `update_cohort`: another name or other contents.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "One plan alone counts",
    r#"{"name": "Paying", "changes": {"filters": [{"key": "plan", "value": "team", "type": "person"}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "update_cohort".into(),
        title: "Change a cohort".into(),
        description: "Changes a cohort: only the fields in changes are replaced, and persons or filters as a whole, so read it with read_data first."
            .into(),
        display: Display::new("Changing a cohort", "Changed a cohort"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "cohort:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["change a cohort", "add people to a cohort"],
    }
}
