//! `update_feature_flag`: another share, other conditions, on or off.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[
    Example::new(
        "A flag for half of the people",
        r#"{"name": "new-editor", "changes": {"filters": {"groups": [{"rollout_percentage": 50}]}}}"#,
    ),
    Example::new(
        "A flag that nobody sees any more",
        r#"{"name": "new-editor", "changes": {"active": false}}"#,
    ),
];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "update_feature_flag".into(),
        title: "Change a feature flag".into(),
        description: "Changes a feature flag: turns it on or off, raises or lowers its share, renames it. Only the fields in changes are replaced; a list, such as \
                      filters.groups, is replaced as a whole, so read the flag with read_data first and repeat \
                      the conditions that stay."
            .into(),
        display: Display::new("Changing a feature flag", "Changed a feature flag"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "feature_flag:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["turn a flag off", "raise the share of a flag"],
    }
}
