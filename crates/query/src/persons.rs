//! The persons of one moment, and for whom of them a condition holds.
//!
//! A condition on persons in a query over events is a semi-join: it is computed over the persons first, and what
//! is left for each event is whether its person is among them. Persons count as they are now, not as they were
//! when the event happened; where a query wants the latter for their properties, [`History`] knows it.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::DateTime;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringArray, UInt32Array, new_null_array,
};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, ident, lit, not,
};
use hashbrown::{HashMap, HashSet};
use hedgerow_data_api::{CohortMember, FilterGroup, PersonTaxonomy, PropertyFilter, PropertyType, Taxonomy};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{Lake, LakeView};
use uuid::Uuid;

use crate::dates::Local;
use crate::definitions::{Cohorts, Named};
use crate::describe;
use crate::fields::PersonFields;
use crate::filters;
use crate::people::{self, PeopleKind};
use crate::person_history::History;

/// What a query with conditions on persons says of them.
pub(crate) const AS_OF_NOW: &str =
    "persons: as they are at the time of the query, not as they were when the event happened";

/// The persons of the latest queries are kept as long as they take no more than this together.
const MOST_KEPT: usize = 512 << 20;

/// The persons of a project at one moment.
pub(crate) struct Persons {
    /// The names of their properties.
    pub(crate) taxonomy: Arc<PersonTaxonomy>,
    /// The taxonomy of the events of the same moment.
    of_events: Arc<Taxonomy>,
    /// The rows of the table `persons`, in a schema in which everything may be missing.
    pub(crate) batches: Vec<RecordBatch>,
    /// The rows of the table `person_distinct_ids`, where a query wanted them.
    ids: Option<Vec<RecordBatch>>,
}

/// What a query needs of the persons, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    /// It has no conditions on them.
    Nothing,
    /// When each was seen first.
    FirstSeen,
    /// What is known of them.
    Persons,
    /// Their distinct ids as well.
    DistinctIds,
}

/// A project at one moment, as a typed query needs it.
pub(crate) struct Moment {
    pub(crate) view: Arc<LakeView>,
    pub(crate) taxonomy: Arc<Taxonomy>,
    /// Absent where the query has no conditions on persons.
    pub(crate) persons: Option<Arc<Persons>>,
    /// The keys of all persons with when each was seen first, where only that is needed.
    pub(crate) first_seen: Option<Vec<RecordBatch>>,
    /// Present where a query wants the properties of persons as they were right after each event.
    pub(crate) history: Option<History>,
}

impl Moment {
    fn of(view: Arc<LakeView>, taxonomy: Arc<Taxonomy>) -> Self {
        Self {
            view,
            taxonomy,
            persons: None,
            first_seen: None,
            history: None,
        }
    }

    /// The names of the properties of persons, as a query wants them: as they are now, or as they ever were.
    pub(crate) fn of_persons(&self) -> Option<&PersonTaxonomy> {
        let history = self.history.as_ref().map(|history| &history.taxonomy);
        history.or(self.persons.as_ref().map(|persons| persons.taxonomy.as_ref()))
    }
}

/// When the persons of a project were seen first, and the taxonomy of the events of the same moment.
type FirstSeen = (ProjectId, Arc<Taxonomy>, Vec<RecordBatch>);

/// The persons of the latest queries.
#[derive(Default)]
pub(crate) struct KnownPersons {
    /// The latest first.
    known: Mutex<Vec<(ProjectId, Arc<Persons>)>>,
    /// Of the latest query that asked for it.
    first_seen: Mutex<Option<FirstSeen>>,
}

impl KnownPersons {
    /// A project at this moment, with what is wanted of its persons. That is read anew only where something of the project
    /// changed since.
    pub(crate) async fn moment(&self, lake: &Lake, project: &ProjectId, needs: Needs) -> Result<Moment> {
        let (view, taxonomy) = lake.snapshot(project).await?;
        if needs == Needs::Nothing {
            return Ok(Moment::of(view, taxonomy));
        }
        if needs == Needs::FirstSeen {
            return self.first_seen(lake, project, Moment::of(view, taxonomy)).await;
        }
        let with_ids = needs == Needs::DistinctIds;
        if let Some(persons) = self.known(project, &taxonomy, with_ids) {
            return Ok(Moment {
                persons: Some(persons),
                ..Moment::of(view, taxonomy)
            });
        }
        let (mut moment, known) = lake.moment_with_persons(project).await?;
        let rows = known.rows.as_ref().ok_or_else(too_many)?;
        let ids = match needs {
            Needs::DistinctIds => Some(people::read(&mut moment.people, PeopleKind::DistinctIds, None).await?),
            _ => None,
        };
        drop(moment.people);
        let persons = Persons {
            taxonomy: Arc::clone(&known.taxonomy),
            of_events: Arc::clone(&moment.taxonomy),
            batches: rows.iter().map(may_be_missing).collect::<Result<_>>()?,
            ids,
        };
        let persons = Arc::new(persons);
        self.keep(project, &persons);
        Ok(Moment {
            persons: Some(persons),
            ..Moment::of(moment.view, moment.taxonomy)
        })
    }

