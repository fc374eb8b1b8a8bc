//! From Arrow arrays to JSON cells.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use hedgerow_errors::{Code, Error, Result};
use serde_json::Value;
use uuid::Uuid;

/// A column's cells: numbers and booleans as such, lists and tuples as arrays of cells, a 16-byte value as a uuid,
/// everything else as text in Arrow's form (times in ISO form).
pub(crate) fn cells(array: &ArrayRef) -> Result<Vec<Value>> {
    let failed = |error| Error::caused(Code::Internal, "cannot format a result", error);
    match array.data_type() {
        DataType::Null => return Ok(vec![Value::Null; array.len()]),
        DataType::List(_) => return lists(array.as_list::<i32>(), |list, row| list.value(row)),
        DataType::LargeList(_) => return lists(array.as_list::<i64>(), |list, row| list.value(row)),
        DataType::FixedSizeList(..) => return lists(array.as_fixed_size_list(), |list, row| list.value(row)),
        DataType::Struct(_) => return tuples(array.as_struct()),
        _ => {}
    }
    let form = match array.data_type() {
        DataType::Timestamp(_, Some(zone)) if !matches!(zone.as_ref(), "UTC" | "+00:00") => "%Y-%m-%dT%H:%M:%S%.f%:z",
        _ => "%Y-%m-%dT%H:%M:%S%.fZ",
    };
    let options = FormatOptions::default().with_timestamp_tz_format(Some(form));
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).map_err(failed)?;
    let cell = |row: usize| -> Result<Value> {
        if array.is_null(row) {
            return Ok(Value::Null);
        }
        let text = || formatter.value(row).try_to_string().map_err(failed);
        Ok(match array.data_type() {
            DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
            kind if kind.is_integer() => integer(&text()?),
            DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
            DataType::Float32 => float(f64::from(array.as_primitive::<Float32Type>().value(row))),
            DataType::FixedSizeBinary(16) => {
                let bytes = array.as_fixed_size_binary().value(row);
                Value::String(Uuid::from_slice(bytes).map(|uuid| uuid.to_string()).unwrap_or_default())
            }
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                let text = text()?;
                text.parse::<f64>().map_or(Value::String(text), float)
            }
            _ => Value::String(text()?),
        })
    };
    (0..array.len()).map(cell).collect()
}

fn lists<L: Array>(lists: &L, value: impl Fn(&L, usize) -> ArrayRef) -> Result<Vec<Value>> {
    let cell = |row: usize| -> Result<Value> {
        if lists.is_null(row) {
            return Ok(Value::Null);
        }
        Ok(Value::Array(cells(&value(lists, row))?))
    };
    (0..lists.len()).map(cell).collect()
}

fn tuples(tuples: &StructArray) -> Result<Vec<Value>> {
    let members = tuples.columns().iter().map(cells).collect::<Result<Vec<_>>>()?;
    let cell = |row: usize| {
        if tuples.is_null(row) {
            return Value::Null;
        }
        Value::Array(members.iter().filter_map(|member| member.get(row).cloned()).collect())
    };
    Ok((0..tuples.len()).map(cell).collect())
}

fn integer(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return number.into();
    }
    text.parse::<u64>()
        .map_or_else(|_| Value::String(text.to_owned()), Value::from)
}

/// JSON has no NaN and no infinity: those are told as text instead of as null, which would read as
/// missing.
fn float(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}
