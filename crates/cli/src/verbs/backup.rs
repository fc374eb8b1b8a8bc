//! `backup` and `restore`.

use std::path::Path;

use hedgerow_errors::Result;

use super::VerbContext;
use crate::args::{BackupArgs, Globals, RestoreArgs};
use crate::exit;
use crate::number::grouped_integer;
use crate::printer::Printer;

pub(super) async fn run(args: &BackupArgs, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let folder = ctx.path(&args.folder);
    let summary = ctx.app.backup(&folder, globals.project.as_ref()).await?;
    if globals.json {
        ctx.printer.json(&summary)?;
        return Ok(exit::DONE);
    }
    let number = grouped_integer;
    for project in &summary.projects {
        let (events, files) = (number(project.copy.events), number(project.copy.files));
        ctx.printer
            .line(&format!("project {}: {events} events in {files} files", project.id))?;
    }
    let runs = if summary.runs { "with" } else { "without" };
    ctx.printer.line(&format!(
        "backed up to {}: {} files, {} bytes, {runs} runs",
        summary.folder.display(),
        number(summary.files),
        number(summary.bytes),
    ))?;
    Ok(exit::DONE)
}

/// Puts a backup back as a data folder that nobody uses yet, so that it runs without one.
pub fn restore(args: &RestoreArgs, globals: &Globals, cwd: &Path, data_dir: &Path, printer: &Printer) -> Result<i32> {
    let summary = hedgerow_app::restore(&cwd.join(&args.folder), &cwd.join(data_dir))?;
    if globals.json {
        printer.json(&summary)?;
        return Ok(exit::DONE);
    }
    printer.line(&format!(
        "restored the backup of {} to {}: {} files, {} bytes",
        summary.created_at.format("%Y-%m-%d %H:%M:%S UTC"),
        summary.folder.display(),
        grouped_integer(summary.files),
        grouped_integer(summary.bytes),
    ))?;
    Ok(exit::DONE)
}