    /// A moment, or a later one, with when each person was seen first.
    async fn first_seen(&self, lake: &Lake, project: &ProjectId, moment: Moment) -> Result<Moment> {
        let known = self.first_seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((of, taxonomy, rows)) = known
            && of == *project
            && Arc::ptr_eq(&taxonomy, &moment.taxonomy)
        {
            return Ok(Moment {
                first_seen: Some(rows),
                ..moment
            });
        }
        let (moment, rows) = lake.moment_with_first_seen(project).await?;
        let rows = rows.iter().map(may_be_missing).collect::<Result<Vec<_>>>()?;
        let known = (project.clone(), Arc::clone(&moment.taxonomy), rows.clone());
        *self.first_seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(Moment {
            first_seen: Some(rows),
            ..Moment::of(moment.view, moment.taxonomy)
        })
    }

    /// The persons of the moment that a taxonomy of events is of, where they were read before.
    fn known(&self, project: &ProjectId, of_events: &Arc<Taxonomy>, with_ids: bool) -> Option<Arc<Persons>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fits =
            |persons: &Persons| Arc::ptr_eq(&persons.of_events, of_events) && (persons.ids.is_some() || !with_ids);
        let found = known.iter().find(|(id, persons)| id == project && fits(persons));
        found.map(|(_, persons)| Arc::clone(persons))
    }

    fn keep(&self, project: &ProjectId, persons: &Arc<Persons>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(id, _)| id != project);
        known.insert(0, (project.clone(), Arc::clone(persons)));
        let mut bytes = 0;
        known.retain(|(_, persons)| {
            bytes += persons.bytes();
            bytes <= MOST_KEPT
        });
    }
}

fn too_many() -> Error {
    let message = format!("what is known of the persons takes more than {} MB", MOST_KEPT >> 20);
    Error::new(Code::LimitExceeded, message)
        .with_hint("ask without conditions on persons, or in SQL for some columns of persons")
}

