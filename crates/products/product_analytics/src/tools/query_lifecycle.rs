//! `query_lifecycle`: who is new, comes again, comes back, and stays away.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Data, LifecycleQuery, LifecycleResponse, LifecycleSeries, Role, Table, Unit};
use hedgerow_errors::Result;
use serde_json::{Value, json};

use super::{column, of_range, told};

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 60;

const EXAMPLES: &[Example] = &[Example::new(
    "New, returning, resurrecting and dormant visitors a day, by their page views",
    r#"{"kind": "LifecycleQuery", "series": [{"event": "$pageview"}], "interval": "day", "dateRange": {"date_from": "2015-05-17", "date_to": "2015-05-20"}}"#,
)];

/// The tool.
pub struct QueryLifecycle {
    data: Data,
}

impl QueryLifecycle {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for QueryLifecycle {
    type Args = LifecycleQuery;
    type Output = LifecycleResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "query_lifecycle".into(),
            title: "Query a lifecycle".into(),
            description: "Counts persons an interval by what they did before: new (made in it), returning (active in the \
                one before), resurrecting (active again after a gap), dormant (active in the one before and not in it). \
                One series says what being active is. Events without a profile don't count."
                .into(),
            display: Display::new("Telling new users from returning ones", "Told new users from returning ones"),
            expected: Duration::from_millis(500),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "new, returning and dormant users per week",
            "dormant and resurrecting persons",
            "lifecycle of active users",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &LifecycleQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: LifecycleQuery) -> Result<ToolOutput<LifecycleResponse>> {
        let queries = &self.data.queries;
        let response = queries
            .lifecycle(&ctx.project, &query, &ctx.clock, &ctx.progress)
            .await?;
        let table = table(&query, &response);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let content = told(&table, PREVIEW_ROWS, &provenance, &warnings);
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// A row an interval, a column a status. Who is dormant is a number of persons as the others are, so without a sign.
fn table(query: &LifecycleQuery, response: &LifecycleResponse) -> Table {
    let statuses: Vec<&LifecycleSeries> = response.results.iter().collect();
    let bucket = query.interval.as_str();
    let mut columns = vec![column(bucket, bucket, Role::Time, Unit::None)];
    columns.extend(statuses.iter().map(|series| {
        let status = series.status.as_str();
        column(status, format!("{status} persons"), Role::Measure, Unit::Persons)
    }));
    let days = statuses.first().map_or(&[][..], |series| &series.days);
    let rows = days.iter().enumerate().map(|(place, day)| {
        let count = |series: &&LifecycleSeries| {
            series
                .data
                .get(place)
                .map_or(Value::Null, |count| json!(count.unsigned_abs()))
        };
        std::iter::once(json!(day)).chain(statuses.iter().map(count)).collect()
    });
    let active = statuses.first().map_or("", |series| series.action.name.as_str());
    Table {
        title: format!(
            "persons by what they did before, of {active}{}",
            of_range(&response.provenance)
        ),
        columns,
        rows: rows.collect(),
        rows_cut: 0,
    }
}

#[cfg(test)]
mod tests;
