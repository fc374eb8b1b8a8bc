//! Imports access logs of Apache and nginx, in the common and the combined format.
//!
//! Every line that can be read becomes one event: `$pageview` for a page view (see `page_view`),
//! `$request` for any other. A line's path through the modules: `reading` streams and merges the
//! files, `line` finds the fields, `identity` names the event, `reorder` waits for earlier lines,
//! `sessions` assigns the session, `request`, `text` and `event` make the event of it. Lines that
//! can't be read go to `rejects`.
//!
//! Memory is bounded by the reorder window and one chunk of events, both in number and in bytes, by
//! the window of equal lines, and the visitors of half an hour; it does not grow with the log. A chunk is durable or not there
//! at all, and since a line's identity depends on nothing but its file, an import that was cut
//! short is completed by running it again.

mod event;
mod identity;
mod line;
mod options;
mod page_view;
mod reading;
mod reorder;
mod request;
mod sessions;
mod text;

use std::path::PathBuf;
use std::time::Instant;

use hedgerow_data_api::{Appended, EventBatch, EventSink};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use self::event::Pending;
use self::identity::EVENT_NAMESPACE;
use self::reading::{FoundLine, Logs, Tally};
use self::reorder::Reorder;
use self::sessions::Sessions;
use crate::identity::Ordinals;
use crate::rejects::Rejects;
use crate::summary::{ImportProgress, ImportSummary};
use crate::user_agent::UserAgents;

pub use self::options::AccessLogOptions;

/// Lines between two reports of progress.
const PROGRESS_LINES: u64 = 10_000;

/// Logs that are open and can be read, before anything of them is imported.
pub struct OpenAccessLogs {
    logs: Logs,
    tally: Tally,
    options: AccessLogOptions,
    started: Instant,
}

impl OpenAccessLogs {
    /// Opens logs and reads the first line of each. A pipe blocks the thread until it has one.
    ///
    /// # Errors
    /// Where a file can't be read or is compressed, a pipe comes without a source, or the rejects
    /// file exists.
    pub fn open(files: &[PathBuf], options: &AccessLogOptions) -> Result<Self> {
        let started = Instant::now();
        check(files, options)?;
        let mut tally = Tally {
            rejects: Rejects::to_file(options.rejects_path.as_deref())?,
            ..Tally::default()
        };
        Ok(Self {
            logs: Logs::open(files, options.source.as_deref(), &mut tally)?,
            tally,
            options: options.clone(),
            started,
        })
    }

    /// Imports the logs into a project and says what came of it.
    ///
    /// They are merged by time and read once. Events become durable in chunks. `progress` is called
    /// every few thousand lines and after each chunk. Reading blocks the thread between two chunks,
    /// so a server runs this on a thread that may block.
    ///
    /// # Errors
    /// `InvalidArgument` when more lines than `max_rejects` could not be read: then all others are
    /// imported nevertheless, and the message says so. Where the sink fails, the chunks before are
    /// durable, and the same import again adds only what is missing.
    pub async fn import(
        self,
        sink: &dyn EventSink,
        project: &ProjectId,
        progress: &(dyn Fn(ImportProgress) + Send + Sync),
    ) -> Result<ImportSummary> {
        let Self {
            mut logs,
            mut tally,
            options,
            started,
        } = self;
        let mut ordinals = Ordinals::new(EVENT_NAMESPACE);
        let mut reorder = Reorder::new(reorder::WINDOW, |line: &Pending| line.raw.len());
        let mut writer = Writer::new(sink, project, &options)?;
        let (bytes_total, mut reported) = (logs.bytes_total, 0);
        let report = |tally: &Tally, appended: Appended| {
            let (bytes_read, lines, events_added) = (tally.bytes, tally.lines, appended.added);
            progress(ImportProgress {
                bytes_read,
                bytes_total,
                lines,
                events_added,
            });
        };
        loop {
            let found = logs.next(&mut tally)?;
            let at_end = found.is_none();
            let released = match found {
                Some(FoundLine { raw, fields, log }) => {
                    let uuid = ordinals.event_id(logs.source(log), &raw);
                    reorder.push(fields.timestamp, Pending { uuid, raw, fields })
                }
                None => reorder.finish(),
            };
            let any_released = released.len() > 0;
            for (_, line) in released {
                if writer.add(&line) {
                    writer.flush().await?;
                    report(&tally, writer.appended);
                }
            }
            if any_released {
                writer.sessions.forget_before(reorder.let_go_until());
            }
            if at_end {
                break;
            }
            if tally.lines - reported >= PROGRESS_LINES {
                reported = tally.lines;
                report(&tally, writer.appended);
            }
        }
        writer.flush().await?;
        report(&tally, writer.appended);
        let summary = summarise(logs.len(), tally, &writer, reorder.late(), started)?;
        // Blank lines hold nothing that could be lost, so they count for neither side of the share.
        if options
            .max_rejects
            .exceeded(summary.rejected, summary.lines - summary.blank_lines)
        {
            return Err(summary.too_many_rejects("the access log", options.max_rejects));
        }
        Ok(summary)
    }
}

