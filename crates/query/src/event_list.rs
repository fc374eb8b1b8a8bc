//! A list of events: the newest that meet the conditions, page by page.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::contains;
use datafusion::logical_expr::{Expr, LogicalPlan, ident, lit};
use datafusion::prelude::{DataFrame, lower};
use hedgerow_data_api::{
    Clock, DateRange, EventStore, EventsQuery, EventsResponse, FilterGroup, ListedEvent, Progress, ResolvedRange,
    Taxonomy, Warning,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::LakeView;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::dates::{Local, Resolved, resolve};
use crate::definitions::Named;
use crate::describe::sentences;
use crate::engine::{Engine, Executed, Session, rows};
use crate::fields::EventFields;
use crate::filters::{self, instant};
use crate::paging::{self, Cursor};
use crate::person_history::{History, said_of_persons};
use crate::persons::{Moment, Needs, PersonConditions};
use crate::scope::no_data;
use crate::semi_joins::SemiJoins;
use crate::test_accounts::with_conditions;
use crate::{sql, validate};

/// The columns that every event has, in the order in which a page reads them.
const FIXED: [&str; 6] = ["uuid", "event", "timestamp", "distinct_id", "person_key", "session_id"];
/// What lies in no column of its own: a JSON object.
const REST: &str = "rest";

/// Runs an events query.
pub(crate) async fn run(
    engine: &Engine,
    project: &ProjectId,
    asked: &EventsQuery,
    clock: &Clock,
    progress: &Progress,
) -> Result<EventsResponse> {
    let settings = engine.definitions.settings(project).await?;
    let query = &EventsQuery {
        properties: with_conditions(&settings, asked.filter_test_accounts, &asked.properties)?,
        ..asked.clone()
    };
    let limit = paging::limit(query.limit)?;
    let mut named = Named::of_filters(engine.definitions.as_ref(), project, &query.properties).await?;
    let needs = match named.needs_of_filters([&query.properties]) {
        Needs::Nothing if query.person_id.is_some() => Needs::Persons,
        needs => needs,
    };
    let mut moment = engine.persons.moment(&engine.lake, project, needs).await?;
    let now = clock.now().with_timezone(&settings.timezone.0);
    let session = engine.session(project, Arc::clone(&moment.view), now, progress.clone())?;
    let modifiers = (query.modifiers, &settings);
    let of_history = History::add_to(&mut moment, modifiers, [&query.properties], &session).await?;
    check(engine, project, &moment, query).await?;
    let range = range(query, &moment.taxonomy, now)?;
    named
        .behave(&FilterGroup::default(), (engine, project), (&session, &moment), now)
        .await?;
    let persons = PersonConditions::compute([&query.properties], &named, &moment, &session.state, now)?;
    let joins = SemiJoins::compute([&query.properties], (engine, project), &session, &moment, now).await?;
    let list = List {
        condition: condition((&persons, &joins), &moment, query, range.as_ref(), now)?,
        session: &session,
        rows: limit + 1,
    };
    // One row more than wanted tells whether there are more.
    let wanted = wanted(&moment.view, &moment.taxonomy, query)?;
    let (mut found, executed) = list.newest(&wanted).await?;
    let has_more = found.rows.len() > limit;
    found.rows.truncate(limit);
    let mut warnings = Vec::new();
    if has_more {
        warnings.push(paging::more_rows(limit, "events"));
    }
    if found.rows.is_empty() && query.cursor.is_none() {
        warnings.push(Warning::new("no_match", "no event meets the conditions"));
    }
    let results = listed(engine, project, &found).await?;
    let text =
        serde_json::to_string(asked).map_err(|error| Error::internal(format!("a query is not JSON: {error}")))?;
    let mut provenance = session.provenance(project, "EventsQuery", text, &executed);
    provenance.range = range.as_ref().map(|range| ResolvedRange {
        date_from: range.from.to_rfc3339(),
        date_to: range.to.to_rfc3339(),
        partial: range.partial,
    });
    provenance.filters = said(query, &named);
    provenance.definitions = persons.cohorts.sentences();
    let said_of_persons = said_of_persons(moment.history.as_ref(), needs).map(str::to_owned);
    provenance.definitions.extend(said_of_persons);
    provenance.definitions.extend(joins.sentences());
    provenance.rows_read += joins.rows_read + of_history;
    "typed filters: positive conditions never match a missing property, negative ones do"
        .clone_into(&mut provenance.null_semantics);
    provenance.limits = vec![format!("{limit} rows a page")];
    let last = results.last().filter(|_| has_more);
    let next_cursor = last.map(|event| cursor_of(&event.timestamp, &event.uuid)).transpose()?;
    Ok(EventsResponse {
        results,
        has_more,
        next_cursor,
        warnings,
        provenance,
    })
}

/// Refuses names and values that are not there.
async fn check(engine: &Engine, project: &ProjectId, moment: &Moment, query: &EventsQuery) -> Result<()> {
    let known = || moment.taxonomy.events.iter().map(|event| event.name.as_str());
    if let Some(name) = query
        .event
        .as_deref()
        .filter(|name| !known().any(|event| event == *name))
    {
        return Err(Error::unknown("event", name, known()));
    }
    for key in &query.columns {
        if moment.taxonomy.property(key).is_none() {
            let known = moment.taxonomy.properties.iter().map(|property| property.key.as_str());
            return Err(Error::unknown("property", key, known));
        }
    }
    validate::values(
        engine.lake.as_ref() as &dyn EventStore,
        project,
        moment,
        &query.properties,
    )
    .await
}

/// The range that the query names; `None` where it names none, so that nothing is left out.
fn range(query: &EventsQuery, taxonomy: &Taxonomy, now: Local) -> Result<Option<Resolved>> {
    if query.date_range == DateRange::default() {
        return Ok(None);
    }
    let Some((first, last)) = taxonomy.span() else {
        return Ok(None);
    };
    let open = DateRange {
        date_from: query.date_range.date_from.clone().or_else(|| Some("all".to_owned())),
        ..query.date_range.clone()
    };
    let range = resolve(&open, None, now, (first, last))?;
    if range.to < first || range.from > last {
        return Err(no_data(&range, first, last));
    }
    Ok(Some(range))
}

/// What an event of the list meets.
fn condition(
    (persons, joins): (&PersonConditions, &SemiJoins),
    moment: &Moment,
    query: &EventsQuery,
    range: Option<&Resolved>,
    now: Local,
) -> Result<Option<Expr>> {
    let mut conditions = Vec::new();
    if let Some(range) = range {
        conditions.push(ident("timestamp").gt_eq(instant(range.from)));
        conditions.push(ident("timestamp").lt_eq(instant(range.to)));
    }
    if let Some(event) = &query.event {
        conditions.push(ident("event").eq(lit(event.as_str())));
    }
    if let Some(id) = &query.person_id {
        let wanted = paging::person_id(id)?;
        let key = moment.persons.as_ref().and_then(|persons| persons.key_of(wanted));
        conditions.push(ident("person_key").eq(lit(key.ok_or_else(|| unknown_person(id))?)));
    }
    if let Some(text) = query.search.as_deref().filter(|text| !text.is_empty()) {
        let holds = |column: &str| contains(lower(ident(column)), lit(text.to_lowercase()));
        conditions.push(holds("event").or(holds("distinct_id")));
    }
    let fields = EventFields {
        taxonomy: &moment.taxonomy,
        persons,
        joins,
    };
    conditions.extend(filters::group(&fields, now, &query.properties)?);
    if let Some(cursor) = query.cursor.as_deref() {
        conditions.push(after(Cursor::parse(cursor)?));
    }
    Ok(conditions.into_iter().reduce(Expr::and))
}

/// An id that is nobody's. Ids of persons tell nothing to people, so the nearest would not help.
pub(crate) fn unknown_person(id: &str) -> Error {
    Error::new(Code::UnknownName, format!("there is no person with the id {id:?}"))
        .with_hint("a list of persons with search finds people by their distinct ids, email or name")
}

/// The rows that come after one, in order of time and uuid, both descending.
fn after(cursor: Cursor) -> Expr {
    let time = || ident("timestamp");
    let at = || instant(cursor.time);
    let uuid = lit(ScalarValue::FixedSizeBinary(16, Some(cursor.id.as_bytes().to_vec())));
    // The first part alone lets files be skipped by their times.
    time().lt_eq(at()).and(time().lt(at()).or(ident("uuid").lt(uuid)))
}

/// The property columns of a page: (key, column), and whether `rest` is read.
struct Wanted {
    columns: Vec<(String, String)>,
    /// The keys that are returned; `None` for all.
    keys: Option<BTreeSet<String>>,
}

fn wanted(view: &LakeView, taxonomy: &Taxonomy, query: &EventsQuery) -> Result<Wanted> {
    if query.columns.is_empty() {
        let stored = view.columns.iter().filter(|column| column.stored);
        let columns = stored.filter_map(|column| Some((column.key.clone()?, column.name.clone())));
        return Ok(Wanted {
            columns: columns.collect(),
            keys: None,
        });
    }
    let mut columns = Vec::new();
    for key in &query.columns {
        let property = taxonomy.property(key);
        let property = property.ok_or_else(|| Error::internal(format!("the property {key:?} was not checked")))?;
        if view.column_of(key).is_some_and(|column| column.stored) {
            columns.push((key.clone(), property.column.clone()));
        }
    }
    Ok(Wanted {
        columns,
        keys: Some(query.columns.iter().cloned().collect()),
    })
}

/// The rows of a page as cells: the fixed columns, `rest`, then the property columns.
struct Found<'a> {
    rows: Vec<Vec<Value>>,
    wanted: &'a Wanted,
}

