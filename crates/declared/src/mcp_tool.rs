//! A tool of another system's server that speaks the Model Context Protocol.
//!
//! The server's own description of it never reaches a model: name, texts, effect and rights are the product's. The
//! schema of the arguments lies in the product's folder as it was when the product was reviewed, and the server is
//! called only while it says the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::egress::secret_names;
use hedgerow_agent_api::{
    Declaration, DynTool, Effect, McpClient, McpReply, McpServer, McpTool as Pinned, Product, ToolContext, ToolOutput,
};
use hedgerow_errors::{Code, Error, Result};
use serde_json::{Map, Value, json};

use crate::files::Files;
use crate::parameter::Parameter;
use crate::tool_file::{Mcp, ToolFile};
use crate::{arguments, openapi, parameter, reply};

/// Headers that the protocol itself sends.
const OWN_HEADERS: [&str; 4] = ["accept", "content-type", "last-event-id", "mcp-"];

pub(crate) struct McpTool {
    declaration: Declaration,
    phrases: Vec<String>,
    input_schema: Value,
    output_schema: Value,
    effect: Effect,
    call: McpCall,
    client: Arc<dyn McpClient>,
}

/// What turns arguments into a call.
#[derive(Debug, Clone)]
pub struct McpCall {
    /// The tool's name and, for its errors, a call that works.
    name: String,
    example: String,
    server: McpServer,
    pinned: Pinned,
    parameters: BTreeMap<String, Parameter>,
    reply: Option<Value>,
}

impl McpCall {
    /// The call of a tool's file.
    ///
    /// # Errors
    ///
    /// `unknown_name` where the pinned schema is not there, `invalid_argument` where something does not fit.
    pub fn of(file: &ToolFile, mcp: &Mcp, files: &Files, product: &Product) -> Result<Self> {
        let server = mcp_server(mcp, product)?;
        let pinned = pinned_tool(mcp, files)?;
        let parameters = parameters(file, &pinned)?;
        let example = file.examples.first();
        let example = example.map(|example| Value::Object(example.arguments.clone()));
        Ok(Self {
            name: file.name.clone().unwrap_or_default(),
            example: example.unwrap_or_else(|| json!({})).to_string(),
            server,
            // One that holds itself can't be written out, and is not checked.
            reply: pinned
                .output_schema
                .as_ref()
                .and_then(|schema| openapi::resolved(schema, schema).ok()),
            pinned,
            parameters,
        })
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &McpServer {
        &self.server
    }

    /// The tool as it was reviewed.
    #[must_use]
    pub fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// The schema of the structured result, with everything that it refers to in its place.
    #[must_use]
    pub fn reply(&self) -> Option<&Value> {
        self.reply.as_ref()
    }

    /// The parameters of a call, by name: the pinned schema's, as the tool's file words them.
    #[must_use]
    pub fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// The arguments of a call as they are sent; those that don't fit are refused.
    pub fn arguments(&self, given: &Value) -> Result<Map<String, Value>> {
        let complete = arguments::complete_for(&self.name, &self.example, &self.parameters, given)?;
        Ok(complete.into_iter().filter(|(_, value)| !value.is_null()).collect())
    }
}

/// The server that a tool names.
///
/// # Errors
///
/// `invalid_argument` where it names none, or a program.
pub fn mcp_server(mcp: &Mcp, product: &Product) -> Result<McpServer> {
    if mcp.command.is_some() || mcp.args.is_some() {
        let message = "[mcp] starts a program, which a product of files may not";
        return Err(Error::invalid(message).with_hint("name a server over HTTP: server = \"https://...\""));
    }
    let url = mcp.server.clone().ok_or_else(|| {
        Error::invalid("[mcp] names no `server`").with_hint("as in server = \"https://tools.example.com/mcp\"")
    })?;
    for (name, value) in &mcp.header {
        let lower = name.to_ascii_lowercase();
        if OWN_HEADERS.iter().any(|own| lower.starts_with(own)) {
            return Err(Error::invalid(format!("the header {name} is the protocol's own")));
        }
        secret_names(value)?;
    }
    Ok(McpServer {
        product: product.name.clone(),
        hosts: product.hosts.clone(),
        url,
        headers: mcp.header.clone().into_iter().collect(),
    })
}

/// What a product's folder says of a tool's schema.
///
/// # Errors
///
/// `unknown_name` where it has no such file, or that file is about another tool; `invalid_argument` where it can't be
/// read.
pub fn pinned_tool(mcp: &Mcp, files: &Files) -> Result<Pinned> {
    let pull = format!("hedgerow product pull {} asks the server for it", files.name);
    let file = files.all().find(|file| file.path == mcp.schema).ok_or_else(|| {
        Error::new(
            Code::UnknownName,
            format!("the pinned schema {} is not there", mcp.schema),
        )
        .with_hint(pull.clone())
    })?;
    let pinned: Pinned = serde_json::from_str(&file.text).map_err(|error| {
        Error::caused(
            Code::InvalidArgument,
            format!("{} is no pinned schema", file.path),
            error,
        )
        .with_hint(pull.clone())
    })?;
    if pinned.name != mcp.tool {
        let message = format!(
            "{} is about the tool {:?} and not {:?}",
            file.path, pinned.name, mcp.tool
        );
        return Err(Error::new(Code::UnknownName, message).with_hint(pull));
    }
    Ok(pinned)
}

/// The pinned schema's parameters; the tool's file may word them anew, but can't add any.
fn parameters(file: &ToolFile, pinned: &Pinned) -> Result<BTreeMap<String, Parameter>> {
    let schema = &pinned.input_schema;
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut parameters = BTreeMap::new();
    for (name, field) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let field = openapi::resolved(schema, field)?;
        let is_required = required.contains(&name.as_str());
        parameters.insert(name.clone(), openapi::read_parameter(name, &field, "", is_required)?);
    }
    parameter::reword(&mut parameters, &file.parameters, "the pinned schema")?;
    Ok(parameters)
}

impl McpTool {
    pub(crate) fn of(
        file: &ToolFile,
        mcp: &Mcp,
        files: &Files,
        product: &Product,
        client: Arc<dyn McpClient>,
    ) -> Result<Arc<dyn DynTool>> {
        let call = McpCall::of(file, mcp, files, product)?;
        // An unknown effect asks.
        let effect = file.effect.unwrap_or(Effect::External);
        if let Some(hint) = call.pinned.says_it_writes()
            && effect.is_repeatable()
        {
            let message = format!("the server says {hint}, and the effect says that a call changes nothing");
            return Err(Error::invalid(message).with_hint("declare external, create, change, delete, publish or spend"));
        }
        let body = call.reply.clone().unwrap_or_else(|| json!({}));
        Ok(Arc::new(Self {
            declaration: file.declaration()?,
            phrases: file.phrases.clone(),
            input_schema: arguments::schema(&call.parameters),
            output_schema: json!({"type": "object", "properties": {"body": body}}),
            effect,
            call,
            client,
        }))
    }
}

#[async_trait]
impl DynTool for McpTool {
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
        self.call.arguments(args)?;
        Ok(self.effect)
    }

    async fn run(&self, _: &ToolContext, args: Value) -> Result<ToolOutput<Value>> {
        let McpCall { server, pinned, .. } = &self.call;
        let arguments = self.call.arguments(&args)?;
        let McpReply { structured, text } = self.client.call(server, pinned, arguments).await?;
        let body = structured.unwrap_or_else(|| reply::read(&text));
        reply::output(&body, json!({"body": body}), &self.declaration.title)
    }
}
