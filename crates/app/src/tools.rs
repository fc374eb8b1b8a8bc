//! The registry's tools, called by people and programs under the policy of all surfaces.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hedgerow_agent::core_tools::found_nothing;
use hedgerow_agent::result_text;
use hedgerow_agent_api::{
    Activity, CallEnd, CallPreview, CallRecord, Decision, DynTool, Effect, ObjectChange, ObjectWrite, Progress, Stage,
    Surface, ToolContext,
};
use hedgerow_data_api::{Provenance, Table, Warning};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::App;
use crate::usage::MadeCall;

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
    /// Whether a person has agreed to what the call does, where the policy asks.
    pub approved: bool,
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
    /// The changes of objects that were made, each of which can be undone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Activity>,
}

/// What a call would do, and whether it may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolPreview {
    /// The tool.
    pub tool: String,
    /// What the call would do.
    pub effect: Effect,
    /// What the policy says of it.
    pub decision: Decision,
    /// The changes of objects that it would make.
    pub changes: Vec<ObjectChange>,
    /// What whoever agrees to them must know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl App {
    /// The tools that the caller sees in a project, or, of those that all have, in any project that it sees, by name.
    pub async fn tools(&self, project: Option<&ProjectId>) -> Result<Vec<ToolInfo>> {
        let seen = self.seen_in_list(project).await?;
        Ok(seen.tools().map(|tool| describe(tool.as_ref())).collect())
    }

    /// One of these tools. An unknown one is refused with the nearest, one of a product that is not open to the
    /// caller with who can open it.
    pub async fn describe_tool(&self, name: &str, project: Option<&ProjectId>) -> Result<ToolInfo> {
        let seen = self.seen_in_list(project).await?;
        Ok(describe(seen.tool(name)?.as_ref()))
    }

    /// Validates a call and says what it would do, without doing it.
    pub async fn preview_tool(&self, call: &ToolCall) -> Result<ToolPreview> {
        self.principal.check_project(&call.project)?;
        self.require_project(&call.project).await?;
        let sees = self.sees(Some(&call.project)).await?;
        let registry = self.parts.registries.seen(Some(&call.project), sees);
        self.preview_of(registry.tool(&call.name)?.as_ref(), call, sees).await
    }

    async fn preview_of(&self, tool: &dyn DynTool, call: &ToolCall, sees: Stage) -> Result<ToolPreview> {
        self.check(&tool.declaration().access.parse()?, Some(&call.project))?;
        let ctx = self.tool_context(call, sees);
        let effect = tool.effect(&ctx, &call.arguments).await?;
        let CallPreview { changes, warnings } = tool.preview(&ctx, &call.arguments).await?;
        Ok(ToolPreview {
            tool: call.name.clone(),
            effect,
            decision: self.parts.policy.decide(&call.name, effect, call.surface),
            changes,
            warnings,
        })
    }

    /// Runs a call that the policy allows, or that it asks about and a person has agreed to.
    ///
    /// Each call leaves a record, also one that is refused, in a project that exists and that the caller sees.
    pub async fn call_tool(&self, call: &ToolCall) -> Result<ToolCallResult> {
        self.principal.check_project(&call.project)?;
        self.require_project(&call.project).await?;
        let (at, began) = (self.clock.now(), Instant::now());
        let made = self.make_call(call).await;
        self.recorder.record(record(call, at, began.elapsed(), &made));
        made.map_err(|unmade| unmade.error)
    }

    async fn make_call(&self, call: &ToolCall) -> Result<ToolCallResult, Unmade> {
        let sees = self.sees(Some(&call.project)).await?;
        // What was looked at is what runs, also where the product changes meanwhile.
        let registry = self.parts.registries.seen(Some(&call.project), sees);
        let tool = registry.tool(&call.name)?;
        let ToolPreview { effect, decision, .. } = self.preview_of(tool.as_ref(), call, sees).await?;
        let effect = effect_name(effect);
        match decision {
            Decision::Allow => {}
            Decision::Ask if call.approved => {}
            Decision::Ask => {
                let message = format!("{} would {effect}, and that needs approval", call.name);
                let hint = match call.surface {
                    Surface::Cli => "look at it with --dry-run, then repeat it with --approve",
                    _ => "look at its preview, then repeat it with approved=true",
                };
                let error = Error::new(Code::Denied, message).with_hint(hint);
                let end = CallEnd::Asked;
                return Err(Unmade { end, error });
            }
            Decision::Deny => {
                return Err(Error::new(Code::Denied, format!("the policy forbids {} to {effect}", call.name)).into());
            }
        }
        let output = tool.run(&self.tool_context(call, sees), call.arguments.clone()).await?;
        if !output.control.is_empty() {
            // Outside a run nobody carries out what the call asks for, so it must not look done.
            let message = format!("{} changes a run, and this call belongs to none", call.name);
            let error = Error::invalid(message).with_hint("it is for models; ask a question with `hedgerow ask`");
            return Err(error.into());
        }
        let changes = if output.changes.is_empty() {
            Vec::new()
        } else {
            let write = ObjectWrite {
                project: call.project.clone(),
                actor: self.actor(),
                at: self.clock.now(),
                changes: output.changes,
            };
            self.parts.objects.write(write).await?
        };
        Ok(ToolCallResult {
            changes,
            result: output.result,
            content: output.content,
            table: output.table,
            warnings: output.warnings,
            provenance: output.provenance,
        })
    }

    fn tool_context(&self, call: &ToolCall, sees: Stage) -> ToolContext {
        ToolContext {
            project: call.project.clone(),
            clock: self.clock.clone(),
            surface: call.surface,
            principal: self.principal.as_ref().clone(),
            sees,
            progress: call.progress.clone(),
        }
    }
}

/// A call that did not work.
struct Unmade {
    end: CallEnd,
    error: Error,
}

impl From<Error> for Unmade {
    fn from(error: Error) -> Self {
        let end = if error.code() == Code::Denied {
            CallEnd::Denied
        } else {
            CallEnd::Error
        };
        Self { end, error }
    }
}

/// What is kept of a call.
fn record(call: &ToolCall, at: DateTime<Utc>, took: Duration, made: &Result<ToolCallResult, Unmade>) -> MadeCall {
    let (end, error, result, searched) = match made {
        Ok(made) => (
            CallEnd::Ok,
            None,
            result_text::of_result(&made.content, made.table.as_ref(), &made.warnings),
            found_nothing(&call.name, &call.arguments, &made.result),
        ),
        Err(Unmade { end, error }) => (*end, Some(error.report()), result_text::of_error(error, 1), None),
    };
    let ran = matches!(end, CallEnd::Ok | CallEnd::Error);
    MadeCall {
        record: CallRecord {
            project: call.project.clone(),
            tool: call.name.clone(),
            surface: call.surface,
            at,
            ms: ran.then(|| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            end,
            error,
            argument_tokens: 0,
            result_tokens: 0,
            run_id: None,
            searched,
        },
        arguments: call.arguments.to_string(),
        result,
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
