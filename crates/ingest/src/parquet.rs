//! Parquet files, read column by column.
//!
//! A batch of rows is taken in three steps: what says who did what and when is checked row by row, the
//! rows that pass are begun, and then each property column is filled over all of them at once. Texts
//! that a file keeps in dictionaries are looked up once each and not once a row.

mod cells;
mod claims;
mod deltas;
mod file;
mod texts;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_json::writer::{EncoderOptions, make_encoder};
use arrow_schema::{ArrowError, DataType, Field, FieldRef};
use hedgerow_data_api::Dictionary;
use hedgerow_errors::{Code, Error, Result};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use uuid::Uuid;

use self::cells::{Cells, REJECTED, Times};
use self::file::{ParquetFile, guarded};
use self::texts::{Texts, Translation};
use crate::chunks::Chunk;
use crate::columns::{self, Use};
use crate::draft::{Cell, Draft, LONGEST_NAME, given_identity};
use crate::events::{EventOptions, EventReader, Tally};
use crate::posthog;
use crate::rejects::Reject;
use crate::source::Source;
use crate::times;

/// Rows between two reports of progress.
const TURN: u64 = 65_536;
/// Taken for the input of a batch, so that the chunk's size is looked at after each.
const LOOK: usize = 1 << 20;

/// How a file is read, as its schema says.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    columns: Vec<Column>,
    event_name: Option<String>,
}

#[derive(Debug, Clone)]
struct Column {
    /// Its place in the file.
    at: usize,
    /// The property's key.
    key: String,
    role: Use,
    /// Whether the file says that its texts are JSON.
    is_json: bool,
}

impl Plan {
    /// The plan for a file, which is said in notes.
    pub(crate) fn of(source: &Source, options: &EventOptions, notes: &mut Vec<String>) -> Result<Self> {
        let file = ParquetFile::open(source)?;
        let shown = &source.shown;
        let names = file.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let event_name = options.event_name.as_deref();
        let roles = columns::find(&names, &options.columns, event_name, shown, notes)?;
        let mut holds_objects = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            holds_objects.push(*name == "properties" && file.holds_objects(at)?);
        }
        let uses = columns::uses(&names, &roles, |at| holds_objects.get(at).copied().unwrap_or_default());
        let described: Vec<String> = names
            .iter()
            .zip(&uses)
            .enumerate()
            .filter_map(|(at, (name, role))| match role {
                Use::Property | Use::Renamed(_) => Some(format!("{name} ({})", file.described(at))),
                Use::Spread => Some(format!("{name} (spread into properties)")),
                Use::Ignored => Some(format!("{name} (not kept)")),
                _ => None,
            })
            .collect();
        let described: Vec<&str> = described.iter().map(String::as_str).collect();
        if !described.is_empty() {
            notes.push(format!("{shown}: other columns are {}", columns::list(&described)));
        }
        let columns = names.iter().zip(uses).enumerate().map(|(at, (name, role))| Column {
            at,
            key: if let Use::Renamed(key) = role { key } else { name }.to_owned(),
            role,
            is_json: file.is_json(at),
        });
        Ok(Self {
            columns: columns.filter(|column| column.role != Use::Ignored).collect(),
            event_name: options.event_name.clone(),
        })
    }
}

/// Reads the rows of a file.
pub(crate) struct Reader {
    shown: String,
    plan: Plan,
    batches: ParquetRecordBatchReader,
    /// Rows that did not fit in the chunk before.
    pending: Option<RecordBatch>,
    translations: Vec<Translation>,
    rows_read: u64,
    rows: u64,
    size: u64,
    bytes_counted: u64,
    bytes: Arc<AtomicU64>,
}

