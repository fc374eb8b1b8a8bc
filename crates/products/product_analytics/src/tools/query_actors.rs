//! `query_actors`: the persons behind a number of another query.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{ActorsQuery, ActorsResponse, Data, Role, Table, Unit, reference_names};
use hedgerow_errors::Result;
use serde_json::{Value, json};

use super::{column, of_range, told};

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 50;

const EXAMPLES: &[Example] = &[
    Example::new(
        "Who viewed a page on 18 May 2015",
        r#"{"kind": "ActorsQuery", "source": {"kind": "TrendsQuery", "series": [{"event": "$pageview", "math": "dau"}], "dateRange": {"date_from": "2015-05-17", "date_to": "2015-05-20"}}, "cell": {"day": "2015-05-18"}}"#,
    ),
    Example::new(
        "Who began on the first day and came back on the next",
        r#"{"kind": "ActorsQuery", "source": {"kind": "RetentionQuery", "dateRange": {"date_from": "2015-05-17", "date_to": "2015-05-17"}}, "cell": {"row": 0, "column": 1}}"#,
    ),
];

/// The tool.
pub struct QueryActors {
    data: Data,
}

impl QueryActors {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for QueryActors {
    type Args = ActorsQuery;
    type Output = ActorsResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "query_actors".into(),
            title: "List the persons behind a number".into(),
            description: "Lists the persons behind one number of another query, which goes into source as its tool took \
                it. cell names the number: trends {series, day, breakdown, compare}, funnel {funnelStep: 2, or -2 for who \
                did not get there, breakdown}, retention {row, column, both from 0, breakdown}, lifecycle {day, status}, stickiness \
                {series, intervals}, paths {source, target}."
                .into(),
            display: Display::new("Listing the persons behind a number", "Listed the persons behind a number"),
            expected: Duration::from_millis(800),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "who are the people behind this number",
            "list the persons behind one number of a funnel",
            "list the users who came back",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &ActorsQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: ActorsQuery) -> Result<ToolOutput<ActorsResponse>> {
        let queries = &self.data.queries;
        let response = queries.actors(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let table = table(&query, &response);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let mut content = told(&table, PREVIEW_ROWS, &provenance, &warnings);
        if let Some(cursor) = &response.next_cursor {
            content.push_str(&format!("\nthe next page: cursor {cursor}"));
        }
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// A row a person: one of its distinct ids, since when it is known, what was asked for of it, how many events it has, and
/// how many of what the number counts.
fn table(query: &ActorsQuery, response: &ActorsResponse) -> Table {
    let mut columns = vec![
        column("distinct_id", "distinct id", Role::Label, Unit::None),
        column("created_at", "created at", Role::Label, Unit::None),
    ];
    columns.extend(query.columns.iter().map(|key| {
        let title = key.trim_start_matches('$').replace('_', " ");
        column(key, title, Role::Label, Unit::None)
    }));
    columns.push(column("events", "events of all time", Role::Measure, Unit::Events));
    if response.count.is_some() {
        columns.push(column("count", "of the number", Role::Measure, Unit::None));
    }
    let names = reference_names(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = name;
    }
    let mut rows: Vec<Vec<Value>> = Vec::new();
    rows.extend(response.results.iter().map(|actor| {
        let person = &actor.person;
        let mut cells = vec![json!(person.distinct_ids.first()), json!(person.created_at)];
        cells.extend(query.columns.iter().map(|key| match person.properties.get(key) {
            Some(nested @ (Value::Array(_) | Value::Object(_))) => Value::String(nested.to_string()),
            value => value.cloned().unwrap_or_default(),
        }));
        cells.push(json!(person.events));
        cells.extend(response.count.map(|_| json!(actor.count)));
        cells
    }));
    // Visitors without a profile count, too: they stand together in a row, so that none is lost.
    let unknown = response
        .warnings
        .iter()
        .find(|warning| warning.code == "unknown_persons");
    rows.extend(unknown.map(|warning| {
        let mut cells = vec![Value::Null; columns.len()];
        cells[0] = json!(format!("({})", warning.message));
        cells
    }));
    let said = response.provenance.limits.first().map_or("", String::as_str);
    Table {
        title: format!(
            "{} persons behind: {said}{}",
            response.persons,
            of_range(&response.provenance)
        ),
        columns,
        rows,
        // Those of the other pages; a warning says that there are more.
        rows_cut: 0,
    }
}

#[cfg(test)]
mod tests;