struct List<'a> {
    session: &'a Session,
    condition: Option<Expr>,
    rows: usize,
}

impl List<'_> {
    /// The newest events with all their columns. Two plans, so that the columns of events that are on no page are
    /// never read: the first finds out how far back the page reaches, the second reads from there on.
    async fn newest<'w>(&self, wanted: &'w Wanted) -> Result<(Found<'w>, Vec<Executed>)> {
        let times = self.plan(None, &["timestamp", "uuid"], &[]).await?;
        let mut executed = vec![self.session.run(&times).await?];
        let found = rows(&executed[0].batches)?;
        let Some(oldest) = found.last().and_then(|row| row.first()).and_then(Value::as_str) else {
            let rows = Vec::new();
            return Ok((Found { rows, wanted }, executed));
        };
        let columns: Vec<&str> = wanted.columns.iter().map(|(_, column)| column.as_str()).collect();
        let fixed: Vec<&str> = FIXED.into_iter().chain([REST]).collect();
        let page = self.plan(Some(time_of(oldest)?), &fixed, &columns).await?;
        let page = self.session.run(&page).await?;
        let rows = rows(&page.batches)?;
        executed.push(page);
        Ok((Found { rows, wanted }, executed))
    }

    async fn plan(&self, since: Option<DateTime<Utc>>, fixed: &[&str], properties: &[&str]) -> Result<LogicalPlan> {
        let failed = |error| sql::explain(&error, &self.session.view);
        let since = since.map(|time| ident("timestamp").gt_eq(instant(time)));
        let condition = self.condition.clone().into_iter().chain(since).reduce(Expr::and);
        let events = self.session.context.table("events").await.map_err(failed)?;
        let events = match condition {
            Some(condition) => events.filter(condition).map_err(failed)?,
            None => events,
        };
        let newest = vec![ident("timestamp").sort(false, false), ident("uuid").sort(false, false)];
        let columns = fixed.iter().chain(properties).map(|column| ident(*column));
        let sorted = events
            .select(columns.collect::<Vec<_>>())
            .and_then(|frame| frame.sort(newest))
            .and_then(|frame| frame.limit(0, Some(self.rows)))
            .and_then(DataFrame::into_optimized_plan);
        sorted.map_err(failed)
    }
}

