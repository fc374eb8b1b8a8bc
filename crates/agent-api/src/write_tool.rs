//! Tools that write objects: they plan, and whoever runs them commits.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::{Table, Warning};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::effect::Effect;
use crate::object::{ObjectChange, effect_of};
use crate::tool::{CallPreview, Declaration, DynTool, ToolContext, ToolOutput, parse_arguments};

/// What a call would do.
#[derive(Debug, Clone, PartialEq)]
pub struct WritePlan {
    /// The changes.
    pub changes: Vec<ObjectChange>,
    /// What the call does, as the model reads it once it is done: `Created the feature flag "new-editor".`
    pub said: String,
    /// The effect where it is stronger than what the changes alone say, e.g. `publish`.
    pub effect: Option<Effect>,
    /// What whoever agrees to the changes must know, and whoever made them.
    pub warnings: Vec<Warning>,
    /// The cells that the numbers in what is said are from.
    pub table: Option<Table>,
}

impl WritePlan {
    /// A plan whose effect is that of its changes.
    pub fn new(changes: Vec<ObjectChange>, said: impl Into<String>) -> Self {
        Self {
            changes,
            said: said.into(),
            effect: None,
            warnings: Vec::new(),
            table: None,
        }
    }

    /// What the call would do.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let effect = effect_of(&self.changes);
        if effect == Effect::Read {
            return effect;
        }
        self.effect.map_or(effect, |stronger| stronger.max(effect))
    }
}

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// What was done.
    pub said: String,
    /// The changes with the states before and after.
    pub changes: Vec<ObjectChange>,
}

/// A tool that writes objects. It has no effect of its own: the same plan is the preview, the diff of an
/// approval and what is committed.
#[async_trait]
pub trait WriteTool: Send + Sync + 'static {
    /// The arguments; `deny_unknown_fields`, every field described.
    type Args: DeserializeOwned + JsonSchema + Send + Sync;

    /// What the tool says of itself.
    fn declaration(&self) -> Declaration;

    /// What people would type to find it.
    fn phrases(&self) -> &'static [&'static str] {
        &[]
    }

    /// Validates arguments against what is there and says what would change. It changes nothing.
    async fn plan(&self, ctx: &ToolContext, args: Self::Args) -> Result<WritePlan>;
}

/// Erases a writing tool's types.
pub fn erase_write<T: WriteTool>(tool: T) -> Arc<dyn DynTool> {
    let declaration = tool.declaration();
    Arc::new(ErasedWrite {
        tool,
        declaration,
        input_schema: schemars::schema_for!(T::Args).to_value(),
        output_schema: schemars::schema_for!(Written).to_value(),
    })
}

struct ErasedWrite<T: WriteTool> {
    tool: T,
    declaration: Declaration,
    input_schema: Value,
    output_schema: Value,
}

impl<T: WriteTool> ErasedWrite<T> {
    async fn plan(&self, ctx: &ToolContext, args: &Value) -> Result<WritePlan> {
        let args = parse_arguments(&self.declaration, args)?;
        self.tool.plan(ctx, args).await
    }
}

#[async_trait]
impl<T: WriteTool> DynTool for ErasedWrite<T> {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn input_schema(&self) -> &Value {
        &self.input_schema
    }

    fn output_schema(&self) -> &Value {
        &self.output_schema
    }

    fn phrases(&self) -> Vec<String> {
        self.tool.phrases().iter().map(|phrase| (*phrase).to_owned()).collect()
    }

    fn only_plans(&self) -> bool {
        true
    }

    async fn effect(&self, ctx: &ToolContext, args: &Value) -> Result<Effect> {
        Ok(self.plan(ctx, args).await?.effect())
    }

    async fn preview(&self, ctx: &ToolContext, args: &Value) -> Result<CallPreview> {
        let WritePlan { changes, warnings, .. } = self.plan(ctx, args).await?;
        Ok(CallPreview { changes, warnings })
    }

    async fn run(&self, ctx: &ToolContext, args: Value) -> Result<ToolOutput<Value>> {
        let WritePlan {
            changes,
            said,
            warnings,
            table,
            ..
        } = self.plan(ctx, &args).await?;
        let written = Written { said, changes };
        let result = serde_json::to_value(&written)
            .map_err(|error| Error::internal(format!("result of {} is not JSON: {error}", self.declaration.name)))?;
        // The model needs the id to go on with a new object, and the name is text that people chose.
        let objects: Vec<Value> = written
            .changes
            .iter()
            .map(|change| json!({"id": change.id, "kind": change.kind, "name": change.name()}))
            .collect();
        let mut content = json!({"done": written.said, "objects": objects});
        if !warnings.is_empty() {
            let messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
            content["warnings"] = json!(messages);
        }
        let content = content.to_string();
        Ok(ToolOutput {
            table,
            warnings,
            changes: written.changes,
            ..ToolOutput::text(result, content)
        })
    }
}
