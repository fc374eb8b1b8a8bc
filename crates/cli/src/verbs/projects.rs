//! `projects`: which there are.

use hedgerow_errors::Result;
use serde_json::json;

use super::VerbContext;
use crate::args::{Globals, ProjectsCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: &ProjectsCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let ProjectsCommand::List = command;
    let projects = ctx.app.projects().await?;
    if globals.json {
        ctx.printer.json(&json!({"data": projects}))?;
        return Ok(exit::DONE);
    }
    if projects.is_empty() {
        ctx.printer.note("no projects yet; hedgerow import makes one");
        return Ok(exit::DONE);
    }
    let mut table = TextTable::new(["project", "events"]);
    for project in &projects {
        // Of a project that can't be read nobody knows how many events it has.
        let events = project.problem.is_none().then_some(project.events);
        table.row(&[json!(project.id), json!(events)]);
    }
    super::shown::table(&table, ctx)?;
    for project in &projects {
        if let Some(problem) = &project.problem {
            ctx.printer
                .note(&format!("project {} can't be read: {problem}", project.id));
        }
    }
    Ok(exit::DONE)
}
