//! Products that are part of the program: their tools as they declare themselves, their texts as they are embedded.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_agent_api::{DynTool, Effect, Principal, Progress, Registry, Stage, Surface, ToolContext};
use hedgerow_data_api::Clock;
use hedgerow_declared::{ExampleCall, Files, Kind, Parameter, StatusTexts, TextFile, ToolFile};
use hedgerow_errors::{Error, Result};
use serde_json::Value;

use super::{Check, Findings, Subject};
use crate::eval::world_end;

/// The file of the page's part of a product, which says how results are shown.
const PAGE: &str = "web/manifest.ts";

/// A product of the program.
pub(super) async fn subject(registry: &Registry, name: &str, found: &mut Findings) -> Result<Subject> {
    let product = registry.products().find(|product| product.name == name).cloned();
    let texts = registry.texts(name).iter().map(|(path, text)| TextFile {
        path: path.clone(),
        text: text.clone(),
    });
    let files = Files::of(name.to_owned(), texts.collect());
    let page = files.all().find(|file| file.path == PAGE).map(|file| file.text.clone());
    let mut tools = Vec::new();
    for tool in registry.tools_of_product(name) {
        let path = format!("src/tools/{}.rs", tool.declaration().name);
        let file = tool_file(tool.as_ref(), page.as_deref().unwrap_or_default(), &path, found).await?;
        tools.push((path, file));
    }
    Ok(Subject {
        files,
        product,
        tools,
        is_built_in: true,
        project: None,
    })
}

/// What a tool says of itself, in the form of a tool's file.
async fn tool_file(tool: &dyn DynTool, page: &str, path: &str, found: &mut Findings) -> Result<ToolFile> {
    let declaration = tool.declaration();
    let (mut examples, mut effect) = (Vec::new(), None);
    let context = ToolContext {
        sees: Stage::Idea,
        project: "gate"
            .parse()
            .map_err(|error| Error::internal(format!("a project id: {error}")))?,
        clock: Clock::fixed(world_end()),
        surface: Surface::Cli,
        progress: Progress::ignore(),
        principal: Principal::local(),
    };
    for example in declaration.examples.iter() {
        let arguments = serde_json::from_str::<Value>(&example.arguments).unwrap_or_default();
        // What it writes depends on what is there: its examples run on the seeded world.
        let computed = if tool.only_plans() {
            Ok(Effect::Change)
        } else {
            tool.effect(&context, &arguments).await
        };
        match computed {
            Ok(computed) => effect = effect.max(Some(computed)),
            Err(error) => {
                let message = format!("the example {:?} is not valid: {}", example.purpose, error.chain());
                found.add(Check::Examples, path, message, "correct the call or the arguments");
            }
        }
        examples.push(ExampleCall {
            purpose: example.purpose.to_string(),
            arguments: arguments.as_object().cloned().unwrap_or_default(),
            reply: None,
        });
    }
    let is_shown = page.contains(&format!("tool: \"{}\"", declaration.name));
    Ok(ToolFile {
        name: Some(declaration.name.to_string()),
        title: Some(declaration.title.to_string()),
        description: Some(declaration.description.to_string()),
        access: Some(declaration.access.to_string()),
        effect,
        expected: Some(format!("{}ms", declaration.expected.as_millis())),
        progress: declaration.progress.as_deref().map(str::to_owned),
        phrases: tool.phrases(),
        display: Some(StatusTexts {
            running: Some(declaration.display.running.to_string()),
            done: Some(declaration.display.done.to_string()),
            // Its renderer draws a table's rows.
            result: is_shown.then(|| "table".to_owned()),
        }),
        parameters: parameters(tool.input_schema()),
        examples,
        ..ToolFile::default()
    })
}

/// The parameters of the first level.
fn parameters(root: &Value) -> BTreeMap<String, Parameter> {
    let properties = root.get("properties").and_then(Value::as_object);
    let parameter = |(name, schema): (&String, &Value)| {
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let parameter = Parameter {
            kind: Kind::Object,
            description: description.to_owned(),
            values: None,
            minimum: None,
            maximum: None,
            default: None,
            optional: true,
            nested: Some(schema.clone()),
        };
        // What has one value, such as the kind of a query, leaves nothing to describe.
        (!is_constant(schema, root)).then(|| (name.clone(), parameter))
    };
    properties.into_iter().flatten().filter_map(parameter).collect()
}

fn is_constant(schema: &Value, root: &Value) -> bool {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|reference| root.pointer(reference.strip_prefix('#')?));
    let schema = target.unwrap_or(schema);
    let cases = schema.get("oneOf").or(schema.get("enum")).and_then(Value::as_array);
    schema.get("const").is_some() || cases.is_some_and(|cases| cases.len() == 1)
}

/// The names and closed values within a schema: what a text may mention of a tool's arguments and
/// results.
pub(super) fn words(schema: &Value, words_found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("properties" | "$defs", Value::Object(properties)) => {
                        words_found.extend(properties.keys().cloned());
                    }
                    ("const", Value::String(value)) => {
                        words_found.insert(value.clone());
                    }
                    ("enum", Value::Array(values)) => {
                        words_found.extend(values.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => {}
                }
                words(value, words_found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, words_found)),
        _ => {}
    }
}
