//! Answers of systems outside as the examples of tools recorded them, for rehearsals.

use async_trait::async_trait;
use hedgerow_agent_api::{Egress, EgressRequest, EgressResponse, Product};
use hedgerow_errors::{Code, Error, Result};
use serde_json::Value;

use crate::files::Files;
use crate::http_tool::HttpCall;
use crate::tool_file::ToolFile;

/// Gives back what was recorded, and reaches nothing.
#[derive(Debug, Default)]
pub struct Recorded(Vec<(EgressRequest, EgressResponse)>);

impl Recorded {
    /// The recorded answers of a product's tools. What is not valid has none.
    #[must_use]
    pub fn of(files: &Files, product: &Product) -> Self {
        let mut recorded = Vec::new();
        for file in files.tools.iter().filter_map(|file| ToolFile::parse(&file.text).ok()) {
            let call = file
                .http
                .as_ref()
                .and_then(|http| HttpCall::of(&file, http, files, product).ok());
            let Some(call) = call else {
                continue;
            };
            for example in &file.examples {
                let request = call.request(&Value::Object(example.arguments.clone()));
                if let (Ok(request), Some(reply)) = (request, &example.reply) {
                    let response = EgressResponse {
                        status: call.operation().success,
                        body: reply.to_string(),
                    };
                    recorded.push((request, response));
                }
            }
        }
        Self(recorded)
    }
}

#[async_trait]
impl Egress for Recorded {
    async fn send(&self, request: &EgressRequest) -> Result<EgressResponse> {
        let found = self.0.iter().find(|(known, _)| known == request);
        found.map(|(_, response)| response.clone()).ok_or_else(|| {
            let message = format!("no example records what {} {} answers", request.method, request.url);
            Error::new(Code::NoData, message).with_hint("add an example with these arguments and a `reply`")
        })
    }
}
