//! `query_retention`: of the persons who begin in an interval, how many come back in later ones.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{
    BreakdownFilter, Column, Data, RetentionAggregation, RetentionPeriod, RetentionQuery, RetentionResponse,
    RetentionRow, Role, Table, Unit, reference_names,
};
use hedgerow_errors::Result;
use serde_json::{Value, json};

use super::{column, of_range, told, value_name};

/// Rows that the model reads; figures can refer to all rows.
const PREVIEW_ROWS: usize = 40;

const EXAMPLES: &[Example] = &[
    Example::new(
        "Who comes back for a page view in the weeks after the first one",
        r#"{"kind": "RetentionQuery", "dateRange": {"date_from": "all"}, "retentionFilter": {"period": "Week", "totalIntervals": 5, "retentionType": "retention_first_time", "targetEntity": {"id": "$pageview"}, "returningEntity": {"id": "$pageview"}}}"#,
    ),
    Example::new(
        "Who of those with a page view on 18 May is there the next day, for any event",
        r#"{"kind": "RetentionQuery", "dateRange": {"date_from": "2015-05-18", "date_to": "2015-05-18"}, "retentionFilter": {"period": "Day", "totalIntervals": 2, "targetEntity": {"id": "$pageview"}, "returningEntity": {"id": null}}}"#,
    ),
];

/// The tool.
pub struct QueryRetention {
    data: Data,
}

impl QueryRetention {
    /// The tool over some engines.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl Tool for QueryRetention {
    type Args = RetentionQuery;
    type Output = RetentionResponse;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "query_retention".into(),
            title: "Query retention".into(),
            description:
                "Counts, for the persons who begin in an hour, day, week or month, how many come back in later \
                ones. dateRange is when they begin; period and totalIntervals say how far to look. retentionType: \
                retention_recurring (each time), retention_first_time, retention_first_ever_occurrence. Interval 0 is \
                their own; an empty cell lies ahead."
                    .into(),
            display: Display::new("Looking who comes back", "Looked who comes back"),
            expected: Duration::from_millis(500),
            progress: Some("rows read".into()),
            access: "query:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "retention of a cohort by week",
            "how many persons come back later",
            "who returns on day 7",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &RetentionQuery) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, query: RetentionQuery) -> Result<ToolOutput<RetentionResponse>> {
        let queries = &self.data.queries;
        let response = queries
            .retention(&ctx.project, &query, &ctx.clock, &ctx.progress)
            .await?;
        let table = table(&query, &response);
        let (provenance, warnings) = (response.provenance.clone(), response.warnings.clone());
        let content = told(&table, PREVIEW_ROWS, &provenance, &warnings);
        Ok(ToolOutput::text(response, content).with_table(table, provenance, warnings))
    }
}

/// A row an interval in which persons begin; where there are several, all of them together first. Together are only
/// those whose interval has begun, so that a share is one of persons who could have come back. With a breakdown there are
/// such rows for each of its values.
fn table(query: &RetentionQuery, response: &RetentionResponse) -> Table {
    let rows = &response.results;
    let labels: Vec<&str> = rows.first().map_or_else(Vec::new, |row| {
        row.values.iter().skip(1).map(|value| value.label.as_str()).collect()
    });
    let breakdown = query.breakdown_filter.as_ref().map(BreakdownFilter::name);
    let mut columns = vec![
        column("start", "start", Role::Label, Unit::None),
        column("persons", "persons", Role::Measure, Unit::Persons),
    ];
    columns.extend(labels.iter().map(|label| counted(label)));
    columns.extend(labels.iter().map(|label| shared(label)));
    let filter = &query.retention_filter;
    if let Some(property) = &filter.aggregation_property {
        let own = rows.first().and_then(|row| row.values.first());
        let labels = own.map(|own| own.label.as_str()).into_iter().chain(labels);
        let kind = filter.aggregation_type.as_str();
        columns.extend(labels.map(|label| {
            let title = format!("{} {kind} of {property}", label.to_lowercase());
            column(title.clone(), title, Role::Measure, Unit::None)
        }));
    }
    if let Some(key) = &breakdown {
        columns.insert(0, column(key.clone(), key.clone(), Role::Label, Unit::None));
    }
    let names = reference_names(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>());
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = name;
    }
    let of_values = rows.chunk_by(|one, other| one.breakdown_value == other.breakdown_value);
    let cells = of_values.flat_map(|rows| {
        let value = rows
            .first()
            .and_then(|row| row.breakdown_value.as_ref())
            .map(|value| json!(value_name(value)));
        let cells = cells_of_value(query, rows).into_iter();
        cells.map(move |cells| value.iter().cloned().chain(cells).collect())
    });
    let by = breakdown.map_or_else(String::new, |key| format!(" by {key}"));
    Table {
        title: format!("persons who come back{by}{}", of_range(&response.provenance)),
        columns,
        rows: cells.collect(),
        rows_cut: 0,
    }
}