/// The cells of a page as events.
async fn listed(engine: &Engine, project: &ProjectId, found: &Found<'_>) -> Result<Vec<ListedEvent>> {
    let keys: BTreeSet<i64> = found.rows.iter().filter_map(|row| row.get(4)?.as_i64()).collect();
    let keys: Vec<i64> = keys.into_iter().collect();
    let mut people: HashMap<i64, Uuid> = HashMap::new();
    if !keys.is_empty() {
        let persons = engine.lake.people(project).await?.persons_of(&keys).await?;
        people.extend(persons.into_iter().map(|person| (person.person_key, person.person_id)));
    }
    found
        .rows
        .iter()
        .map(|row| event_of(row, found.wanted, &people))
        .collect()
}

fn event_of(row: &[Value], wanted: &Wanted, people: &HashMap<i64, Uuid>) -> Result<ListedEvent> {
    let (fixed, properties) = row.split_at_checked(FIXED.len() + 1).unwrap_or((row, &[]));
    let [uuid, event, timestamp, distinct_id, person_key, session_id, rest] = fixed else {
        return Err(Error::internal("a row of events lacks columns"));
    };
    let text = |cell: &Value| cell.as_str().unwrap_or_default().to_owned();
    let mut found = Map::new();
    for ((key, _), value) in wanted.columns.iter().zip(properties) {
        if !value.is_null() {
            found.insert(key.clone(), value.clone());
        }
    }
    // What lies in `rest` are values of another type than their key's, lists and objects, and rare keys.
    if let Some(rest) = rest.as_str() {
        let members: Map<String, Value> = serde_json::from_str(rest)
            .map_err(|error| Error::caused(Code::Corrupt, "an event has a value in rest that is no object", error))?;
        for (key, value) in members {
            let is_wanted = wanted.keys.as_ref().is_none_or(|keys| keys.contains(&key));
            if is_wanted && !value.is_null() {
                found.entry(key).or_insert(value);
            }
        }
    }
    let person = person_key.as_i64().and_then(|key| people.get(&key));
    Ok(ListedEvent {
        uuid: text(uuid),
        event: text(event),
        timestamp: text(timestamp),
        distinct_id: text(distinct_id),
        person_id: person.map(Uuid::to_string),
        session_id: session_id.as_str().map(str::to_owned),
        properties: found,
    })
}

/// An instant as results write it.
fn time_of(text: &str) -> Result<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc));
    time.map_err(|_| Error::internal(format!("an event happened at {text:?}, which is no time")))
}

fn cursor_of(time: &str, id: &str) -> Result<String> {
    let id = Uuid::try_parse(id).map_err(|_| Error::internal(format!("an event has the uuid {id:?}")))?;
    Ok(Cursor {
        time: time_of(time)?,
        id,
    }
    .text())
}

/// The conditions as sentences.
fn said(query: &EventsQuery, named: &Named) -> Vec<String> {
    let event = query.event.iter().map(|event| format!("event is {event:?}"));
    let person = query.person_id.iter().map(|id| format!("the person's id is {id}"));
    let search = query.search.iter().filter(|text| !text.is_empty());
    let search = search.map(|text| format!("event or distinct_id contains (ignoring case) {text:?}"));
    event
        .chain(person)
        .chain(search)
        .chain(sentences(&named.with_names(&query.properties)))
        .collect()
}
