//! From the rows of a file back to events: each value under its key, whether it lies in a column of
//! its own or in `rest`.

use std::borrow::Cow;

use datafusion::arrow::array::{
    Array, AsArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array, StringArray,
};
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use hedgerow_data_api::{EventBatch, Value};
use hedgerow_errors::{Code, Error, Result};
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::layout::{ColumnKind, LakeColumn, REST};

/// The fixed columns of some rows.
pub(crate) struct FixedColumns<'a> {
    pub(crate) uuids: &'a FixedSizeBinaryArray,
    pub(crate) events: &'a StringArray,
    pub(crate) timestamps: &'a [i64],
    pub(crate) distinct_ids: &'a StringArray,
    pub(crate) sessions: &'a StringArray,
    pub(crate) rest: &'a StringArray,
}

impl<'a> FixedColumns<'a> {
    /// The columns of rows that have all of them.
    pub(crate) fn of(rows: &'a RecordBatch) -> Result<Self> {
        let missing = |name: &str| Error::new(Code::Corrupt, format!("a file has no column {name} of its type"));
        let text = |name: &str| -> Result<&'a StringArray> {
            let array = rows.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
            array.ok_or_else(|| missing(name))
        };
        let uuids = rows
            .column_by_name("uuid")
            .and_then(|array| array.as_fixed_size_binary_opt());
        let timestamps = rows
            .column_by_name("timestamp")
            .and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>());
        Ok(Self {
            uuids: uuids.ok_or_else(|| missing("uuid"))?,
            events: text("event")?,
            timestamps: timestamps.ok_or_else(|| missing("timestamp"))?.values(),
            distinct_ids: text("distinct_id")?,
            sessions: text("session_id")?,
            rest: text(REST)?,
        })
    }

    /// The identity of a row.
    pub(crate) fn uuid(&self, row: usize) -> Uuid {
        Uuid::from_slice(self.uuids.value(row)).unwrap_or_default()
    }

    /// The session of a row, if it has one.
    pub(crate) fn session(&self, row: usize) -> Option<&'a str> {
        self.sessions.is_valid(row).then(|| self.sessions.value(row))
    }
}

/// The values of a property's column.
pub(crate) enum PropertyValues<'a> {
    Texts(&'a StringArray),
    Integers(&'a Int64Array),
    Doubles(&'a Float64Array),
    Booleans(&'a BooleanArray),
}

impl<'a> PropertyValues<'a> {
    /// The property columns of some rows by their keys, those without any value left out.
    pub(crate) fn of(rows: &'a RecordBatch, columns: &'a [LakeColumn]) -> Vec<(&'a str, Self)> {
        let values = columns.iter().filter_map(|column| {
            let key = column.key.as_deref()?;
            let array = rows.column_by_name(&column.name)?;
            if array.null_count() == array.len() {
                return None;
            }
            let values = match column.kind {
                ColumnKind::Integer => Self::Integers(array.as_primitive_opt::<Int64Type>()?),
                ColumnKind::Double => Self::Doubles(array.as_primitive_opt::<Float64Type>()?),
                ColumnKind::Boolean => Self::Booleans(array.as_boolean_opt()?),
                ColumnKind::Text | ColumnKind::Json | ColumnKind::Uuid | ColumnKind::Timestamp => {
                    Self::Texts(array.as_string_opt::<i32>()?)
                }
            };
            Some((key, values))
        });
        values.collect()
    }

    /// The value of a row, if it has one.
    pub(crate) fn value(&self, row: usize) -> Option<Value<'a>> {
        match self {
            Self::Texts(array) => array.is_valid(row).then(|| Value::Text(array.value(row))),
            Self::Integers(array) => array.is_valid(row).then(|| Value::Integer(array.value(row))),
            Self::Doubles(array) => array.is_valid(row).then(|| Value::Double(array.value(row))),
            Self::Booleans(array) => array.is_valid(row).then(|| Value::Boolean(array.value(row))),
        }
    }
}

/// Adds rows that have all stored columns to a batch of events.
pub(crate) fn add_events(batch: &mut EventBatch, rows: &RecordBatch, columns: &[LakeColumn]) -> Result<()> {
    let fixed = FixedColumns::of(rows)?;
    let properties = PropertyValues::of(rows, columns);
    for (row, time) in fixed.timestamps.iter().enumerate() {
        batch.begin(
            fixed.uuid(row),
            fixed.events.value(row),
            *time,
            fixed.distinct_ids.value(row),
            fixed.session(row),
        );
        for (key, values) in &properties {
            if let Some(value) = values.value(row) {
                batch.set(key, value);
            }
        }
        if fixed.rest.is_valid(row) {
            members(fixed.rest.value(row), |key, json| set_member(batch, key, json))?;
        }
    }
    Ok(())
}

fn set_member(batch: &mut EventBatch, key: &str, json: &str) {
    let unquoted;
    let value = match json.as_bytes().first() {
        Some(b'"') => {
            unquoted = serde_json::from_str::<String>(json).unwrap_or_default();
            Value::Text(&unquoted)
        }
        Some(b'{' | b'[') => Value::Json(json),
        Some(b't') => Value::Boolean(true),
        Some(b'f') => Value::Boolean(false),
        // A number without a fraction or an exponent was written from a whole one.
        _ => match (json.parse::<i64>(), json.parse::<f64>()) {
            (Ok(number), _) => Value::Integer(number),
            (_, Ok(number)) => Value::Double(number),
            _ => Value::Json(json),
        },
    };
    batch.set(key, value);
}

/// Gives each member of a JSON object, its value as JSON text.
pub(crate) fn members(object: &str, each: impl FnMut(&str, &str)) -> Result<()> {
    struct Each<F>(F);
    impl<'de, F: FnMut(&str, &str)> Visitor<'de> for Each<F> {
        type Value = ();

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(mut self, mut members: M) -> std::result::Result<(), M::Error> {
            while let Some((key, value)) = members.next_entry::<Cow<'de, str>, &RawValue>()? {
                (self.0)(&key, value.get());
            }
            Ok(())
        }
    }
    serde_json::Deserializer::from_str(object)
        .deserialize_map(Each(each))
        .map_err(|error| Error::caused(Code::Corrupt, "a file has a value in rest that is no object", error))
}
