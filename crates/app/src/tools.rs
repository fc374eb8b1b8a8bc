//! The registry's tools, called by people and programs under the policy of all surfaces.

use hedgerow_agent_api::{Decision, DynTool, Effect, Progress, Surface, ToolContext};
use hedgerow_data_api::{Provenance, Table, Warning};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::App;

/// A tool as listed and described.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolInfo {
    /// The name to call.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
    /// JSON Schema of the result.
    pub output_schema: Value,
    /// Calls that work.
    pub examples: Vec<ToolExample>,
    /// The right a caller needs.
    pub access: String,
    /// How long a call usually takes, in milliseconds.
    pub expected_ms: u64,
    /// What the progress of a call counts, where it reports some.
    pub progress: Option<String>,
}

/// An example call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolExample {
    /// What it is for.
    pub purpose: String,
    /// The arguments.
    pub arguments: Value,
}

/// A call as a surface makes it.
#[derive(Clone)]
pub struct ToolCall {
    /// The project it is about.
    pub project: ProjectId,
    /// The tool.
    pub name: String,
    /// The arguments, as JSON.
    pub arguments: Value,
    /// Where the call comes from.
    pub surface: Surface,
    /// Takes progress.
    pub progress: Progress,
}

/// What a call gave back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCallResult {
    /// The typed result; its schema is the tool's `output_schema`.
    pub result: Value,
    /// The result as a model reads it.
    pub content: String,
    /// The numbers, where there are some.
    pub table: Option<Table>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
    /// How the numbers came to be.
    pub provenance: Option<Provenance>,
}

/// What a call would do, and whether it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolEffect {
    /// The tool.
    pub tool: String,
    /// What the call would do.
    pub effect: Effect,
    /// What the policy says of it.
    pub decision: Decision,
}

impl App {
    /// All tools, by name.
    #[must_use]
    pub fn tools(&self) -> Vec<ToolInfo> {
        self.parts
            .registry
            .tools()
            .map(|tool| describe(tool.as_ref()))
            .collect()
    }

    /// One tool; an unknown one is refused with the nearest.
    pub fn describe_tool(&self, name: &str) -> Result<ToolInfo> {
        Ok(describe(self.parts.registry.tool(name)?.as_ref()))
    }

    /// Validates a call and says what it would do, without doing it.
    pub async fn tool_effect(&self, call: &ToolCall) -> Result<ToolEffect> {
        let tool = self.parts.registry.tool(&call.name)?;
        self.require_project(&call.project).await?;
        let effect = tool.effect(&self.tool_context(call), &call.arguments).await?;
        let decision = self.parts.policy.decide(&call.name, effect, call.surface);
        Ok(ToolEffect {
            tool: call.name.clone(),
            effect,
            decision,
        })
    }

    /// Runs a call that the policy allows.
    pub async fn call_tool(&self, call: &ToolCall) -> Result<ToolCallResult> {
        let tool = self.parts.registry.tool(&call.name)?;
        let ToolEffect { effect, decision, .. } = self.tool_effect(call).await?;
        let effect = effect_name(effect);
        match decision {
            Decision::Allow => {}
            Decision::Ask => {
                let message = format!("{} would {effect}, and that needs approval", call.name);
                let hint =
                    "ask for it in a conversation, where the call is shown for approval, or allow it in the policy";
                return Err(Error::new(Code::Denied, message).with_hint(hint));
            }
            Decision::Deny => {
                return Err(Error::new(
                    Code::Denied,
                    format!("the policy forbids {} to {effect}", call.name),
                ));
            }
        }
        let output = tool.run(&self.tool_context(call), call.arguments.clone()).await?;
        if !output.control.is_empty() {
            // Outside a run nobody carries out what the call asks for, so it must not look done.
            let message = format!("{} changes a run, and this call belongs to none", call.name);
            return Err(Error::invalid(message).with_hint("it is for models; ask a question with `hedgerow ask`"));
        }
        Ok(ToolCallResult {
            result: output.result,
            content: output.content,
            table: output.table,
            warnings: output.warnings,
            provenance: output.provenance,
        })
    }

    fn tool_context(&self, call: &ToolCall) -> ToolContext {
        ToolContext {
            project: call.project.clone(),
            clock: self.clock.clone(),
            surface: call.surface,
            progress: call.progress.clone(),
        }
    }
}

fn describe(tool: &dyn DynTool) -> ToolInfo {
    let declaration = tool.declaration();
    let examples = declaration.examples.iter().map(|example| ToolExample {
        purpose: example.purpose.to_string(),
        // An example that is no JSON would be a mistake of its product; shown as text it is still of use.
        arguments: serde_json::from_str(&example.arguments).unwrap_or_else(|_| Value::from(example.arguments.as_ref())),
    });
    ToolInfo {
        name: declaration.name.to_string(),
        title: declaration.title.to_string(),
        description: declaration.description.to_string(),
        input_schema: tool.input_schema().clone(),
        output_schema: tool.output_schema().clone(),
        examples: examples.collect(),
        access: declaration.access.to_string(),
        expected_ms: u64::try_from(declaration.expected.as_millis()).unwrap_or(u64::MAX),
        progress: declaration.progress.as_deref().map(str::to_owned),
    }
}

/// The effect as a verb within a sentence.
fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Draft => "write to the conversation",
        Effect::Create => "create something",
        Effect::Change => "change something",
        Effect::Delete => "delete something",
        Effect::Publish => "publish something",
        Effect::Spend => "spend money",
        Effect::External => "act on a system outside",
    }
}
