//! `todo_write`: the run's to-do list.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{
    Control, Declaration, Display, Effect, Example, TodoItem, TodoStatus, Tool, ToolContext, ToolOutput,
};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Items that a list may have.
const MOST: usize = 50;

/// The whole new list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TodoWriteArgs {
    /// All items, in order; the list is replaced.
    items: Vec<TodoItem>,
}

/// How far the list is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct TodoWriteOutput {
    /// Items on the list.
    items: usize,
    /// Items that are done.
    completed: usize,
}

/// The tool.
pub(super) struct TodoWrite;

fn check(items: &[TodoItem]) -> Result<()> {
    if items.len() > MOST {
        return Err(Error::invalid(format!(
            "a list has at most {MOST} items, these are {}",
            items.len()
        )));
    }
    match items.iter().position(|item| item.content.trim().is_empty()) {
        Some(position) => Err(Error::invalid(format!("item {position} has no content"))),
        None => Ok(()),
    }
}

#[async_trait]
impl Tool for TodoWrite {
    type Args = TodoWriteArgs;
    type Output = TodoWriteOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "todo_write".into(),
            title: "Write the to-do list".into(),
            description: "Replaces the to-do list, which the user sees. For jobs of more than two steps: write it \
                first, then keep one item in progress and mark each as completed when it is.".into(),
            display: Display::new("Planning", "Planned"),
            expected: Duration::from_millis(5),
            progress: None,
            access: "run:write".into(),
            examples: const { &[Example::new("Two steps, the first being done", r#"{"items": [{"content": "find the busiest day", "status": "in_progress"}, {"content": "break it down by browser", "status": "pending"}]}"#)] }.into(),
        }
    }

    async fn effect(&self, _: &ToolContext, args: &TodoWriteArgs) -> Result<Effect> {
        check(&args.items).map(|()| Effect::Draft)
    }

    async fn run(&self, _: &ToolContext, args: TodoWriteArgs) -> Result<ToolOutput<TodoWriteOutput>> {
        check(&args.items)?;
        let completed = args
            .items
            .iter()
            .filter(|item| item.status == TodoStatus::Completed)
            .count();
        let items = args.items.len();
        let output = ToolOutput::text(
            TodoWriteOutput { items, completed },
            format!("{completed} of {items} done"),
        );
        Ok(output.with_control(Control::SetTodo(args.items)))
    }
}
