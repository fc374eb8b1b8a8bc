//! Imports events that are events already, from CSV, JSON lines or Parquet.
//!
//! All files are looked at before anything is imported, so that a wrong column or a missing file is
//! known at once. Then they are read one after another, each row once, into a chunk; a full chunk
//! becomes durable while the next is read. Memory holds two chunks and what the format's reader needs,
//! and does not grow with the files. A row's identity depends on nothing but its file, so an import
//! that was cut short is completed by running it again.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use chrono::DateTime;
use hedgerow_data_api::EventSink;
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::chunks::{Chunk, Writer};
use crate::columns::ColumnOptions;
use crate::draft::{Counts, Identities};
use crate::posthog::IgnoredFields;
use crate::rejects::{Reject, Rejects};
use crate::source::{self, Source};
use crate::summary::{ImportProgress, ImportSummary, MaxRejects};
use crate::{csv, jsonl, parquet};

/// The form of files that hold events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventFormat {
    /// Comma-separated values with a header.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// Parquet.
    Parquet,
}

/// How events are imported.
#[derive(Debug, Clone)]
pub struct EventOptions {
    /// The columns that are not found by their usual names.
    pub columns: ColumnOptions,
    /// The name of all events, for files that have no column with one.
    pub event_name: Option<String>,
    /// The source that is part of the identity of events that bring none; by default
    /// [`source_name`](crate::source_name) of the file.
    pub source: Option<String>,
    /// Where relative paths start from.
    pub folder: PathBuf,
    /// How many rows may be unreadable before the import counts as failed.
    pub max_rejects: MaxRejects,
    /// The file that unreadable rows are written to, made when the first turns up; must not
    /// exist. Without it they are only counted.
    pub rejects_path: Option<PathBuf>,
    /// Events that become durable together at most; at least 1.
    pub chunk_events: usize,
    /// Bytes of events in memory at which they become durable before they are so many; at least 1.
    pub chunk_bytes: usize,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self {
            columns: ColumnOptions::default(),
            event_name: None,
            source: None,
            folder: PathBuf::new(),
            max_rejects: MaxRejects::default(),
            rejects_path: None,
            chunk_events: 250_000,
            chunk_bytes: 24_000_000,
        }
    }
}

/// Reads the events of one file.
pub(crate) trait EventReader: Send {
    /// Reads on until the chunk is full, some thousand rows were read, or the file ends; says whether
    /// there may be more.
    fn read(&mut self, chunk: &mut Chunk, tally: &mut Tally) -> Result<bool>;

    /// What a person should know of the file once it is read.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What has been read so far.
pub(crate) struct Tally {
    /// Rows, blank and rejected ones included.
    pub lines: u64,
    pub blank: u64,
    /// Bytes of the files.
    pub bytes: Arc<AtomicU64>,
    pub rejects: Rejects,
    pub counts: Counts,
    pub ignored: IgnoredFields,
    pub identities: Identities,
}

impl Tally {
    /// Takes a reject in.
    pub(crate) fn reject(&mut self, file: &str, line: u64, reject: Reject, raw: &[u8]) -> Result<()> {
        self.rejects.record(file, line, reject.as_str(), raw)
    }
}

/// How a file is read, as its first lines say.
pub(crate) enum Plan {
    Csv(csv::Plan),
    Jsonl(jsonl::Form),
    Parquet(parquet::Plan),
}

/// Files that can be read, before anything of them is imported.
pub struct OpenEvents {
    sources: Vec<(Source, Plan)>,
    notes: Vec<String>,
    tally: Tally,
    options: EventOptions,
    started: Instant,
}

impl OpenEvents {
    /// Finds the files and looks at the first lines of each. A pipe blocks the thread until it has them.
    ///
    /// A path may be a pattern with `*`, `?` and `[]`, or `-` for standard input.
    ///
    /// # Errors
    /// Where a file can't be read or is of another format, a column can't be found, or the rejects file
    /// exists.
    pub fn open(format: EventFormat, files: &[PathBuf], options: &EventOptions) -> Result<Self> {
        let started = Instant::now();
        check(files, options)?;
        let rejects = Rejects::to_file(options.rejects_path.as_deref())?;
        let mut notes = Vec::new();
        let found = source::find(files, &options.folder, options.source.as_deref(), &mut notes)?;
        let mut sources = Vec::with_capacity(found.len());
        for mut source in found {
            let plan = match format {
                EventFormat::Jsonl => Plan::Jsonl(jsonl::Form::of(&mut source, options, &mut notes)?),
                EventFormat::Csv => Plan::Csv(csv::Plan::of(&mut source, options, &mut notes)?),
                EventFormat::Parquet => Plan::Parquet(parquet::Plan::of(&source, options, &mut notes)?),
            };
            sources.push((source, plan));
        }
        Ok(Self {
            sources,
            notes,
            tally: Tally {
                lines: 0,
                blank: 0,
                bytes: Arc::default(),
                rejects,
                counts: Counts::default(),
                ignored: IgnoredFields::default(),
                identities: Identities::new(),
            },
            options: options.clone(),
            started,
        })
    }

