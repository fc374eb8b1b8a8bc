//! One session with a server: what it offers, and calls of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use hedgerow_agent_api::{Egress, McpHints, McpReply, McpServer, McpTool};
use hedgerow_errors::{Code, Error, Result};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig, ContentBlock,
    Implementation, ProtocolVersion, Tool,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _, NotificationContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, RoleClient};
use serde_json::{Map, Value};

use crate::failure::{self, Failure, Lost};
use crate::transport::{Broken, Transport};

/// How long a session is used: what a server says of its tools is asked again after that.
const LONGEST: Duration = Duration::from_secs(300);

/// A session.
pub(crate) struct Session {
    service: RunningService<RoleClient, Handler>,
    tools: Vec<McpTool>,
    opened: Instant,
    broken: Broken,
}

/// What the server may ask of us: nothing. That its tools changed is noted.
struct Handler {
    changed: AtomicBool,
}

impl ClientHandler for Handler {
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changed.store(true, Ordering::Relaxed);
    }

    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("hedgerow", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), us)
    }
}

impl Session {
    /// Greets the server, in the newer form of the protocol or the earlier one, and asks for its tools.
    pub(crate) async fn open(egress: &Arc<dyn Egress>, server: &McpServer) -> Result<Self> {
        let broken = Broken::default();
        let transport = Transport::new(Arc::clone(egress), server.clone(), Arc::clone(&broken));
        // A new session could have other tools, so nothing is repeated in one unseen.
        let config =
            StreamableHttpClientTransportConfig::with_uri(server.url.as_str()).reinit_on_expired_session(false);
        let lifecycle = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::LATEST],
            legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
        };
        let handler = Handler {
            changed: AtomicBool::new(false),
        };
        let transport = StreamableHttpClientTransport::with_client(transport, config);
        let service = Box::pin(handler.serve_with_lifecycle(transport, lifecycle)).await;
        let service = service.map_err(|error| failure::of_opening(error, taken(&broken), server))?;
        let tools = match service.list_all_tools().await {
            Ok(tools) => tools.into_iter().map(pinnable).collect(),
            Err(error) => return Err(lost(failure::of_call(error, taken(&broken), server), server)),
        };
        Ok(Self {
            service,
            tools,
            opened: Instant::now(),
            broken,
        })
    }

    /// Whether calls may still be made in it.
    pub(crate) fn is_usable(&self) -> bool {
        let has_changed = self.service.service().changed.load(Ordering::Relaxed);
        !has_changed && !self.service.is_closed() && self.opened.elapsed() < LONGEST
    }

    /// The tools of the server.
    pub(crate) fn tools(&self) -> &[McpTool] {
        &self.tools
    }

    /// Refuses a tool that is gone or was changed.
    pub(crate) fn check(&self, pinned: &McpTool, server: &McpServer) -> Result<()> {
        let names = || self.tools.iter().map(|tool| tool.name.as_str());
        let now = self.tools.iter().find(|tool| tool.name == pinned.name);
        let now = now.ok_or_else(|| Error::unknown(&format!("tool of {}", server.shown()), &pinned.name, names()))?;
        pinned.check(now, server)
    }

    /// Makes a call.
    pub(crate) async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
        server: &McpServer,
    ) -> Result<McpReply, Lost> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let answer = self.service.call_tool_once(params).await;
        let refused = |what: &str| {
            let message = format!("the tool {tool} of {} {what}, which is not supported", server.shown());
            Err(Lost::Other(Error::new(Code::Unavailable, message)))
        };
        match answer {
            Ok(CallToolResponse::Complete(result)) => reply(result, tool, server).map_err(Lost::Other),
            Ok(CallToolResponse::InputRequired(_)) => refused("asks back before it answers"),
            Ok(_) => refused("answers later"),
            Err(error) => Err(failure::of_call(error, taken(&self.broken), server)),
        }
    }

    /// Ends it, and says so to the server.
    pub(crate) async fn close(self) {
        if let Err(error) = self.service.cancel().await {
            tracing::debug!(%error, "a session with a server did not end well");
        }
    }
}

/// What a session that was lost before it was used means.
pub(crate) fn lost(lost: Lost, server: &McpServer) -> Error {
    match lost {
        Lost::Other(error) => error,
        Lost::Session => {
            let message = format!("{} forgets its sessions at once", server.shown());
            Error::new(Code::Unavailable, message).with_hint("it is the other system's failure")
        }
    }
}

fn taken(broken: &Broken) -> Option<Failure> {
    broken.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// What is pinned of a tool.
fn pinnable(tool: Tool) -> McpTool {
    let hints = tool.annotations.map(|hints| McpHints {
        read_only_hint: hints.read_only_hint,
        destructive_hint: hints.destructive_hint,
        idempotent_hint: hints.idempotent_hint,
        open_world_hint: hints.open_world_hint,
    });
    McpTool {
        name: tool.name.into_owned(),
        input_schema: Value::Object(Arc::unwrap_or_clone(tool.input_schema)),
        output_schema: tool
            .output_schema
            .map(|schema| Value::Object(Arc::unwrap_or_clone(schema))),
        // Hints that say nothing are none.
        annotations: hints.filter(|hints| *hints != McpHints::default()),
    }
}

fn reply(result: CallToolResult, tool: &str, server: &McpServer) -> Result<McpReply> {
    let blocks: Vec<String> = result.content.iter().map(text).collect();
    let text = blocks.join("\n");
    if result.is_error == Some(true) {
        return Err(failure::of_tool(tool, &text, server));
    }
    Ok(McpReply {
        structured: result.structured_content,
        text,
    })
}

/// A part of a result as text; what is none is named.
fn text(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("(a picture, {}, is left out)", image.mime_type),
        ContentBlock::Audio(audio) => format!("(a sound, {}, is left out)", audio.mime_type),
        ContentBlock::ResourceLink(link) => format!("(a link is left out: {})", link.uri),
        _ => "(a part that is no text is left out)".to_owned(),
    }
}
