//! A list of persons: the newest that meet the conditions, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::functions_aggregate::expr_fn::{count, max};
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::DataFrame;
use hashbrown::HashSet;
use hedgerow_data_api::{
    Clock, EventStore, FilterGroup, FilterNode, GroupType, ListedPerson, Operator, PersonsQuery, PersonsResponse,
    Progress, PropertyFilter, PropertyType, ValueType, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::PersonDistinctId;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::dates::Local;
use crate::definitions::{Cohorts, Named};
use crate::describe::sentences;
use crate::engine::{Engine, Executed, Session, rows};
use crate::event_list::unknown_person;
use crate::fields::{FieldType, Fields, Found, PersonFields};
use crate::paging::{self, Cursor};
use crate::persons::{Moment, Needs, PersonSet, Persons};
use crate::test_accounts::with_conditions;
use crate::{describe, filters, sql, validate};

/// The field of persons of which each has several.
const DISTINCT_ID: &str = "distinct_id";
/// The other one.
const CREATED_AT: &str = "created_at";
/// Properties that say what somebody is called, for a search.
const CALLED: [&str; 4] = ["email", "$email", "name", "$name"];
/// How often persons and their distinct ids are read anew because something changed in between.
const TRIES: usize = 3;

/// Runs a persons query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    asked: &PersonsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<PersonsResponse> {
    let settings = engine.definitions.settings(project).await?;
    let query = &PersonsQuery {
        properties: with_conditions(&settings, asked.filter_test_accounts, &asked.properties)?,
        ..asked.clone()
    };
    let limit = paging::limit(query.limit)?;
    let cursor = query.cursor.as_deref().map(Cursor::parse).transpose()?;
    let needs_ids = query.search.is_some() || asks_for_ids(&query.properties);
    let mut named = Named::of_filters(engine.definitions.as_ref(), project, &query.properties).await?;
    let (moment, persons, ids) = read(engine, project, named.needs_of_cohorts(), needs_ids).await?;
    check(engine, project, &moment, &persons, query).await?;
    let now = clock.now().with_timezone(&settings.timezone.0);
    let session = engine.session(project, Arc::clone(&moment.view), now, progress.clone())?;
    named
        .behave(&FilterGroup::default(), (engine, project), (&session, &moment), now)
        .await?;
    let cohorts = Cohorts::compute(&named, &persons, &session.state, now)?;
    let mut found = matching(&session, (&persons, &cohorts), &ids, query, now)?;
    found.retain(|row| cursor.is_none_or(|cursor| row.at() < (cursor.time.timestamp_micros(), cursor.id)));
    found.sort_unstable_by_key(|row| std::cmp::Reverse(row.at()));
    let has_more = found.len() > limit;
    found.truncate(limit);
    let mut warnings = Vec::new();
    if has_more {
        warnings.push(paging::more_rows(limit, "persons"));
    }
    if found.is_empty() && cursor.is_none() {
        warnings.push(Warning::new("no_match", "no person meets the conditions"));
    }
    let (results, executed) = listed(engine, project, &session, &found, &query.columns).await?;
    let text =
        serde_json::to_string(asked).map_err(|error| Error::internal(format!("a query is not JSON: {error}")))?;
    let mut provenance = session.provenance(project, "PersonsQuery", text, &executed);
    provenance.filters = said(query, &named);
    provenance.definitions = cohorts.sentences();
    "typed filters: positive conditions never match a missing property, negative ones do; one of several distinct ids \
     is enough for a positive condition, and a negative one holds for none of them"
        .clone_into(&mut provenance.null_semantics);
    provenance.limits = vec![format!("{limit} rows a page")];
    let last = found.last().filter(|_| has_more);
    let next_cursor = last.map(Row::cursor).transpose()?;
    Ok(PersonsResponse {
        results,
        has_more,
        next_cursor,
        warnings,
        provenance,
    })
}