fn check(files: &[PathBuf], options: &AccessLogOptions) -> Result<()> {
    if files.is_empty() {
        return Err(Error::invalid("import an access log: no file given"));
    }
    if options.chunk_events == 0 || options.chunk_bytes == 0 {
        return Err(Error::invalid(
            "import an access log: a chunk must hold at least one event",
        ));
    }
    if options.source.as_deref() == Some("") {
        return Err(Error::invalid("import an access log: the source is empty")
            .with_hint("leave it out to use the file's name"));
    }
    Ok(())
}

fn summarise(
    files: usize,
    mut tally: Tally,
    writer: &Writer<'_>,
    late: u64,
    started: Instant,
) -> Result<ImportSummary> {
    let rejects_file = tally.rejects.finish()?;
    let mut notes = std::mem::take(&mut tally.notes);
    let rejected = tally.rejects.count();
    let unkept = if rejects_file.is_none() { rejected } else { 0 };
    let remarks = [
        (
            "lines without a closing quote after the user agent, kept",
            writer.cut_agents,
        ),
        (
            "lines without a user agent field, whose visitors are told apart by address alone",
            writer.without_agent,
        ),
        (
            "lines later than the reorder window, around which a session may be counted twice",
            late,
        ),
        ("lines that could not be read and were not kept in a file", unkept),
    ];
    notes.extend(
        remarks
            .iter()
            .filter(|(_, lines)| *lines > 0)
            .map(|(remark, lines)| format!("{remark}: {lines}")),
    );
    Ok(ImportSummary {
        files: files as u64,
        lines: tally.lines,
        blank_lines: tally.blank,
        events_added: writer.appended.added,
        already_present: writer.appended.already_present,
        rejected,
        rejects_file,
        reject_reasons: tally.rejects.reasons(),
        out_of_order: late,
        first_timestamp: writer.span.map(|(first, _)| event::time(first)),
        last_timestamp: writer.span.map(|(_, last)| event::time(last)),
        notes,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Makes events of lines in order of time and hands them to the sink in chunks.
struct Writer<'a> {
    sink: &'a dyn EventSink,
    project: &'a ProjectId,
    chunk_events: usize,
    chunk_bytes: usize,
    chunk: EventBatch,
    /// The bytes of the lines that the chunk was made of.
    bytes: usize,
    agents: UserAgents,
    sessions: Sessions,
    appended: Appended,
    /// The earliest and the latest second.
    span: Option<(i64, i64)>,
    cut_agents: u64,
    without_agent: u64,
}

impl<'a> Writer<'a> {
    fn new(sink: &'a dyn EventSink, project: &'a ProjectId, options: &AccessLogOptions) -> Result<Self> {
        Ok(Self {
            sink,
            project,
            chunk_events: options.chunk_events,
            chunk_bytes: options.chunk_bytes,
            chunk: EventBatch::default(),
            bytes: 0,
            agents: UserAgents::load()?,
            sessions: Sessions::default(),
            appended: Appended::default(),
            span: None,
            cut_agents: 0,
            without_agent: 0,
        })
    }

    /// Takes a line in, and says whether the chunk is full.
    fn add(&mut self, line: &Pending) -> bool {
        let time = line.fields.timestamp;
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        self.cut_agents += u64::from(line.fields.agent_cut);
        self.without_agent += u64::from(line.fields.agent.is_none());
        self.chunk
            .push(&event::event(line, &mut self.agents, &mut self.sessions));
        // An address with a user agent is a visitor and nobody in particular.
        self.chunk.without_person();
        self.bytes += line.raw.len();
        self.chunk.len() >= self.chunk_events || self.bytes >= self.chunk_bytes
    }

    /// Makes the chunk durable.
    async fn flush(&mut self) -> Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.chunk);
        self.bytes = 0;
        let events = chunk.len();
        let Appended { added, already_present } = self.sink.append(self.project, chunk).await.map_err(|error| {
            let before = self.appended.added;
            let message = format!("store a chunk of {events} events of the access log, {before} were added before");
            let hint = error.hint().map(|hint| format!("{hint}; ")).unwrap_or_default();
            let again = "the same import again adds only what is missing";
            Error::caused(error.code(), message, error).with_hint(format!("{hint}{again}"))
        })?;
        self.appended.added += added;
        self.appended.already_present += already_present;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
