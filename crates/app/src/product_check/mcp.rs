//! Tools of servers of the Model Context Protocol: the server, the pinned schema, what is sent, and the answers that
//! examples recorded.

use hedgerow_declared::{Mcp, McpCall, ToolFile, json_schema, mcp_server, pinned_tool};
use hedgerow_errors::{Code, Error};
use serde_json::Value;

use super::http::{header, place};
use super::{Check, Findings, Subject, tools};

/// Words of a description in a pinned schema at least; such texts are often other people's.
const FEWEST_WORDS: usize = 2;

/// Checks all of these tools, and gives each the parameters of its pinned schema.
pub(super) fn check(subject: &Subject, tools: &mut [(String, ToolFile)], found: &mut Findings) {
    for (path, tool) in tools {
        let Some(mcp) = tool.mcp.clone() else {
            continue;
        };
        for (name, value) in &mcp.header {
            header(path, name, value, found);
        }
        let Some(call) = call(path, tool, &mcp, subject, found) else {
            continue;
        };
        effect(path, tool, &call, found);
        for (name, parameter) in call.parameters() {
            if !tool.parameters.contains_key(name) {
                tools::field(&mcp.schema, name, parameter, FEWEST_WORDS, found);
            }
        }
        examples(path, tool, &call, found);
        tool.parameters.clone_from(call.parameters());
    }
}

fn call(path: &str, tool: &ToolFile, mcp: &Mcp, subject: &Subject, found: &mut Findings) -> Option<McpCall> {
    // Without a manifest it is not known what may be reached; that is said elsewhere.
    let product = subject.product.as_ref()?;
    let says = |error: &Error, else_hint: &str| (error.chain(), error.hint().unwrap_or(else_hint).to_owned());
    match mcp_server(mcp, product) {
        Ok(server) => place(path, path, &server.url, product, found),
        Err(error) => {
            let (message, hint) = says(&error, "name a server over https");
            found.add(Check::Egress, path, message, hint);
            return None;
        }
    }
    if let Err(error) = pinned_tool(mcp, &subject.files) {
        let (message, hint) = says(&error, "pull the schema from the server");
        // What can't be read is the file's fault, what is not there or about another tool is the tool's.
        let is_there = subject.files.all().any(|file| file.path == mcp.schema);
        let is_broken = is_there && error.code() == Code::InvalidArgument;
        let file = if is_broken { &mcp.schema } else { path };
        found.add(Check::References, file, message, hint);
        return None;
    }
    match McpCall::of(tool, mcp, &subject.files, product) {
        Ok(call) => Some(call),
        Err(error) => {
            let (message, hint) = says(&error, "take the pinned schema's own parameters");
            found.add(Check::Fields, path, message, hint);
            None
        }
    }
}

fn effect(path: &str, tool: &ToolFile, call: &McpCall, found: &mut Findings) {
    let Some(effect) = tool.effect.filter(|effect| effect.is_repeatable()) else {
        return;
    };
    let name = serde_json::json!(effect).as_str().unwrap_or_default().to_owned();
    if let Some(hint) = call.pinned().says_it_writes() {
        let message = format!("the server says {hint}, and the effect says {name}");
        let hint = "declare `external`, or what it changes: create, change, delete, publish, spend";
        found.add(Check::Effects, path, message, hint);
    } else if call.pinned().annotations.unwrap_or_default().read_only_hint.is_none() {
        let message = format!("the effect says {name}, and the server does not say whether a call changes something");
        found.note(
            Check::Effects,
            path,
            message,
            "make sure of it with whoever runs the server",
        );
    }
}

/// Calls that would be sent, and answers that the tool could give.
fn examples(path: &str, tool: &ToolFile, call: &McpCall, found: &mut Findings) {
    for example in &tool.examples {
        let purpose = &example.purpose;
        if let Err(error) = call.arguments(&Value::Object(example.arguments.clone())) {
            let message = format!("the example {purpose:?} is not valid: {}", error.message());
            found.add(Check::Examples, path, message, "correct the call or the parameter");
        }
        let Some(reply) = &example.reply else {
            let message = format!("the example {purpose:?} has no recorded `reply`");
            let hint = "write down what the tool answered; calls are rehearsed with it";
            found.add(Check::Examples, path, message, hint);
            continue;
        };
        let Some(schema) = call.reply() else {
            continue;
        };
        if let Err(error) = json_schema::check(schema, reply, "the reply") {
            let message = format!(
                "the example {purpose:?} has a reply that the pinned schema does not know: {}",
                error.message()
            );
            found.add(Check::Examples, path, message, "record what the tool really answers");
        }
    }
}