/// The persons of a moment, with their distinct ids where these are wanted.
async fn read(
    engine: &Engine,
    project: &ProjectId,
    needs: Needs,
    with_ids: bool,
) -> Result<(Moment, Arc<Persons>, Vec<PersonDistinctId>)> {
    let mut tries = 0;
    loop {
        let moment = engine.persons.moment(&engine.lake, project, needs).await?;
        let persons = moment.persons.clone();
        let persons = persons.ok_or_else(|| Error::internal("the persons were not read"))?;
        if !with_ids {
            return Ok((moment, persons, Vec::new()));
        }
        let mut ids = Vec::new();
        let mut reader = engine.lake.people(project).await?;
        reader
            .distinct_ids(|rows| {
                ids.extend(rows);
                Ok(())
            })
            .await?;
        drop(reader);
        tries += 1;
        // A merge in between would lead ids to persons that are not among these.
        let (_, newest) = engine.lake.snapshot(project).await?;
        if Arc::ptr_eq(&newest, &moment.taxonomy) || tries == TRIES {
            return Ok((moment, persons, ids));
        }
    }
}

/// Refuses names and values that are not there.
async fn check(
    engine: &Engine,
    project: &ProjectId,
    moment: &Moment,
    persons: &Persons,
    query: &PersonsQuery,
) -> Result<()> {
    check_columns(persons, &query.columns)?;
    if let Some(filter) = foreign(&query.properties) {
        let (key, kind) = (&filter.key, filter.property_type.as_str());
        let message = format!("filter on {key:?} is of type {kind}, which a list of persons does not know");
        return Err(Error::invalid(message).with_hint("take a filter of type person, person_field or cohort"));
    }
    validate::values(
        engine.lake.as_ref() as &dyn EventStore,
        project,
        moment,
        &query.properties,
    )
    .await
}

/// Refuses properties that persons do not have.
pub(crate) fn check_columns(persons: &Persons, columns: &[String]) -> Result<()> {
    match columns.iter().find(|key| persons.taxonomy.property(key).is_none()) {
        None => Ok(()),
        Some(key) => {
            let known = persons.taxonomy.properties.iter().map(|property| property.key.as_str());
            Err(Error::unknown("property of persons", key, known))
        }
    }
}

/// The first condition that is none on persons.
fn foreign(group: &FilterGroup) -> Option<&PropertyFilter> {
    group.values.iter().find_map(|node| match node {
        FilterNode::Group(nested) => foreign(nested),
        FilterNode::Filter(filter) => {
            let is_of_person = matches!(
                filter.property_type,
                PropertyType::Person | PropertyType::PersonField | PropertyType::Cohort
            );
            (!is_of_person).then_some(filter)
        }
    })
}

/// Whether a condition within is about distinct ids.
fn asks_for_ids(group: &FilterGroup) -> bool {
    group.values.iter().any(|node| match node {
        FilterNode::Group(nested) => asks_for_ids(nested),
        FilterNode::Filter(filter) => is_about_ids(filter),
    })
}

fn is_about_ids(filter: &PropertyFilter) -> bool {
    filter.property_type == PropertyType::PersonField && filter.key == DISTINCT_ID
}

/// A person that meets the conditions, by its place among the persons.
pub(crate) struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
    pub(crate) key: i64,
    created_at: i64,
    id: Uuid,
}

impl Row<'_> {
    /// Its place in the order, of which lists are the reverse.
    pub(crate) fn at(&self) -> (i64, Uuid) {
        (self.created_at, self.id)
    }

    fn time(&self) -> Result<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.created_at)
            .ok_or_else(|| Error::internal("a person was created at no time"))
    }

    pub(crate) fn cursor(&self) -> Result<String> {
        let time = self.time()?;
        Ok(Cursor { time, id: self.id }.text())
    }
}

