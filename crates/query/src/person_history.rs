//! The properties of persons as they were right after each event.
//!
//! What a person's events say of a property (`$set`, `$set_once`, `$unset`, and values that are copied from events) is
//! read first, in order of time, and folded into the values that it had one after the other. What is left for each
//! event is which of these was the last. A person is who it is now, after all merges; what was said before a merge counts
//! as if it had been one person all along.

mod update;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::functions::expr_fn::coalesce;
use datafusion::logical_expr::{Expr, ScalarUDF, cast, ident, lit};
use datafusion::prelude::DataFrame;
use hashbrown::HashSet;
use hedgerow_data_api::{
    FilterGroup, PersonProperty, PersonTaxonomy, PersonsOnEventsMode, PropertyType, QueryModifiers, QuerySettings,
    Taxonomy, ValueType,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_lake::{LEAVE_PERSONS, copied_from, person_properties};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::engine::Session;
use crate::persons::{AS_OF_NOW, Moment, Needs};
use crate::rest::RestValue;
use crate::sql;
pub(crate) use update::UPDATE;
use update::Update;
pub(crate) use value::{PersonValueAt, Versions, bytes_held};

/// What a query with properties of persons at the time of events says of them.
const AFTER_EVENTS: &str = "persons: their properties as they were right after each event, by what the \
     events up to it say of them; cohorts and created_at as they are at the time of the query";

/// Columns of the plan.
const OWN: &str = "history::own";
const COPIED: &str = "history::copied";
const COPIED_REST: &str = "history::copied_rest";

/// The properties of persons that a query asks for, with all values that they had.
pub(crate) struct History {
    /// Their names, with the values that they ever had for those that are known, and without for all others.
    pub(crate) taxonomy: PersonTaxonomy,
    known: BTreeMap<String, Values>,
}

/// What a query says of the persons that it looks at.
pub(crate) fn said_of_persons(history: Option<&History>, needs: Needs) -> Option<&'static str> {
    match history {
        Some(history) => (needs != Needs::Nothing || !history.known.is_empty()).then_some(AFTER_EVENTS),
        None => (needs != Needs::Nothing).then_some(AS_OF_NOW),
    }
}

/// All values of a property.
struct Values {
    versions: Arc<Versions>,
    /// A row for who has none yet, and one for each version: an object with the property.
    rows: RecordBatch,
}

