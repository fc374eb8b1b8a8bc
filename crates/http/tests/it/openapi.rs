//! The OpenAPI document: what it names exists, and it changes only on purpose.

use crate::support::Fixture;
use hedgerow_testkit::FakeTool;
use serde_json::Value;

fn document() -> Value {
    hedgerow_http::openapi(
        &Fixture::new(Vec::new())
            .tool(FakeTool::counting("count_events"))
            .app()
            .registry(None),
    )
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(target) if key == "$ref" => found.push(target),
                    _ => references(value, found),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| references(member, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for target in found {
        let pointer = target
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{target} leads out of the document"));
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
    assert!(!document.to_string().contains("$defs"));
}

#[test]
fn operations_have_unique_ids_and_declare_their_path_parameters() {
    let document = document();
    let mut ids = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{path}"
            );
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let declared = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(declared, path.matches('{').count(), "{path}");
        }
    }
}

#[test]
fn document_has_an_outline() {
    let document = document();
    let mut outline = String::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let names = |value: &Value| {
                let mut found = Vec::new();
                references(value, &mut found);
                found
                    .iter()
                    .map(|target| target.rsplit('/').next().unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join(" & ")
            };
            let query = operation["parameters"].as_array().into_iter().flatten();
            let query = query.filter(|one| one["in"] == "query").map(|one| {
                let optional = if one["required"] == true { "" } else { "?" };
                format!("{}{optional}", one["name"].as_str().unwrap_or_default())
            });
            let mut responses = operation["responses"].clone();
            responses.as_object_mut().unwrap().remove("default");
            let status = responses.as_object().unwrap().keys().next().unwrap().clone();
            outline.push_str(&format!(
                "{} {path} [{}] ({}) {} -> {status} {}\n",
                method.to_uppercase(),
                operation["operationId"].as_str().unwrap(),
                query.collect::<Vec<_>>().join(", "),
                names(&operation["requestBody"]),
                names(&responses)
            ));
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap().keys();
    outline.push_str(&format!(
        "schemas: {}\n",
        schemas.cloned().collect::<Vec<_>>().join(" ")
    ));
    insta::assert_snapshot!(outline);
}
