//! What the model sees: a fixed prefix, then only appended to.

use std::fmt::Write;

use hedgerow_agent_api::{ModelRequest, Tainted, Thread, ToolCard};

use crate::history;
use crate::supervisor::Run;

/// The instructions that every run starts with. Nothing that changes between runs is in them.
const SYSTEM: &str = include_str!("../prompts/system.md");
/// What stands before the problems of an answer that was sent back.
const REPAIR: &str = "The answer was not shown, because of what stands below. Give the whole answer again, mended.";
/// The version of [`ModelRequest`].
const VERSION: u32 = 1;

/// The next request of a run.
pub(crate) fn request(run: &Run, thread: &Thread) -> ModelRequest {
    let modes = thread.modes.iter().filter_map(|mode| run.registry.mode(mode).ok());
    let prompts = modes.map(|mode| format!("# Mode {}\n{}", mode.name, mode.prompt));
    let mut messages = run.history.messages(thread);
    messages.extend(history::messages_of(thread));
    ModelRequest {
        version: VERSION,
        system: std::iter::once(SYSTEM.trim().to_owned()).chain(prompts).collect(),
        messages,
        tools: cards(run, thread),
        now: thread.now.clone(),
        // A problem quotes the answer and the data.
        repair: thread
            .repairs
            .last()
            .map(|problem| format!("{REPAIR}\n{}", Tainted::new(problem.as_str()).fenced())),
    }
}

fn cards(run: &Run, thread: &Thread) -> Vec<ToolCard> {
    let offered = run.registry.tools_of(&thread.modes);
    let card = |tool: &&std::sync::Arc<dyn hedgerow_agent_api::DynTool>| {
        let declaration = tool.declaration();
        let mut description = declaration.description.to_string();
        match declaration.name.as_ref() {
            "enable_mode" => add_modes(&mut description, run),
            "todo_write" => add_trajectories(&mut description, run, thread),
            _ => {}
        }
        ToolCard {
            name: declaration.name.to_string(),
            description,
            input_schema: tool.input_schema().clone(),
        }
    };
    offered.iter().map(card).collect()
}

/// All modes with their routing text, whichever are on, so that the card never changes.
fn add_modes(description: &mut String, run: &Run) {
    description.push_str(" Modes:");
    for mode in run.registry.modes() {
        // Writing to a String can't fail.
        let _ = write!(
            description,
            "\n- {}: {} Tools: {}.",
            mode.name,
            mode.when,
            mode.tools.join(", ")
        );
    }
}

fn add_trajectories(description: &mut String, run: &Run, thread: &Thread) {
    let modes = thread.modes.iter().filter_map(|mode| run.registry.mode(mode).ok());
    for trajectory in modes.flat_map(|mode| &mode.trajectories) {
        let _ = write!(description, "\n\nExample: {}\n{}", trajectory.job, trajectory.body);
    }
}
