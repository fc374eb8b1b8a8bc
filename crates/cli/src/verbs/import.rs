//! `import`: events from files.

mod progress;

use hedgerow_app::{AccessLogInput, ImportSummary};
use hedgerow_errors::Result;

use super::VerbContext;
use crate::args::{AccessLogArgs, Globals, ImportCommand};
use crate::exit;
use crate::number::grouped_integer;
use progress::Bar;

pub(super) async fn run(command: ImportCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let ImportCommand::AccessLog(AccessLogArgs {
        files,
        source,
        max_rejects,
        rejects,
    }) = command;
    let input = AccessLogInput {
        project: globals.project()?,
        files: files.iter().map(|file| ctx.path(file)).collect(),
        source,
        max_rejects,
        rejects_path: rejects.map(|path| ctx.path(&path)),
    };
    import(&input, globals.json, ctx).await?;
    Ok(exit::DONE)
}

/// Imports with a progress bar where a person watches, and prints the summary.
pub(super) async fn import(input: &AccessLogInput, json: bool, ctx: &VerbContext) -> Result<()> {
    let bar = Bar::new(&ctx.printer);
    let summary = ctx.app.import_access_log(input, &|progress| bar.update(progress)).await;
    // The bar goes away first, so that neither summary nor error stands in its line.
    bar.finish();
    let summary = summary?;
    if json {
        return ctx.printer.json(&summary);
    }
    for line in lines(&summary, input.project.as_str()) {
        ctx.printer.line(&line)?;
    }
    Ok(())
}

fn lines(summary: &ImportSummary, project: &str) -> Vec<String> {
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
    lines.extend(summary.notes.iter().map(|note| format!("note: {note}")));
    lines
}
