//! Tools over HTTP: the document, its operation, what is sent where, and the answers that examples recorded.

use hedgerow_agent_api::egress::{address, address_problem, is_declared, secret_names};
use hedgerow_agent_api::{Effect, Product};
use hedgerow_declared::{Http, HttpCall, ToolFile, document, json_schema};
use serde_json::Value;

use super::{Check, Findings, Subject, tools};

/// Words of a description in a document at least; such texts are often other people's.
const FEWEST_WORDS: usize = 2;
/// Headers that carry what lets somebody in.
const OPENING: [&str; 6] = ["authorization", "cookie", "key", "token", "secret", "password"];

/// Checks all tools over HTTP. Gives back the product's tools with the parameters that their documents add.
pub(super) fn check(subject: &Subject, found: &mut Findings) -> Vec<(String, ToolFile)> {
    let mut tools = subject.tools.clone();
    for (path, tool) in &mut tools {
        let Some(http) = tool.http.clone() else {
            continue;
        };
        for (name, value) in &http.header {
            header(path, name, value, found);
        }
        servers(path, &http, subject, found);
        let Some(call) = call(path, tool, &http, subject, found) else {
            continue;
        };
        effect(path, tool, &call.operation().method, found);
        for (name, parameter) in call.parameters() {
            if !tool.parameters.contains_key(name) {
                tools::field(&http.document, name, parameter, FEWEST_WORDS, found);
            }
        }
        examples(path, tool, &call, found);
        tool.parameters.clone_from(call.parameters());
    }
    tools
}

fn call(path: &str, tool: &ToolFile, http: &Http, subject: &Subject, found: &mut Findings) -> Option<HttpCall> {
    let operation = document(http, &subject.files).and_then(|document| document.operation(&http.operation));
    if let Err(error) = &operation {
        let hint = error.hint().unwrap_or("name an operation of the document").to_owned();
        found.add(Check::References, path, error.chain(), hint);
        return None;
    }
    // Without a manifest it is not known what may be reached; that is said elsewhere.
    let product = subject.product.as_ref()?;
    match HttpCall::of(tool, http, &subject.files, product) {
        Ok(call) => Some(call),
        Err(error) => {
            let hint = error.hint().unwrap_or("take the operation's own parameters").to_owned();
            found.add(Check::Fields, path, error.chain(), hint);
            None
        }
    }
}

/// A header that a tool sends.
pub(super) fn header(path: &str, name: &str, value: &str, found: &mut Findings) {
    let lower = name.to_ascii_lowercase();
    let refers = match secret_names(value) {
        Ok(names) => !names.is_empty(),
        Err(error) => {
            let message = format!("the header {name}: {}", error.message());
            return found.add(Check::Secrets, path, message, "write ${secret:NAME}");
        }
    };
    if !refers && OPENING.iter().any(|word| lower.contains(word)) {
        let message = format!("the header {name} does not refer to a secret");
        let hint = "write ${secret:NAME} and set it where the server runs";
        found.add(Check::Secrets, path, message, hint);
    }
}

/// The hosts of the document, whichever operation is called: the next one may be another.
fn servers(path: &str, http: &Http, subject: &Subject, found: &mut Findings) {
    let (Ok(document), Some(product)) = (document(http, &subject.files), &subject.product) else {
        return;
    };
    for server in document.servers() {
        place(path, &http.document, &server, product, found);
    }
}

/// Where an address is, which stands in `file` and is asked by the tool of `path`.
pub(super) fn place(path: &str, file: &str, url: &str, product: &Product, found: &mut Findings) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = place.rsplit('@').next().unwrap_or_default();
    let host = match place.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    };
    if scheme != "https" {
        let message = format!("{host} is not reached over https");
        let hint = "secrets and answers travel over https only";
        found.add(Check::Egress, file, message, hint);
    }
    if let Some(what) = address(host).and_then(address_problem) {
        let message = format!("{host} is {what}");
        found.add(Check::Egress, file, message, "products reach public hosts only");
    }
    if !is_declared(host, &product.hosts) {
        let message = format!("the host {host} is not among `hosts` of product.toml, so {path} can't reach it");
        found.add(
            Check::Egress,
            file,
            message,
            "list it, or name the server that is meant",
        );
    }
}

fn effect(path: &str, tool: &ToolFile, method: &str, found: &mut Findings) {
    let Some(effect) = tool.effect else {
        return;
    };
    let name = serde_json::json!(effect).as_str().unwrap_or_default().to_owned();
    let fits = match method {
        // One that costs something or sets something off outside asks, whatever its method.
        "GET" | "HEAD" | "OPTIONS" => matches!(effect, Effect::Read | Effect::Spend | Effect::External),
        "DELETE" => matches!(effect, Effect::Delete | Effect::External),
        _ => !effect.is_repeatable(),
    };
    if !fits {
        let message = format!("the operation is a {method}, and the effect says {name}");
        let hint = match method {
            "GET" | "HEAD" | "OPTIONS" => "declare `read`",
            "DELETE" => "declare `delete`, or `external`",
            _ => "declare `external`, or what it changes: create, change, delete, publish, spend",
        };
        found.add(Check::Effects, path, message, hint);
    }
    let level = tool.access.as_deref().and_then(|access| access.split_once(':'));
    if let Some((resource, "read")) = level
        && !matches!(method, "GET" | "HEAD" | "OPTIONS")
        && effect.is_repeatable()
    {
        let message = format!("the right {resource}:read lets nobody write, and the operation is a {method}");
        found.add(Check::Access, path, message, "ask for the right to write");
    }
}

/// Calls that would be sent, and answers that the operation could give.
fn examples(path: &str, tool: &ToolFile, call: &HttpCall, found: &mut Findings) {
    for example in &tool.examples {
        let purpose = &example.purpose;
        if let Err(error) = call.request(&Value::Object(example.arguments.clone())) {
            let message = format!("the example {purpose:?} is not valid: {}", error.message());
            found.add(Check::Examples, path, message, "correct the call or the parameter");
        }
        let Some(reply) = &example.reply else {
            let message = format!("the example {purpose:?} has no recorded `reply`");
            let hint = "write down what the system answered; calls are rehearsed with it";
            found.add(Check::Examples, path, message, hint);
            continue;
        };
        let Some(schema) = &call.operation().reply else {
            continue;
        };
        if let Err(error) = json_schema::check(schema, reply, "the reply") {
            let message = format!(
                "the example {purpose:?} has a reply that the document does not know: {}",
                error.message()
            );
            found.add(Check::Examples, path, message, "record what the system really answers");
        }
    }
}
