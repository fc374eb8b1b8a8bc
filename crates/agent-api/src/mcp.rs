//! Tools of other systems that speak the Model Context Protocol: what a product relies on, and what it asks for.
//!
//! What such a server says of its tools is somebody else's text and may change at any time. So a product pins what it
//! was reviewed with ([`McpTool`]), and whoever implements [`McpClient`] calls a tool only while the server still says
//! the same.

use std::collections::BTreeSet;

use async_trait::async_trait;
use hedgerow_errors::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Characters of a value that a change shows at most.
const SHOWN: usize = 80;
/// Changes that are listed at most; the others are counted.
const MOST_CHANGES: usize = 12;

/// A server, and on whose behalf it is asked. Header values may refer to secrets, as those of
/// [`EgressRequest`](crate::EgressRequest) do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct McpServer {
    /// The product that asks.
    pub product: String,
    /// The hosts that the product declares.
    pub hosts: Vec<String>,
    /// The address.
    pub url: String,
    /// Headers by name.
    pub headers: Vec<(String, String)>,
}

impl McpServer {
    /// The server's host and port, for people.
    #[must_use]
    pub fn shown(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        place.rsplit('@').next().unwrap_or_default()
    }
}

/// What a product relies on of what a server says of a tool. Its title and description are not among it: the
/// product has its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct McpTool {
    /// The name there.
    pub name: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
    /// JSON Schema of the structured result, where the server gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// What the server says a call does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<McpHints>,
}

/// What a server says a call does. It binds nobody, but a change of it is one of the tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct McpHints {
    /// Whether it changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// Whether what it changes may be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Whether the same call a second time changes nothing more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// Whether it reaches others in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

impl McpTool {
    /// Why the server itself says that a call is no mere read; `None` where it says that it is one, or nothing.
    #[must_use]
    pub fn says_it_writes(&self) -> Option<&'static str> {
        let hints = self.annotations.unwrap_or_default();
        match (hints.read_only_hint, hints.destructive_hint) {
            (Some(true), _) => None,
            (Some(false), _) => Some("readOnlyHint: false"),
            (None, Some(true)) => Some("destructiveHint: true"),
            (None, _) => None,
        }
    }

    /// Where the tool as it is now differs, one line a place; nothing where it is the same. The values are the
    /// server's text.
    #[must_use]
    pub fn changes(&self, now: &Self) -> Vec<String> {
        let (before, after) = (serde_json::json!(self), serde_json::json!(now));
        let mut changes = Vec::new();
        differences("", Some(&before), Some(&after), &mut changes);
        let more = changes.len().saturating_sub(MOST_CHANGES);
        if more > 0 {
            changes.truncate(MOST_CHANGES);
            changes.push(format!("and {more} more"));
        }
        changes
    }

    /// Refuses a tool that is no longer what this one says.
    ///
    /// # Errors
    ///
    /// `conflict`, with the changes as its cause.
    pub fn check(&self, now: &Self, server: &McpServer) -> Result<()> {
        let changes = self.changes(now);
        if changes.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the tool {} of {} is no longer what the product {} was reviewed with",
            self.name,
            server.shown(),
            server.product
        );
        Err(
            Error::caused(Code::Conflict, message, changes.join("; ")).with_hint(format!(
                "look at the changes, then take them over with hedgerow product pull {}",
                server.product
            )),
        )
    }
}

fn differences(place: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<String>) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let place = if place.is_empty() {
                key.clone()
            } else {
                format!("{place}.{key}")
            };
            differences(&place, before.get(key), after.get(key), changes);
        }
        return;
    }
    changes.push(match (before, after) {
        (Some(before), Some(after)) => format!("{place}: {} is now {}", shown(before), shown(after)),
        (None, Some(after)) => format!("{place} is new: {}", shown(after)),
        (Some(before), None) => format!("{place} is gone: {}", shown(before)),
        (None, None) => return,
    });
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN {
        return text;
    }
    let cut: String = text.chars().take(SHOWN).collect();
    format!("{cut}…")
}

/// What a call gave back. All of it is somebody else's text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct McpReply {
    /// The result as JSON, where the server gives one.
    pub structured: Option<Value>,
    /// The result as text; what is no text is named in it and left out.
    pub text: String,
}

/// Whoever asks servers.
#[async_trait]
pub trait McpClient: Send + Sync {
    /// The tools of a server, as it says now.
    ///
    /// # Errors
    ///
    /// Those of [`Egress::send`](crate::Egress::send); `unavailable` for an answer that is none.
    async fn tools(&self, server: &McpServer) -> Result<Vec<McpTool>>;

    /// Calls a tool that still is what was pinned.
    ///
    /// # Errors
    ///
    /// `conflict` for a tool that was changed and `unknown_name` for one that is gone; `invalid_argument` where the
    /// tool says that it failed; else as [`McpClient::tools`].
    async fn call(&self, server: &McpServer, pinned: &McpTool, arguments: Map<String, Value>) -> Result<McpReply>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(value: Value) -> McpTool {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_change_is_named_with_its_place() {
        let pinned = tool(json!({"name": "search", "inputSchema": {
            "type": "object", "required": ["query"],
            "properties": {"query": {"type": "string"}, "limit": {"maximum": 50}},
        }, "annotations": {"readOnlyHint": true}}));
        // The order of fields means nothing.
        let same = tool(json!({"annotations": {"readOnlyHint": true}, "inputSchema": {
            "properties": {"limit": {"maximum": 50}, "query": {"type": "string"}},
            "required": ["query"], "type": "object",
        }, "name": "search"}));
        assert_eq!(pinned.changes(&same), Vec::<String>::new());
        let now = tool(json!({"name": "search", "inputSchema": {
            "type": "object", "required": ["query"],
            "properties": {"query": {"type": "string", "description": "x".repeat(200)}, "limit": {"maximum": 500},
                "token": {"type": "string"}},
        }}));
        let x = "x".repeat(79);
        assert_eq!(
            pinned.changes(&now),
            [
                "annotations is gone: {\"readOnlyHint\":true}".to_owned(),
                "inputSchema.properties.limit.maximum: 50 is now 500".to_owned(),
                format!("inputSchema.properties.query.description is new: \"{x}…"),
                "inputSchema.properties.token is new: {\"type\":\"string\"}".to_owned(),
            ]
        );
        let server = McpServer {
            product: "issues".to_owned(),
            hosts: Vec::new(),
            url: "https://tools.example/mcp?x".to_owned(),
            headers: Vec::new(),
        };
        let error = pinned.check(&now, &server).unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (
                Code::Conflict,
                "the tool search of tools.example is no longer what the product issues was reviewed with"
            )
        );
        assert!(error.chain().contains("50 is now 500"));
    }

    #[test]
    fn a_server_can_say_that_a_call_writes() {
        for (hints, said) in [
            (json!({}), None),
            (json!({"readOnlyHint": true, "destructiveHint": true}), None),
            (json!({"readOnlyHint": false}), Some("readOnlyHint: false")),
            (json!({"destructiveHint": true}), Some("destructiveHint: true")),
        ] {
            let tool = tool(json!({"name": "a", "inputSchema": {}, "annotations": hints}));
            assert_eq!(tool.says_it_writes(), said);
        }
    }
}
