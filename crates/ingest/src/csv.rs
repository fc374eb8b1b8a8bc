//! Comma-separated values with a header.
//!
//! A row is a record as RFC 4180 has it; a field in quotes may hold line ends. Columns that say who did
//! what and when are found by name or given; a column `properties` of JSON objects is spread; all others
//! are properties, typed as `cell_types` says. An empty cell is an absent value.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use csv::{ByteRecord, ReaderBuilder, Terminator};
use hedgerow_errors::{Code, Error, Result};

use crate::cell_types::CellType;
use crate::chunks::Chunk;
use crate::columns::{self, Use};
use crate::draft::Draft;
use crate::events::{EventOptions, EventReader, Tally};
use crate::json_text::Part;
use crate::posthog;
use crate::rejects::Reject;
use crate::source::{Source, Stream};

/// Rows that say which types the columns have.
const LOOKED_AT: usize = 1_000;
/// Bytes at which the look at a file's first rows ends.
const LOOKED_AT_BYTES: usize = 8 << 20;
/// The longest record, in bytes.
const LONGEST_RECORD: u64 = 20_000_000;
/// Bytes of records between two reports of progress.
const TURN: usize = 8 << 20;
/// What may stand between fields.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// How a file is read, as its first rows say.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    delimiter: u8,
    columns: Vec<Column>,
    event_name: Option<String>,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    role: Use,
    values: Values,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy)]
struct Values {
    /// None until a cell says which.
    cell_type: Option<CellType>,
    /// Cells that are no value of the type.
    unfit: u64,
}

impl Plan {
    /// The plan for a file, which is said in notes.
    pub(crate) fn of(source: &mut Source, options: &EventOptions, notes: &mut Vec<String>) -> Result<Self> {
        let head = source.peek(|head| {
            let end = memchr::memchr_iter(b'\n', head).nth(LOOKED_AT).map(|end| end + 1);
            let most = (head.len() >= LOOKED_AT_BYTES).then_some(LOOKED_AT_BYTES);
            end.into_iter().chain(most).min()
        })?;
        let shown = &source.shown;
        let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let delimiter = delimiter(first);
        if delimiter != b',' {
            notes.push(format!("{shown}: fields are separated by {:?}", char::from(delimiter)));
        }
        let mut rows = reader(delimiter, head.as_slice());
        let mut record = ByteRecord::new();
        if !read(&mut rows, &mut record, shown)? {
            return Err(
                Error::new(Code::NoData, format!("read {shown}: it is empty and has no header"))
                    .with_hint("the first row has to name the columns"),
            );
        }
        let names = header(&record, shown)?;
        let mut samples: Vec<Sample> = vec![Sample::default(); names.len()];
        for _ in 0..LOOKED_AT {
            // The head may end within a record, whose last cell would say the wrong thing.
            let ended = !read(&mut rows, &mut record, shown)? || rows.position().byte() >= head.len() as u64;
            if ended && head.last() != Some(&b'\n') {
                break;
            }
            for (sample, cell) in samples.iter_mut().zip(record.iter()) {
                sample.add(&String::from_utf8_lossy(cell));
            }
            if ended {
                break;
            }
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let holds_object = |at: usize| samples.get(at).is_some_and(|sample| sample.is_object);
        let event_name = options.event_name.as_deref();
        let roles = columns::find(&names, &options.columns, event_name, shown, notes)?;
        let uses = columns::uses(&names, &roles, holds_object);
        let columns: Vec<Column> = names
            .iter()
            .zip(uses)
            .zip(&samples)
            .map(|((name, role), sample)| Column {
                name: (*name).to_owned(),
                role,
                values: Values {
                    cell_type: sample.cell_type,
                    unfit: 0,
                },
            })
            .collect();
        notes.extend(columns_note(&columns, shown));
        Ok(Self {
            delimiter,
            columns,
            event_name: options.event_name.clone(),
        })
    }
}

/// What the first cells of a column are.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    cell_type: Option<CellType>,
    is_object: bool,
}

impl Sample {
    fn add(&mut self, cell: &str) {
        if cell.is_empty() {
            return;
        }
        self.is_object |= self.cell_type.is_none() && cell.trim_ascii_start().starts_with('{');
        let found = CellType::of(cell);
        self.cell_type = Some(self.cell_type.map_or(found, |known| known.with(found)));
    }
}

