//! `create_insight`: a new one.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "Page views by day",
    r#"{"name": "Page views by day", "body": {"description": "All page views", "query": {"series": [{"event": "$pageview"}], "dateRange": {"date_from": "-30d"}}}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "create_insight".into(),
        title: "Create an insight".into(),
        description: "Saves a query under a name, so that people find its current numbers on its page and on dashboards. The query is one that \
                      query_trends takes; run it first, and save the one that answered."
            .into(),
        display: Display::new("Creating an insight", "Created an insight"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "insight:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["save a query under a name", "save a query to find its current numbers"],
    }
}