/// Whose properties may all be missing: those of a visitor who is no person.
fn may_be_missing(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = batch.schema();
    let fields = schema
        .fields()
        .iter()
        .map(|field| field.as_ref().clone().with_nullable(true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, batch.columns().to_vec())
        .map_err(|error| Error::caused(Code::Internal, "cannot build rows of persons", error))
}

impl Persons {
    /// The keys of all persons.
    pub(crate) fn keys(&self) -> Result<HashSet<i64>> {
        let mut keys = HashSet::new();
        for batch in &self.batches {
            keys.extend(whole_numbers(batch, PERSON_KEY)?.values());
        }
        Ok(keys)
    }

    fn bytes(&self) -> usize {
        let all = self.batches.iter().chain(self.ids.iter().flatten());
        all.map(RecordBatch::get_array_memory_size).sum()
    }

    /// For whom a condition on the table `persons` holds.
    pub(crate) fn holding(&self, state: &SessionState, condition: &Expr) -> Result<PersonSet> {
        let failed = |error| Error::caused(Code::Internal, "cannot compute a condition on persons", error);
        let nobody = nobody()?;
        let schema = DFSchema::try_from(nobody.schema()).map_err(failed)?;
        let test = state.create_physical_expr(condition.clone(), &schema).map_err(failed)?;
        let holds = |batch: &RecordBatch| -> Result<BooleanArray> {
            let value = test
                .evaluate(batch)
                .and_then(|value| value.into_array(batch.num_rows()));
            let array = value.map_err(failed)?;
            let array = array.as_boolean_opt().cloned();
            array.ok_or_else(|| Error::internal("a condition on persons is neither true nor false"))
        };
        let without = is_true(&holds(&nobody)?, 0);
        let mut keys = HashSet::new();
        for batch in &self.batches {
            let holds = holds(batch)?;
            let of_batch = whole_numbers(batch, PERSON_KEY)?;
            for row in 0..batch.num_rows() {
                if is_true(&holds, row) != without {
                    keys.insert(of_batch.value(row));
                }
            }
        }
        Ok(PersonSet {
            keys: Arc::new(keys),
            without,
        })
    }
}

impl Persons {
    /// What an expression on the table `persons` gives for the person of each event; `text` says in plans what it is.
    pub(crate) fn values(&self, state: &SessionState, expression: &Expr, text: &str) -> Result<Expr> {
        let failed = |error| Error::caused(Code::Internal, "cannot compute a property of persons", error);
        let nobody = nobody()?;
        let schema = DFSchema::try_from(nobody.schema()).map_err(failed)?;
        let compute = state
            .create_physical_expr(expression.clone(), &schema)
            .map_err(failed)?;
        let (mut places, mut arrays) = (HashMap::new(), Vec::new());
        // Nobody comes first, so that there is a value, a missing one, even without any person.
        for batch in std::iter::once(&nobody).chain(&self.batches) {
            let value = compute
                .evaluate(batch)
                .and_then(|value| value.into_array(batch.num_rows()));
            arrays.push(value.map_err(failed)?);
        }
        let mut next = 1;
        for batch in &self.batches {
            for key in whole_numbers(batch, PERSON_KEY)?.values() {
                places.insert(*key, next);
                next += 1;
            }
        }
        let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
        let values = concat(&arrays).map_err(|error| failed(error.into()))?;
        let function = PersonValue::new(PersonValues { places, values });
        Ok(ScalarUDF::from(function).call(vec![ident("person_key"), lit(text)]))
    }
}

/// A value of each person.
#[derive(Debug)]
pub(crate) struct PersonValues {
    /// The place of a person's value; that of nobody is the first.
    pub(crate) places: HashMap<i64, u32>,
    pub(crate) values: ArrayRef,
}

/// `person_value(person_key, text)`: the value of a person; the text says which.
#[derive(Debug, Clone)]
pub(crate) struct PersonValue {
    pub(crate) values: Arc<PersonValues>,
    signature: Signature,
}

impl PersonValue {
    pub(crate) fn new(values: PersonValues) -> Self {
        Self {
            values: Arc::new(values),
            signature: Signature::exact(vec![DataType::Int64, DataType::Utf8], Volatility::Immutable),
        }
    }
}

// Two are the same where they have the same values.
impl PartialEq for PersonValue {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.values, &other.values)
            || (self.values.places == other.values.places && *self.values.values == *other.values.values)
    }
}

impl Eq for PersonValue {}

impl Hash for PersonValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values.places.len().hash(state);
    }
}

impl ScalarUDFImpl for PersonValue {
    fn name(&self) -> &'static str {
        "person_value"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(self.values.values.data_type().clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let keys = args
            .args
            .into_iter()
            .next()
            .map(|keys| keys.into_array(args.number_rows));
        let keys = keys.transpose()?;
        let Some(keys) = keys.as_ref().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
            return datafusion::common::internal_err!("person_key is no whole number");
        };
        let place = |key: Option<i64>| key.and_then(|key| self.values.places.get(&key)).copied().unwrap_or(0);
        let places = UInt32Array::from_iter_values(keys.iter().map(place));
        Ok(ColumnarValue::Array(take(&self.values.values, &places, None)?))
    }
}

/// What a function on persons holds of them.
pub(crate) fn bytes_held(function: &ScalarUDF) -> usize {
    let inner = function.inner();
    if let Some(value) = inner.downcast_ref::<PersonValue>() {
        let places = value.values.places.len() * size_of::<(i64, u32)>() * 2;
        return places + value.values.values.get_array_memory_size();
    }
    let among = inner.downcast_ref::<PersonIsAmong>();
    among.map_or(0, |among| among.keys.len() * size_of::<i64>() * 2)
}

/// Columns of the tables of persons.
const PERSON_KEY: &str = "person_key";
const PERSON_ID: &str = "person_id";
const DISTINCT_ID: &str = "distinct_id";
const CREATED_AT: &str = "created_at";
const PROPERTIES: &str = "properties";

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    let column = batch.column_by_name(name);
    column.ok_or_else(|| Error::internal(format!("persons have no column {name}")))
}

