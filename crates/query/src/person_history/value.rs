//! `person_value_at(person_key, timestamp, uuid, text)`: the value that a person had right after an event.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use uuid::Uuid;

/// When a value began: the time of an event in microseconds, and its uuid where times are equal.
pub(crate) type Began = (i64, Uuid);

/// When the values of a property of each person began.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    /// Where in `began` those of a person start and end.
    pub(crate) persons: HashMap<i64, (u32, u32)>,
    /// In order within each person.
    pub(crate) began: Vec<Began>,
}

impl Versions {
    /// Adds a value of a person; those of one person come one after the other, in order.
    pub(crate) fn add(&mut self, person: i64, began: Began) -> Result<()> {
        let Ok(at) = u32::try_from(self.began.len()) else {
            return internal_err!("persons have too many values");
        };
        self.began.push(began);
        self.persons.entry(person).or_insert((at, at)).1 = at + 1;
        Ok(())
    }

    /// The place of the value that a person had right after an event: 0 where it had none yet.
    fn place(&self, (start, end): (u32, u32), event: Began) -> u32 {
        let own = &self.began[start as usize..end as usize];
        // There are no more than `u32` has numbers for.
        #[expect(clippy::cast_possible_truncation, reason = "`own` is no longer than `end`")]
        match own.partition_point(|began| *began <= event) as u32 {
            0 => 0,
            before => start + before,
        }
    }
}

/// The function, with values by their place: first that of who had none yet, and then one for each of the versions.
#[derive(Debug, Clone)]
pub(crate) struct PersonValueAt {
    pub(crate) versions: Arc<Versions>,
    pub(crate) values: ArrayRef,
    signature: Signature,
}

impl PersonValueAt {
    pub(crate) fn new(versions: Arc<Versions>, values: ArrayRef) -> Self {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let takes = vec![DataType::Int64, time, DataType::FixedSizeBinary(16), DataType::Utf8];
        Self {
            versions,
            values,
            signature: Signature::exact(takes, Volatility::Immutable),
        }
    }
}

// Two are the same where they have the same values.
impl PartialEq for PersonValueAt {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.versions, &other.versions) || self.versions == other.versions)
            && (Arc::ptr_eq(&self.values, &other.values) || *self.values == *other.values)
    }
}

impl Eq for PersonValueAt {}

impl Hash for PersonValueAt {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.versions.began.len().hash(state);
    }
}

impl ScalarUDFImpl for PersonValueAt {
    fn name(&self) -> &'static str {
        "person_value_at"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.values.data_type().clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [keys, times, uuids, _] = arrays.as_slice() else {
            return internal_err!("person_value_at takes a person, a time, a uuid and a text");
        };
        let (Some(keys), Some(times), Some(uuids)) = (
            keys.as_primitive_opt::<Int64Type>(),
            times.as_primitive_opt::<TimestampMicrosecondType>(),
            uuids.as_fixed_size_binary_opt(),
        ) else {
            return internal_err!("person_value_at takes a person, a time and a uuid");
        };
        // Files are sorted by person, so that one look-up often serves many events.
        let mut last: Option<(i64, Option<(u32, u32)>)> = None;
        let place = |row: usize| {
            if keys.is_null(row) {
                return 0;
            }
            let key = keys.value(row);
            let own = match last {
                Some((known, own)) if known == key => own,
                _ => {
                    let own = self.versions.persons.get(&key).copied();
                    last = Some((key, own));
                    own
                }
            };
            let uuid = Uuid::from_slice(uuids.value(row)).unwrap_or_default();
            own.map_or(0, |own| self.versions.place(own, (times.value(row), uuid)))
        };
        let places = UInt32Array::from_iter_values((0..keys.len()).map(place));
        Ok(ColumnarValue::Array(take(&self.values, &places, None)?))
    }
}

/// What the function holds; 0 for others.
pub(crate) fn bytes_held(function: &ScalarUDF) -> usize {
    let value = function.inner().downcast_ref::<PersonValueAt>();
    value.map_or(0, |value| {
        let persons = value.versions.persons.len() * size_of::<(i64, (u32, u32))>() * 2;
        let began = value.versions.began.len() * size_of::<Began>();
        persons + began + value.values.get_array_memory_size()
    })
}
