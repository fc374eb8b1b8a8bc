//! The part of JSON Schema that says whether a value fits: types, closed sets, bounds, fields and items.

use hedgerow_errors::{Error, Result};
use serde_json::Value;

/// Refuses a value that does not fit; `place` names it in the message, e.g. `tags[2]`.
pub fn check(schema: &Value, value: &Value, place: &str) -> Result<()> {
    if let Some(known) = schema.get("enum").and_then(Value::as_array)
        && !known.contains(value)
    {
        let known: Vec<String> = known.iter().map(Value::to_string).collect();
        return Err(Error::invalid(format!(
            "{place} takes {}, not {value}",
            known.join(", ")
        )));
    }
    let types = types(schema);
    if !types.is_empty() && !types.iter().any(|name| fits(name, value)) {
        let message = format!("{place} takes {}, not {value}", types.join(" or "));
        return Err(Error::invalid(message));
    }
    if let Some(number) = value.as_f64() {
        let bound = |key| schema.get(key).and_then(Value::as_f64);
        let outside = bound("minimum").is_some_and(|least| number < least)
            || bound("maximum").is_some_and(|most| number > most)
            || bound("exclusiveMinimum").is_some_and(|least| number <= least)
            || bound("exclusiveMaximum").is_some_and(|most| number >= most);
        if outside {
            return Err(Error::invalid(format!("{place} is out of its bounds: {value}")));
        }
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        let bound = |key| schema.get(key).and_then(Value::as_u64);
        if bound("minLength").is_some_and(|least| length < least)
            || bound("maxLength").is_some_and(|most| length > most)
        {
            return Err(Error::invalid(format!(
                "{place} has {length} characters, which is out of its bounds"
            )));
        }
    }
    if let Some(fields) = value.as_object() {
        let properties = schema.get("properties").and_then(Value::as_object);
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !fields.contains_key(name) {
                return Err(Error::invalid(format!("{place} lacks {name}")));
            }
        }
        for (name, field) in fields {
            match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => check(schema, field, &format!("{place}.{name}"))?,
                None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    return Err(Error::invalid(format!("{place} has no field {name:?}")));
                }
                None => {}
            }
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        for (at, item) in items.iter().enumerate() {
            check(schema, item, &format!("{place}[{at}]"))?;
        }
    }
    Ok(())
}

/// The types that a schema allows; none where it says nothing.
pub(crate) fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn fits(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let schema = json!({"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
            "id": {"type": "string", "minLength": 2},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
            "size": {"type": ["integer", "null"], "minimum": 1},
        }});
        for good in [json!({"id": "ab"}), json!({"id": "ab", "tags": ["a"], "size": null})] {
            check(&schema, &good, "body").unwrap();
        }
        for (wrong, said) in [
            (json!([]), "body takes object, not []"),
            (json!({}), "body lacks id"),
            (
                json!({"id": "a"}),
                "body.id has 1 characters, which is out of its bounds",
            ),
            (
                json!({"id": "ab", "tags": ["a", "c"]}),
                "body.tags[1] takes \"a\", \"b\", not \"c\"",
            ),
            (json!({"id": "ab", "size": 0}), "body.size is out of its bounds: 0"),
            (
                json!({"id": "ab", "size": "1"}),
                "body.size takes integer or null, not \"1\"",
            ),
            (json!({"id": "ab", "more": 1}), "body has no field \"more\""),
        ] {
            assert_eq!(check(&schema, &wrong, "body").unwrap_err().message(), said);
        }
    }
}