fn whole_numbers<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array> {
    let numbers = column(batch, name)?.as_primitive_opt::<Int64Type>();
    numbers.ok_or_else(|| Error::internal(format!("{name} is no whole number")))
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray> {
    let texts = column(batch, name)?.as_string_opt::<i32>();
    texts.ok_or_else(|| Error::internal(format!("{name} is no text")))
}

impl Persons {
    /// The persons who have some distinct ids, and how many of the ids nobody has.
    pub(crate) fn with_ids(&self, wanted: &[String]) -> Result<(PersonSet, usize)> {
        let ids = self.ids.as_ref();
        let ids = ids.ok_or_else(|| Error::internal("the distinct ids of persons were not read"))?;
        let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
        let (mut keys, mut found) = (HashSet::new(), 0);
        for batch in ids {
            let (names, persons) = (texts(batch, DISTINCT_ID)?, whole_numbers(batch, PERSON_KEY)?);
            for row in (0..batch.num_rows()).filter(|row| wanted.contains(names.value(*row))) {
                keys.insert(persons.value(row));
                found += 1;
            }
        }
        let set = PersonSet {
            keys: Arc::new(keys),
            without: false,
        };
        Ok((set, wanted.len() - found))
    }

    /// The first persons of a set in order of their keys, at most `limit`.
    pub(crate) fn first(&self, set: &PersonSet, limit: usize) -> Result<Vec<CohortMember>> {
        let mut first = Vec::new();
        for batch in &self.batches {
            let keys = whole_numbers(batch, PERSON_KEY)?;
            let (ids, properties) = (texts(batch, PERSON_ID)?, texts(batch, PROPERTIES)?);
            let times = column(batch, CREATED_AT)?.as_primitive_opt::<TimestampMicrosecondType>();
            let times = times.ok_or_else(|| Error::internal("created_at is no time"))?;
            for row in (0..batch.num_rows()).filter(|row| set.has(keys.value(*row))) {
                if first.len() == limit {
                    return Ok(first);
                }
                let person_id = ids.value(row).parse::<Uuid>();
                let properties = serde_json::from_str(properties.value(row));
                first.push(CohortMember {
                    person_id: person_id
                        .map_err(|error| Error::caused(Code::Corrupt, "the id of a person is no UUID", error))?,
                    created_at: DateTime::from_timestamp_micros(times.value(row)).unwrap_or_default(),
                    properties: properties.map_err(|error| {
                        Error::caused(Code::Corrupt, "the properties of a person are no JSON", error)
                    })?,
                });
            }
        }
        Ok(first)
    }
}

fn is_true(array: &BooleanArray, row: usize) -> bool {
    array.is_valid(row) && array.value(row)
}

/// One row of `persons` in which everything is missing.
fn nobody() -> Result<RecordBatch> {
    let schema = PeopleKind::Persons.schema();
    let fields = schema
        .fields()
        .iter()
        .map(|field| field.as_ref().clone().with_nullable(true));
    let columns = schema.fields().iter().map(|field| new_null_array(field.data_type(), 1));
    let columns: Vec<ArrayRef> = columns.collect();
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, columns)
        .map_err(|error| Error::caused(Code::Internal, "cannot build a row of persons", error))
}

/// For whom a condition holds.
#[derive(Debug, Clone)]
pub(crate) struct PersonSet {
    /// For whom it is otherwise than for those who are no persons.
    keys: Arc<HashSet<i64>>,
    /// Whether it holds for visitors who are no persons.
    without: bool,
}

impl PersonSet {
    /// Those with some keys; all others where `others` is true.
    pub(crate) fn of(keys: HashSet<i64>, others: bool) -> Self {
        Self {
            keys: Arc::new(keys),
            without: others,
        }
    }

    /// Whether a person is in it.
    fn has(&self, key: i64) -> bool {
        self.keys.contains(&key) != self.without
    }

    /// The same without visitors who are no persons.
    pub(crate) fn of_persons(self, persons: &Persons) -> Result<Self> {
        if !self.without {
            return Ok(self);
        }
        let mut keys = HashSet::new();
        for batch in &persons.batches {
            let of_batch = whole_numbers(batch, PERSON_KEY)?.values().iter();
            keys.extend(of_batch.copied().filter(|key| self.has(*key)));
        }
        Ok(Self {
            keys: Arc::new(keys),
            without: false,
        })
    }

    /// How many persons are in a set of persons only.
    pub(crate) fn len(&self) -> u64 {
        self.keys.len() as u64
    }

