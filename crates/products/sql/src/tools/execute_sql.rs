//! `execute_sql`: one SELECT over the project's tables.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput, sql_output};
use hedgerow_data_api::{Data, SqlQuery, SqlResponse};
use hedgerow_errors::Result;

const EXAMPLES: &[Example] = &[
    Example::new(
        "Statuses by how often they were sent",
        r#"{"query": "SELECT status, count(*) AS requests FROM events GROUP BY status ORDER BY requests DESC"}"#,
    ),
    Example::new(
        "The biggest responses",
        r#"{"query": "SELECT timestamp, bytes FROM events WHERE bytes IS NOT NULL ORDER BY bytes DESC", "limit": 10}"#,
    ),
];

/// The tool.
pub struct ExecuteSql {
    data: Data,
}

impl ExecuteSql {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for ExecuteSql {
    type Args = SqlQuery;
    type Output = SqlResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "execute_sql".into(),
            title: "Run SQL".into(),
            description:
                "Runs one read-only SELECT over the project's events. A fallback: use query_trends wherever it \
                can express the question, because it checks names and states range, filters and limits. Give every \
                column an alias; figures refer to it. Missing values follow SQL's nulls."
                    .into(),
            display: Display::new("Running SQL", "Ran SQL"),
            expected: Duration::from_millis(500),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &["run a SQL query", "select from the events table", "free SQL"]
    }

    async fn effect(&self, _: &ToolContext, _: &SqlQuery) -> Result<Effect> {
        // The engine refuses everything but one SELECT before it plans.
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: SqlQuery) -> Result<ToolOutput<SqlResponse>> {
        let queries = &self.data.queries;
        let response = queries.sql(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let note = "free SQL: names and filters are not checked against the taxonomy";
        Ok(sql_output(response, "SQL result", note))
    }
}

#[cfg(test)]
mod tests;
