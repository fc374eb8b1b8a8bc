//! What holds of an import whatever the bytes of its file are. The fuzzers call it with bytes of their
//! making, the tests with those that the fuzzers kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use flate2::Crc;
use futures::executor::block_on;
use hedgerow_data_api::{Appended, EventBatch, EventRecord, EventSink, PropertyValue};
use hedgerow_errors::{Code, Result};
use hedgerow_ids::ProjectId;
use hedgerow_ingest::{
    AccessLogOptions, EventFormat, EventOptions, ImportSummary, MaxRejects, OpenAccessLogs, OpenEvents,
};
use serde::de::IgnoredAny;
use uuid::Uuid;

/// What a file is imported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    AccessLog,
    Csv,
    Jsonl,
    Parquet,
}

/// Events of a chunk: all of them, or so few that there are many chunks.
const MANY: usize = 250_000;
const FEW: usize = 3;

/// The longest event name, in bytes.
const LONGEST_NAME: usize = 1_000;
/// 2201-01-01 in UTC, in seconds since 1970.
const END: i64 = 84_371 * 86_400;

/// What files that are not read as they are begin with: gzip, zstd, bzip2, xz, Parquet.
const MARKS: [&[u8]; 5] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\0", b"PAR1"];

/// Imports a file of these bytes several times over. Stops where an import loses a row without a word,
/// is not the same again or in other pieces, or lets through what is no event.
pub(crate) fn check(format: Format, input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let import = |input: &[u8], chunk_events| Import::of(format, folder.path(), input, chunk_events);
    let whole = import(input, MANY);
    let mut in_chunks = import(input, FEW);
    if whole.said.is_err() {
        // Where a file fails, what was found in the chunks before stays.
        in_chunks.events.clone_from(&whole.events);
        in_chunks.rejects.clone_from(&whole.rejects);
    }
    assert_eq!(whole, in_chunks, "many small chunks instead of one");
    let is_unpacked = !MARKS.iter().any(|mark| input.starts_with(mark));
    if is_unpacked && matches!(format, Format::Csv | Format::Jsonl) {
        assert_eq!(whole, import(&pieces(input), MANY), "many small reads instead of one");
    }
}