impl Reader {
    pub(crate) fn open(source: &Source, plan: Plan, tally: &Tally) -> Result<Self> {
        let file = ParquetFile::open(source)?;
        let rows = file.rows();
        let places: Vec<usize> = plan.columns.iter().map(|column| column.at).collect();
        let any_spread = plan.columns.iter().any(|column| column.role == Use::Spread);
        let batches = file.batches(&places, any_spread)?;
        Ok(Self {
            shown: source.shown.clone(),
            translations: plan.columns.iter().map(|_| Translation::default()).collect(),
            plan,
            batches,
            pending: None,
            rows_read: 0,
            rows,
            size: source.size,
            bytes_counted: 0,
            bytes: tally.bytes.clone(),
        })
    }

    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.pending.is_some() {
            return Ok(self.pending.take());
        }
        guarded(&self.shown, "unpack its rows", || self.batches.next().transpose())
    }

    /// Counts the part of the file that the rows read are.
    fn count_bytes(&mut self) {
        let read = u128::from(self.size) * u128::from(self.rows_read) / u128::from(self.rows.max(1));
        let read = u64::try_from(read).unwrap_or(self.size);
        self.bytes.fetch_add(read - self.bytes_counted, Ordering::Relaxed);
        self.bytes_counted = read;
    }

    fn take(&mut self, batch: &RecordBatch, chunk: &mut Chunk, tally: &mut Tally) -> Result<()> {
        let failed = |error| failed(&self.shown, "read its columns", error);
        if chunk.batch.is_empty() {
            // Numbers of texts are those of one batch.
            self.translations.iter_mut().for_each(Translation::forget);
        }
        let columns = &self.plan.columns;
        let array = |role: Use| {
            let at = columns.iter().position(|column| column.role == role)?;
            Some((at, batch.columns().get(at)?))
        };
        let texts = |role: Use| {
            array(role)
                .map(|(_, array)| Texts::of(array))
                .transpose()
                .map_err(failed)
        };
        let (events, distinct_ids) = (texts(Use::Event)?, texts(Use::DistinctId)?);
        let (sessions, uuids) = (
            texts(Use::Session)?,
            Uuids::of(array(Use::Uuid).map(|(_, array)| array)).map_err(failed)?,
        );
        let times = array(Use::Timestamp)
            .map(|(_, array)| Times::of(array))
            .transpose()
            .map_err(failed)?;
        let spread_texts = self.spread_texts(batch)?;
        let mut drafts = drafts(&spread_texts, batch.num_rows(), tally);

        let place = |role: Use| array(role).map(|(at, _)| at).unwrap_or_default();
        let (event_at, distinct_at, session_at) = (place(Use::Event), place(Use::DistinctId), place(Use::Session));
        let constant = self.plan.event_name.as_deref();
        let constant_number = constant.map(|name| chunk.batch.events.dictionary.number(name));
        let mut contents = Contents::default();
        let mut rows = vec![REJECTED; batch.num_rows()];
        for at in 0..batch.num_rows() {
            tally.lines += 1;
            let mut none = Draft::default();
            let draft = drafts.get_mut(at).unwrap_or(&mut none);
            let checked = check(
                at,
                (events.as_ref(), constant),
                distinct_ids.as_ref(),
                times.as_ref(),
                draft,
            );
            let time = match checked {
                Ok(time) => time,
                Err(reject) => {
                    let raw = row_as_json(batch, at);
                    tally.reject(&self.shown, self.rows_read + at as u64 + 1, reject, &raw)?;
                    continue;
                }
            };
            tally.counts.unzoned += u64::from(!time.zoned);
            let given = uuids
                .get(at)
                .or_else(|| given_identity(draft.insert_id.as_deref().unwrap_or_default()));
            let uuid = match given {
                Some(uuid) => uuid,
                None => {
                    let content = contents.of(at, batch, columns).map_err(failed)?;
                    tally.identities.of_content(content)
                }
            };
            let batch = &mut chunk.batch;
            let number = |texts: Option<&Texts>, translation: Option<&mut Translation>, dictionary: &mut Dictionary| {
                texts?.number(at, dictionary, translation?)
            };
            let event = events
                .as_ref()
                .filter(|texts| texts.get(at).is_some_and(|name| !name.is_empty()))
                .and_then(|texts| {
                    number(
                        Some(texts),
                        self.translations.get_mut(event_at),
                        &mut batch.events.dictionary,
                    )
                })
                .or(constant_number)
                .unwrap_or_default();
            let distinct_id = match &draft.distinct_id {
                Some(id) => batch.distinct_ids.dictionary.number(id),
                None => number(
                    distinct_ids.as_ref(),
                    self.translations.get_mut(distinct_at),
                    &mut batch.distinct_ids.dictionary,
                )
                .unwrap_or_default(),
            };
            let session = match &draft.session {
                Some(session) => Some(batch.sessions.dictionary.number(session)),
                None => sessions
                    .as_ref()
                    .filter(|texts| texts.get(at).is_some_and(|session| !session.is_empty()))
                    .and_then(|texts| {
                        number(
                            Some(texts),
                            self.translations.get_mut(session_at),
                            &mut batch.sessions.dictionary,
                        )
                    }),
            };
            if let Some(row) = rows.get_mut(at) {
                *row = chunk.begin_numbered(uuid, event, time.micros, distinct_id, session);
            }
        }
        self.fill(batch, &rows, &drafts, chunk, tally)?;
        self.rows_read += batch.num_rows() as u64;
        Ok(())
    }

    /// The texts of the columns whose objects are spread.
    fn spread_texts(&self, batch: &RecordBatch) -> Result<Vec<Texts>> {
        let spread = self
            .plan
            .columns
            .iter()
            .zip(batch.columns().iter().zip(batch.schema_ref().fields()));
        spread
            .filter(|(column, _)| column.role == Use::Spread)
            .map(|(_, (array, field))| cells::json_texts(array, field))
            .collect::<Result<_, _>>()
            .map_err(|error| failed(&self.shown, "read its properties", error))
    }

    /// Fills the property columns.
    fn fill(
        &mut self,
        batch: &RecordBatch,
        rows: &[u32],
        drafts: &[Draft<'_>],
        chunk: &mut Chunk,
        tally: &mut Tally,
    ) -> Result<()> {
        // Values that were spread but have a column of their own stand in where that one is empty.
        let keys: HashMap<&str, usize> = self
            .plan
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| matches!(column.role, Use::Property | Use::Renamed(_)))
            .map(|(at, column)| (column.key.as_str(), at))
            .collect();
        let mut stand_ins: HashMap<usize, Vec<(usize, &Cell<'_>)>> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            for (key, cell) in &draft.properties {
                if let Some(column) = keys.get(key.as_ref()) {
                    stand_ins.entry(*column).or_default().push((at, cell));
                }
            }
        }
        let columns = self.plan.columns.iter().zip(&mut self.translations);
        let arrays = batch.columns().iter().zip(batch.schema_ref().fields());
        for (at, ((column, translation), (array, field))) in columns.zip(arrays).enumerate() {
            if !matches!(column.role, Use::Property | Use::Renamed(_))
                || array.null_count() == array.len() && !stand_ins.contains_key(&at)
            {
                continue;
            }
            let cells = Cells::of(array, field, column.is_json)
                .map_err(|error| failed(&self.shown, &format!("read its column {}", column.key), error))?;
            let key = chunk.batch.key(&column.key);
            if let Some(filled) = chunk.batch.column(key) {
                let stand_ins = stand_ins.get(&at).map(Vec::as_slice).unwrap_or_default();
                tally.counts.big_numbers += cells.fill(rows, stand_ins, filled, translation);
            }
        }
        for (row, draft) in rows.iter().zip(drafts).filter(|(row, _)| **row != REJECTED) {
            for (key, cell) in draft
                .properties
                .iter()
                .filter(|(key, _)| !keys.contains_key(key.as_ref()))
            {
                let key = chunk.batch.key(key);
                if let Some(column) = chunk.batch.column(key) {
                    column.set(*row, cell.as_value());
                }
            }
        }
        Ok(())
    }
}

