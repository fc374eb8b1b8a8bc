//! Answers of systems outside as the examples of tools recorded them, for rehearsals.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{
    Egress, EgressRequest, EgressResponse, McpClient, McpReply, McpServer, McpTool, Outside, Product,
};
use hedgerow_errors::{Code, Error, Result};
use serde_json::{Map, Value};

use crate::files::Files;
use crate::http_tool::HttpCall;
use crate::mcp_tool::McpCall;
use crate::tool_file::ToolFile;

/// Gives back what was recorded, and reaches nothing.
#[derive(Debug, Default)]
struct Recorded {
    requests: Vec<(EgressRequest, EgressResponse)>,
    calls: Vec<RecordedCall>,
}

#[derive(Debug)]
struct RecordedCall {
    server: McpServer,
    tool: String,
    arguments: Map<String, Value>,
    reply: McpReply,
}

/// The recorded answers of a product's tools as its way outside. What is not valid has none.
#[must_use]
pub fn recorded(files: &Files, product: &Product) -> Outside {
    let mut recorded = Recorded::default();
    for file in files.tools.iter().filter_map(|file| ToolFile::parse(&file.text).ok()) {
        recorded.add_requests(&file, files, product);
        recorded.add_calls(&file, files, product);
    }
    let recorded = Arc::new(recorded);
    Outside {
        egress: recorded.clone(),
        mcp: recorded,
    }
}

impl Recorded {
    fn add_requests(&mut self, file: &ToolFile, files: &Files, product: &Product) {
        let call = file.http.as_ref().map(|http| HttpCall::of(file, http, files, product));
        let Some(Ok(call)) = call else {
            return;
        };
        for example in &file.examples {
            let request = call.request(&Value::Object(example.arguments.clone()));
            if let (Ok(request), Some(reply)) = (request, &example.reply) {
                let response = EgressResponse {
                    status: call.operation().success,
                    headers: Vec::new(),
                    body: reply.to_string(),
                };
                self.requests.push((request, response));
            }
        }
    }

    fn add_calls(&mut self, file: &ToolFile, files: &Files, product: &Product) {
        let call = file.mcp.as_ref().map(|mcp| McpCall::of(file, mcp, files, product));
        let Some(Ok(call)) = call else {
            return;
        };
        for example in &file.examples {
            let arguments = call.arguments(&Value::Object(example.arguments.clone()));
            if let (Ok(arguments), Some(reply)) = (arguments, &example.reply) {
                self.calls.push(RecordedCall {
                    server: call.server().clone(),
                    tool: call.pinned().name.clone(),
                    arguments,
                    reply: match reply {
                        Value::String(text) => McpReply {
                            structured: None,
                            text: text.clone(),
                        },
                        structured => McpReply {
                            structured: Some(structured.clone()),
                            text: String::new(),
                        },
                    },
                });
            }
        }
    }
}

fn nothing_recorded<T>(what: &str) -> Result<T> {
    let message = format!("no example records what {what} answers");
    Err(Error::new(Code::NoData, message).with_hint("add an example with these arguments and a `reply`"))
}

#[async_trait]
impl Egress for Recorded {
    async fn send(&self, request: &EgressRequest) -> Result<EgressResponse> {
        match self.requests.iter().find(|(known, _)| known == request) {
            Some((_, response)) => Ok(response.clone()),
            None => nothing_recorded(&format!("{} {}", request.method, request.url)),
        }
    }
}

#[async_trait]
impl McpClient for Recorded {
    async fn tools(&self, server: &McpServer) -> Result<Vec<McpTool>> {
        nothing_recorded(server.shown())
    }

    async fn call(&self, server: &McpServer, pinned: &McpTool, arguments: Map<String, Value>) -> Result<McpReply> {
        let found = self
            .calls
            .iter()
            .find(|call| call.server == *server && call.tool == pinned.name && call.arguments == arguments);
        match found {
            Some(call) => Ok(call.reply.clone()),
            None => nothing_recorded(&format!("{} of {}", pinned.name, server.shown())),
        }
    }
}