impl History {
    /// Reads the properties that filters ask for into a moment, where the query, or else the project, wants them as they
    /// were; says how many rows that took.
    pub(crate) async fn add_to<'a>(
        moment: &mut Moment,
        (of_query, settings): (QueryModifiers, &QuerySettings),
        groups: impl IntoIterator<Item = &'a FilterGroup>,
        session: &Session,
    ) -> Result<u64> {
        let mode = of_query.persons_on_events_mode;
        let mode = mode.or(settings.modifiers.persons_on_events_mode).unwrap_or_default();
        let Some(persons) = moment
            .persons
            .as_ref()
            .filter(|_| mode == PersonsOnEventsMode::EventTime)
        else {
            return Ok(0);
        };
        // Of those that nobody asks for only the names matter, to say which was meant.
        let name_of = |property: &PersonProperty| PersonProperty {
            key: property.key.clone(),
            values: Vec::new(),
            values_complete: false,
            ..*property
        };
        let mut history = Self {
            taxonomy: PersonTaxonomy {
                persons: persons.taxonomy.persons,
                properties: persons.taxonomy.properties.iter().map(name_of).collect(),
            },
            known: BTreeMap::new(),
        };
        let filters = groups.into_iter().flat_map(FilterGroup::filters);
        let of_persons = filters.filter(|filter| filter.property_type == PropertyType::Person);
        let keys: BTreeSet<&str> = of_persons.map(|filter| filter.key.as_str()).collect();
        let mut rows_read = 0;
        for key in keys {
            rows_read += history.read(key, moment, session).await?;
        }
        moment.history = Some(history);
        Ok(rows_read)
    }

    /// Reads a property where it is not known yet, and says how many rows that took.
    pub(crate) async fn read(&mut self, key: &str, moment: &Moment, session: &Session) -> Result<u64> {
        if self.known.contains_key(key) {
            return Ok(0);
        }
        let plan = updates(key, &moment.taxonomy, session).await?;
        let plan = plan
            .into_optimized_plan()
            .map_err(|error| sql::explain(&error, &session.view))?;
        let done = session.run(&plan).await.map_err(|error| too_many(key, error))?;
        let persons = moment.persons.as_ref();
        let persons = persons.ok_or_else(|| Error::internal("the persons were not read"))?;
        let copied = copied_from(key).and_then(|(source, _)| moment.taxonomy.property(&source));
        let is_text = copied.is_some_and(|property| property.value_type == ValueType::String);
        let values = folded(key, &done.batches, &persons.keys()?, is_text)?;
        let rows = values.rows.column(0).as_string::<i32>();
        let found = person_properties(rows.iter().flatten())?.properties;
        self.taxonomy.properties.retain(|property| property.key != key);
        self.taxonomy.properties.extend(found);
        self.known.insert(key.to_owned(), values);
        Ok(done.rows_read)
    }

    /// What an expression on the properties of a person gives right after each event; `text` says in plans what it is.
    pub(crate) fn values(&self, state: &SessionState, key: &str, expression: &Expr, text: &str) -> Result<Expr> {
        let failed = |error| Error::caused(Code::Internal, "cannot compute a property of persons", error);
        let known = self.known.get(key);
        let known = known.ok_or_else(|| Error::internal(format!("the values of {key:?} over time were not read")))?;
        let schema = DFSchema::try_from(known.rows.schema()).map_err(failed)?;
        let compute = state.create_physical_expr(expression.clone(), &schema);
        let values = compute
            .and_then(|compute| compute.evaluate(&known.rows))
            .and_then(|values| values.into_array(known.rows.num_rows()))
            .map_err(failed)?;
        let function = PersonValueAt::new(Arc::clone(&known.versions), values);
        let event = ["person_key", "timestamp", "uuid"].map(ident);
        let arguments = event.into_iter().chain([lit(text)]);
        Ok(ScalarUDF::from(function).call(arguments.collect()))
    }
}

/// The events that say something of a property of their person: when, and what.
async fn updates(key: &str, taxonomy: &Taxonomy, session: &Session) -> Result<DataFrame> {
    let failed = |error| sql::explain(&error, &session.view);
    let rest = |key: &str, value_type| {
        let value = RestValue::of_type(key, value_type);
        value.map(|value| ScalarUDF::from(value).call(vec![ident("rest")]))
    };
    let left_alone: Vec<Expr> = LEAVE_PERSONS.iter().map(|event| lit(*event)).collect();
    let mut touches = ident("event").in_list(left_alone, true);
    // Visitors without a person: the value is a boolean, whatever else events have under this name.
    let profile = "$process_person_profile";
    if let Some(property) = taxonomy.property(profile) {
        let stored = (property.value_type == ValueType::Boolean).then(|| ident(&property.column));
        let wanted = stored.into_iter().chain(rest(profile, ValueType::Boolean));
        touches = touches.and(coalesce(wanted.chain([lit(true)]).collect()));
    }
    let mut columns = vec![UPDATE.call(vec![ident("rest"), lit(key)]).alias(OWN)];
    if let Some((source, _)) = copied_from(key)
        && let Some(property) = taxonomy.property(&source)
    {
        columns.push(cast(ident(&property.column), DataType::Utf8).alias(COPIED));
        columns.extend(rest(&source, ValueType::Json).map(|value| value.alias(COPIED_REST)));
    }
    let says = columns
        .iter()
        .map(|column| ident(column.schema_name().to_string()).is_not_null());
    let says = says.reduce(Expr::or).unwrap_or_else(|| lit(true));
    let event = ["person_key", "timestamp", "uuid"].map(ident);
    let events = session.context.table("events").await.map_err(failed)?;
    events
        .filter(touches)
        .and_then(|events| events.select(event.into_iter().chain(columns).collect::<Vec<_>>()))
        .and_then(|events| events.filter(says))
        .map_err(failed)
}

