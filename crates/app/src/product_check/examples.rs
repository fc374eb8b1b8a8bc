//! Examples: each is a call that runs.
//!
//! Calls that write run in whatever order works: what one changes another must have made, and what is deleted is
//! needed no more.

use hedgerow_agent_api::{Progress, Surface};
use hedgerow_declared::ExampleCall;
use hedgerow_errors::Code;
use serde_json::Value;

use super::stage::Stage;
use super::{Check, Findings, Subject};
use crate::ToolCall;

/// An example, with the tool it is of and the tool's file.
#[derive(Clone, Copy)]
struct Shown<'a> {
    path: &'a str,
    tool: &'a str,
    example: &'a ExampleCall,
}

/// What an example would do as things stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Now {
    /// It fails.
    Fails,
    /// It deletes, and does nothing else.
    Deletes,
    /// Anything else.
    Works,
}

pub(super) async fn run(stage: &Stage<'_>, subject: &Subject, found: &mut Findings) {
    let shown = subject.tools.iter().flat_map(|(path, tool)| {
        let tool_name = tool.name.as_deref().unwrap_or_default();
        tool.examples.iter().map(move |example| Shown {
            path,
            tool: tool_name,
            example,
        })
    });
    let writes = |shown: &Shown<'_>| {
        stage
            .app
            .registry(None)
            .tool(shown.tool)
            .is_ok_and(|tool| tool.only_plans())
    };
    let (writing, reading): (Vec<_>, Vec<_>) = shown.partition(writes);
    let left = run_those_that(|now| now == Now::Works, stage, writing, found).await;
    for shown in reading {
        call(stage, shown, found).await;
    }
    let left = run_those_that(|now| now != Now::Fails, stage, left, found).await;
    // They never work, and say why.
    for shown in left {
        call(stage, shown, found).await;
    }
}

/// Runs calls as soon as they may, until none of the rest may; gives back the rest.
async fn run_those_that<'a>(
    may_run: impl Fn(Now) -> bool,
    stage: &Stage<'_>,
    mut waiting: Vec<Shown<'a>>,
    found: &mut Findings,
) -> Vec<Shown<'a>> {
    loop {
        let mut left = Vec::new();
        let before = waiting.len();
        for shown in waiting {
            if may_run(now(stage, shown).await) {
                call(stage, shown, found).await;
            } else {
                left.push(shown);
            }
        }
        if left.len() == before {
            return left;
        }
        waiting = left;
    }
}

async fn now(stage: &Stage<'_>, shown: Shown<'_>) -> Now {
    match stage.app.preview_tool(&call_of(stage, shown)).await {
        Err(_) => Now::Fails,
        Ok(preview) if preview.changes.is_empty() => Now::Works,
        Ok(preview) if preview.changes.iter().all(|change| change.after.is_none()) => Now::Deletes,
        Ok(_) => Now::Works,
    }
}

fn call_of(stage: &Stage<'_>, shown: Shown<'_>) -> ToolCall {
    ToolCall {
        project: stage.project.clone(),
        name: shown.tool.to_owned(),
        arguments: Value::Object(shown.example.arguments.clone()),
        surface: Surface::Cli,
        approved: true,
        progress: Progress::ignore(),
    }
}

async fn call(stage: &Stage<'_>, shown: Shown<'_>, found: &mut Findings) {
    let Shown { path, tool, example } = shown;
    stage.tell(&format!("running {tool}: {}", example.purpose));
    let error = match stage.app.call_tool(&call_of(stage, shown)).await {
        Err(error) => error,
        Ok(result) => {
            if result.table.is_some_and(|table| table.rows.is_empty()) {
                let message = format!("the example {:?} finds nothing", example.purpose);
                let hint = "take arguments that find something in the seeded world";
                found.add(Check::Examples, path, message, hint);
            }
            return;
        }
    };
    // An argument that does not fit was found by reading.
    let is_known = found
        .wrong
        .iter()
        .any(|known| known.check == Check::Examples && known.file == path);
    if !(is_known && error.code() == Code::InvalidArgument) {
        let message = format!("the example {:?} does not run: {}", example.purpose, error.chain());
        let hint = error.hint().unwrap_or("correct the call or the tool").to_owned();
        found.add(Check::Examples, path, message, hint);
    }
}
