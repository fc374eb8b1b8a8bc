//! Columns that files do not have: the value of a key out of the JSON of `rest`, and the person whom
//! an event belongs to by now.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Float64Builder, Int64Array, Int64Builder, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use hedgerow_data_api::ValueType;
use hedgerow_lake::{ColumnKind, Overrides};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// `rest_value(rest)`: the value of one key, in the key's type; null where it is of another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RestValue {
    key: String,
    data_type: DataType,
    is_json: bool,
    signature: Signature,
}

impl RestValue {
    pub(crate) fn new(key: &str, kind: ColumnKind) -> Self {
        Self {
            key: key.to_owned(),
            data_type: kind.data_type(),
            is_json: kind == ColumnKind::Json,
            signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable),
        }
    }
}

impl RestValue {
    /// The value of a key in the type that a taxonomy says; `None` for texts, which [`JsonGetStr`] reads.
    pub(crate) fn of_type(key: &str, value_type: ValueType) -> Option<Self> {
        let data_type = match value_type {
            ValueType::String => return None,
            ValueType::Integer => DataType::Int64,
            ValueType::Double => DataType::Float64,
            ValueType::Boolean => DataType::Boolean,
            ValueType::Json => DataType::Utf8,
        };
        Some(Self {
            key: key.to_owned(),
            data_type,
            is_json: value_type == ValueType::Json,
            signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable),
        })
    }
}

impl RestValue {
    /// The types that values have.
    const TYPES: [(&str, DataType); 4] = [
        ("text", DataType::Utf8),
        ("integer", DataType::Int64),
        ("double", DataType::Float64),
        ("boolean", DataType::Boolean),
    ];

    /// What makes it: its key, the name of its type, and whether it is JSON.
    pub(crate) fn parts(&self) -> (&str, &str, bool) {
        let mut types = Self::TYPES.iter();
        let name = types
            .find(|(_, known)| *known == self.data_type)
            .map_or("", |(name, _)| name);
        (&self.key, name, self.is_json)
    }

    /// The same again; `None` where there is no such type.
    pub(crate) fn of_parts((key, name, is_json): (String, String, bool)) -> Option<Self> {
        let (_, data_type) = Self::TYPES.into_iter().find(|(known, _)| *known == name)?;
        Some(Self {
            key,
            data_type,
            is_json,
            signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable),
        })
    }
}

impl ScalarUDFImpl for RestValue {
    fn name(&self) -> &'static str {
        "rest_value"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.data_type.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(rest) = arrays.first().and_then(|array| array.as_string_opt::<i32>()) else {
            return datafusion::common::internal_err!("rest is no text");
        };
        // Most events have nothing in `rest` of most keys, so the text is looked through before it is parsed.
        let quoted = serde_json::Value::from(self.key.as_str()).to_string();
        let values = rest.iter().map(|json| {
            json.filter(|json| json.contains(&quoted))
                .and_then(|json| member(json, &self.key))
        });
        let array: ArrayRef = match &self.data_type {
            DataType::Int64 => {
                let mut array = Int64Builder::with_capacity(rest.len());
                values.for_each(|value| array.append_option(value.and_then(|value| value.get().parse().ok())));
                Arc::new(array.finish())
            }
            DataType::Float64 => {
                let mut array = Float64Builder::with_capacity(rest.len());
                values.for_each(|value| array.append_option(value.and_then(|value| value.get().parse().ok())));
                Arc::new(array.finish())
            }
            DataType::Boolean => {
                let mut array = BooleanBuilder::with_capacity(rest.len());
                values.for_each(|value| array.append_option(value.and_then(|value| value.get().parse().ok())));
                Arc::new(array.finish())
            }
            _ => {
                let mut array = StringBuilder::new();
                for value in values {
                    match value {
                        Some(value) if value.get() == "null" => array.append_null(),
                        Some(value) if self.is_json => array.append_value(value.get()),
                        Some(value) => array.append_option(serde_json::from_str::<String>(value.get()).ok()),
                        None => array.append_null(),
                    }
                }
                Arc::new(array.finish())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

/// A member of a JSON object, without reading the others more than is needed to skip them.
pub(crate) fn member<'a>(json: &'a str, key: &str) -> Option<&'a RawValue> {
    struct Wanted<'k>(&'k str);
    impl<'de> Visitor<'de> for Wanted<'_> {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self::Value, M::Error> {
            let mut found = None;
            while let Some(key) = members.next_key::<std::borrow::Cow<'de, str>>()? {
                if key == self.0 {
                    found = Some(members.next_value()?);
                } else {
                    members.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    serde_json::Deserializer::from_str(json)
        .deserialize_map(Wanted(key))
        .ok()
        .flatten()
}

/// `json_get_str(json, key)`: a member of a JSON object as text, one that is a text without its quotes;
/// null where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct JsonGetStr {
    signature: Signature,
}

impl Default for JsonGetStr {
    fn default() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for JsonGetStr {
    fn name(&self) -> &'static str {
        "json_get_str"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [json, keys] = arrays.as_slice() else {
            return datafusion::common::internal_err!("json_get_str takes two texts");
        };
        let (Some(json), Some(keys)) = (json.as_string_opt::<i32>(), keys.as_string_opt::<i32>()) else {
            return datafusion::common::internal_err!("json_get_str takes two texts");
        };
        let mut array = StringBuilder::new();
        for (json, key) in json.iter().zip(keys) {
            let value = json
                .zip(key)
                .and_then(|(json, key)| member(json, key))
                .map(RawValue::get);
            match value {
                Some(text) if text.starts_with('"') => array.append_option(serde_json::from_str::<String>(text).ok()),
                Some("null") | None => array.append_null(),
                Some(other) => array.append_value(other),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(array.finish())))
    }
}

/// `person(person_key)`: the key of the person whom events of this key belong to after all merges.
#[derive(Debug, Clone)]
pub(crate) struct CurrentPerson {
    pub(crate) overrides: Arc<Overrides>,
    signature: Signature,
}

impl CurrentPerson {
    pub(crate) fn new(overrides: &Arc<Overrides>) -> Self {
        Self {
            overrides: Arc::clone(overrides),
            signature: Signature::exact(vec![DataType::Int64], Volatility::Immutable),
        }
    }

    /// Whether it maps by this very map.
    pub(crate) fn is_by(&self, overrides: &Arc<Overrides>) -> bool {
        Arc::ptr_eq(&self.overrides, overrides)
    }
}

// Two are the same where they map by the same map; a view has one.
impl PartialEq for CurrentPerson {
    fn eq(&self, other: &Self) -> bool {
        self.is_by(&other.overrides)
    }
}

impl Eq for CurrentPerson {}

impl Hash for CurrentPerson {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.overrides).hash(state);
    }
}

impl ScalarUDFImpl for CurrentPerson {
    fn name(&self) -> &'static str {
        "person"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(keys) = arrays.first().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
            return datafusion::common::internal_err!("person_key is no whole number");
        };
        // Files are sorted by person, so that one look-up serves many events.
        let mut last = None;
        let current = keys.values().iter().map(|key| match last {
            Some((known, current)) if known == *key => current,
            _ => {
                let current = self.overrides.get(key).copied().unwrap_or(*key);
                last = Some((*key, current));
                current
            }
        });
        let current = Int64Array::new(current.collect(), keys.nulls().cloned());
        Ok(ColumnarValue::Array(Arc::new(current)))
    }
}
