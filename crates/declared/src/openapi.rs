//! One operation of an OpenAPI 3 document: where it is, what it takes and what it gives back.

use std::collections::BTreeMap;

use hedgerow_errors::{Code, Error, Result};
use serde_json::{Map, Value, json};

use crate::json_schema;
use crate::parameter::{Kind, Parameter};

/// References within references at most: a schema that holds itself has no end.
const DEEPEST: usize = 16;
/// The methods under which a path can have an operation.
const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into the path.
    Path,
    /// Behind the `?`.
    Query,
    /// A header.
    Header,
    /// A field of the JSON body.
    Field,
    /// The whole JSON body.
    Body,
}

/// What an operation takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Where its value goes.
    pub place: Place,
    /// What values it takes.
    pub parameter: Parameter,
}

/// An operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// The method, in capitals.
    pub method: String,
    /// Address and path, with `{name}` for the values that go into it.
    pub url: String,
    /// Everything that a call can give, by name.
    pub inputs: BTreeMap<String, Input>,
    /// Whether a body is sent even where no field is given.
    pub body_required: bool,
    /// The status of a call that worked.
    pub success: u16,
    /// The schema of the answer; absent where there is none.
    pub reply: Option<Value>,
}

impl Document {
    /// Reads a document in YAML or JSON.
    pub fn parse(text: &str) -> Result<Self> {
        let document: Value = serde_saphyr::from_str(text)
            .map_err(|error| Error::caused(Code::InvalidArgument, "the document can't be read", error))?;
        match document.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.") => Ok(Self(document)),
            _ => Err(Error::invalid("it is no OpenAPI 3 document").with_hint("it begins with openapi: 3.1.0")),
        }
    }

    /// The addresses of its servers, those of single paths and operations included.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        let places = self.items().flat_map(|(_, item)| {
            let operations = METHODS.iter().filter_map(|method| item.get(*method));
            std::iter::once(item).chain(operations)
        });
        let mut found: Vec<String> = std::iter::once(&self.0).chain(places).flat_map(servers_of).collect();
        found.dedup();
        found
    }

    /// The operations' ids.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        let operations = self
            .items()
            .flat_map(|(_, item)| METHODS.iter().filter_map(|method| item.get(*method)));
        operations.filter_map(|operation| operation.get("operationId").and_then(Value::as_str))
    }

    fn items(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.get("paths").and_then(Value::as_object).into_iter().flatten()
    }

    /// An operation by its id; an unknown one is refused with the nearest.
    pub fn operation(&self, id: &str) -> Result<Operation> {
        let found = self.items().find_map(|(path, item)| {
            METHODS.iter().find_map(|method| {
                let operation = item.get(*method)?;
                (operation.get("operationId").and_then(Value::as_str) == Some(id))
                    .then_some((path, item, *method, operation))
            })
        });
        let Some((path, item, method, operation)) = found else {
            return Err(Error::unknown("operation", id, self.operations()));
        };
        let servers = [operation, item, &self.0]
            .into_iter()
            .map(servers_of)
            .find(|servers| !servers.is_empty());
        let server = servers.and_then(|servers| servers.into_iter().next()).ok_or_else(|| {
            Error::invalid("the document has no server").with_hint("write servers: [{url: \"https://HOST\"}]")
        })?;
        if !(server.starts_with("https://") || server.starts_with("http://")) || server.contains('{') {
            let message = format!("the server {server:?} is no whole address");
            return Err(Error::invalid(message).with_hint("write https://HOST/..., without variables"));
        }
        let mut inputs = BTreeMap::new();
        let listed = |value: &Value| {
            value
                .get("parameters")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        // What the operation says of a parameter counts more than what its path says.
        for parameter in listed(item).into_iter().chain(listed(operation)) {
            if let Some((name, input)) = self.input(&parameter)? {
                inputs.insert(name, input);
            }
        }
        let body_required = self.add_body(operation, &mut inputs)?;
        let (success, reply) = self.reply(operation)?;
        for (name, input) in &inputs {
            let is_in_path = path.contains(&format!("{{{name}}}"));
            if (input.place == Place::Path) != is_in_path {
                return Err(Error::invalid(format!(
                    "the path {path} and its parameter {name} don't fit"
                )));
            }
        }
        Ok(Operation {
            method: method.to_ascii_uppercase(),
            url: format!("{}{path}", server.trim_end_matches('/')),
            inputs,
            body_required,
            success,
            reply,
        })
    }

    fn input(&self, parameter: &Value) -> Result<Option<(String, Input)>> {
        let parameter = self.whole(parameter, 0)?;
        let text = |key| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = text("name").to_owned();
        let is_required = parameter.get("required") == Some(&Value::Bool(true));
        let place = match text("in") {
            "path" => Place::Path,
            "query" => Place::Query,
            // These are the client's own.
            "header"
                if matches!(
                    name.to_ascii_lowercase().as_str(),
                    "authorization" | "accept" | "content-type"
                ) =>
            {
                return Ok(None);
            }
            "header" => Place::Header,
            other if is_required => {
                return Err(Error::invalid(format!(
                    "the parameter {name} goes into {other:?}, which is not supported"
                )));
            }
            _ => return Ok(None),
        };
        let schema = parameter
            .get("schema")
            .cloned()
            .unwrap_or_else(|| json!({"type": "string"}));
        let mut made = read_parameter(&name, &schema, text("description"), is_required)?;
        if place != Place::Query && matches!(made.kind, Kind::Array | Kind::Object) || made.kind == Kind::Object {
            return Err(Error::invalid(format!("the parameter {name} is no plain value")));
        }
        if place == Place::Path {
            made.optional = false;
        }
        Ok(Some((name, Input { place, parameter: made })))
    }

    /// Adds the fields of the body, or the body as a whole; says whether one is always sent.
    fn add_body(&self, operation: &Value, inputs: &mut BTreeMap<String, Input>) -> Result<bool> {
        let Some(body) = operation.get("requestBody") else {
            return Ok(false);
        };
        let body = self.whole(body, 0)?;
        let is_required = body.get("required") == Some(&Value::Bool(true));
        let Some(schema) = body.pointer("/content/application~1json/schema") else {
            return Err(Error::invalid("the body is no application/json").with_hint("only JSON is sent"));
        };
        let mut add = |name: &str, place, schema: &Value, required| -> Result<()> {
            let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
            let parameter = read_parameter(name, schema, description, required)?;
            match inputs.insert(name.to_owned(), Input { place, parameter }) {
                None => Ok(()),
                Some(_) => Err(Error::invalid(format!(
                    "the body and the address both have a parameter {name}"
                ))),
            }
        };
        let Some(fields) = schema.get("properties").and_then(Value::as_object) else {
            add("body", Place::Body, schema, is_required)?;
            return Ok(is_required);
        };
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, field) in fields {
            add(
                name,
                Place::Field,
                field,
                is_required && required.contains(&name.as_str()),
            )?;
        }
        Ok(is_required)
    }

    /// The lowest status that says it worked, and the schema of its JSON.
    fn reply(&self, operation: &Value) -> Result<(u16, Option<Value>)> {
        let responses = operation.get("responses").and_then(Value::as_object);
        let mut worked: Vec<(u16, &Value)> = responses
            .into_iter()
            .flatten()
            .filter_map(|(status, response)| Some((status.replace("XX", "00").parse().ok()?, response)))
            .filter(|(status, _)| (200..300).contains(status))
            .collect();
        worked.sort_by_key(|(status, _)| *status);
        let Some((status, response)) = worked.first() else {
            return Ok((200, None));
        };
        let response = self.whole(response, 0)?;
        Ok((*status, response.pointer("/content/application~1json/schema").cloned()))
    }

    /// A value with everything that it refers to in its place.
    fn whole(&self, value: &Value, depth: usize) -> Result<Value> {
        if depth > DEEPEST {
            return Err(Error::invalid("a schema of the document holds itself").with_hint("write its fields out"));
        }
        Ok(match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let target = reference.strip_prefix('#').and_then(|pointer| self.0.pointer(pointer));
                    let target = target.ok_or_else(|| {
                        Error::new(Code::UnknownName, format!("the document has nothing at {reference}"))
                            .with_hint("only references within the document are followed: #/components/...")
                    })?;
                    return self.whole(target, depth + 1);
                }
                let whole = fields
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.whole(value, depth + 1)?)));
                Value::Object(whole.collect::<Result<Map<String, Value>>>()?)
            }
            Value::Array(items) => {
                let whole = items.iter().map(|item| self.whole(item, depth + 1));
                Value::Array(whole.collect::<Result<_>>()?)
            }
            other => other.clone(),
        })
    }
}

