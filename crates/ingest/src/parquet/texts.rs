//! Columns of texts, and their numbers in a batch.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int32Array, StringArray};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType};
use hedgerow_data_api::Dictionary;
use uuid::Uuid;

/// A number that no text has.
const UNKNOWN: u32 = u32::MAX;

/// Texts by row.
pub(super) enum Texts {
    /// One a row.
    Plain(StringArray),
    /// The number of one a row.
    Numbered {
        /// The numbers.
        keys: Int32Array,
        /// The texts.
        values: StringArray,
    },
}

/// The numbers in a batch of the texts of a dictionary, as far as they were needed.
#[derive(Default)]
pub(super) struct Translation {
    /// Held so that no other dictionary takes its place in memory.
    of: Option<StringArray>,
    numbers: Vec<u32>,
}

impl Translation {
    /// Forgets all numbers, which is due with each new batch.
    pub(super) fn forget(&mut self) {
        self.of = None;
        self.numbers.clear();
    }

    fn number(&mut self, values: &StringArray, key: usize, dictionary: &mut Dictionary) -> u32 {
        let is_same = |known: &StringArray| {
            known.len() == values.len()
                && std::ptr::eq(known.value_data().as_ptr(), values.value_data().as_ptr())
                && std::ptr::eq(known.value_offsets().as_ptr(), values.value_offsets().as_ptr())
        };
        if !self.of.as_ref().is_some_and(is_same) {
            self.numbers.clear();
            self.numbers.resize(values.len(), UNKNOWN);
            self.of = Some(values.clone());
        }
        match self.numbers.get_mut(key) {
            Some(number) => {
                if *number == UNKNOWN {
                    *number = dictionary.number(values.value(key));
                }
                *number
            }
            None => dictionary.number(""),
        }
    }
}

impl Texts {
    /// The texts of a column; values of other types in the form that a person writes them.
    pub(super) fn of(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Plain(array.as_string::<i32>().clone()),
            DataType::Dictionary(key, value) if **key == DataType::Int32 && **value == DataType::Utf8 => {
                let array = array.as_dictionary::<Int32Type>();
                // The reader names the type that was asked for, and of a batch without a value gives another.
                let values = match array.values().as_string_opt::<i32>() {
                    Some(values) => values.clone(),
                    None => cast(array.values(), &DataType::Utf8)?.as_string::<i32>().clone(),
                };
                Self::Numbered {
                    keys: array.keys().clone(),
                    values,
                }
            }
            DataType::FixedSizeBinary(_) => {
                let array = array.as_fixed_size_binary();
                Self::Plain(array.iter().map(|bytes| bytes.map(bytes_text)).collect())
            }
            DataType::Binary => {
                let array = array.as_binary::<i32>();
                let text = |bytes: &[u8]| std::str::from_utf8(bytes).map_or_else(|_| hex(bytes), str::to_owned);
                Self::Plain(array.iter().map(|bytes| bytes.map(text)).collect())
            }
            kind if kind.is_temporal() => Self::Plain(times(array)?),
            _ => Self::Plain(cast(array, &DataType::Utf8)?.as_string::<i32>().clone()),
        })
    }

    /// The text of a row, if it has one.
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        match self {
            Self::Plain(texts) => texts.is_valid(at).then(|| texts.value(at)),
            Self::Numbered { keys, values } => {
                let key = usize::try_from(keys.is_valid(at).then(|| keys.value(at))?).ok()?;
                (key < values.len() && values.is_valid(key)).then(|| values.value(key))
            }
        }
    }

    /// The number of a row's text, if it has one.
    pub(super) fn number(&self, at: usize, dictionary: &mut Dictionary, translation: &mut Translation) -> Option<u32> {
        match self {
            Self::Plain(texts) => texts.is_valid(at).then(|| dictionary.number(texts.value(at))),
            Self::Numbered { keys, values } => {
                let key = usize::try_from(keys.is_valid(at).then(|| keys.value(at))?).ok()?;
                (key < values.len() && values.is_valid(key)).then(|| translation.number(values, key, dictionary))
            }
        }
    }
}

/// Times as texts; one that no calendar has is the number that it is in the file.
fn times(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let text = |at: usize| match formatter.value(at).try_to_string() {
        Ok(text) => Ok(text),
        Err(_) => {
            let number = cast(&array.slice(at, 1), &DataType::Int64)?;
            Ok(number.as_primitive::<Int64Type>().value(0).to_string())
        }
    };
    let text = |at: usize| array.is_valid(at).then(|| text(at)).transpose();
    (0..array.len()).map(text).collect()
}

/// Sixteen bytes are a UUID; others have no better form than their digits.
fn bytes_text(bytes: &[u8]) -> String {
    Uuid::from_slice(bytes).map_or_else(|_| hex(bytes), |uuid| uuid.to_string())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
