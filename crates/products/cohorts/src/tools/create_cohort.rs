//! `create_cohort`: a new one.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[
    Example::new(
        "People on a paid plan",
        r#"{"name": "Paying", "body": {"description": "Everybody on a paid plan", "filters": [{"key": "plan", "value": ["pro", "team"], "type": "person"}]}}"#,
    ),
    Example::new(
        "Two people by their distinct ids",
        r#"{"name": "Testers", "body": {"persons": ["user-1", "user-2"]}}"#,
    ),
];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "create_cohort".into(),
        title: "Create a cohort".into(),
        description: "Creates a cohort: people by conditions on their properties (filters), or listed by distinct id (persons), never both. \
                      Conditions are evaluated anew each time the cohort is used; the result says how many people are in it now."
            .into(),
        display: Display::new("Creating a cohort", "Created a cohort"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "cohort:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["define a cohort", "make a cohort of people"],
    }
}