fn columns_note(columns: &[Column], shown: &str) -> Option<String> {
    let described = |column: &Column| {
        let what = match column.role {
            Use::Property | Use::Renamed(_) => column.values.cell_type.map_or("nothing yet", CellType::as_str),
            Use::Spread => "spread into properties",
            Use::Ignored => "not kept",
            _ => return None,
        };
        Some(format!("{} ({what})", column.name))
    };
    let described: Vec<String> = columns.iter().filter_map(described).collect();
    let described: Vec<&str> = described.iter().map(String::as_str).collect();
    (!described.is_empty()).then(|| format!("{shown}: other columns are {}", columns::list(&described)))
}

/// The delimiter that the header has most of.
fn delimiter(header: &[u8]) -> u8 {
    let count = |delimiter: &u8| {
        let mut quoted = false;
        header
            .iter()
            .filter(|byte| {
                quoted ^= **byte == b'"';
                !quoted && *byte == delimiter
            })
            .count()
    };
    // The first of several that are equally many: the comma.
    DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

/// The columns' names; a name that comes again gets a number.
fn header(record: &ByteRecord, shown: &str) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::with_capacity(record.len());
    let mut seen = std::collections::HashSet::with_capacity(record.len());
    for (at, field) in record.iter().enumerate() {
        let name = std::str::from_utf8(field).map_err(|error| {
            let message = format!("read {shown}: the name of column {} is not in UTF-8", at + 1);
            Error::caused(Code::InvalidArgument, message, error).with_hint("convert the file to UTF-8 first")
        })?;
        let name = if name.trim().is_empty() {
            format!("column_{}", at + 1)
        } else {
            name.trim().to_owned()
        };
        let mut numbered = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}_{number}")));
        let free = numbered.find(|name| !seen.contains(name)).unwrap_or(name);
        seen.insert(free.clone());
        names.push(free);
    }
    Ok(names)
}

fn reader<R: Read>(delimiter: u8, input: R) -> csv::Reader<R> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(Terminator::CRLF)
        .buffer_capacity(256 << 10)
        .from_reader(input)
}

fn read<R: Read>(rows: &mut csv::Reader<R>, record: &mut ByteRecord, shown: &str) -> Result<bool> {
    let line = rows.position().line();
    rows.read_byte_record(record).map_err(|error| {
        let message = format!("read {shown}, at line {line}");
        Error::caused(Code::Io, message, error).with_hint("check the quotes of that line and the file itself")
    })
}

/// Reads the rows of a file.
pub(crate) struct Reader {
    shown: String,
    plan: Plan,
    rows: csv::Reader<Bounded>,
    /// Where the record at hand began, in bytes.
    begun: Arc<AtomicU64>,
    ends_open: Arc<AtomicBool>,
    record: ByteRecord,
    /// What became of the plan's columns, in their order.
    values: Vec<Values>,
    /// What the identity of a row without one is made of. Changing this makes old imports look new.
    content: Vec<u8>,
}

impl Reader {
    pub(crate) fn open(source: &mut Source, plan: Plan, tally: &Tally) -> Result<Self> {
        let begun = Arc::<AtomicU64>::default();
        let ends_open = Arc::<AtomicBool>::default();
        let input = Bounded {
            inner: source.stream(&tally.bytes)?,
            begun: begun.clone(),
            handed_out: 0,
            last: 0,
            ends_open: ends_open.clone(),
        };
        let mut rows = reader(plan.delimiter, input);
        let mut record = ByteRecord::new();
        read(&mut rows, &mut record, &source.shown)?;
        Ok(Self {
            shown: source.shown.clone(),
            values: plan.columns.iter().map(|column| column.values).collect(),
            plan,
            rows,
            begun,
            ends_open,
            record,
            content: Vec::new(),
        })
    }