/// The rows of one value of the breakdown, or of all persons.
fn cells_of_value(query: &RetentionQuery, rows: &[RetentionRow]) -> Vec<Vec<Value>> {
    let counts: Vec<Vec<Option<u64>>> = rows
        .iter()
        .map(|row| row.values.iter().map(|value| value.count).collect())
        .collect();
    let width = counts.first().map_or(0, Vec::len);
    let together: Vec<(Option<u64>, Option<u64>)> = (0..width)
        .map(|place| {
            let known = counts
                .iter()
                .filter_map(|row| Some(((*row.first()?)?, (*row.get(place)?)?)));
            let sum = known.fold(None, |sum: Option<(u64, u64)>, (began, came)| {
                let (all, back) = sum.unwrap_or_default();
                Some((all + began, back + came))
            });
            (sum.map(|(all, _)| all), sum.map(|(_, back)| back))
        })
        .collect();
    let filter = &query.retention_filter;
    let has_numbers = filter.aggregation_property.is_some();
    let mut cells: Vec<Vec<Value>> = Vec::new();
    if rows.len() > 1 {
        let mut all = cells_of("all".to_owned(), &together);
        let sum = |place: usize| {
            let known = rows
                .iter()
                .filter_map(|row| row.values.get(place)?.aggregation_value.as_ref()?.as_f64());
            // Averages of intervals give none of all.
            let adds_up = filter.aggregation_type == RetentionAggregation::Sum;
            known.reduce(|one, other| one + other).filter(|_| adds_up)
        };
        all.extend((0..width).filter(|_| has_numbers).map(|place| json!(sum(place))));
        cells.push(all);
    }
    for (row, counts) in rows.iter().zip(&counts) {
        let began = counts.first().copied().flatten();
        let of_row: Vec<_> = counts.iter().map(|count| (began, *count)).collect();
        let mut own = cells_of(start(filter.period, &row.date), &of_row);
        let numbers = row.values.iter().filter(|_| has_numbers);
        own.extend(numbers.map(|value| json!(value.aggregation_value)));
        cells.push(own);
    }
    cells
}

/// `week_1` of `Week 1`, `day_4_7` of `Day 4-7`.
fn counted(label: &str) -> Column {
    let title = label.to_lowercase();
    column(title.replace([' ', '-'], "_"), title, Role::Measure, Unit::Persons)
}

fn shared(label: &str) -> Column {
    let title = label.to_lowercase();
    let name = format!("{}_percent", title.replace([' ', '-'], "_"));
    column(name, format!("{title} percent"), Role::Measure, Unit::Percent)
}

/// Who began with who came back in each interval, then their shares.
fn cells_of(start: String, counts: &[(Option<u64>, Option<u64>)]) -> Vec<Value> {
    let number = |count: &Option<u64>| count.map_or(Value::Null, Value::from);
    #[expect(clippy::cast_precision_loss, reason = "counts of persons are far below 2^52")]
    let share = |(began, came): &(Option<u64>, Option<u64>)| match (began, came) {
        (Some(began), Some(came)) if *began > 0 => json!(*came as f64 / *began as f64 * 100.0),
        _ => Value::Null,
    };
    let mut cells = vec![json!(start)];
    cells.extend(counts.iter().map(|(_, came)| number(came)));
    cells.extend(counts.iter().skip(1).map(share));
    cells
}

/// The day, with the hour where intervals are hours.
fn start(period: RetentionPeriod, date: &str) -> String {
    let length = if period == RetentionPeriod::Hour { 16 } else { 10 };
    date.get(..length).unwrap_or(date).replace('T', " ")
}

#[cfg(test)]
mod tests;
