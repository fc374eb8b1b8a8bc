//! From the rows of a file back to events: each value under its key, whether it lies in a column of
//! its own or in `rest`.

use datafusion::arrow::array::{
    Array, AsArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array, StringArray,
};
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use hedgerow_data_api::Value;
use hedgerow_errors::{Code, Error, Result};
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