    fn take_record(&mut self, chunk: &mut Chunk, tally: &mut Tally) -> Result<(), Reject> {
        let record = &self.record;
        match record.len().cmp(&self.plan.columns.len()) {
            std::cmp::Ordering::Less => return Err(Reject::TooFewFields),
            std::cmp::Ordering::Greater => return Err(Reject::TooManyFields),
            std::cmp::Ordering::Equal => {}
        }
        let last = record.len().checked_sub(1).and_then(|last| record.get(last));
        // A field of several lines ends in a quote; this one ends where the file does.
        if self.ends_open.load(Ordering::Relaxed) && last.is_some_and(|last| last.contains(&b'\n')) {
            return Err(Reject::OpenQuote);
        }
        let text = std::str::from_utf8(record.as_slice()).map_err(|_| Reject::NotUtf8)?;
        let mut draft = Draft::default();
        let mut ends_before = 0;
        let columns = &self.plan.columns;
        for (at, (column, values)) in columns.iter().zip(&mut self.values).enumerate() {
            let range = record.range(at).unwrap_or(ends_before..ends_before);
            ends_before = range.end;
            // A character that begins in one field and ends in the next is none.
            let cell = text.get(range).ok_or(Reject::NotUtf8)?;
            if cell.is_empty() {
                continue;
            }
            let name = match column.role {
                Use::Event => {
                    draft.event = Some(cell.into());
                    continue;
                }
                Use::DistinctId => {
                    draft.distinct_id = Some(cell.into());
                    continue;
                }
                Use::Timestamp => {
                    draft.timestamp = Some(cell.into());
                    continue;
                }
                Use::Session => {
                    draft.session = Some(cell.into());
                    continue;
                }
                Use::Uuid => {
                    draft.uuid = Some(cell.into());
                    continue;
                }
                Use::Spread => {
                    draft.spread = Some(Part::Text(cell));
                    continue;
                }
                Use::Ignored => continue,
                Use::Property => column.name.as_str(),
                Use::Renamed(name) => name,
            };
            let cell_type = *values.cell_type.get_or_insert_with(|| CellType::of(cell));
            let (value, fits) = cell_type.read(cell);
            values.unfit += u64::from(!fits);
            draft.properties.push((name.into(), value));
        }
        if let Some(Part::Text(text)) = draft.spread {
            // A column's own value comes before the one among the properties.
            let own = std::mem::take(&mut draft.properties);
            posthog::properties(&mut draft, text, &mut tally.counts, &mut tally.ignored);
            draft.properties.extend(own);
        }
        self.content.clear();
        let identity = draft.identity();
        if identity.is_none() {
            for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
                for part in [column.name.as_bytes(), cell] {
                    self.content.extend_from_slice(part);
                    self.content.push(0);
                }
            }
        }
        let event_name = self.plan.event_name.as_deref();
        draft.finish(
            identity,
            event_name,
            &self.content,
            &mut tally.identities,
            &mut tally.counts,
            chunk,
        )
    }
}

impl EventReader for Reader {
    fn read(&mut self, chunk: &mut Chunk, tally: &mut Tally) -> Result<bool> {
        let mut taken = 0;
        while taken < TURN {
            let position = self.rows.position();
            let (begun, line) = (position.byte(), position.line());
            self.begun.store(begun, Ordering::Relaxed);
            if !read(&mut self.rows, &mut self.record, &self.shown)? {
                return Ok(false);
            }
            let bytes = (self.rows.position().byte() - begun) as usize;
            tally.lines += 1;
            let is_blank = self.record.len() == 1 && self.record.as_slice().trim_ascii().is_empty();
            if is_blank {
                tally.blank += 1;
            } else if let Err(reject) = self.take_record(chunk, tally) {
                // The line that the record begins in; lines before it were blank and are not counted.
                let line = self.record.position().map_or(line, csv::Position::line);
                tally.reject(&self.shown, line, reject, &written(&self.record, self.plan.delimiter))?;
            }
            taken += bytes;
            if chunk.took(bytes) {
                break;
            }
        }
        Ok(true)
    }

    fn notes(&self) -> Vec<String> {
        let note = |(column, values): (&Column, &Values)| {
            let (what, unfit) = (values.cell_type?.as_str(), values.unfit);
            (unfit > 0).then(|| {
                let (shown, name) = (&self.shown, &column.name);
                format!("{shown}: values of {name} that are no {what}, kept as text: {unfit}")
            })
        };
        self.plan.columns.iter().zip(&self.values).filter_map(note).collect()
    }
}

/// A record as it stands in a file.
fn written(record: &ByteRecord, delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_writer(Vec::new());
    // Writing into memory can't fail.
    let _ = writer.write_byte_record(record);
    let written = writer.into_inner().unwrap_or_default();
    written.trim_ascii_end().to_vec()
}

/// Input that ends in an error where a record gets too long: a quote that is never closed would take the
/// whole rest of the file into memory.
struct Bounded {
    inner: Stream,
    begun: Arc<AtomicU64>,
    handed_out: u64,
    /// The last byte so far that ends no line.
    last: u8,
    /// Set at the end, where the last byte is no quote.
    ends_open: Arc<AtomicBool>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.handed_out.saturating_sub(self.begun.load(Ordering::Relaxed)) > LONGEST_RECORD {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "a record of more than 20 MB begins there; a quote in it is probably not closed",
            ));
        }
        let read = self.inner.read(buffer)?;
        self.handed_out += read as u64;
        let here = buffer.get(..read).unwrap_or_default();
        if let Some(last) = here.iter().rfind(|byte| !matches!(byte, b'\r' | b'\n')) {
            self.last = *last;
        }
        if read == 0 && !buffer.is_empty() {
            self.ends_open.store(self.last != b'"', Ordering::Relaxed);
        }
        Ok(read)
    }
}
