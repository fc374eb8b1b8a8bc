//! A parameter of a declared tool, and whether a value fits it.

use std::collections::BTreeMap;

use hedgerow_errors::{Code, Error, Result, did_you_mean};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::json_schema;

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list; only in operations over HTTP, which say what is in it.
    #[serde(skip)]
    Array,
    /// Fields by name; only in operations over HTTP, which say which.
    #[serde(skip)]
    Object,
}

impl Kind {
    fn schema_type(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Integer => value.is_i64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it means.
    #[serde(default)]
    pub description: String,
    /// The texts that are possible; any where it is absent.
    #[serde(default)]
    pub values: Option<Vec<String>>,
    /// The least number.
    #[serde(default)]
    pub minimum: Option<f64>,
    /// The greatest number.
    #[serde(default)]
    pub maximum: Option<f64>,
    /// What a call without it means.
    #[serde(default)]
    pub default: Option<Value>,
    /// A call without it and without a default is possible.
    #[serde(default)]
    pub optional: bool,
    /// The JSON Schema of an operation's parameter, with what the fields above can't say.
    #[serde(skip)]
    pub nested: Option<Value>,
}

impl Parameter {
    /// Whether a call must give a value.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default.is_none() && !self.optional
    }

    /// Its part of the arguments' JSON Schema.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut schema = self
            .nested
            .as_ref()
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        schema.insert("type".to_owned(), json!(self.kind.schema_type()));
        schema.insert("description".to_owned(), json!(self.description));
        let others = [
            ("enum", self.values.as_ref().map(|values| json!(values))),
            ("minimum", self.minimum.map(bound)),
            ("maximum", self.maximum.map(bound)),
            ("default", self.default.clone()),
        ];
        schema.extend(
            others
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?))),
        );
        Value::Object(schema)
    }

    /// Refuses a value that does not fit.
    pub fn check(&self, name: &str, value: &Value) -> Result<()> {
        if !self.kind.fits(value) {
            return Err(Error::invalid(format!("{name} takes {}, not {value}", self.words())));
        }
        if let (Some(values), Some(text)) = (&self.values, value.as_str())
            && !values.iter().any(|known| known == text)
        {
            let known = values.iter().map(String::as_str);
            return Err(
                Error::invalid(format!("{name} takes {}, not {text:?}", values.join(", ")))
                    .with_hint(did_you_mean(text, known)),
            );
        }
        let number = value.as_f64().unwrap_or_default();
        let below = self.minimum.is_some_and(|least| number < least);
        let above = self.maximum.is_some_and(|most| number > most);
        if value.is_number() && (below || above) {
            return Err(Error::invalid(format!("{name} takes {}, not {value}", self.words())));
        }
        match &self.nested {
            Some(schema) => json_schema::check(schema, value, name),
            None => Ok(()),
        }
    }

    fn words(&self) -> String {
        let kind = match self.kind {
            Kind::Text => "a text",
            Kind::Integer => "a whole number",
            Kind::Number => "a number",
            Kind::Boolean => "true or false",
            Kind::Array => "a list",
            Kind::Object => "an object",
        };
        match (self.minimum, self.maximum) {
            (Some(least), Some(most)) => format!("{kind} from {least} to {most}"),
            (Some(least), None) => format!("{kind} from {least} on"),
            (None, Some(most)) => format!("{kind} up to {most}"),
            (None, None) => kind.to_owned(),
        }
    }
}

/// Words parameters anew as a tool's file does; it can't add any, and what `whose` demands it can't make optional.
pub(crate) fn reword(
    parameters: &mut BTreeMap<String, Parameter>,
    own: &BTreeMap<String, Parameter>,
    whose: &str,
) -> Result<()> {
    for (name, own) in own {
        let Some(parameter) = parameters.get_mut(name) else {
            let message = format!("{whose} takes no parameter {name:?}");
            let known = parameters.keys().map(String::as_str);
            return Err(Error::new(Code::UnknownName, message).with_hint(did_you_mean(name, known)));
        };
        if parameter.kind != own.kind {
            return Err(Error::invalid(format!("{name} has another type in {whose}")));
        }
        let is_needed = parameter.is_required();
        *parameter = Parameter {
            nested: parameter.nested.take(),
            optional: own.optional && !is_needed,
            ..own.clone()
        };
    }
    Ok(())
}

/// A whole bound is written as one.
fn bound(bound: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only whole numbers of this size come here"
    )]
    if bound.fract() == 0.0 && bound.abs() < 1e15 {
        json!(bound as i64)
    } else {
        json!(bound)
    }
}