fn servers_of(value: &Value) -> Vec<String> {
    let servers = value.get("servers").and_then(Value::as_array).into_iter().flatten();
    servers
        .filter_map(|server| Some(server.get("url")?.as_str()?.to_owned()))
        .collect()
}

/// A schema with everything that it refers to within `root` in its place.
pub(crate) fn resolved(root: &Value, schema: &Value) -> Result<Value> {
    Document(root.clone()).whole(schema, 0)
}

/// A schema of which null is one possibility, without it: what is not given is not sent.
fn without_null(schema: &Value) -> Value {
    let Some(fields) = schema.as_object() else {
        return schema.clone();
    };
    let cases = ["anyOf", "oneOf"]
        .into_iter()
        .find_map(|key| Some((key, fields.get(key)?.as_array()?)));
    let Some((key, cases)) = cases else {
        return schema.clone();
    };
    let others: Vec<&Value> = cases
        .iter()
        .filter(|case| case.get("type").and_then(Value::as_str) != Some("null"))
        .collect();
    let [Value::Object(other)] = others.as_slice() else {
        return schema.clone();
    };
    let mut merged = other.clone();
    let outer = fields.iter().filter(|(name, _)| *name != key);
    merged.extend(outer.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(merged)
}

/// A parameter from its schema.
pub(crate) fn read_parameter(name: &str, schema: &Value, description: &str, is_required: bool) -> Result<Parameter> {
    let schema = &without_null(schema);
    let texts = schema.get("enum").and_then(Value::as_array).map(|values| {
        let texts: Option<Vec<String>> = values.iter().map(|value| Some(value.as_str()?.to_owned())).collect();
        texts
    });
    let mut types = json_schema::types(schema);
    types.retain(|name| *name != "null");
    let kind = match types.as_slice() {
        ["string"] => Kind::Text,
        ["integer"] => Kind::Integer,
        ["number"] => Kind::Number,
        ["boolean"] => Kind::Boolean,
        ["array"] => Kind::Array,
        ["object"] => Kind::Object,
        [] if texts.as_ref().is_some_and(Option::is_some) => Kind::Text,
        _ => {
            let message = format!("the parameter {name} has no type that a tool can take");
            return Err(Error::invalid(message).with_hint("give its schema one `type`"));
        }
    };
    let own = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    Ok(Parameter {
        kind,
        description: if description.is_empty() { own } else { description }.to_owned(),
        values: texts.flatten(),
        minimum: number("minimum"),
        maximum: number("maximum"),
        default: schema.get("default").filter(|value| !value.is_null()).cloned(),
        optional: !is_required,
        nested: Some(schema.clone()),
    })
}
