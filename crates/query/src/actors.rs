//! The persons behind a number of a query: each kind finds them with the plan that counts them, here they become a list.

use std::collections::HashMap;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::logical_expr::ident;
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{ActorsQuery, ActorsResponse, Clock, ListedActor, Progress, TypedQuery, Warning};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::engine::Engine;
use crate::paging::{self, Cursor};
use crate::person_list::{self, Row};
use crate::persons::Needs;
use crate::scope::{Begun, Scope, Selection};
use crate::{calendar_heatmap, funnels, lifecycle, paths, retention, sql, stickiness, trends};

/// The column of a person's share of the number.
pub(crate) const COUNT: &str = "actors::count";

/// Runs an actors query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    query: &ActorsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<ActorsResponse> {
    let asked = Asked {
        engine,
        project,
        query,
        clock,
        progress,
    };
    match query.source.as_ref() {
        TypedQuery::Trends(source) => trends::actors(&asked, source).await,
        TypedQuery::Retention(source) => retention::actors(&asked, source).await,
        TypedQuery::Lifecycle(source) => lifecycle::actors(&asked, source).await,
        TypedQuery::Stickiness(source) => stickiness::actors(&asked, source).await,
        TypedQuery::Paths(source) => paths::actors(&asked, source).await,
        TypedQuery::CalendarHeatmap(source) => calendar_heatmap::actors(&asked, source).await,
        TypedQuery::Funnels(source) => funnels::actors(&asked, source).await,
        TypedQuery::Events(_) | TypedQuery::Persons(_) | TypedQuery::Actors(_) => {
            let message = "a list has no numbers behind which there are persons";
            Err(Error::invalid(message).with_hint(
                "give a query of trends, funnels, retention, lifecycle, stickiness, paths or a calendar heatmap",
            ))
        }
    }
}

/// An actors query on its way.
pub(crate) struct Asked<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) project: &'a ProjectId,
    pub(crate) query: &'a ActorsQuery,
    pub(crate) clock: &'a Clock,
    progress: &'a Progress,
}

impl Asked<'_> {
    /// Reads the moment with its persons.
    pub(crate) async fn begin(&self, selection: Selection<'_>) -> Result<Begun> {
        let selection = Selection {
            needs: Needs::Persons,
            ..selection
        };
        Begun::new(self.engine, self.project, selection, self.clock, self.progress.clone()).await
    }

    /// The list of the persons of a plan: a row each with its `person_key`, and with [`COUNT`] where there is one. Each
    /// text says something of what the number counts.
    pub(crate) async fn list(
        &self,
        begun: &Begun,
        scope: &Scope<'_>,
        members: DataFrame,
        said: Vec<String>,
    ) -> Result<ActorsResponse> {
        let (query, session) = (self.query, &begun.session);
        let limit = paging::limit(query.limit)?;
        let cursor = query.cursor.as_deref().map(Cursor::parse).transpose()?;
        let persons = begun.known_persons()?;
        person_list::check_columns(persons, &query.columns)?;
        let has_count = members.schema().has_column_with_unqualified_name(COUNT);
        let columns = std::iter::once("person_key").chain(has_count.then_some(COUNT));
        let plan = members
            .select(columns.map(ident).collect::<Vec<_>>())
            .and_then(DataFrame::into_optimized_plan)
            .map_err(|error| sql::explain(&error, &session.view))?;
        let executed = session.run(&plan).await?;
        let shares = shares(&executed.batches)?;
        let mut found = person_list::rows_of(persons, |key| shares.contains_key(&key))?;
        let without_row = shares.len() - found.len();
        found.retain(|row| cursor.is_none_or(|cursor| row.at() < (cursor.time.timestamp_micros(), cursor.id)));
        found.sort_unstable_by_key(|row| std::cmp::Reverse(row.at()));
        let has_more = found.len() > limit;
        found.truncate(limit);
        let mut warnings = scope.warnings("the range");
        if has_more {
            warnings.push(paging::more_rows(limit, "persons"));
        }
        if without_row > 0 {
            let message = format!("{without_row} of the persons are not listed, because nothing is known of them");
            warnings.push(Warning::new("unknown_persons", message));
        }
        if shares.is_empty() {
            warnings.push(Warning::new("no_match", "nobody is behind this number"));
        }
        let mut all = vec![executed];
        let (listed, more) = person_list::listed(self.engine, self.project, session, &found, &query.columns).await?;
        all.extend(more);
        let of_series = |series| format!("series {}", series + 1);
        let mut provenance = scope.provenance(session, self.project, ("ActorsQuery", query), &all, of_series)?;
        provenance.limits = said;
        provenance.limits.push(format!("{limit} rows a page"));
        let results = found.iter().zip(listed).map(|(row, person)| ListedActor {
            person,
            count: shares.get(&row.key).copied().flatten(),
        });
        let next_cursor = found.last().filter(|_| has_more).map(Row::cursor).transpose()?;
        Ok(ActorsResponse {
            results: results.collect(),
            persons: shares.len() as u64,
            count: has_count.then(|| shares.values().flatten().sum()),
            has_more,
            next_cursor,
            warnings,
            provenance,
        })
    }
}

/// The persons of a plan with their shares.
fn shares(batches: &[RecordBatch]) -> Result<HashMap<i64, Option<u64>>> {
    let mut shares = HashMap::new();
    for batch in batches {
        let numbers = |at: usize| {
            let column = batch.columns().get(at)?;
            column.as_primitive_opt::<Int64Type>()
        };
        let keys = numbers(0).ok_or_else(|| Error::internal("the keys of persons are no whole numbers"))?;
        let counts = numbers(1);
        for (row, key) in keys.iter().enumerate() {
            let key = key.ok_or_else(|| Error::internal("a number counts nobody in particular"))?;
            shares.insert(key, counts.map(|counts| counts.value(row).unsigned_abs()));
        }
    }
    Ok(shares)
}
