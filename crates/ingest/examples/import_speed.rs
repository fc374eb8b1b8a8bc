//! How fast files are read: `import_speed csv|jsonl|parquet FILE...`, into a store that keeps nothing.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use hedgerow_data_api::{Appended, EventBatch, EventSink};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_ingest::{EventFormat, EventOptions, OpenEvents};

/// Counts events and the bytes of the biggest batch.
#[derive(Default)]
struct Nowhere(AtomicUsize);

#[async_trait]
impl EventSink for Nowhere {
    async fn append(&self, _project: &ProjectId, batch: EventBatch) -> Result<Appended> {
        self.0.fetch_max(batch.bytes(), Ordering::Relaxed);
        Ok(Appended {
            added: batch.len() as u64,
            already_present: 0,
        })
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let format = match arguments.next().as_deref() {
        Some("csv") => EventFormat::Csv,
        Some("jsonl") => EventFormat::Jsonl,
        Some("parquet") => EventFormat::Parquet,
        _ => return Err(Error::invalid("say csv, jsonl or parquet, and files")),
    };
    let files: Vec<_> = arguments.map(Into::into).collect();
    let sink = Nowhere::default();
    let project = "speed".parse().map_err(|error| Error::internal(format!("{error}")))?;
    let events = OpenEvents::open(format, &files, &EventOptions::default())?;
    let summary = futures::executor::block_on(events.import(&sink, &project, &|_| {}))?;
    let seconds = summary.elapsed_ms.max(1) as f64 / 1000.0;
    writeln!(
        std::io::stdout(),
        "{} events in {seconds:.2} s, {:.0} a second, biggest batch {} MB",
        summary.events_added,
        summary.events_added as f64 / seconds,
        sink.0.into_inner() / 1_000_000,
    )?;
    Ok(())
}
