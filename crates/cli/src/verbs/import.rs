//! `import`: events from files.

use std::sync::atomic::{AtomicUsize, Ordering};

use hedgerow_app::{AccessLogInput, ColumnOptions, EventFormat, EventsInput, ImportSummary, WorldImport};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use super::VerbContext;
use super::progress::Bar;
use crate::args::{AccessLogArgs, EventFilesArgs, Globals, ImportCommand, WorldArgs};
use crate::exit;
use crate::number::grouped_integer;

pub(super) async fn run(command: ImportCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    match command {
        ImportCommand::AccessLog(AccessLogArgs {
            files,
            source,
            max_rejects,
            rejects,
        }) => {
            let input = AccessLogInput {
                project: globals.project()?,
                files: files.iter().map(|file| ctx.path(file)).collect(),
                source,
                max_rejects,
                rejects_path: rejects.map(|path| ctx.path(&path)),
            };
            import(&input, globals.json, ctx).await?;
        }
        ImportCommand::Csv(args) => import_events(EventFormat::Csv, args, globals, ctx).await?,
        ImportCommand::Jsonl(args) => import_events(EventFormat::Jsonl, args, globals, ctx).await?,
        ImportCommand::Parquet(args) => import_events(EventFormat::Parquet, args, globals, ctx).await?,
        ImportCommand::World(WorldArgs { seed, events }) => {
            let project = globals.project()?;
            let imported = import_world(&project, seed, events, ctx).await?;
            if globals.json {
                ctx.printer.json(&imported)?;
            } else {
                ctx.printer.line(&world_line(&project, &imported))?;
            }
        }
    }
    Ok(exit::DONE)
}

/// Imports with a progress bar where a person watches, and prints the summary.
pub(super) async fn import(input: &AccessLogInput, json: bool, ctx: &VerbContext) -> Result<()> {
    let bar = Bar::new(&ctx.printer);
    let summary = ctx.app.import_access_log(input, &|progress| bar.update(progress)).await;
    // The bar goes away first, so that neither summary nor error stands in its line.
    bar.finish();
    print(&summary?, &input.project, 0, json, ctx)
}

async fn import_events(format: EventFormat, args: EventFilesArgs, globals: &Globals, ctx: &VerbContext) -> Result<()> {
    let input = EventsInput {
        project: globals.project()?,
        format,
        files: args.files,
        folder: ctx.cwd.clone(),
        columns: ColumnOptions {
            event: args.event,
            distinct_id: args.distinct_id,
            timestamp: args.timestamp,
            session: args.session,
            uuid: args.uuid,
        },
        event_name: args.event_name,
        source: args.source,
        max_rejects: args.max_rejects,
        rejects_path: args.rejects.map(|path| ctx.path(&path)),
    };
    let (json, told) = (globals.json, AtomicUsize::new(0));
    let bar = Bar::new(&ctx.printer);
    // What was found in the files is said before the import, when it can still be stopped.
    let found = |notes: &[String]| {
        if !json {
            told.store(notes.len(), Ordering::Relaxed);
            for note in notes {
                ctx.printer.note(&format!("note: {note}"));
            }
        }
    };
    let imported = ctx
        .app
        .import_events(&input, &found, &|progress| bar.update(progress))
        .await;
    bar.finish();
    print(&imported?, &input.project, told.into_inner(), json, ctx)
}

/// Imports a world with a progress bar where a person watches.
pub(super) async fn import_world(
    project: &ProjectId,
    seed: u64,
    events: u64,
    ctx: &VerbContext,
) -> Result<WorldImport> {
    let bar = Bar::of_events(&ctx.printer);
    let imported = ctx
        .app
        .import_world(project, seed, events, &|progress| bar.update(progress))
        .await;
    bar.finish();
    imported
}

pub(super) fn world_line(project: &ProjectId, imported: &WorldImport) -> String {
    format!(
        "project {project}: the world of seed {}, {} events added, {} already present ({} ms)",
        imported.seed,
        grouped_integer(imported.events_added),
        grouped_integer(imported.already_present),
        grouped_integer(imported.elapsed_ms)
    )
}

/// Prints a summary without the notes that were told already.
fn print(summary: &ImportSummary, project: &ProjectId, told: usize, json: bool, ctx: &VerbContext) -> Result<()> {
    if json {
        return ctx.printer.json(summary);
    }
    for line in lines(summary, project.as_str(), told) {
        ctx.printer.line(&line)?;
    }
    Ok(())
}

fn lines(summary: &ImportSummary, project: &str, told: usize) -> Vec<String> {
    let number = grouped_integer;
    let mut lines = vec![format!(
        "project {project}: {} events added, {} already present, of {} lines in {} files, {} rejected ({} ms)",
        number(summary.events_added),
        number(summary.already_present),
        number(summary.lines),
        number(summary.files),
        number(summary.rejected),
        number(summary.elapsed_ms),
    )];
    if let (Some(first), Some(last)) = (summary.first_timestamp, summary.last_timestamp) {
        let time = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d %H:%M:%S").to_string();
        lines.push(format!("from {} to {} (UTC)", time(first), time(last)));
    }
    for reason in &summary.reject_reasons {
        let (count, file, line) = (number(reason.count), &reason.first_file, reason.first_line);
        lines.push(format!(
            "rejected {count}: {}, first in {file} line {line}",
            reason.reason
        ));
    }
    if let Some(file) = &summary.rejects_file {
        lines.push(format!("rejected lines are in {file}"));
    }
    if summary.out_of_order > 0 {
        lines.push(format!(
            "{} lines came late, so that sessions may be split",
            number(summary.out_of_order)
        ));
    }
    lines.extend(summary.notes.iter().skip(told).map(|note| format!("note: {note}")));
    lines
}
