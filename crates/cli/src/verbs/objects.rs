//! `objects` and `activity`: what people and agents made, and every change of it.

use hedgerow_agent_api::{Activity, ActivityFilter, Actor, UndoPlan};
use hedgerow_errors::Result;
use serde_json::json;

use super::{VerbContext, change_diff, shown};
use crate::args::{ActivityCommand, Globals, ObjectsCommand};
use crate::exit;
use crate::table::TextTable;

pub(super) async fn run(command: ObjectsCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project()?;
    match command {
        ObjectsCommand::List { kind } => {
            let objects = ctx.app.objects(&project, kind.as_deref()).await?;
            if globals.json {
                ctx.printer.json(&json!({"data": objects}))?;
            } else {
                let mut table = TextTable::new(["object", "kind", "name", "version", "changed", "by"]);
                for object in &objects {
                    table.row(&[
                        json!(object.id),
                        json!(object.kind),
                        json!(object.name),
                        json!(object.version),
                        json!(object.updated_at.format("%Y-%m-%d %H:%M").to_string()),
                        json!(who(&object.updated_by)),
                    ]);
                }
                shown::table(&table, ctx)?;
            }
        }
        ObjectsCommand::Show { object } => {
            let object = ctx.app.object_called(&project, &object).await?;
            let filter = ActivityFilter {
                object: Some(object.id),
                ..ActivityFilter::default()
            };
            let history = ctx.app.activity(&project, &filter).await?;
            let note = ctx.app.object_note(&object).await;
            if globals.json {
                ctx.printer
                    .json(&json!({"object": object, "note": note, "activity": history}))?;
            } else {
                ctx.printer.line(&format!("{} {}", object.kind, object.name))?;
                ctx.printer.line(&shown::pretty(&object.body))?;
                if let Some(note) = note {
                    ctx.printer.line(&note)?;
                }
                ctx.printer.line("")?;
                shown::table(&table_of(&history), ctx)?;
            }
        }
    }
    Ok(exit::DONE)
}

pub(super) async fn activity(command: ActivityCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let project = globals.project()?;
    match command {
        ActivityCommand::List {
            object,
            kind,
            run,
            limit,
        } => {
            let filter = ActivityFilter {
                object,
                kind,
                run,
                call: None,
                limit: Some(limit),
            };
            let changes = ctx.app.activity(&project, &filter).await?;
            if globals.json {
                ctx.printer.json(&json!({"data": changes}))?;
            } else {
                shown::table(&table_of(&changes), ctx)?;
            }
        }
        ActivityCommand::Undo { change, dry_run: true } => {
            let plan = ctx.app.plan_undo_change(&project, change).await?;
            print_plan(&plan, globals, ctx)?;
        }
        ActivityCommand::Undo { change, .. } => {
            let undone = ctx.app.undo_change(&project, change).await?;
            print_undone(&[undone], globals, ctx)?;
        }
    }
    Ok(exit::DONE)
}

/// Tells what undoing did.
pub(super) fn print_undone(undone: &[Activity], globals: &Globals, ctx: &VerbContext) -> Result<()> {
    if globals.json {
        return ctx.printer.json(&json!({"data": undone}));
    }
    for change in undone {
        ctx.printer.line(&format!("{} {}", change.kind, change.name()))?;
        for line in change_diff::lines(change.before.as_ref(), change.after.as_ref()) {
            ctx.printer.line(&format!("  {line}"))?;
        }
    }
    Ok(())
}

/// Tells what undoing would do.
pub(super) fn print_plan(plan: &UndoPlan, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    if globals.json {
        return ctx.printer.json(plan);
    }
    for line in change_diff::of_changes(&plan.changes) {
        ctx.printer.line(&line)?;
    }
    for conflict in &plan.conflicts {
        ctx.printer.line(&format!("conflict: {}", conflict.reason))?;
        if let Some(since) = &conflict.since {
            let when = since.at.format("%Y-%m-%d %H:%M");
            ctx.printer
                .line(&format!("  changed since by {} on {when}", who(&since.actor)))?;
        }
        if let Some(hint) = &conflict.hint {
            ctx.printer.line(&format!("  hint: {hint}"))?;
        }
    }
    match (plan.conflicts.is_empty(), plan.changes.is_empty()) {
        (false, _) => ctx
            .printer
            .line("undoing would change nothing, because of what stands in the way"),
        (true, true) => ctx.printer.line("undoing would change nothing"),
        (true, false) => Ok(()),
    }
}

fn table_of(changes: &[Activity]) -> TextTable {
    let mut table = TextTable::new(["change", "when", "who", "what", "kind", "name"]);
    for change in changes {
        table.row(&[
            json!(change.id),
            json!(change.at.format("%Y-%m-%d %H:%M").to_string()),
            json!(who(&change.actor)),
            json!(if change.undone_by.is_some() {
                json!("undone")
            } else {
                json!(change.action)
            }),
            json!(change.kind),
            json!(change.name()),
        ]);
    }
    table
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Person { name } => name.clone(),
        Actor::Agent { name, .. } => format!("agent for {name}"),
    }
}