/// The persons that meet the conditions, in no order.
fn matching<'a>(
    session: &Session,
    (persons, cohorts): (&'a Persons, &Cohorts),
    ids: &[PersonDistinctId],
    query: &PersonsQuery,
    now: Local,
) -> Result<Vec<Row<'a>>> {
    let fields = ListFields {
        of_persons: PersonFields {
            taxonomy: &persons.taxonomy,
            cohorts,
        },
        session,
        ids,
        now,
    };
    let mut conditions: Vec<Expr> = filters::group(&fields, now, &query.properties)?.into_iter().collect();
    if let Some(text) = query.search.as_deref().filter(|text| !text.is_empty()) {
        conditions.push(fields.called(persons, text)?);
    }
    if let Some(id) = &query.person_id {
        let id = paging::person_id(id)?;
        persons.key_of(id).ok_or_else(|| unknown_person(&id.to_string()))?;
        conditions.push(ident("person_id").eq(lit(id.to_string())));
    }
    let condition = conditions.into_iter().reduce(Expr::and);
    let mut found = Vec::new();
    for batch in &persons.batches {
        let columns = Columns::of(batch)?;
        let holds = match &condition {
            Some(condition) => holds(&session.state, condition, batch)?,
            None => vec![true; batch.num_rows()],
        };
        for row in (0..batch.num_rows()).filter(|row| holds[*row]) {
            found.push(columns.row(batch, row)?);
        }
    }
    Ok(found)
}

/// The persons with some keys, in no order.
pub(crate) fn rows_of(persons: &Persons, is_wanted: impl Fn(i64) -> bool) -> Result<Vec<Row<'_>>> {
    let mut found = Vec::new();
    for batch in &persons.batches {
        let columns = Columns::of(batch)?;
        for row in (0..batch.num_rows()).filter(|row| is_wanted(columns.keys[*row])) {
            found.push(columns.row(batch, row)?);
        }
    }
    Ok(found)
}

/// For which rows of a batch a condition holds.
fn holds(state: &SessionState, condition: &Expr, batch: &RecordBatch) -> Result<Vec<bool>> {
    let failed = |error| Error::caused(Code::Internal, "cannot compute a condition on persons", error);
    let schema = DFSchema::try_from(batch.schema()).map_err(failed)?;
    let test = state.create_physical_expr(condition.clone(), &schema).map_err(failed)?;
    let value = test
        .evaluate(batch)
        .and_then(|value| value.into_array(batch.num_rows()));
    let array = value.map_err(failed)?;
    let array = array.as_boolean_opt();
    let array = array.ok_or_else(|| Error::internal("a condition on persons is neither true nor false"))?;
    Ok((0..array.len())
        .map(|row| array.is_valid(row) && array.value(row))
        .collect())
}

impl Persons {
    /// The key of the person with an id.
    pub(crate) fn key_of(&self, id: Uuid) -> Option<i64> {
        let id = id.to_string();
        self.batches.iter().find_map(|batch| {
            let columns = Columns::of(batch).ok()?;
            let row = (0..batch.num_rows()).find(|row| columns.ids.value(*row) == id)?;
            Some(columns.keys[row])
        })
    }
}

/// The columns of persons by which they are found and put in order.
struct Columns<'a> {
    keys: &'a [i64],
    ids: &'a StringArray,
    created_at: &'a [i64],
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self> {
        let columns = || {
            Some(Self {
                keys: batch
                    .column_by_name("person_key")?
                    .as_primitive_opt::<Int64Type>()?
                    .values(),
                ids: batch.column_by_name("person_id")?.as_string_opt::<i32>()?,
                created_at: batch
                    .column_by_name("created_at")?
                    .as_primitive_opt::<TimestampMicrosecondType>()?
                    .values(),
            })
        };
        columns().ok_or_else(|| Error::internal("persons lack a column"))
    }

    fn row(&self, batch: &'a RecordBatch, row: usize) -> Result<Row<'a>> {
        Ok(Row {
            batch,
            row,
            key: self.keys[row],
            created_at: self.created_at[row],
            id: self.id(row)?,
        })
    }

    fn id(&self, row: usize) -> Result<Uuid> {
        Uuid::try_parse(self.ids.value(row)).map_err(|_| Error::internal("a person has an id that is none"))
    }
}

