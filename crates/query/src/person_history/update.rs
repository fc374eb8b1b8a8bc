//! `person_update(rest, key)`: what an event itself does to a property of its person.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use serde_json::Value;

use crate::rest::member;

pub(crate) static UPDATE: LazyLock<ScalarUDF> = LazyLock::new(|| ScalarUDF::from(PersonUpdate::new()));

/// What an event does to a property. Values are JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Update {
    Unset,
    Set(String),
    SetOnce(String),
}

impl Update {
    /// What `$set`, `$set_once` and `$unset` in `rest` say of a key. An event sets once, then sets, then unsets, so that
    /// the last of these is what is left.
    fn of(rest: &str, key: &str) -> Option<Self> {
        let part = |name| member(rest, name).map(serde_json::value::RawValue::get);
        if part("$unset").is_some_and(|unset| names(unset, key)) {
            return Some(Self::Unset);
        }
        let value = |name| {
            let value = member(part(name)?, key)?;
            // In the form in which persons have it: a number that is written as 1.50 is 1.5.
            let value: Value = serde_json::from_str(value.get()).ok()?;
            Some(value.to_string())
        };
        value("$set")
            .map(Self::Set)
            .or_else(|| value("$set_once").map(Self::SetOnce))
    }

    /// As one text.
    fn write(self) -> String {
        match self {
            Self::Unset => "-".to_owned(),
            Self::Set(json) => format!("={json}"),
            Self::SetOnce(json) => format!("?{json}"),
        }
    }

    /// What was written so.
    pub(super) fn read(text: &str) -> Option<Self> {
        let json = || text.get(1..).map(str::to_owned);
        match text.as_bytes().first()? {
            b'-' => Some(Self::Unset),
            b'=' => json().map(Self::Set),
            b'?' => json().map(Self::SetOnce),
            _ => None,
        }
    }
}

/// Whether a list of keys, or an object, has a key.
fn names(unset: &str, key: &str) -> bool {
    match serde_json::from_str(unset) {
        Ok(Value::Array(keys)) => keys.iter().any(|known| known.as_str() == Some(key)),
        Ok(Value::Object(keys)) => keys.contains_key(key),
        _ => false,
    }
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct PersonUpdate {
    signature: Signature,
}

impl PersonUpdate {
    fn new() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for PersonUpdate {
    fn name(&self) -> &'static str {
        "person_update"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [rest, ColumnarValue::Scalar(ScalarValue::Utf8(Some(key)))] = args.args.as_slice() else {
            return internal_err!("person_update takes rest and a key as a literal");
        };
        let rest = rest.to_array(args.number_rows)?;
        let Some(rest) = rest.as_string_opt::<i32>() else {
            return internal_err!("rest is no text");
        };
        // Most events say nothing of their person, so the text is looked through before it is parsed.
        let says = |json: &&str| json.contains("\"$set") || json.contains("\"$unset\"");
        let update = |json: &str| Update::of(json, key).map(Update::write);
        let updates: StringArray = rest.iter().map(|json| json.filter(says).and_then(update)).collect();
        Ok(ColumnarValue::Array(Arc::new(updates)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_what_an_event_does_is_left() {
        let cases = [
            (r#"{"$set": {"plan": "pro"}}"#, Some(r#"="pro""#)),
            (r#"{"$set": {"plan": 1.50}, "$set_once": {"plan": 2}}"#, Some("=1.5")),
            (r#"{"$set": {"other": 1}, "$set_once": {"plan": null}}"#, Some("?null")),
            (r#"{"$set": {"plan": 1}, "$unset": ["plan"]}"#, Some("-")),
            (r#"{"$set_once": {"plan": 1}, "$unset": {"plan": 1}}"#, Some("-")),
            (r#"{"$set": {"plan": 1}, "$unset": "plan"}"#, Some("=1")),
            (r#"{"$set": ["plan"]}"#, None),
            (r#"{"plan": 1}"#, None),
        ];
        for (rest, wanted) in cases {
            let update = Update::of(rest, "plan");
            assert_eq!(update.clone().map(Update::write).as_deref(), wanted, "{rest}");
            assert_eq!(wanted.and_then(Update::read), update, "{rest}");
        }
    }
}
