//! Examples: each is a call that runs.

use hedgerow_agent_api::{Progress, Surface};
use hedgerow_errors::Code;
use serde_json::Value;

use super::stage::Stage;
use super::{Check, Findings, Subject};
use crate::ToolCall;

pub(super) async fn run(stage: &Stage<'_>, subject: &Subject, found: &mut Findings) {
    let mut tools: Vec<_> = subject.tools.iter().collect();
    // What is changed must have been made, and what is deleted is needed no more.
    tools.sort_by_key(|(_, tool)| turn(tool.name.as_deref().unwrap_or_default()));
    for (path, tool) in tools {
        let name = tool.name.clone().unwrap_or_default();
        for example in &tool.examples {
            stage.tell(&format!("running {name}: {}", example.purpose));
            let call = ToolCall {
                project: stage.project.clone(),
                name: name.clone(),
                arguments: Value::Object(example.arguments.clone()),
                surface: Surface::Cli,
                approved: true,
                progress: Progress::ignore(),
            };
            let error = match stage.app.call_tool(&call).await {
                Err(error) => error,
                Ok(result) => {
                    if result.table.is_some_and(|table| table.rows.is_empty()) {
                        let message = format!("the example {:?} finds nothing", example.purpose);
                        let hint = "take arguments that find something in the seeded world";
                        found.add(Check::Examples, path, message, hint);
                    }
                    continue;
                }
            };
            // An argument that does not fit was found by reading.
            let is_known = found
                .wrong
                .iter()
                .any(|known| known.check == Check::Examples && known.file == *path);
            if !(is_known && error.code() == Code::InvalidArgument) {
                let message = format!("the example {:?} does not run: {}", example.purpose, error.chain());
                let hint = error.hint().unwrap_or("correct the call or the tool").to_owned();
                found.add(Check::Examples, path, message, hint);
            }
        }
    }
}

fn turn(name: &str) -> u8 {
    match name.split('_').next() {
        Some("create") => 0,
        Some("update") => 2,
        Some("delete") => 3,
        _ => 1,
    }
}