    /// The condition on the rows of `events`; `text` says in plans what it is.
    pub(crate) fn condition(&self, text: &str) -> Expr {
        let function = PersonIsAmong::new(&self.keys);
        let among = ScalarUDF::from(function).call(vec![ident("person_key"), lit(text)]);
        if self.without { not(among) } else { among }
    }
}

/// The conditions on persons of a query, computed.
#[derive(Default)]
pub(crate) struct PersonConditions {
    /// Filters with their conditions on the rows of `events`.
    known: Vec<(PropertyFilter, Expr)>,
    /// The cohorts that the query names.
    pub(crate) cohorts: Cohorts,
}

impl PersonConditions {
    /// Computes all conditions on persons of a query's filters.
    pub(crate) fn compute<'a>(
        groups: impl IntoIterator<Item = &'a FilterGroup>,
        named: &Named,
        moment: &Moment,
        state: &SessionState,
        now: Local,
    ) -> Result<Self> {
        let mut conditions = Self::default();
        let Some(persons) = &moment.persons else {
            return Ok(conditions);
        };
        conditions.cohorts = Cohorts::compute(named, persons, state, now)?;
        let fields = PersonFields {
            taxonomy: moment.of_persons().unwrap_or(&persons.taxonomy),
            cohorts: &conditions.cohorts,
        };
        let of_persons = [PropertyType::Person, PropertyType::PersonField];
        let filters = groups.into_iter().flat_map(FilterGroup::filters);
        for filter in filters.filter(|filter| of_persons.contains(&filter.property_type)) {
            if conditions.known.iter().any(|(known, _)| known == filter) {
                continue;
            }
            let condition = filters::condition(&fields, now, filter)?;
            let said = describe::condition(filter);
            let holds = match &moment.history {
                Some(history) if filter.property_type == PropertyType::Person => {
                    history.values(state, &filter.key, &condition.is_true(), &said)?
                }
                _ => persons.holding(state, &condition)?.condition(&said),
            };
            conditions.known.push((filter.clone(), holds));
        }
        Ok(conditions)
    }

    /// A filter's condition on the rows of `events`.
    pub(crate) fn condition(&self, filter: &PropertyFilter) -> Result<Expr> {
        let found = self.known.iter().find(|(known, _)| known == filter);
        let found = found.map(|(_, condition)| condition.clone());
        found.ok_or_else(|| {
            let (key, kind) = (&filter.key, filter.property_type.as_str());
            Error::invalid(format!(
                "filter on {key:?} is of type {kind}, which a query over events does not know"
            ))
            .with_hint("take a filter of type event, event_field, session, group, person, person_field, cohort, element or hogql")
        })
    }
}

/// `person_is_among(person_key, text)`: whether a person is one of a set; the text says of which.
#[derive(Debug, Clone)]
pub(crate) struct PersonIsAmong {
    pub(crate) keys: Arc<HashSet<i64>>,
    signature: Signature,
}

// Two are the same where they have the same set.
impl PartialEq for PersonIsAmong {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys) || self.keys == other.keys
    }
}

impl Eq for PersonIsAmong {}

impl Hash for PersonIsAmong {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.keys.len().hash(state);
    }
}

impl ScalarUDFImpl for PersonIsAmong {
    fn name(&self) -> &'static str {
        "person_is_among"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let keys = args
            .args
            .into_iter()
            .next()
            .map(|keys| keys.into_array(args.number_rows));
        let keys = keys.transpose()?;
        let Some(keys) = keys.as_ref().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
            return datafusion::common::internal_err!("person_key is no whole number");
        };
        Ok(ColumnarValue::Array(Arc::new(self.among(keys))))
    }
}

impl PersonIsAmong {
    pub(crate) fn new(keys: &Arc<HashSet<i64>>) -> Self {
        Self {
            keys: Arc::clone(keys),
            signature: Signature::exact(vec![DataType::Int64, DataType::Utf8], Volatility::Immutable),
        }
    }

    fn among(&self, keys: &Int64Array) -> BooleanArray {
        // Files are sorted by person, so that one look-up often serves many events.
        let mut last = None;
        let mut is_among = |key: i64| match last {
            Some((known, is)) if known == key => is,
            _ => {
                let is = self.keys.contains(&key);
                last = Some((key, is));
                is
            }
        };
        keys.iter().map(|key| Some(key.is_some_and(&mut is_among))).collect()
    }
}