impl EventReader for Reader {
    fn read(&mut self, chunk: &mut Chunk, tally: &mut Tally) -> Result<bool> {
        let begun = self.rows_read;
        while self.rows_read - begun < TURN {
            let Some(batch) = self.next()? else { return Ok(false) };
            let room = chunk.room();
            let now = if batch.num_rows() > room {
                self.pending = Some(batch.slice(room, batch.num_rows() - room));
                batch.slice(0, room)
            } else {
                batch
            };
            self.take(&now, chunk, tally)?;
            self.count_bytes();
            if chunk.took(LOOK) {
                break;
            }
        }
        Ok(true)
    }
}

/// The identities that a column gives.
enum Uuids {
    None,
    Bytes(arrow_array::FixedSizeBinaryArray),
    Texts(Texts),
}

impl Uuids {
    fn of(array: Option<&ArrayRef>) -> std::result::Result<Self, ArrowError> {
        use arrow_array::cast::AsArray as _;
        Ok(match array {
            None => Self::None,
            Some(array) if *array.data_type() == DataType::FixedSizeBinary(16) => {
                Self::Bytes(array.as_fixed_size_binary().clone())
            }
            Some(array) => Self::Texts(Texts::of(array)?),
        })
    }

    fn get(&self, at: usize) -> Option<Uuid> {
        match self {
            Self::None => None,
            Self::Bytes(array) if array.is_valid(at) => {
                Uuid::from_slice(array.value(at)).ok().filter(|uuid| !uuid.is_nil())
            }
            Self::Bytes(_) => None,
            Self::Texts(texts) => texts.get(at).and_then(given_identity),
        }
    }
}

