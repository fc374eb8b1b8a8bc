//! The OpenAPI 3.1 document, put together from the route table and the registry.

mod components;

use hedgerow_agent_api::{DynTool, Registry};
use serde_json::{Map, Value, json};

use crate::api_error::ErrorBody;
use crate::door::Entry;
use crate::routes::{Named, Reply, Route, outgoing};
use components::Components;

/// The whole document.
pub(crate) fn document(routes: &[Route], registry: &Registry) -> Value {
    let mut components = Components::default();
    let error = components.add_named(&outgoing::<ErrorBody>());
    let mut paths = Map::new();
    for route in routes {
        if route.per_tool {
            for tool in registry.tools() {
                let path = route.path.replace("{name}", &tool.declaration().name);
                insert(
                    &mut paths,
                    &path,
                    route,
                    tool_operation(route, &path, tool.as_ref(), &error, &mut components),
                );
            }
        } else {
            insert(&mut paths, route.path, route, operation(route, &error, &mut components));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hedgerow",
            "description": "Questions, queries and tools over product data. Served to this machine only.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        // A server that wants a key from everybody says so with 401.
        "security": [{}, {"bearer": []}, {"session": []}],
        "components": {
            "schemas": components.into_schemas(),
            "securitySchemes": {"bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key made with `hedgerow keys create`. Without one it is whoever sits at this \
                    machine who asks, unless the server was started with --require-key.",
            }, "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "hedgerow_session_PORT",
                "description": "What the page has after signing in with a key. Requests that are no GET must bring the \
                    header Origin, too.",
            }},
        },
    })
}

fn insert(paths: &mut Map<String, Value>, path: &str, route: &Route, operation: Value) {
    let methods = paths.entry(path).or_insert_with(|| json!({}));
    methods[route.method.as_str().to_lowercase()] = operation;
}

fn operation(route: &Route, error: &Value, components: &mut Components) -> Value {
    let body = route.body.as_ref().map(|body| components.add_named(body));
    let reply = match &route.reply {
        Reply::Json(named) => json!({"application/json": {"schema": components.add_named(named)}}),
        Reply::AnyJson => json!({"application/json": {"schema": {}}}),
        Reply::Text => json!({"text/plain": {"schema": {"type": "string"}}}),
        // OpenAPI 3.1 has no word for streams; the schema is that of each event's data.
        Reply::Events(named) => json!({"text/event-stream": {"schema": components.add_named(named)}}),
    };
    let mut parameters = path_parameters(route.path);
    if let Some(query) = &route.query {
        parameters.extend(query_parameters(&components.add_root(route.id, query)));
    }
    assemble(route, route.id, route.summary, parameters, body, reply, error)
}

/// One path a tool, with the tool's own types.
fn tool_operation(route: &Route, path: &str, tool: &dyn DynTool, error: &Value, components: &mut Components) -> Value {
    let declaration = tool.declaration();
    let name = pascal_case(&declaration.name);
    let body = components.add(&format!("{name}Arguments"), tool.input_schema());
    let result = components.add(&format!("{name}Result"), tool.output_schema());
    let mut reply = json!({});
    if let Reply::Json(Named { name, schema }) = &route.reply {
        let common = components.add(name, schema.as_value());
        reply = json!({"allOf": [common, {"type": "object", "properties": {"result": result}}]});
    }
    let reply = json!({"application/json": {"schema": reply}});
    let mut parameters = path_parameters(path);
    if let Some(query) = &route.query {
        parameters.extend(query_parameters(&components.add_root(route.id, query)));
    }
    let id = format!("{}_{}", route.id, declaration.name);
    let mut operation = assemble(route, &id, &declaration.title, parameters, Some(body), reply, error);
    operation["description"] = json!(declaration.description);
    operation["x-access"] = json!(declaration.access);
    operation
}

fn assemble(
    route: &Route,
    id: &str,
    summary: &str,
    parameters: Vec<Value>,
    body: Option<Value>,
    reply: Value,
    error: &Value,
) -> Value {
    let mut responses = Map::new();
    responses.insert(
        route.status.to_string(),
        json!({"description": "as asked", "content": reply}),
    );
    let failure = json!({"description": "an error", "content": {"application/json": {"schema": error}}});
    responses.insert("default".to_owned(), failure);
    let mut operation = json!({"operationId": id, "summary": summary});
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    if let Some(schema) = body {
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    match route.entry {
        Entry::Open => operation["security"] = json!([]),
        Entry::Known => operation["x-access"] = json!("known"),
        Entry::Right(right) => operation["x-access"] = json!(right),
        Entry::Unstated => {}
    }
    operation["responses"] = Value::Object(responses);
    operation
}

/// The parts of a path that stand in braces.
fn path_parameters(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect()
}

/// The fields of a type as parameters after the question mark.
fn query_parameters(schema: &Value) -> Vec<Value> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let fields = schema["properties"].as_object().into_iter().flatten();
    let parameter = |(name, field): (&String, &Value)| json!({"name": name, "in": "query", "required": required.contains(&json!(name)), "schema": field});
    fields.map(parameter).collect()
}

fn pascal_case(name: &str) -> String {
    let upper = |word: &str| {
        word.chars()
            .take(1)
            .flat_map(char::to_uppercase)
            .chain(word.chars().skip(1))
            .collect()
    };
    name.split('_').map(upper).collect::<Vec<String>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pascal_case_joins_words() {
        assert_eq!(pascal_case("query_trends"), "QueryTrends");
    }
}
