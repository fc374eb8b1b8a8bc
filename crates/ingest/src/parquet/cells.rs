//! Columns of values, in the few types that a property can have.

use std::borrow::Cow;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, TimestampMicrosecondArray, UInt64Array};
use arrow_cast::cast;
use arrow_json::writer::{EncoderOptions, make_encoder};
use arrow_schema::{ArrowError, DataType, FieldRef, TimeUnit};
use hedgerow_data_api::{PropertyColumn, Value};
use serde_json::value::RawValue;

use super::texts::{Texts, Translation};
use crate::draft::Cell;
use crate::json_text::{Json, compact, value};
use crate::rejects::Reject;
use crate::times::{self, Time};

/// The row of an event that was rejected.
pub(super) const REJECTED: u32 = u32::MAX;

/// Values by row.
pub(super) enum Cells {
    Booleans(BooleanArray),
    Integers(Int64Array),
    Unsigned(UInt64Array),
    Doubles(Float64Array),
    Texts(Texts),
    /// Decimals as they are written.
    Decimals(Texts),
    /// JSON of any kind.
    Json(Texts),
}

impl Cells {
    pub(super) fn of(array: &ArrayRef, field: &FieldRef, is_json: bool) -> Result<Self, ArrowError> {
        let kind = array.data_type();
        Ok(match kind {
            DataType::Boolean => Self::Booleans(array.as_boolean().clone()),
            DataType::Int64 => Self::Integers(array.as_primitive::<Int64Type>().clone()),
            DataType::UInt64 => Self::Unsigned(array.as_primitive::<UInt64Type>().clone()),
            DataType::Float64 => Self::Doubles(array.as_primitive::<Float64Type>().clone()),
            _ if kind.is_integer() => {
                Self::Integers(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            _ if kind.is_floating() => {
                Self::Doubles(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            _ if kind.is_decimal() => Self::Decimals(Texts::of(array)?),
            _ if kind.is_nested() => Self::Json(json_texts(array, field)?),
            _ if is_json => Self::Json(Texts::of(array)?),
            _ => Self::Texts(Texts::of(array)?),
        })
    }

    fn is_valid(&self, at: usize) -> bool {
        match self {
            Self::Booleans(array) => array.is_valid(at),
            Self::Integers(array) => array.is_valid(at),
            Self::Unsigned(array) => array.is_valid(at),
            Self::Doubles(array) => array.is_valid(at),
            Self::Texts(texts) | Self::Decimals(texts) | Self::Json(texts) => texts.get(at).is_some(),
        }
    }

    /// The value of a row, if it has one.
    fn get(&self, at: usize) -> Option<Cell<'_>> {
        if !self.is_valid(at) {
            return None;
        }
        match self {
            Self::Booleans(array) => Some(Cell::Boolean(array.value(at))),
            Self::Integers(array) => Some(Cell::Integer(array.value(at))),
            Self::Unsigned(array) => Some(
                i64::try_from(array.value(at))
                    .map_or_else(|_| Cell::Text(Cow::Owned(array.value(at).to_string())), Cell::Integer),
            ),
            Self::Doubles(array) => Some(Cell::Double(array.value(at))),
            Self::Texts(texts) => texts.get(at).map(|text| Cell::Text(Cow::Borrowed(text))),
            Self::Decimals(texts) => texts.get(at).map(decimal),
            Self::Json(texts) => json(texts.get(at)?),
        }
    }

    /// Fills a property's column. `rows` are those of the batch by the place here, `stand_ins` values by
    /// the place here for rows without one, ascending. Says how many numbers were too big for any type.
    pub(super) fn fill(
        &self,
        rows: &[u32],
        stand_ins: &[(usize, &Cell<'_>)],
        column: &mut PropertyColumn,
        translation: &mut Translation,
    ) -> u64 {
        let places = || rows.iter().enumerate().filter(|(_, row)| **row != REJECTED);
        if !stand_ins.is_empty() {
            let mut stand_ins = stand_ins.iter().peekable();
            for (at, row) in places() {
                while stand_ins.next_if(|(place, _)| *place < at).is_some() {}
                let stand_in = stand_ins.next_if(|(place, _)| *place == at).map(|(_, cell)| *cell);
                match (self.get(at), stand_in) {
                    (Some(cell), _) => column.set(*row, cell.as_value()),
                    (None, Some(cell)) => column.set(*row, cell.as_value()),
                    (None, None) => {}
                }
            }
            return 0;
        }
        let mut big_numbers = 0;
        match self {
            Self::Booleans(array) => {
                for (at, row) in places().filter(|(at, _)| array.is_valid(*at)) {
                    column.set(*row, Value::Boolean(array.value(at)));
                }
            }
            Self::Integers(array) => {
                for (at, row) in places().filter(|(at, _)| array.is_valid(*at)) {
                    column.set(*row, Value::Integer(array.value(at)));
                }
            }
            Self::Doubles(array) => {
                for (at, row) in places().filter(|(at, _)| array.is_valid(*at)) {
                    column.set(*row, Value::Double(array.value(at)));
                }
            }
            Self::Texts(texts) => {
                for (at, row) in places() {
                    if let Some(number) = texts.number(at, &mut column.texts.dictionary, translation) {
                        column.push_number(*row, number);
                    }
                }
            }
            Self::Unsigned(_) | Self::Decimals(_) | Self::Json(_) => {
                for (at, row) in places() {
                    if let Some(cell) = self.get(at) {
                        let is_text = matches!((self, &cell), (Self::Unsigned(_), Cell::Text(_)));
                        big_numbers += u64::from(is_text);
                        column.set(*row, cell.as_value());
                    }
                }
            }
        }
        big_numbers
    }

    /// Adds a row's value to what its identity is made of. Changing this makes old imports look new.
    pub(super) fn write(&self, at: usize, key: &str, content: &mut Vec<u8>) {
        let Some(cell) = self.get(at) else { return };
        content.extend_from_slice(key.as_bytes());
        content.push(0);
        match cell {
            Cell::Text(text) | Cell::Json(text) => content.extend_from_slice(text.as_bytes()),
            Cell::Integer(number) => content.extend_from_slice(&number.to_le_bytes()),
            Cell::Double(number) => content.extend_from_slice(&number.to_bits().to_le_bytes()),
            Cell::Boolean(truth) => content.push(u8::from(truth)),
        }
        content.push(0);
    }
}

/// A decimal as a whole number or a double, if that is the same number, and as text otherwise.
fn decimal(text: &str) -> Cell<'_> {
    if let Ok(number) = text.parse() {
        return Cell::Integer(number);
    }
    let shortest = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    };
    match text.parse::<f64>() {
        Ok(number) if number.to_string() == shortest => Cell::Double(number),
        _ => Cell::Text(Cow::Borrowed(text)),
    }
}

/// The value that a JSON text stands for; a text that is no JSON stands for itself.
fn json(text: &str) -> Option<Cell<'_>> {
    let as_text = || Some(Cell::Text(Cow::Borrowed(text)));
    let Ok(raw) = serde_json::from_str::<&RawValue>(text) else {
        return as_text();
    };
    match value(raw.get()) {
        Ok(Json::Null) => None,
        Ok(Json::Text(text)) => Some(Cell::Text(text)),
        Ok(Json::Integer(number)) => Some(Cell::Integer(number)),
        Ok(Json::Double(number)) => Some(Cell::Double(number)),
        Ok(Json::Boolean(truth)) => Some(Cell::Boolean(truth)),
        Ok(Json::Nested(nested)) => Some(Cell::Json(compact(nested))),
        Ok(Json::Big(_)) | Err(_) => as_text(),
    }
}

/// A column's values as JSON texts, one a row; texts are taken to be JSON already.
pub(super) fn json_texts(array: &ArrayRef, field: &FieldRef) -> Result<Texts, ArrowError> {
    if !array.data_type().is_nested() {
        return Texts::of(array);
    }
    let options = EncoderOptions::default();
    let mut encoder = make_encoder(field, array, &options)?;
    let (mut texts, mut json) = (StringBuilder::with_capacity(array.len(), 0), Vec::new());
    for at in 0..array.len() {
        if array.is_null(at) {
            texts.append_null();
            continue;
        }
        json.clear();
        encoder.encode(at, &mut json);
        texts.append_value(String::from_utf8_lossy(&json));
    }
    Ok(Texts::Plain(texts.finish()))
}

/// A column of times.
pub(super) enum Times {
    /// Microseconds since 1970, and whether the file says that they are in UTC.
    Micros(TimestampMicrosecondArray, bool),
    /// In one of the forms that `times` reads.
    Written(Texts),
}

impl Times {
    pub(super) fn of(array: &ArrayRef) -> Result<Self, ArrowError> {
        let micros = |array: &ArrayRef, zoned| {
            let cast = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            Ok(Self::Micros(
                cast.as_primitive::<TimestampMicrosecondType>().clone(),
                zoned,
            ))
        };
        match array.data_type() {
            DataType::Timestamp(_, zone) => micros(array, zone.is_some()),
            DataType::Date32 | DataType::Date64 => micros(array, false),
            _ => Ok(Self::Written(Texts::of(array)?)),
        }
    }

    /// The time of a row, if it has one.
    pub(super) fn get(&self, at: usize) -> Option<Result<Time, Reject>> {
        match self {
            Self::Micros(array, zoned) => array.is_valid(at).then(|| {
                times::within(Time {
                    micros: array.value(at),
                    zoned: *zoned,
                })
            }),
            Self::Written(texts) => texts.get(at).filter(|text| !text.is_empty()).map(times::parse),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_numbers_where_these_are_exact() {
        let cases = [
            ("12.50", Cell::Double(12.5)),
            ("12.00", Cell::Double(12.0)),
            ("-0.1", Cell::Double(-0.1)),
            ("12", Cell::Integer(12)),
            (
                "123456789012345678901234567890",
                Cell::Text("123456789012345678901234567890".into()),
            ),
            ("0.1234567890123456789", Cell::Text("0.1234567890123456789".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(decimal(text), expected, "{text}");
        }
    }
}