/// What events do to a property, in order, as the values that persons had.
fn folded(key: &str, batches: &[RecordBatch], persons: &HashSet<i64>, is_text: bool) -> Result<Values> {
    let wrong = || Error::internal("what events say of persons has other columns");
    let is_initial = copied_from(key).is_some_and(|(_, initial)| initial);
    let mut updates: Vec<(i64, value::Began, Update)> = Vec::new();
    for batch in batches {
        let texts = |name: &str| {
            batch
                .column_by_name(name)
                .and_then(|column| column.as_string_opt::<i32>())
        };
        let (own, copied, copied_rest) = (texts(OWN).ok_or_else(wrong)?, texts(COPIED), texts(COPIED_REST));
        let keys = batch.column(0).as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        let times = batch
            .column(1)
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(wrong)?;
        let uuids = batch.column(2).as_fixed_size_binary_opt().ok_or_else(wrong)?;
        // Events of visitors who are no persons tell nothing of persons.
        for row in (0..batch.num_rows()).filter(|row| persons.contains(&keys.value(*row))) {
            let of = |texts: Option<&StringArray>| {
                let texts = texts.filter(|texts| texts.is_valid(row));
                texts.map(|texts| texts.value(row).to_owned())
            };
            let quoted = |text: String| if is_text { json!(text).to_string() } else { text };
            // What an event says itself goes before what is copied from it.
            let own = of(Some(own)).and_then(|text| Update::read(&text));
            let copied = || of(copied).map(quoted).or_else(|| of(copied_rest));
            let copied = || {
                let copied = copied()?;
                Some(if is_initial {
                    Update::SetOnce(copied)
                } else {
                    Update::Set(copied)
                })
            };
            let update = match own {
                // It sets once before it sets.
                Some(Update::SetOnce(own)) if !is_initial => copied().or(Some(Update::SetOnce(own))),
                Some(own) => Some(own),
                None => copied(),
            };
            let uuid = Uuid::from_slice(uuids.value(row)).map_err(|_| wrong())?;
            updates.extend(update.map(|update| (keys.value(row), (times.value(row), uuid), update)));
        }
    }
    updates.sort_by_key(|(person, began, _)| (*person, *began));
    let (mut versions, mut rows) = (Versions::default(), vec![None]);
    let (mut last_person, mut value): (Option<i64>, Option<String>) = (None, None);
    for (person, began, update) in updates {
        if last_person != Some(person) {
            (last_person, value) = (Some(person), None);
        }
        let next = match update {
            Update::Unset => None,
            Update::Set(json) => Some(json),
            Update::SetOnce(json) => value.clone().or(Some(json)),
        };
        if next == value {
            continue;
        }
        value = next;
        let added = versions.add(person, began);
        added.map_err(|error| {
            Error::caused(
                Code::LimitExceeded,
                format!("{key:?} of persons changed too often"),
                error,
            )
        })?;
        rows.push(
            value
                .as_deref()
                .map(|value| format!("{{{}:{value}}}", Value::from(key))),
        );
    }
    let schema = Arc::new(Schema::new(vec![Field::new("properties", DataType::Utf8, true)]));
    let rows = RecordBatch::try_new(schema, vec![Arc::new(StringArray::from(rows))]);
    Ok(Values {
        versions: Arc::new(versions),
        rows: rows.map_err(|error| Error::caused(Code::Internal, "cannot build rows of persons", error))?,
    })
}

/// Says of a limit that it is about the values of a property over time.
fn too_many(key: &str, error: Error) -> Error {
    if error.code() != Code::LimitExceeded {
        return error;
    }
    let message = format!(
        "reading what {key:?} of persons was at the time of each event: {}",
        error.message()
    );
    Error::new(Code::LimitExceeded, message)
        .with_hint("take the mode person_id_override_properties_joined: properties as they are now")
}
