//! `create_feature_flag`: a new flag.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[
    Example::new(
        "A flag for a tenth of the people on a paid plan",
        r#"{"name": "new-editor", "body": {"description": "The new editor", "active": true, "filters": {"groups": [{"properties": [{"key": "plan", "value": ["pro", "team"]}], "rollout_percentage": 10}]}}}"#,
    ),
    Example::new(
        "A flag with two variants of equal share, for everybody",
        r#"{"name": "checkout-button", "body": {"active": true, "filters": {"groups": [{"rollout_percentage": 100}], "multivariate": {"variants": [{"key": "control", "rollout_percentage": 50}, {"key": "green", "rollout_percentage": 50}]}}}}"#,
    ),
];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "create_feature_flag".into(),
        title: "Create a feature flag".into(),
        description: "Creates a feature flag for everybody or a share of people: name is the key that code asks for. Conditions are tried in order, the \
                      first that matches decides; one without properties means everybody, rollout_percentage is a share \
                      of those who match. A flag is inactive unless active is true. Take property names and values from \
                      read_taxonomy."
            .into(),
        display: Display::new("Creating a feature flag", "Created a feature flag"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "feature_flag:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["create a flag", "create a flag for a share of people"],
    }
}
