//! `delete_feature_flag`: code that asks for it gets no flag any more.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Delete a flag that no code asks for",
    r#"{"name": "new-editor"}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "delete_feature_flag".into(),
        title: "Delete a feature flag".into(),
        description: "Deletes a feature flag. Code that asks for it gets no flag any more; to switch one off for \
                      everybody use update_feature_flag with active false instead."
            .into(),
        display: Display::new("Deleting a feature flag", "Deleted a feature flag"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "feature_flag:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["delete a flag", "delete an old flag"],
    }
}
