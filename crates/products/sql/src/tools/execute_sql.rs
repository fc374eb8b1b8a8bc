//! `execute_sql`: one SELECT over the project's tables.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tainted, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Data, SqlQuery, SqlResponse, Table, Warning};
use hedgerow_errors::Result;

use super::sql_table::sql_table;

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 50;

const EXAMPLES: &[Example] = &[
    Example {
        purpose: "Statuses by how often they were sent",
        arguments: r#"{"query": "SELECT status, count(*) AS requests FROM events GROUP BY status ORDER BY requests DESC"}"#,
    },
    Example {
        purpose: "The biggest responses",
        arguments: r#"{"query": "SELECT timestamp, bytes FROM events WHERE bytes IS NOT NULL ORDER BY bytes DESC", "limit": 10}"#,
    },
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
            name: "execute_sql",
            title: "Run SQL",
            description: "Runs one read-only SELECT over the project's events. A fallback: use query_trends wherever it \
                can express the question, because it checks names and states range, filters and limits. Give every \
                column an alias; figures refer to it. Missing values follow SQL's nulls.",
            display: Display {
                running: "Running SQL",
                done: "Ran SQL",
            },
            expected: Duration::from_millis(500),
            progress: Some("rows read"),
            access: "query:read",
            examples: EXAMPLES,
        }
    }

    async fn effect(&self, _: &ToolContext, _: &SqlQuery) -> Result<Effect> {
        // The engine refuses everything but one SELECT before it plans.
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: SqlQuery) -> Result<ToolOutput<SqlResponse>> {
        let queries = &self.data.queries;
        let response = queries.sql(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let mut response = response;
        if !response.written_columns.is_empty() {
            let message = format!(
                "no figure can rest on {}: the statement writes these numbers itself; select what the data says and compute \
                 in the reference",
                response.written_columns.join(", ")
            );
            response.warnings.push(Warning::new("written_columns", message));
        }
        let table = sql_table(&response);
        Ok(ToolOutput {
            content: content(&response, &table),
            table: Some(table),
            provenance: Some(response.provenance.clone()),
            warnings: response.warnings.clone(),
            control: Vec::new(),
            result: response,
        })
    }
}

/// What the model reads, all of it inside the fence: cells and column names come from outside.
fn content(response: &SqlResponse, table: &Table) -> String {
    let mut lines = vec![format!(
        "{} (free SQL: names and filters are not checked against the taxonomy)",
        table.title
    )];
    lines.push(if table.rows.is_empty() {
        "(no rows)".to_owned()
    } else {
        table.preview(PREVIEW_ROWS)
    });
    lines.extend(
        response
            .warnings
            .iter()
            .map(|warning| format!("warning {}: {}", warning.code, warning.message)),
    );
    let provenance = &response.provenance;
    lines.push(format!(
        "computed in time zone {}, {} rows read",
        provenance.time_zone, provenance.rows_read
    ));
    Tainted::new(lines.join("\n")).fenced()
}

#[cfg(test)]
mod tests;