/// What a list of persons can be filtered by: what persons have, and their distinct ids.
struct ListFields<'a> {
    of_persons: PersonFields<'a>,
    session: &'a Session,
    ids: &'a [PersonDistinctId],
    now: Local,
}

impl Fields for ListFields<'_> {
    fn find(&self, filter: &PropertyFilter) -> Result<Found> {
        if is_about_ids(filter) {
            return self.of_ids(filter).map(Found::Condition);
        }
        if filter.property_type == PropertyType::PersonField && filter.key != CREATED_AT {
            let known = [DISTINCT_ID, CREATED_AT];
            return Err(Error::unknown("field of persons", &filter.key, known));
        }
        self.of_persons.find(filter)
    }
}

impl ListFields<'_> {
    /// A condition on distinct ids, of which somebody has several: a positive one holds if one of them fits, a
    /// negative one if none does.
    fn of_ids(&self, filter: &PropertyFilter) -> Result<Expr> {
        let positive = match filter.operator {
            Operator::IsNot => Some(Operator::Exact),
            Operator::NotIn => Some(Operator::In),
            Operator::NotIcontains => Some(Operator::Icontains),
            Operator::NotRegex => Some(Operator::Regex),
            Operator::NotBetween => Some(Operator::Between),
            Operator::SemverNeq => Some(Operator::SemverEq),
            Operator::IsNotSet => Some(Operator::IsSet),
            _ => None,
        };
        let tested = PropertyFilter {
            operator: positive.unwrap_or(filter.operator),
            ..filter.clone()
        };
        let condition = filters::condition(&OneId, self.now, &tested)?;
        let text = describe::condition(filter);
        self.among(&condition, &text, positive.is_some())
    }

    /// Whose distinct ids meet a condition on `distinct_id`; those of whom none does where `none` is true.
    fn among(&self, condition: &Expr, text: &str, none: bool) -> Result<Expr> {
        let schema = Arc::new(Schema::new(vec![Field::new(DISTINCT_ID, DataType::Utf8, false)]));
        let ids = StringArray::from_iter_values(self.ids.iter().map(|id| &id.distinct_id));
        let batch = RecordBatch::try_new(schema, vec![Arc::new(ids)])
            .map_err(|error| Error::caused(Code::Internal, "cannot build rows of distinct ids", error))?;
        let fits = holds(&self.session.state, condition, &batch)?;
        let fitting = self.ids.iter().zip(fits).filter(|(_, fits)| *fits);
        let keys: HashSet<i64> = fitting.map(|(id, _)| id.person_key).collect();
        Ok(PersonSet::of(keys, none).condition(text))
    }

    /// Who is called like a text, by a distinct id, email or name.
    fn called(&self, persons: &Persons, text: &str) -> Result<Expr> {
        let filter = |property_type, key: &str| PropertyFilter {
            key: key.to_owned(),
            value: Some(Value::from(text)),
            operator: Operator::Icontains,
            property_type,
            group_type_index: None,
            behavior: None,
        };
        let mut members = vec![filter(PropertyType::PersonField, DISTINCT_ID)];
        let known = CALLED
            .into_iter()
            .filter(|key| persons.taxonomy.property(key).is_some());
        members.extend(known.map(|key| filter(PropertyType::Person, key)));
        let group = FilterGroup {
            group_type: GroupType::Or,
            values: members.into_iter().map(FilterNode::Filter).collect(),
        };
        let condition = filters::group(self, self.now, &group)?;
        condition.ok_or_else(|| Error::internal("a search has no condition"))
    }
}

/// The rows of the distinct ids themselves.
struct OneId;

impl Fields for OneId {
    fn find(&self, _: &PropertyFilter) -> Result<Found> {
        Ok(Found::Column(ident(DISTINCT_ID), FieldType::Value(ValueType::String)))
    }
}

