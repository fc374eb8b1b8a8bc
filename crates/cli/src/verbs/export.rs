//! `export`: events into a file, or to the output.

use std::path::Path;

use hedgerow_app::{ExportInput, ExportSummary};
use hedgerow_data_api::{Export, ExportFormat};
use hedgerow_errors::{Code, Error, Result};

use super::VerbContext;
use super::progress::Bar;
use crate::args::{ExportCommand, ExportJsonlArgs, ExportParquetArgs, Globals};
use crate::exit;
use crate::number::grouped_integer;

/// The name that means the output.
const OUTPUT: &str = "-";

pub(super) async fn run(command: ExportCommand, globals: &Globals, ctx: &VerbContext) -> Result<i32> {
    let (format, file, events) = match command {
        ExportCommand::Parquet(ExportParquetArgs { file, events }) => (ExportFormat::Parquet, file, events),
        ExportCommand::Jsonl(ExportJsonlArgs { file, events }) => (ExportFormat::Jsonl, file, events),
    };
    if format == ExportFormat::Parquet && file == Path::new(OUTPUT) {
        return Err(
            Error::new(Code::InvalidArgument, "a Parquet file can't be written to the output")
                .with_hint("name a file, or use hedgerow export jsonl -"),
        );
    }
    let to_output = format == ExportFormat::Jsonl && file == Path::new(OUTPUT);
    let input = ExportInput {
        project: globals.project()?,
        export: Export { format, events },
        file: (!to_output).then(|| ctx.path(&file)),
    };
    let bar = Bar::of_events(&ctx.printer);
    let output = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => ctx.printer.raw(text),
        Err(_) => ctx.printer.bytes(bytes),
    };
    let exported = ctx
        .app
        .export(&input, &output, &|progress| bar.set(progress.read, progress.total))
        .await;
    bar.finish();
    let summary = exported?;
    if to_output {
        // The events are the output, so that what is said of them stands beside it.
        ctx.printer.note(&line(&summary));
    } else if globals.json {
        ctx.printer.json(&summary)?;
    } else {
        ctx.printer.line(&line(&summary))?;
    }
    Ok(exit::DONE)
}

fn line(summary: &ExportSummary) -> String {
    let to = match &summary.file {
        Some(file) => format!(" to {}", file.display()),
        None => String::new(),
    };
    format!(
        "{} events exported{to}, {} bytes ({} ms)",
        grouped_integer(summary.events),
        grouped_integer(summary.bytes),
        grouped_integer(summary.elapsed_ms),
    )
}
