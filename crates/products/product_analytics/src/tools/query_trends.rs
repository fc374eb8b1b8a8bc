//! `query_trends`: counts of events, visitors or sessions, per time bucket or in total.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tainted, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Data, Table, TrendsQuery, TrendsResponse};
use hedgerow_errors::Result;

use super::computed;
use super::extremes::extremes;
use super::trends_table::trends_table;

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 50;

const EXAMPLES: &[Example] = &[
    Example::new(
        "Page views of one day",
        r#"{"series": [{"event": "$pageview"}], "dateRange": {"date_from": "2015-05-18", "date_to": "2015-05-18"}, "trendsFilter": {"display": "BoldNumber"}}"#,
    ),
    Example::new(
        "Daily unique visitors by browser over all data",
        r#"{"series": [{"math": "dau"}], "interval": "day", "dateRange": {"date_from": "all"}, "breakdownFilter": {"breakdown": "$browser"}}"#,
    ),
    Example::new(
        "Most viewed pages",
        r#"{"series": [{"event": "$pageview"}], "dateRange": {"date_from": "all"}, "breakdownFilter": {"breakdown": "$pathname", "breakdown_limit": 5}, "trendsFilter": {"display": "ActionsBarValue"}}"#,
    ),
    Example::new(
        "Requests answered 404 beside all requests",
        r#"{"series": [{"custom_name": "requests"}, {"custom_name": "not found", "properties": [{"key": "status", "value": 404}]}], "dateRange": {"date_from": "all"}, "trendsFilter": {"display": "ActionsTable"}}"#,
    ),
];

/// The tool.
pub struct QueryTrends {
    data: Data,
}

impl QueryTrends {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for QueryTrends {
    type Args = TrendsQuery;
    type Output = TrendsResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "query_trends".into(),
            title: "Query trends".into(),
            description: "Counts events, unique visitors (math dau) or sessions (unique_session), or takes avg, sum, median \
                of math_property: per interval or in total (display BoldNumber), with filters, a breakdown, a \
                formula (A / B), compareFilter. Event null is every event; {\"kind\": \"ActionsNode\", \"name\": \
                ...} an action. Filters are on events, persons (type person), or {\"type\": \"cohort\", \"key\": \"id\", \
                \"value\": name, \"operator\": \"in\"}. Unique counts of buckets don't add up."
                .into(),
            display: Display::new("Counting events", "Counted events"),
            expected: Duration::from_millis(300),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "count events per day",
            "unique visitors per week",
            "total sessions by browser",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &TrendsQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: TrendsQuery) -> Result<ToolOutput<TrendsResponse>> {
        let queries = &self.data.queries;
        let response = queries.trends(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let table = trends_table(&query, &response);
        let content = content(&query, &response, &table);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// What the model reads. Labels, filters and warnings can hold text from the data, so all of it
/// stands inside the fence.
fn content(query: &TrendsQuery, response: &TrendsResponse, table: &Table) -> String {
    let mut lines = vec![table.title.clone()];
    if table.rows.is_empty() {
        lines.push("(no rows: no event matches)".to_owned());
    } else {
        lines.push(table.preview(PREVIEW_ROWS));
        let labelled = table
            .columns
            .iter()
            .filter_map(|column| Some((&column.name, column.label()?)));
        lines.extend(labelled.map(|(name, label)| format!("# label of {name}: {label}")));
        lines.extend(extremes(query, response, table));
    }
    lines.extend(
        response
            .warnings
            .iter()
            .map(|warning| format!("warning {}: {}", warning.code, warning.message)),
    );
    lines.push(computed(&response.provenance));
    Tainted::new(lines.join("\n")).fenced()
}

#[cfg(test)]
mod tests;
