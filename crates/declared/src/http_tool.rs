//! A tool that asks a system outside through one operation of an OpenAPI document.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::egress::secret_names;
use hedgerow_agent_api::{
    Declaration, DynTool, Effect, Egress, EgressRequest, EgressResponse, Product, ToolContext, ToolOutput,
};
use hedgerow_errors::{Code, Error, Result};
use serde_json::{Map, Value, json};

use crate::files::Files;
use crate::openapi::{Document, Operation, Place};
use crate::parameter::Parameter;
use crate::tool_file::{Http, ToolFile};
use crate::{arguments, parameter, reply};

/// Characters of an answer with an error that are told on.
const MOST_TOLD: usize = 300;

pub(crate) struct HttpTool {
    declaration: Declaration,
    phrases: Vec<String>,
    input_schema: Value,
    output_schema: Value,
    effect: Effect,
    call: HttpCall,
    egress: Arc<dyn Egress>,
}

/// What turns arguments into a request.
#[derive(Debug, Clone)]
pub struct HttpCall {
    /// The tool's name and, for its errors, a call that works.
    name: String,
    example: String,
    product: String,
    hosts: Vec<String>,
    operation: Operation,
    parameters: BTreeMap<String, Parameter>,
    header: BTreeMap<String, String>,
}

impl HttpCall {
    /// The call of a tool's file.
    ///
    /// # Errors
    ///
    /// `unknown_name` where the document or the operation is not there, `invalid_argument` where they don't fit.
    pub fn of(file: &ToolFile, http: &Http, files: &Files, product: &Product) -> Result<Self> {
        let operation = document(http, files)?.operation(&http.operation)?;
        let parameters = parameters(file, &operation)?;
        for value in http.header.values() {
            secret_names(value)?;
        }
        let example = file
            .examples
            .first()
            .map(|example| Value::Object(example.arguments.clone()));
        Ok(Self {
            name: file.name.clone().unwrap_or_default(),
            example: example.unwrap_or_else(|| json!({})).to_string(),
            product: product.name.clone(),
            hosts: product.hosts.clone(),
            operation,
            parameters,
            header: http.header.clone(),
        })
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The parameters of a call, by name: the operation's, as the tool's file words them.
    #[must_use]
    pub fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// The request of a call; arguments that don't fit are refused.
    pub fn request(&self, arguments: &Value) -> Result<EgressRequest> {
        let values = arguments::complete_for(&self.name, &self.example, &self.parameters, arguments)?;
        let (mut url, mut query) = (self.operation.url.clone(), String::new());
        let mut headers: Vec<(String, String)> = vec![("Accept".to_owned(), "application/json".to_owned())];
        let (mut fields, mut body) = (Map::new(), None);
        for (name, value) in values.into_iter().filter(|(_, value)| !value.is_null()) {
            match self.operation.inputs.get(&name).map(|input| input.place) {
                Some(Place::Path) => {
                    let text = plain(&value);
                    // These would be taken for steps within the path.
                    if matches!(text.as_str(), "" | "." | "..") {
                        return Err(Error::invalid(format!("{name} can't be {text:?}")));
                    }
                    url = url.replace(&format!("{{{name}}}"), &encoded(&text));
                }
                Some(Place::Query) => {
                    let several = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                    for value in several {
                        let mark = if query.is_empty() { '?' } else { '&' };
                        // Writing to a String can't fail.
                        let _ = write!(query, "{mark}{}={}", encoded(&name), encoded(&plain(&value)));
                    }
                }
                Some(Place::Header) => {
                    let text = plain(&value);
                    if text.contains("${") || text.chars().any(char::is_control) {
                        return Err(Error::invalid(format!("{name} can't be sent as a header")));
                    }
                    headers.push((name, text));
                }
                Some(Place::Body) => body = Some(value.to_string()),
                Some(Place::Field) => {
                    fields.insert(name, value);
                }
                None => {}
            }
        }
        if !fields.is_empty() || (self.operation.body_required && body.is_none()) {
            body = Some(Value::Object(fields).to_string());
        }
        headers.extend(self.header.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(EgressRequest {
            product: self.product.clone(),
            hosts: self.hosts.clone(),
            method: self.operation.method.clone(),
            url: url + &query,
            headers,
            body,
        })
    }
}

/// The document that a tool names.
pub fn document(http: &Http, files: &Files) -> Result<Document> {
    let found = files.all().find(|file| file.path == http.document);
    let file = found.ok_or_else(|| {
        let known = files.others.iter().map(|file| file.path.as_str());
        Error::unknown("document", &http.document, known)
    })?;
    Document::parse(&file.text)
}

/// The operation's parameters; the tool's file may word them anew, but can't add any.
fn parameters(file: &ToolFile, operation: &Operation) -> Result<BTreeMap<String, Parameter>> {
    let mut parameters: BTreeMap<String, Parameter> = operation
        .inputs
        .iter()
        .map(|(name, input)| (name.clone(), input.parameter.clone()))
        .collect();
    parameter::reword(&mut parameters, &file.parameters, "the operation")?;
    Ok(parameters)
}

impl HttpTool {
    pub(crate) fn of(
        file: &ToolFile,
        http: &Http,
        files: &Files,
        product: &Product,
        egress: Arc<dyn Egress>,
    ) -> Result<Arc<dyn DynTool>> {
        let call = HttpCall::of(file, http, files, product)?;
        // An unknown effect asks; one that never asks is for operations that change nothing.
        let effect = file.effect.unwrap_or(Effect::External);
        let method = &call.operation.method;
        if !matches!(method.as_str(), "GET" | "HEAD") && effect.is_repeatable() {
            let message = format!("{method} may change something outside, and its effect says it does not");
            return Err(Error::invalid(message).with_hint("declare external, create, change, delete, publish or spend"));
        }
        let body = call.operation.reply.clone().unwrap_or_else(|| json!({}));
        Ok(Arc::new(Self {
            declaration: file.declaration()?,
            phrases: file.phrases.clone(),
            input_schema: arguments::schema(&call.parameters),
            output_schema: json!({"type": "object", "properties": {"status": {"type": "integer"}, "body": body}}),
            effect,
            call,
            egress,
        }))
    }
}

#[async_trait]
impl DynTool for HttpTool {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn phrases(&self) -> Vec<String> {
        self.phrases.clone()
    }

    fn input_schema(&self) -> &Value {
        &self.input_schema
    }

    fn output_schema(&self) -> &Value {
        &self.output_schema
    }

    async fn effect(&self, _: &ToolContext, args: &Value) -> Result<Effect> {
        self.call.request(args)?;
        Ok(self.effect)
    }

    async fn run(&self, _: &ToolContext, args: Value) -> Result<ToolOutput<Value>> {
        let response = self.egress.send(&self.call.request(&args)?).await?;
        if response.status >= 300 {
            return Err(failure(&response));
        }
        let body = reply::read(&response.body);
        let result = json!({"status": response.status, "body": body});
        reply::output(&body, result, &self.declaration.title)
    }
}

/// An answer that says that it did not work. What it says is somebody else's text: the loop fences it.
fn failure(response: &EgressResponse) -> Error {
    let (status, said) = (
        response.status,
        response.body.chars().take(MOST_TOLD).collect::<String>(),
    );
    let (code, hint) = match status {
        401 | 403 => (Code::Denied, "the secret may be wrong or lack the right"),
        408 | 429 => (Code::Busy, "it wants fewer calls"),
        500.. => (Code::Unavailable, "it is the other system's failure"),
        _ => (
            Code::InvalidArgument,
            "check the arguments against what the tool says of them",
        ),
    };
    Error::caused(code, format!("the system outside answers {status}"), said).with_hint(hint)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Percent-encoded but for the characters that mean themselves everywhere (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
