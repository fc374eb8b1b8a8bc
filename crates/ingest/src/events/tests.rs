//! Whole imports of events into a store in memory.

use std::fmt::Write as _;

use futures::executor::block_on;
use hedgerow_data_api::{EventRecord, PropertyValue};
use hedgerow_errors::Code;
use proptest::prelude::*;

use super::*;
use crate::memory_sink::MemorySink;

mod csv;
mod forms;
mod jsonl;
mod parquet;
mod sources;

/// Files in a folder, and a store.
struct Import {
    folder: tempfile::TempDir,
    sink: MemorySink,
}

impl Import {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            sink: MemorySink::default(),
        }
    }

    fn with(files: &[(&str, &[u8])]) -> Self {
        let import = Self::new();
        for (name, content) in files {
            fs_err::write(import.folder.path().join(name), content).unwrap();
        }
        import
    }

    fn options(&self) -> EventOptions {
        EventOptions {
            folder: self.folder.path().to_owned(),
            max_rejects: MaxRejects::Share(1.0),
            ..EventOptions::default()
        }
    }

    fn run(&self, format: EventFormat, files: &[&str], options: &EventOptions) -> Result<ImportSummary> {
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        let events = OpenEvents::open(format, &files, options)?;
        block_on(events.import(&self.sink, &"demo".parse().unwrap(), &|_| {}))
    }

    /// The summary without what differs from one run to the next.
    fn shown(&self, summary: &ImportSummary) -> String {
        let mut summary = summary.clone();
        summary.elapsed_ms = 0;
        let folder = format!("{}/", self.folder.path().display());
        serde_json::to_string_pretty(&summary).unwrap().replace(&folder, "")
    }

    /// All events in order of time.
    fn events(&self) -> String {
        let events = self.sink.events.lock().unwrap();
        let mut events: Vec<&EventRecord> = events.values().collect();
        events.sort_by_key(|event| (event.timestamp, event.uuid));
        events.into_iter().fold(String::new(), |mut text, event| {
            let EventRecord {
                uuid,
                event: name,
                timestamp,
                distinct_id,
                session_id,
                properties,
            } = event;
            writeln!(
                text,
                "{uuid} {} {name:?} by {distinct_id:?} in {session_id:?}",
                timestamp.to_rfc3339()
            )
            .unwrap();
            for (key, value) in properties {
                match value {
                    PropertyValue::Text(value) => writeln!(text, "  {key} text {value:?}").unwrap(),
                    PropertyValue::Integer(value) => writeln!(text, "  {key} integer {value}").unwrap(),
                    PropertyValue::Double(value) => writeln!(text, "  {key} double {value:?}").unwrap(),
                    PropertyValue::Boolean(value) => writeln!(text, "  {key} boolean {value}").unwrap(),
                    PropertyValue::Json(value) => writeln!(text, "  {key} json {value}").unwrap(),
                }
            }
            text
        })
    }
}

fn accounted(summary: &ImportSummary) -> bool {
    summary.lines == summary.events_added + summary.already_present + summary.rejected + summary.blank_lines
}

#[test]
fn impossible_options_are_refused() {
    let import = Import::with(&[("a.jsonl", b"{}")]);
    let no_events = EventOptions {
        chunk_events: 0,
        ..import.options()
    };
    let no_bytes = EventOptions {
        chunk_bytes: 0,
        ..import.options()
    };
    let no_source = EventOptions {
        source: Some(String::new()),
        ..import.options()
    };
    let cases: [(&[&str], EventOptions); 4] = [
        (&[], import.options()),
        (&["a.jsonl"], no_events),
        (&["a.jsonl"], no_bytes),
        (&["a.jsonl"], no_source),
    ];
    for (files, options) in cases {
        let error = import.run(EventFormat::Jsonl, files, &options).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
    let missing = import
        .run(EventFormat::Jsonl, &["b.jsonl"], &import.options())
        .unwrap_err();
    assert!(missing.hint().unwrap().contains("a.jsonl"), "{missing}");
}
