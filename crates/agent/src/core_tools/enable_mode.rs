//! `enable_mode`: expertise on demand.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Control, Declaration, Display, Effect, Example, Registry, Tool, ToolContext, ToolOutput};
use hedgerow_errors::{Error, Result};
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
    /// The tools of each mode.
    modes: BTreeMap<String, Vec<String>>,
}

impl EnableMode {
    pub(super) fn new(registry: &Registry) -> Self {
        Self {
            modes: registry
                .modes()
                .map(|mode| (mode.name.clone(), mode.tools.clone()))
                .collect(),
        }
    }

    fn tools(&self, mode: &str) -> Result<&Vec<String>> {
        self.modes
            .get(mode)
            .ok_or_else(|| Error::unknown("mode", mode, self.modes.keys().map(String::as_str)))
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

    async fn effect(&self, _: &ToolContext, args: &EnableModeArgs) -> Result<Effect> {
        self.tools(&args.mode).map(|_| Effect::Draft)
    }

    async fn run(&self, _: &ToolContext, args: EnableModeArgs) -> Result<ToolOutput<EnableModeOutput>> {
        let tools = self.tools(&args.mode)?.clone();
        let content = format!("mode {} is on; its tools: {}", args.mode, tools.join(", "));
        let control = Control::EnableMode(args.mode.clone());
        Ok(ToolOutput::text(EnableModeOutput { mode: args.mode, tools }, content).with_control(control))
    }
}