/// The rows of a page as persons, with what their events tell.
pub(crate) async fn listed(
    engine: &Engine,
    project: &ProjectId,
    session: &Session,
    found: &[Row<'_>],
    columns: &[String],
) -> Result<(Vec<ListedPerson>, Vec<Executed>)> {
    if found.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let keys: Vec<i64> = found.iter().map(|row| row.key).collect();
    let mut distinct_ids: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for id in engine.lake.people(project).await?.distinct_ids_of(&keys).await? {
        distinct_ids.entry(id.person_key).or_default().push(id.distinct_id);
    }
    let (seen, executed) = seen(session, &keys).await?;
    let listed = found.iter().map(|row| {
        let mut ids = distinct_ids.remove(&row.key).unwrap_or_default();
        ids.sort();
        let (events, last_seen) = seen.get(&row.key).cloned().unwrap_or_default();
        Ok(ListedPerson {
            person_id: row.id.to_string(),
            distinct_ids: ids,
            created_at: instant_text(row.time()?),
            is_identified: flag(row, "is_identified")?,
            properties: properties(row, columns)?,
            events,
            last_seen,
        })
    });
    Ok((listed.collect::<Result<_>>()?, vec![executed]))
}

/// How many events some persons have, and when the last one was.
async fn seen(session: &Session, keys: &[i64]) -> Result<(BTreeMap<i64, (u64, Option<String>)>, Executed)> {
    let failed = |error| sql::explain(&error, &session.view);
    let events = session.context.table("events").await.map_err(failed)?;
    let whose = PersonSet::of(keys.iter().copied().collect(), false).condition("the persons of the page");
    let counted = events
        .filter(whose)
        .and_then(|frame| {
            frame.aggregate(
                vec![ident("person_key")],
                vec![count(lit(1_i64)).alias("events"), max(ident("timestamp")).alias("last")],
            )
        })
        .and_then(DataFrame::into_optimized_plan)
        .map_err(failed)?;
    let executed = session.run(&counted).await?;
    let mut seen = BTreeMap::new();
    for row in rows(&executed.batches)? {
        if let [key, events, last] = row.as_slice()
            && let (Some(key), Some(events)) = (key.as_i64(), events.as_u64())
        {
            seen.insert(key, (events, last.as_str().map(str::to_owned)));
        }
    }
    Ok((seen, executed))
}

fn flag(row: &Row<'_>, name: &str) -> Result<bool> {
    let column = row
        .batch
        .column_by_name(name)
        .and_then(|column| column.as_boolean_opt());
    let column = column.ok_or_else(|| Error::internal(format!("persons lack the column {name}")))?;
    Ok(column.is_valid(row.row) && column.value(row.row))
}

/// What is known of a person, as far as it is wanted.
fn properties(row: &Row<'_>, wanted: &[String]) -> Result<Map<String, Value>> {
    let column = row
        .batch
        .column_by_name("properties")
        .and_then(|column| column.as_string_opt::<i32>());
    let json = column.map_or("{}", |column| column.value(row.row));
    let mut all: Map<String, Value> = serde_json::from_str(json)
        .map_err(|error| Error::caused(Code::Corrupt, "the properties of a person are no object", error))?;
    if !wanted.is_empty() {
        all.retain(|key, _| wanted.contains(key));
    }
    Ok(all)
}

/// An instant as the lists of events write it.
fn instant_text(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()
}

/// The conditions as sentences.
fn said(query: &PersonsQuery, named: &Named) -> Vec<String> {
    let person = query.person_id.iter().map(|id| format!("the person's id is {id}"));
    let search = query.search.iter().filter(|text| !text.is_empty());
    let search = search.map(|text| format!("a distinct id, email or name contains (ignoring case) {text:?}"));
    let filters = sentences(&named.with_names(&query.properties));
    person.chain(search).chain(filters).collect()
}
