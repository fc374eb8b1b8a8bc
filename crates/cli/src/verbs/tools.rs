//! `tools`: listed, described, called.

use hedgerow_agent_api::{Progress, Surface};
use hedgerow_app::{ToolCall, ToolCallResult, ToolPreview};
use hedgerow_errors::{Error, Result};
use serde_json::{Value, json};

use super::{VerbContext, change_diff, shown};
use crate::args::{Globals, ToolsCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: ToolsCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        ToolsCommand::List => list(globals, ctx).await?,
        ToolsCommand::Describe { name } => describe(&name, globals, ctx).await?,
        ToolsCommand::Call {
            name,
            arguments,
            dry_run,
            approve,
        } => {
            let call = call_of(name, &arguments, approve, globals, ctx)?;
            if dry_run {
                preview(&ctx.app.preview_tool(&call).await?, globals, ctx)?;
            } else {
                let result = ctx.app.call_tool(&call).await?;
                print(&result, globals, ctx)?;
            }
        }
    }
    Ok(exit::DONE)
}

async fn list(globals: &Globals, ctx: &VerbContext) -> Result<()> {
    let tools = ctx.app.tools(globals.project.as_ref()).await?;
    if globals.json {
        return ctx.printer.json(&json!({"data": tools}));
    }
    let mut table = TextTable::new(["tool", "what it does"]);
    for tool in &tools {
        table.row(&[json!(tool.name), json!(first_sentence(&tool.description))]);
    }
    shown::table(&table, ctx)
}

async fn describe(name: &str, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    let tool = ctx.app.describe_tool(name, globals.project.as_ref()).await?;
    if globals.json {
        return ctx.printer.json(&tool);
    }
    ctx.printer
        .line(&format!("{}: {}\n\n{}\n", tool.name, tool.title, tool.description))?;
    ctx.printer
        .line(&format!("Arguments:\n{}\n", shown::pretty(&tool.input_schema)))?;
    ctx.printer.line(&format!(
        "Access: {}; takes about {} ms{}",
        tool.access,
        tool.expected_ms,
        tool.progress
            .map_or_else(String::new, |counted| format!("; shows its progress by {counted}"))
    ))?;
    for example in &tool.examples {
        ctx.printer.line(&format!(
            "\n{}:\n  hedgerow tools call {} '{}'",
            example.purpose, tool.name, example.arguments
        ))?;
    }
    Ok(())
}

fn preview(preview: &ToolPreview, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    if globals.json {
        return ctx.printer.json(preview);
    }
    let decision = json!(preview.decision).as_str().unwrap_or_default().to_owned();
    let effect = json!(preview.effect).as_str().unwrap_or_default().to_owned();
    let tool = &preview.tool;
    ctx.printer
        .line(&format!("{tool} would {effect}; the policy says {decision}"))?;
    for line in change_diff::of_changes(&preview.changes) {
        ctx.printer.line(&line)?;
    }
    Ok(())
}

fn call_of(name: String, arguments: &str, approved: bool, globals: &Globals, ctx: &VerbContext) -> Result<ToolCall> {
    let arguments: Value = serde_json::from_str(arguments).map_err(|error| {
        Error::invalid(format!("the arguments are not JSON: {error}"))
            .with_hint(format!("see hedgerow tools describe {name}"))
    })?;
    let printer = ctx.printer.clone();
    let progress = if printer.err_is_terminal() {
        Progress::new(move |fraction, note| printer.note(&format!("· {note} ({:.0} %)", fraction * 100.0)))
    } else {
        Progress::ignore()
    };
    Ok(ToolCall {
        project: globals.project()?,
        name,
        arguments,
        surface: Surface::Cli,
        approved,
        progress,
    })
}

fn print(result: &ToolCallResult, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    if globals.json {
        return ctx.printer.json(result);
    }
    match &result.table {
        Some(numbers) => {
            let mut table = TextTable::new(numbers.columns.iter().map(|column| column.title.as_str()));
            for row in &numbers.rows {
                table.row(row);
            }
            shown::table(&table, ctx)?;
            if numbers.rows_cut > 0 {
                ctx.printer.note(&format!("({} more rows)", numbers.rows_cut));
            }
        }
        None if !result.changes.is_empty() => {
            for change in &result.changes {
                let lines = change_diff::lines(change.before.as_ref(), change.after.as_ref());
                ctx.printer.line(&lines.join("\n"))?;
                ctx.printer.note(&format!(
                    "hint: take it back with hedgerow activity undo {} --project {}",
                    change.id, change.project
                ));
            }
        }
        None => ctx.printer.line(&shown::pretty(&result.result))?,
    }
    shown::remarks(&result.warnings, result.provenance.as_ref(), ctx);
    Ok(())
}

fn first_sentence(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.split_once(". ").map_or(line, |(first, _)| first)
}