/// The contents of rows, of which identities are made where the file has none.
#[derive(Default)]
struct Contents {
    cells: Vec<Cells>,
    content: Vec<u8>,
}

impl Contents {
    fn of(&mut self, at: usize, batch: &RecordBatch, columns: &[Column]) -> std::result::Result<&[u8], ArrowError> {
        if self.cells.is_empty() {
            let fields = batch.schema_ref().fields();
            for ((array, field), column) in batch.columns().iter().zip(fields).zip(columns) {
                self.cells.push(Cells::of(array, field, column.is_json)?);
            }
        }
        self.content.clear();
        for (cells, column) in self.cells.iter().zip(columns) {
            cells.write(at, &column.key, &mut self.content);
        }
        Ok(&self.content)
    }
}

/// The properties that are spread, row by row; none where there is nothing to spread.
fn drafts<'a>(spread: &'a [Texts], rows: usize, tally: &mut Tally) -> Vec<Draft<'a>> {
    if spread.is_empty() {
        return Vec::new();
    }
    (0..rows)
        .map(|at| {
            let mut draft = Draft::default();
            for texts in spread {
                if let Some(text) = texts.get(at).filter(|text| !text.trim_ascii().is_empty()) {
                    posthog::properties(&mut draft, text, &mut tally.counts, &mut tally.ignored);
                }
            }
            draft.merge_person_properties();
            draft
        })
        .collect()
}

/// Checks what an event must have, and takes what was spread out of the draft only where the row has none.
fn check(
    at: usize,
    (events, constant): (Option<&Texts>, Option<&str>),
    distinct_ids: Option<&Texts>,
    times: Option<&Times>,
    draft: &mut Draft<'_>,
) -> std::result::Result<times::Time, Reject> {
    if let Some(reject) = draft.flaw {
        return Err(reject);
    }
    let event = events.and_then(|events| events.get(at)).filter(|name| !name.is_empty());
    let event = event.or(constant).ok_or(Reject::NoEvent)?;
    if event.len() > LONGEST_NAME {
        return Err(Reject::NameTooLong);
    }
    let own = distinct_ids
        .and_then(|ids| ids.get(at))
        .filter(|id| !id.trim().is_empty());
    if let Some(own) = own {
        if let Some(other) = draft.distinct_id.take().filter(|other| other != own) {
            draft.properties.push(("distinct_id".into(), Cell::Text(other)));
        }
    } else if draft.distinct_id.as_deref().is_none_or(|id| id.trim().is_empty()) {
        return Err(Reject::NoDistinctId);
    }
    times.and_then(|times| times.get(at)).unwrap_or(Err(Reject::NoTime))
}

/// A row as a JSON object, for the rejects file.
fn row_as_json(batch: &RecordBatch, at: usize) -> Vec<u8> {
    let row = StructArray::from(batch.slice(at, 1));
    let field: FieldRef = Arc::new(Field::new("row", row.data_type().clone(), false));
    let mut json = Vec::new();
    // A row that has no form in JSON leaves its reason and number in the file.
    if let Ok(mut encoder) = make_encoder(&field, &row, &EncoderOptions::default()) {
        encoder.encode(0, &mut json);
    }
    json
}

fn failed(shown: &str, step: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::caused(Code::InvalidArgument, format!("read {shown}: {step}"), error)
        .with_hint("check that the file is whole, for example with another reader of Parquet")
}
