//! `enable_mode`: expertise on demand.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Control, Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput, Views};
use hedgerow_errors::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The mode to turn on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnableModeArgs {
    /// The mode's name.
    mode: String,
}

/// What came with the mode.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct EnableModeOutput {
    /// The mode.
    mode: String,
    /// The tools that can be called from now on.
    tools: Vec<String>,
}

/// The tool.
pub(super) struct EnableMode {
    views: Views,
}

impl EnableMode {
    pub(super) fn new(views: Views) -> Self {
        Self { views }
    }

    fn tools(&self, ctx: &ToolContext, mode: &str) -> Result<&Vec<String>> {
        Ok(&self.views.seen_from(ctx.sees).mode(mode)?.tools)
    }
}

#[async_trait]
impl Tool for EnableMode {
    type Args = EnableModeArgs;
    type Output = EnableModeOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "enable_mode".into(),
            title: "Enable a mode".into(),
            description: "Turns a mode on: its tools and its expert instructions are there from the next reply on. \
                Several can be on."
                .into(),
            display: Display::new("Enabling a mode", "Enabled a mode"),
            expected: Duration::from_millis(5),
            progress: None,
            access: "run:write".into(),
            examples: const { &[Example::new("Write SQL", r#"{"mode": "sql"}"#)] }.into(),
        }
    }

    async fn effect(&self, ctx: &ToolContext, args: &EnableModeArgs) -> Result<Effect> {
        self.tools(ctx, &args.mode).map(|_| Effect::Draft)
    }

    async fn run(&self, ctx: &ToolContext, args: EnableModeArgs) -> Result<ToolOutput<EnableModeOutput>> {
        let tools = self.tools(ctx, &args.mode)?.clone();
        let content = format!("mode {} is on; its tools: {}", args.mode, tools.join(", "));
        let control = Control::EnableMode(args.mode.clone());
        Ok(ToolOutput::text(EnableModeOutput { mode: args.mode, tools }, content).with_control(control))
    }
}
