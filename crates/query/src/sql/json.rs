//! Functions of JSON in texts.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use serde_json::Value;

use super::functions::{
    Own, Types, list_of, of_count, of_text, returns_float, returns_text, returns_truth, returns_whole, text, whole,
};
use super::lists::list;

/// Keys of a path at most.
const DEEPEST: usize = 32;

pub(super) const FUNCTIONS: &[Own] = &[
    Own {
        name: "jsonextractstring",
        called: "JSONExtractString",
        takes: (1, DEEPEST),
        returns: returns_text,
        row: string,
    },
    Own {
        name: "jsonextractint",
        called: "JSONExtractInt",
        takes: (1, DEEPEST),
        returns: returns_whole,
        row: int,
    },
    Own {
        name: "jsonextractfloat",
        called: "JSONExtractFloat",
        takes: (1, DEEPEST),
        returns: returns_float,
        row: float,
    },
    Own {
        name: "jsonextractbool",
        called: "JSONExtractBool",
        takes: (1, DEEPEST),
        returns: returns_truth,
        row: boolean,
    },
    Own {
        name: "jsonextractraw",
        called: "JSONExtractRaw",
        takes: (1, DEEPEST),
        returns: returns_text,
        row: raw,
    },
    Own {
        name: "jsonextractarrayraw",
        called: "JSONExtractArrayRaw",
        takes: (1, DEEPEST),
        returns: texts,
        row: array,
    },
    Own {
        name: "jsonhas",
        called: "JSONHas",
        takes: (1, DEEPEST),
        returns: returns_truth,
        row: has,
    },
    Own {
        name: "jsonlength",
        called: "JSONLength",
        takes: (1, DEEPEST),
        returns: returns_whole,
        row: length,
    },
    Own {
        name: "json_get_int",
        called: "properties",
        takes: (2, 2),
        returns: returns_whole,
        row: int,
    },
    Own {
        name: "json_get_float",
        called: "properties",
        takes: (2, 2),
        returns: returns_float,
        row: float,
    },
    Own {
        name: "json_get_bool",
        called: "properties",
        takes: (2, 2),
        returns: returns_truth,
        row: boolean,
    },
];

fn texts(_: &Types<'_>) -> Result<DataType> {
    Ok(list_of(DataType::Utf8))
}

/// What lies at the path of keys and of indexes from 1.
fn found(values: &[ScalarValue]) -> Option<Value> {
    let (json, path) = values.split_first()?;
    let json = text(json)?;
    // Most texts have nothing of most keys: they are looked through before they are parsed.
    if let Some(key) = path.first().and_then(text)
        && !json.contains('\\')
        && !json.contains(key)
    {
        return None;
    }
    let mut value: Value = serde_json::from_str(json).ok()?;
    for step in path {
        value = match text(step) {
            Some(key) => value.as_object_mut()?.remove(key)?,
            None => {
                let index = whole(step)?;
                let members: Vec<Value> = match value {
                    Value::Array(members) => members,
                    Value::Object(members) => members.into_iter().map(|(_, member)| member).collect(),
                    _ => return None,
                };
                let at = match index {
                    1.. => usize::try_from(index - 1).ok()?,
                    0 => return None,
                    _ => members.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
                };
                members.into_iter().nth(at)?
            }
        };
    }
    Some(value)
}

fn string(values: &[ScalarValue]) -> Result<ScalarValue> {
    Ok(match found(values) {
        None | Some(Value::Null) => ScalarValue::Null,
        Some(Value::String(text)) => of_text(text),
        Some(other) => of_text(other.to_string()),
    })
}

fn int(values: &[ScalarValue]) -> Result<ScalarValue> {
    let number = found(values).and_then(|value| match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| super::numbers::exactly_whole(number.as_f64()?)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    Ok(ScalarValue::Int64(number))
}

fn float(values: &[ScalarValue]) -> Result<ScalarValue> {
    let number = found(values).and_then(|value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    Ok(ScalarValue::Float64(number))
}

fn boolean(values: &[ScalarValue]) -> Result<ScalarValue> {
    Ok(ScalarValue::Boolean(found(values).and_then(|value| value.as_bool())))
}

fn raw(values: &[ScalarValue]) -> Result<ScalarValue> {
    Ok(found(values).map_or(ScalarValue::Null, |value| of_text(value.to_string())))
}

fn array(values: &[ScalarValue]) -> Result<ScalarValue> {
    let members = match found(values) {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    };
    Ok(list(
        members.iter().map(|member| of_text(member.to_string())).collect(),
        &DataType::Utf8,
    ))
}

fn has(values: &[ScalarValue]) -> Result<ScalarValue> {
    if values.first().is_none_or(ScalarValue::is_null) {
        return Ok(ScalarValue::Null);
    }
    Ok(ScalarValue::Boolean(Some(found(values).is_some())))
}

fn length(values: &[ScalarValue]) -> Result<ScalarValue> {
    Ok(match found(values) {
        Some(Value::Array(members)) => of_count(members.len()),
        Some(Value::Object(members)) => of_count(members.len()),
        _ => ScalarValue::Null,
    })
}
