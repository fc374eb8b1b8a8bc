//! `create_notebook`: a new one.

use std::time::Duration;

use hedgerow_agent_api::{Declaration, Display, Example, ObjectTool};

const EXAMPLES: &[Example] = &[Example::new(
    "A finding with its numbers",
    r#"{"name": "Traffic in May", "body": {"cells": [{"type": "text", "text": "**Traffic**\nPage views by day."}, {"type": "query", "title": "Page views", "query": {"series": [{"event": "$pageview"}], "dateRange": {"date_from": "all"}}}]}}"#,
)];

/// What the tool says of itself.
#[must_use]
pub fn tool() -> ObjectTool {
    let declaration = Declaration {
        name: "create_notebook".into(),
        title: "Create a notebook".into(),
        description: "Creates a notebook: Markdown cells, and query cells that query_trends could run and that are computed anew when somebody \
                      reads. Write no computed number into a text: put the query below it."
            .into(),
        display: Display::new("Creating a notebook", "Created a notebook"),
        expected: Duration::from_millis(50),
        progress: None,
        access: "notebook:write".into(),
        examples: EXAMPLES.into(),
    };
    ObjectTool {
        declaration,
        phrases: &["write a notebook", "write this finding down"],
    }
}