/// The same bytes in a file that is read a few at a time: a reader of gzip stops at each member's end.
fn pieces(input: &[u8]) -> Vec<u8> {
    // One by one where the marks of formats are; then in some pieces, as each member has twenty bytes of its own.
    let (start, rest) = input.split_at(input.len().min(8));
    let mut packed = Vec::new();
    for piece in start
        .chunks(1)
        .chain(rest.chunks(rest.len().div_ceil(8).clamp(1, 0xffff)))
    {
        let mut crc = Crc::new();
        crc.update(piece);
        let length = piece.len() as u16;
        // A member with one block, which is stored and the last.
        packed.extend_from_slice(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01");
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(&(!length).to_le_bytes());
        packed.extend_from_slice(piece);
        packed.extend_from_slice(&crc.sum().to_le_bytes());
        packed.extend_from_slice(&crc.amount().to_le_bytes());
    }
    packed
}

/// What came of an import, without what differs from one to the next.
#[derive(Debug, PartialEq)]
struct Import {
    /// The summary or the error.
    said: std::result::Result<ImportSummary, String>,
    rejects: String,
    events: BTreeMap<Uuid, EventRecord>,
}

impl Import {
    fn of(format: Format, folder: &Path, input: &[u8], chunk_events: usize) -> Self {
        let (file, rejects) = (folder.join("input"), folder.join("rejects"));
        fs_err::write(&file, input).expect("a file");
        let sink = Sink::default();
        let said = run(format, &file, &rejects, chunk_events, &sink);
        let import = Self {
            rejects: String::from_utf8_lossy(&fs_err::read(&rejects).unwrap_or_default()).into_owned(),
            events: sink.events.lock().expect("one thread").clone(),
            said: said.map_err(|error| {
                assert_ne!(error.code(), Code::Internal, "{}", error.chain());
                assert!(error.hint().is_some(), "no hint: {}", error.chain());
                error.chain()
            }),
        };
        let _ = fs_err::remove_file(&rejects);
        import.events.values().for_each(is_event);
        if let Ok(summary) = &import.said {
            import.accounts(format, summary);
        }
        if let Some(summary) = import.said.as_ref().ok().filter(|_| chunk_events == FEW) {
            let again = run(format, &file, &rejects, MANY, &sink).expect("the same import again");
            assert_eq!(again.events_added, 0, "importing again adds");
            assert_eq!(
                again.already_present,
                summary.events_added + summary.already_present,
                "importing again"
            );
            let _ = fs_err::remove_file(&rejects);
        }
        import
    }

    /// Nothing vanishes, and every reject has its line and its reason.
    fn accounts(&self, format: Format, summary: &ImportSummary) {
        let ImportSummary {
            lines,
            blank_lines,
            events_added,
            already_present,
            rejected,
            reject_reasons,
            ..
        } = summary;
        assert_eq!(
            *lines,
            blank_lines + events_added + already_present + rejected,
            "{summary:?}"
        );
        assert_eq!(*events_added, self.events.len() as u64, "{summary:?}");
        assert_eq!(
            *rejected,
            reject_reasons.iter().map(|reason| reason.count).sum::<u64>(),
            "{summary:?}"
        );
        assert!(
            reject_reasons
                .iter()
                .all(|reason| reason.first_line > 0 && !reason.reason.is_empty()),
            "{summary:?}"
        );
        let mut kept = self.rejects.split_terminator('\n');
        assert_eq!(kept.next().is_some_and(|first| first.starts_with("# ")), *rejected > 0);
        let entries = kept.filter(|line| {
            let mut parts = line.splitn(3, '\t');
            let number = parts.next().and_then(|number| number.parse::<u64>().ok());
            let reason = parts.next();
            number.is_some_and(|number| number > 0)
                && reject_reasons.iter().any(|known| Some(known.reason.as_str()) == reason)
        });
        let entries = entries.count() as u64;
        // A record of CSV may hold line ends, and after one of them anything.
        assert!(
            entries == *rejected || format == Format::Csv && entries > *rejected,
            "{entries} entries for {rejected} rejects: {}",
            self.rejects
        );
    }
}

fn run(format: Format, file: &Path, rejects: &Path, chunk_events: usize, sink: &Sink) -> Result<ImportSummary> {
    let files = [file.to_owned()];
    let project: ProjectId = "demo".parse().expect("an id");
    let max_rejects = MaxRejects::Share(1.0);
    let rejects_path = Some(rejects.to_owned());
    let format = match format {
        Format::AccessLog => {
            let options = AccessLogOptions {
                max_rejects,
                rejects_path,
                chunk_events,
                ..AccessLogOptions::default()
            };
            let logs = OpenAccessLogs::open(&files, &options)?;
            return Ok(timeless(block_on(logs.import(sink, &project, &|_| {}))?));
        }
        Format::Csv => EventFormat::Csv,
        Format::Jsonl => EventFormat::Jsonl,
        Format::Parquet => EventFormat::Parquet,
    };
    let options = EventOptions {
        max_rejects,
        rejects_path,
        chunk_events,
        ..EventOptions::default()
    };
    let events = OpenEvents::open(format, &files, &options)?;
    Ok(timeless(block_on(events.import(sink, &project, &|_| {}))?))
}

fn timeless(summary: ImportSummary) -> ImportSummary {
    ImportSummary {
        elapsed_ms: 0,
        ..summary
    }
}

/// What the store may rely on.
fn is_event(event: &EventRecord) {
    assert!((1..=LONGEST_NAME).contains(&event.event.len()), "{event:?}");
    assert!(!event.distinct_id.trim().is_empty(), "{event:?}");
    assert!((0..END).contains(&event.timestamp.timestamp()), "{event:?}");
    for (key, value) in &event.properties {
        let is_whole = match value {
            PropertyValue::Json(json) => {
                json.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(json).is_ok()
            }
            PropertyValue::Double(number) => number.is_finite(),
            _ => true,
        };
        assert!(is_whole, "{key:?}: {value:?}");
    }
}

/// Keeps events by uuid.
#[derive(Default)]
struct Sink {
    events: Mutex<BTreeMap<Uuid, EventRecord>>,
}

#[async_trait]
impl EventSink for Sink {
    async fn append(&self, _project: &ProjectId, batch: EventBatch) -> Result<Appended> {
        let mut events = self.events.lock().expect("one thread");
        let mut appended = Appended::default();
        for mut event in batch.records() {
            // The order of columns is that of their first appearance in a batch and means nothing.
            event.properties.sort_by(|(left, _), (right, _)| left.cmp(right));
            assert!(
                event.properties.windows(2).all(|pair| pair[0].0 != pair[1].0),
                "a key twice: {event:?}"
            );
            match events.insert(event.uuid, event) {
                None => appended.added += 1,
                Some(_) => appended.already_present += 1,
            }
        }
        Ok(appended)
    }
}
