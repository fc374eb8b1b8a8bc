//! The persons of one moment, and for whom of them a condition holds.
//!
//! A condition on persons in a query over events is a semi-join: it is computed over the persons first, and what
//! is left for each event is whether its person is among them. Persons count as they are now, not as they were
//! when the event happened.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, new_null_array};
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, ident, lit, not,
};
use hedgerow_data_api::{FilterGroup, FilterNode, PersonTaxonomy, PropertyFilter, PropertyType, Taxonomy};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{Lake, LakeView};
use tokio::sync::Mutex;

use crate::describe;
use crate::fields::PersonFields;
use crate::filters;
use crate::people::{self, PeopleKind};

/// What a query with conditions on persons says of them.
pub(crate) const AS_OF_NOW: &str =
    "persons: as they are at the time of the query, not as they were when the event happened";

/// The persons of the latest queries are kept as long as they take no more than this together.
const MOST_KEPT: usize = 128 << 20;

/// The persons of a project at one moment.
pub(crate) struct Persons {
    /// The names of their properties.
    pub(crate) taxonomy: Arc<PersonTaxonomy>,
    /// The taxonomy of the events of the same moment.
    of_events: Arc<Taxonomy>,
    /// The rows of the table `persons`, in a schema in which everything may be missing.
    pub(crate) batches: Vec<RecordBatch>,
}

/// A project at one moment, as a typed query needs it.
pub(crate) struct Moment {
    pub(crate) view: Arc<LakeView>,
    pub(crate) taxonomy: Arc<Taxonomy>,
    /// Absent where the query has no conditions on persons.
    pub(crate) persons: Option<Arc<Persons>>,
}

/// The persons of the latest queries.
#[derive(Default)]
pub(crate) struct KnownPersons {
    /// The latest first.
    known: Mutex<Vec<(ProjectId, Arc<Persons>)>>,
}

impl KnownPersons {
    /// A project at this moment, with its persons where they are wanted. They are read anew only where something
    /// of the project changed since.
    pub(crate) async fn moment(&self, lake: &Lake, project: &ProjectId, with_persons: bool) -> Result<Moment> {
        let (view, taxonomy) = lake.snapshot(project).await?;
        if !with_persons {
            return Ok(Moment {
                view,
                taxonomy,
                persons: None,
            });
        }
        let mut known = self.known.lock().await;
        let found = known
            .iter()
            .find(|(id, persons)| id == project && Arc::ptr_eq(&persons.of_events, &taxonomy));
        if let Some((_, persons)) = found {
            let persons = Some(Arc::clone(persons));
            return Ok(Moment {
                view,
                taxonomy,
                persons,
            });
        }
        let mut moment = lake.moment(project).await?;
        let rows = people::read(&mut moment.people, PeopleKind::Persons, None).await?;
        drop(moment.people);
        let persons = Persons {
            taxonomy: moment.person_taxonomy,
            of_events: Arc::clone(&moment.taxonomy),
            batches: rows.iter().map(may_be_missing).collect::<Result<_>>()?,
        };
        let persons = Arc::new(persons);
        known.retain(|(id, _)| id != project);
        known.insert(0, (project.clone(), Arc::clone(&persons)));
        let mut bytes = 0;
        known.retain(|(_, persons)| {
            bytes += persons.bytes();
            bytes <= MOST_KEPT
        });
        Ok(Moment {
            view: moment.view,
            taxonomy: moment.taxonomy,
            persons: Some(persons),
        })
    }
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
    fn bytes(&self) -> usize {
        self.batches.iter().map(RecordBatch::get_array_memory_size).sum()
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
            let of_batch = batch.column(0).as_primitive_opt::<Int64Type>();
            let of_batch = of_batch.ok_or_else(|| Error::internal("the key of a person is no whole number"))?;
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

    /// The condition on the rows of `events`; `text` says in plans what it is.
    pub(crate) fn condition(&self, text: &str) -> Expr {
        let function = PersonIsAmong {
            keys: Arc::clone(&self.keys),
            signature: Signature::exact(vec![DataType::Int64, DataType::Utf8], Volatility::Immutable),
        };
        let among = ScalarUDF::from(function).call(vec![ident("person_key"), lit(text)]);
        if self.without { not(among) } else { among }
    }
}

/// The conditions on persons of a query, computed.
#[derive(Default)]
pub(crate) struct PersonConditions {
    known: Vec<(PropertyFilter, PersonSet)>,
}

impl PersonConditions {
    /// Computes all conditions on persons in some groups.
    pub(crate) fn compute<'a>(
        moment: &Moment,
        state: &SessionState,
        now: DateTime<Utc>,
        groups: impl IntoIterator<Item = &'a FilterGroup>,
    ) -> Result<Self> {
        let mut conditions = Self::default();
        let Some(persons) = &moment.persons else {
            return Ok(conditions);
        };
        let fields = PersonFields {
            taxonomy: &persons.taxonomy,
        };
        for filter in groups.into_iter().flat_map(of_persons) {
            if conditions.known.iter().any(|(known, _)| known == filter) {
                continue;
            }
            let condition = filters::condition(&fields, now, filter)?;
            let set = persons.holding(state, &condition)?;
            conditions.known.push((filter.clone(), set));
        }
        Ok(conditions)
    }

    /// A filter's condition on the rows of `events`.
    pub(crate) fn condition(&self, filter: &PropertyFilter) -> Result<Expr> {
        let found = self.known.iter().find(|(known, _)| known == filter);
        let (_, set) = found.ok_or_else(|| {
            let (key, kind) = (&filter.key, filter.property_type.as_str());
            Error::invalid(format!(
                "filter on {key:?} is of type {kind}, which a query over events does not know"
            ))
            .with_hint("take a filter of type event, event_field, person or person_field")
        })?;
        Ok(set.condition(&describe::condition(filter)))
    }
}

/// The filters on persons in a group and all groups within it.
pub(crate) fn of_persons(group: &FilterGroup) -> Vec<&PropertyFilter> {
    let mut found = Vec::new();
    for node in &group.values {
        match node {
            FilterNode::Group(nested) => found.extend(of_persons(nested)),
            FilterNode::Filter(filter) => {
                let kinds = [PropertyType::Person, PropertyType::PersonField];
                found.extend(kinds.contains(&filter.property_type).then_some(filter));
            }
        }
    }
    found
}

/// `person_is_among(person_key, text)`: whether a person is one of a set; the text says of which.
#[derive(Debug, Clone)]
struct PersonIsAmong {
    keys: Arc<HashSet<i64>>,
    signature: Signature,
}

// Two are the same where they have the same set.
impl PartialEq for PersonIsAmong {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys)
    }
}

impl Eq for PersonIsAmong {}

impl Hash for PersonIsAmong {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.keys).hash(state);
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
