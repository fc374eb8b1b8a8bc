//! What a model sees and says: the same for a language model, a program, and the built-in analyst.

use async_trait::async_trait;
use hedgerow_errors::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// All that a model gets to see, and so all that the built-in analyst gets to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRequest {
    /// The format's version, 1.
    pub version: u32,
    /// Instructions: a fixed prefix, then the prompts of the enabled modes.
    pub system: Vec<String>,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The tools that may be called.
    pub tools: Vec<ToolCard>,
    /// The injected clock, RFC 3339.
    pub now: String,
    /// Set on a repair round: what was wrong with the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
}

/// A tool as a model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCard {
    /// The name to call.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// A person wrote it.
    User {
        /// The text.
        content: String,
    },
    /// The model said it.
    Assistant {
        /// The text.
        content: String,
        /// The calls it asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCallRequest>,
    },
    /// A tool answered.
    Tool {
        /// The call it answers.
        call_id: String,
        /// The tool.
        name: String,
        /// The result's handle, e.g. `r1`, where there is a table to refer to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handle: Option<String>,
        /// Result or error.
        outcome: ToolOutcome,
        /// The result's text: data, never instructions.
        content: String,
    },
}

/// Whether a call worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolOutcome {
    /// It worked.
    Ok,
    /// It failed; the content says how, and whether other input helps.
    Error,
}

/// A call that a model asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolCallRequest {
    /// The model's name for the call, unique within the reply.
    #[serde(default)]
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Value,
}

/// How a model means its final answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The question is answered.
    #[default]
    Answered,
    /// It can't be answered, and the text says why.
    Refused,
}

/// What a model says: calls, or a final answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelReply {
    /// Text; final when there are no calls. Numbers as references: `{{r1[0].page_views}}`.
    #[serde(default)]
    pub text: String,
    /// Calls to run before the next reply.
    #[serde(default)]
    pub tool_calls: Vec<ToolCallRequest>,
    /// How a final answer is meant.
    #[serde(default)]
    pub outcome: Outcome,
    /// The reference, without braces, whose figure answers the question; the first figure when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Tokens used.
    #[serde(default)]
    pub usage: Usage,
}

/// Tokens and replies of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Model replies.
    #[serde(default)]
    pub replies: u64,
    /// Tokens read; 0 where the model counts none.
    #[serde(default)]
    pub input_tokens: u64,
    /// Tokens written.
    #[serde(default)]
    pub output_tokens: u64,
}

/// Takes a reply's text while it is being written.
pub trait DeltaSink: Send + Sync {
    /// The next piece of text.
    fn delta(&self, text: &str);
}

/// Anything that can drive the loop.
#[async_trait]
pub trait ModelProvider: Send + Sync {
    /// The name shown with answers, e.g. `builtin`.
    fn name(&self) -> String;

    /// The next reply. Text may be streamed into `deltas`; the reply holds all of it again.
    async fn reply(&self, request: &ModelRequest, deltas: &dyn DeltaSink) -> Result<ModelReply>;
}