    /// What was found in the files: their form, and the columns that were taken for what.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Imports the files into a project and says what came of it.
    ///
    /// Events become durable in chunks. `progress` is called every few thousand rows and after each
    /// chunk. Reading blocks the thread between two chunks, so a server runs this on a thread that may
    /// block.
    ///
    /// # Errors
    /// `InvalidArgument` when more rows than `max_rejects` could not be read: then all others are
    /// imported nevertheless, and the message says so. Where the sink or a file fails, the chunks before
    /// are durable, and the same import again adds only what is missing.
    pub async fn import(
        self,
        sink: &dyn EventSink,
        project: &ProjectId,
        progress: &(dyn Fn(ImportProgress) + Send + Sync),
    ) -> Result<ImportSummary> {
        let Self {
            sources,
            mut notes,
            mut tally,
            options,
            started,
        } = self;
        // Pages of Parquet are unpacked whole, one of each column, and take the room of a third of a chunk.
        let unpacks = sources.iter().any(|(_, plan)| matches!(plan, Plan::Parquet(_)));
        let bytes = if unpacks {
            options.chunk_bytes.div_ceil(3) * 2
        } else {
            options.chunk_bytes
        };
        let mut chunk = Chunk::new(options.chunk_events, bytes);
        let mut writer = Writer::new(sink, project);
        let bytes_total = sources.iter().map(|(source, _)| source.size).sum();
        let files = sources.len() as u64;
        let report = |tally: &Tally, writer: &Writer<'_>| {
            progress(ImportProgress {
                bytes_read: tally.bytes.load(Ordering::Relaxed),
                bytes_total,
                lines: tally.lines,
                events_added: writer.appended.added,
            });
        };
        for (mut source, plan) in sources {
            tally.identities.source.clone_from(&source.name);
            let lines_before = tally.lines;
            let mut reader: Box<dyn EventReader> = match plan {
                Plan::Csv(plan) => Box::new(csv::Reader::open(&mut source, plan, &tally)?),
                Plan::Jsonl(form) => Box::new(jsonl::Reader::open(&mut source, form, &options, &tally)?),
                Plan::Parquet(plan) => Box::new(parquet::Reader::open(&source, plan, &tally)?),
            };
            loop {
                let more = reader.read(&mut chunk, &mut tally)?;
                if chunk.is_full() {
                    writer.flush(&mut chunk).await?;
                }
                report(&tally, &writer);
                if !more {
                    break;
                }
            }
            if tally.lines == lines_before {
                notes.push(format!("{} is empty", source.shown));
            }
            notes.extend(reader.notes());
        }
        writer.flush(&mut chunk).await?;
        writer.settle().await?;
        report(&tally, &writer);
        let summary = summarise(files, notes, tally, &writer, &chunk, started)?;
        // Blank lines hold nothing that could be lost, so they count for neither side of the share.
        let lines = summary.lines - summary.blank_lines;
        if options.max_rejects.exceeded(summary.rejected, lines) {
            return Err(summary.too_many_rejects("events", options.max_rejects));
        }
        Ok(summary)
    }
}

fn check(files: &[PathBuf], options: &EventOptions) -> Result<()> {
    if files.is_empty() {
        return Err(Error::invalid("import events: no file given"));
    }
    if options.chunk_events == 0 || options.chunk_bytes == 0 {
        return Err(Error::invalid("import events: a chunk must hold at least one event"));
    }
    for (what, name) in [("source", &options.source), ("event name", &options.event_name)] {
        if name.as_deref() == Some("") {
            return Err(Error::invalid(format!("import events: the {what} is empty")).with_hint("leave it out"));
        }
    }
    Ok(())
}

fn summarise(
    files: u64,
    mut notes: Vec<String>,
    mut tally: Tally,
    writer: &Writer<'_>,
    chunk: &Chunk,
    started: Instant,
) -> Result<ImportSummary> {
    let rejects_file = tally.rejects.finish()?;
    let rejected = tally.rejects.count();
    let unkept = if rejects_file.is_none() { rejected } else { 0 };
    notes.extend(tally.ignored.note());
    let remarks = [
        ("timestamps without an offset, read as UTC", tally.counts.unzoned),
        ("numbers too big for any type, kept as text", tally.counts.big_numbers),
        ("rows that could not be read and were not kept in a file", unkept),
    ];
    notes.extend(
        remarks
            .iter()
            .filter(|(_, rows)| *rows > 0)
            .map(|(remark, rows)| format!("{remark}: {rows}")),
    );
    let time = |micros: i64| DateTime::from_timestamp_micros(micros).unwrap_or_default();
    Ok(ImportSummary {
        files,
        lines: tally.lines,
        blank_lines: tally.blank,
        events_added: writer.appended.added,
        already_present: writer.appended.already_present,
        rejected,
        rejects_file,
        reject_reasons: tally.rejects.reasons(),
        out_of_order: 0,
        first_timestamp: chunk.span.map(|(first, _)| time(first)),
        last_timestamp: chunk.span.map(|(_, last)| time(last)),
        notes,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

#[cfg(test)]
mod tests;
