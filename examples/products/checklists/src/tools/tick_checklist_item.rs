//! `tick_checklist_item`: one item is done, or is not after all.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{
    Declaration, Display, Example, ObjectChange, ObjectKind as _, ObjectState, ObjectStore, ToolContext, WritePlan,
    WriteTool, body_of,
};
use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::checklist::{Checklist, Checklists};

/// Which item.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The checklist's name.
    checklist: String,
    /// The item's text, in full.
    item: String,
    /// Whether it is done; true when absent.
    #[serde(default = "yes")]
    done: bool,
}

fn yes() -> bool {
    true
}

/// The tool.
pub struct TickChecklistItem {
    objects: Arc<dyn ObjectStore>,
}

impl TickChecklistItem {
    /// The tool over stored checklists.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects }
    }
}

#[async_trait]
impl WriteTool for TickChecklistItem {
    type Args = Arguments;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "tick_checklist_item".into(),
            title: "Tick an item of a checklist".into(),
            description: "Marks one item of a launch checklist as done, or as not done with done false. Use it when \
                somebody says that something on the list is finished; for other changes use update_checklist."
                .into(),
            display: Display::new("Ticking an item", "Ticked an item"),
            expected: Duration::from_millis(50),
            progress: None,
            access: "checklist:write".into(),
            examples: const {
                &[Example::new(
                    "The help page is written",
                    r#"{"checklist": "Templates", "item": "Write the help page"}"#,
                )]
            }
            .into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &["tick an item of a checklist", "mark an item of the launch as done"]
    }

    async fn plan(&self, ctx: &ToolContext, args: Arguments) -> Result<WritePlan> {
        let object = self
            .objects
            .named(&ctx.project, Checklists::KIND, &args.checklist)
            .await?;
        let mut checklist: Checklist = body_of(&object)?;
        let item = checklist.item(&args.item)?;
        let state = if args.done { "done" } else { "not done" };
        if item.done == args.done {
            let message = format!("{:?} of {:?} is {state} already", args.item, object.name);
            return Err(Error::invalid(message).with_hint("there is nothing to do"));
        }
        item.done = args.done;
        let body = serde_json::to_value(&checklist)
            .map_err(|error| Error::caused(Code::Internal, "writing a checklist as JSON", error))?;
        let name = object.name.clone();
        let said = format!("Marked {:?} of {name:?} as {state}.", args.item);
        let change = ObjectChange::of(&object, Some(ObjectState { name, body }));
        Ok(WritePlan::new(vec![change], said))
    }
}
