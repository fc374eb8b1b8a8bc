//! `query_stickiness`: on how many days persons do something.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{
    Data, LABEL_MARK, Role, StickinessComputed, StickinessQuery, StickinessResponse, StickinessSeries, Table, Unit,
};
use hedgerow_errors::Result;
use serde_json::{Value, json};

use super::{column, of_range, told};

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 100;

const EXAMPLES: &[Example] = &[Example::new(
    "On how many days visitors viewed a page",
    r#"{"kind": "StickinessQuery", "series": [{"event": "$pageview"}], "interval": "day", "dateRange": {"date_from": "2015-05-17", "date_to": "2015-05-20"}}"#,
)];

/// The tool.
pub struct QueryStickiness {
    data: Data,
}

impl QueryStickiness {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for QueryStickiness {
    type Args = StickinessQuery;
    type Output = StickinessResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "query_stickiness".into(),
            title: "Query stickiness".into(),
            description: "Counts persons by the number of days (or hours, weeks, months) of the range on which they did \
                something: exactly so many (persons), and at least so many (at_least). stickinessCriteria says how often \
                it must be done on a day."
                .into(),
            display: Display::new("Counting days of use", "Counted days of use"),
            expected: Duration::from_millis(500),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "on how many days persons do something",
            "how many users are active on at least 5 days",
            "stickiness of a feature",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &StickinessQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: StickinessQuery) -> Result<ToolOutput<StickinessResponse>> {
        let queries = &self.data.queries;
        let response = queries
            .stickiness(&ctx.project, &query, &ctx.clock, &ctx.progress)
            .await?;
        let table = table(&query, &response);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let content = told(&table, PREVIEW_ROWS, &provenance, &warnings);
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// A row a number of intervals; for each series who did it in exactly so many and in at least so many.
fn table(query: &StickinessQuery, response: &StickinessResponse) -> Table {
    let series = &response.results;
    let several = series.len() > 1;
    let unit = format!("{}s", query.interval.as_str());
    let mut columns = vec![column(unit.as_str(), unit.as_str(), Role::Label, Unit::None)];
    for (place, one) in series.iter().enumerate() {
        for (name, title) in [("persons", "persons"), ("at_least", "persons at least")] {
            columns.push(if several {
                let title = format!("{title}{LABEL_MARK}{}", one.label);
                column(format!("{name}_{}", place + 1), title, Role::Measure, Unit::Persons)
            } else {
                column(name, title, Role::Measure, Unit::Persons)
            });
        }
    }
    let counts: Vec<Vec<(u64, u64)>> = series
        .iter()
        .map(|one| both(one, query.stickiness_filter.computed_as))
        .collect();
    let labels = series.first().map_or(&[][..], |one| &one.labels);
    let rows = labels.iter().enumerate().map(|(place, label)| {
        let of_series = counts.iter().flat_map(|counts| match counts.get(place) {
            Some((exactly, at_least)) => [json!(exactly), json!(at_least)],
            None => [Value::Null, Value::Null],
        });
        std::iter::once(json!(label)).chain(of_series).collect()
    });
    let names: Vec<&str> = series.iter().map(|one| one.label.as_str()).collect();
    Table {
        title: format!(
            "persons by number of {unit}, of {}{}",
            names.join(" and "),
            of_range(&response.provenance)
        ),
        columns,
        rows: rows.collect(),
        rows_cut: 0,
    }
}

/// Exactly and at least so many, whichever of the two the query asked for.
fn both(series: &StickinessSeries, computed: StickinessComputed) -> Vec<(u64, u64)> {
    let mut both: Vec<(u64, u64)> = series.data.iter().map(|count| (*count, *count)).collect();
    let mut after = 0;
    for (exactly, at_least) in both.iter_mut().rev() {
        match computed {
            StickinessComputed::NonCumulative => {
                after += *exactly;
                *at_least = after;
            }
            StickinessComputed::Cumulative => {
                *exactly = at_least.saturating_sub(after);
                after = *at_least;
            }
        }
    }
    both
}

#[cfg(test)]
mod tests;
