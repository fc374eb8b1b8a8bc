//! `list_persons`: who is there, the newest first.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{Column, Data, PersonsQuery, PersonsResponse, Role, Table, Unit};
use hedgerow_errors::Result;
use serde_json::Value;

use super::list_content::{cell, content, named, with_properties};

const EXAMPLES: &[Example] = &[
    Example::new("The newest persons", r#"{"limit": 10}"#),
    Example::new(
        "People on a plan in a city, with their roles",
        r#"{"properties": [{"key": "plan", "value": "pro", "type": "person"}, {"key": "city", "value": "Berlin", "type": "person"}], "columns": ["role"], "limit": 20}"#,
    ),
    Example::new(
        "Who came since a day",
        r#"{"properties": [{"key": "created_at", "operator": "is_date_after", "value": "2026-06-20", "type": "person_field"}]}"#,
    ),
];

/// The tool.
pub struct ListPersons {
    data: Data,
}

impl ListPersons {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for ListPersons {
    type Args = PersonsQuery;
    type Output = PersonsResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "list_persons".into(),
            title: "List persons".into(),
            description: "Lists persons, the newest first, with how many events each has: who they are, which of them \
                have a property, who came since a day. To count people, take query_trends. Filters take what \
                read_taxonomy with kind fields names for the list persons; columns names the properties to show."
                .into(),
            display: Display::new("Listing persons", "Listed persons"),
            expected: Duration::from_millis(500),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "who are the newest people",
            "list persons with a property",
            "find a person by email",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &PersonsQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: PersonsQuery) -> Result<ToolOutput<PersonsResponse>> {
        let queries = &self.data.queries;
        let response = queries.persons(&ctx.project, &query, &ctx.clock, &ctx.progress).await?;
        let table = persons_table(&query, &response);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let content = content(&table, response.next_cursor.as_deref(), &warnings, &provenance);
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// The persons as a table: since when, one of their distinct ids, the properties that were asked for, and how many
/// events they have.
fn persons_table(query: &PersonsQuery, response: &PersonsResponse) -> Table {
    let columns = vec![named("created_at", Role::Time), named("distinct_id", Role::Label)];
    let rows = response.results.iter();
    let mut columns = with_properties(columns, &query.columns, rows.clone().map(|person| &person.properties));
    // A property of that name keeps its own; this one is told apart by its number.
    let taken = columns.iter().any(|column| column.name == "events");
    columns.push(Column {
        name: if taken { "events_of_person" } else { "events" }.to_owned(),
        title: "events".to_owned(),
        role: Role::Measure,
        unit: Unit::Events,
    });
    let rows = rows.map(|person| {
        let distinct_id = person
            .distinct_ids
            .first()
            .map_or(Value::Null, |id| Value::from(id.as_str()));
        let mut cells = vec![Value::from(person.created_at.as_str()), distinct_id];
        cells.extend(query.columns.iter().map(|key| cell(&person.properties, key)));
        cells.push(Value::from(person.events));
        cells
    });
    Table {
        title: "persons, the newest first".to_owned(),
        rows: rows.collect(),
        columns,
        // How many more there are was not counted; a warning says that there are.
        rows_cut: 0,
    }
}

#[cfg(test)]
mod tests;
