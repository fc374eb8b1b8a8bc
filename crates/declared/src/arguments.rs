//! The arguments of a call: their schema, and their check against the parameters.

use std::collections::BTreeMap;

use hedgerow_errors::{Error, Result, did_you_mean};
use serde_json::{Map, Value, json};

use crate::parameter::Parameter;

/// JSON Schema of the arguments.
pub(crate) fn schema(parameters: &BTreeMap<String, Parameter>) -> Value {
    let properties: Map<String, Value> = parameters
        .iter()
        .map(|(name, parameter)| (name.clone(), parameter.schema()))
        .collect();
    let required: Vec<&String> = parameters
        .iter()
        .filter(|(_, parameter)| parameter.is_required())
        .map(|(name, _)| name)
        .collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// The same as [`complete`] for a tool: what is refused comes with a call that works.
pub(crate) fn complete_for(
    tool: &str,
    example: &str,
    parameters: &BTreeMap<String, Parameter>,
    given: &Value,
) -> Result<Map<String, Value>> {
    complete(parameters, given).map_err(|error| {
        let hint = error.hint().map(|hint| format!("{hint}; ")).unwrap_or_default();
        Error::invalid(format!("arguments of {tool} are not valid: {}", error.message()))
            .with_hint(format!("{hint}for example {example}"))
    })
}

/// A value for every parameter: the one that was given, the default, or null.
fn complete(parameters: &BTreeMap<String, Parameter>, given: &Value) -> Result<Map<String, Value>> {
    let empty = Map::new();
    // A call without arguments is the empty object, as models send both.
    let given = match given {
        Value::Null => &empty,
        Value::Object(given) => given,
        other => return Err(Error::invalid(format!("arguments are an object, not {other}"))),
    };
    let known = || parameters.keys().map(String::as_str);
    if let Some(unknown) = given.keys().find(|name| !parameters.contains_key(*name)) {
        return Err(
            Error::invalid(format!("there is no parameter {unknown:?}")).with_hint(did_you_mean(unknown, known()))
        );
    }
    let values = parameters.iter().map(|(name, parameter)| {
        let value = match given.get(name).filter(|value| !value.is_null()) {
            Some(value) => {
                parameter.check(name, value)?;
                value.clone()
            }
            None if parameter.is_required() => return Err(Error::invalid(format!("{name} is missing"))),
            None => parameter.default.clone().unwrap_or_default(),
        };
        Ok((name.clone(), value))
    });
    values.collect()
}
