//! The persons of a project as they were last read, and how they follow what changes.
//!
//! All that is known of a person is made from many registers in the catalog, some 25 µs for each distinct id, so that
//! reading all of them takes seconds where there are hundreds of thousands. They are kept as rows, and of the next moment
//! only those are read that a commit, or an event in memory, has touched.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::interleave_record_batch;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use hedgerow_data_api::{PersonTaxonomy, Taxonomy};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use sqlx::SqliteConnection;

use crate::people::{self, Overlay, PersonRow};
use crate::people_reader::PAGE;
use crate::person_taxonomy::Counts;
use crate::project::Project;
use crate::store::Moment;

/// What the rows of a project's persons may take.
const MOST_BYTES: usize = 512 << 20;

/// What the rows of all projects that are kept may take together.
const MOST_KEPT: usize = 512 << 20;

/// The columns of rows of persons.
static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = [
        ("person_key", DataType::Int64),
        ("person_id", DataType::Utf8),
        ("created_at", time),
        ("is_identified", DataType::Boolean),
        ("distinct_ids", DataType::Int64),
        ("properties", DataType::Utf8),
    ];
    let fields = fields.map(|(name, kind)| Field::new(name, kind, false));
    Arc::new(Schema::new(fields.to_vec()))
});

/// The places of `person_key` and `created_at` in it.
const FIRST_SEEN: [usize; 2] = [0, 2];

/// The persons of a project at one moment.
pub struct Persons {
    /// Their properties.
    pub taxonomy: Arc<PersonTaxonomy>,
    /// Their rows in order of their keys, a batch at least; see [`PersonRow::schema`]. None where they take more than
    /// 512 MB.
    pub rows: Option<Vec<RecordBatch>>,
}

impl Persons {
    fn bytes(&self) -> usize {
        let rows = self.rows.iter().flatten();
        rows.map(RecordBatch::get_array_memory_size).sum()
    }
}

impl PersonRow {
    /// `person_key` (Int64), `person_id` (Utf8), `created_at` (microseconds in UTC), `is_identified` (Boolean),
    /// `distinct_ids` (Int64: how many) and `properties` (Utf8: a JSON object); none is ever missing.
    #[must_use]
    pub fn schema() -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    /// Rows as columns.
    ///
    /// # Errors
    ///
    /// `internal` where they can't be built.
    pub fn batch(rows: &[Self]) -> Result<RecordBatch> {
        let times = rows.iter().map(|row| row.created_at);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.person_key))),
            Arc::new(StringArray::from_iter_values(
                rows.iter().map(|row| row.person_id.to_string()),
            )),
            Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")),
            Arc::new(rows.iter().map(|row| Some(row.is_identified)).collect::<BooleanArray>()),
            Arc::new(Int64Array::from_iter_values(
                rows.iter().map(|row| row.distinct_ids.cast_signed()),
            )),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.properties))),
        ];
        RecordBatch::try_new(Self::schema(), columns).map_err(unbuilt)
    }
}

/// The persons of the projects that were asked for lately.
#[derive(Default)]
pub(crate) struct KnownPersons {
    /// The latest first.
    slots: Mutex<Vec<(ProjectId, Arc<Slot>)>>,
}

#[derive(Default)]
struct Slot {
    /// Held while they are read: who comes meanwhile finds them there.
    kept: tokio::sync::Mutex<Option<Kept>>,
    bytes: AtomicUsize,
}

/// The persons of a moment, with what tells later moments from it.
struct Kept {
    /// As long as it is the same one, nothing of the project changed.
    of_events: Arc<Taxonomy>,
    snapshot_id: i64,
    overlay: Arc<Overlay>,
    counts: Counts,
    persons: Arc<Persons>,
}

impl KnownPersons {
    /// A project at this moment with its persons.
    pub(crate) async fn moment(&self, id: &ProjectId, project: &Project) -> Result<(Moment, Arc<Persons>)> {
        let slot = self.slot(id);
        let mut kept = slot.kept.lock().await;
        // Not before: it keeps others from committing.
        let mut moment = project.whole().await?;
        let followed = match kept.as_mut() {
            Some(kept) => kept.follow(project, &mut moment).await?,
            None => false,
        };
        if !followed {
            *kept = None;
        }
        let kept = match kept.as_ref() {
            Some(kept) => kept,
            None => kept.insert(Kept::read(&mut moment).await?),
        };
        let persons = Arc::clone(&kept.persons);
        slot.bytes.store(persons.bytes(), Ordering::Relaxed);
        self.trim();
        Ok((moment, persons))
    }

    /// The same with rows of the key and the first event of each person. Where the persons are not known, nothing else is
    /// read of them.
    pub(crate) async fn first_seen(&self, id: &ProjectId, project: &Project) -> Result<(Moment, Vec<RecordBatch>)> {
        let has_rows = |kept: &Kept| kept.persons.rows.is_some();
        if self.slot(id).kept.lock().await.as_ref().is_some_and(has_rows) {
            let (moment, persons) = self.moment(id, project).await?;
            if let Some(rows) = &persons.rows {
                let seen = rows.iter().map(|page| page.project(&FIRST_SEEN));
                return Ok((moment, seen.collect::<std::result::Result<_, _>>().map_err(unbuilt)?));
            }
        }
        let mut moment = project.whole().await?;
        let seen = moment.people.first_seen().await?;
        let keys = seen.iter().map(|(key, _)| *key);
        let times = TimestampMicrosecondArray::from_iter_values(seen.iter().map(|(_, time)| *time));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(keys)),
            Arc::new(times.with_timezone("UTC")),
        ];
        let schema = SCHEMA.project(&FIRST_SEEN).map_err(unbuilt)?;
        let rows = RecordBatch::try_new(Arc::new(schema), columns).map_err(unbuilt)?;
        Ok((moment, vec![rows]))
    }

    /// The taxonomy of a project's persons at this moment.
    pub(crate) async fn taxonomy(&self, id: &ProjectId, project: &Project) -> Result<Arc<PersonTaxonomy>> {
        let events = project.newest().await?.taxonomy();
        if let Some(kept) = self.slot(id).kept.lock().await.as_ref()
            && Arc::ptr_eq(&kept.of_events, &events)
        {
            return Ok(Arc::clone(&kept.persons.taxonomy));
        }
        let (_, persons) = self.moment(id, project).await?;
        Ok(Arc::clone(&persons.taxonomy))
    }

    /// The place of a project, which is the latest from now on.
    fn slot(&self, id: &ProjectId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|(of, _)| of == id);
        let found = known.map_or_else(|| (id.clone(), Arc::default()), |at| slots.remove(at));
        let slot = Arc::clone(&found.1);
        slots.insert(0, found);
        slot
    }

    fn trim(&self) {
        let mut bytes = 0;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(_, slot)| {
            bytes += slot.bytes.load(Ordering::Relaxed);
            bytes <= MOST_KEPT
        });
    }
}

impl Kept {
    /// Reads all persons of a moment.
    async fn read(moment: &mut Moment) -> Result<Self> {
        let mut counts = Counts::default();
        let (mut rows, mut bytes) = (Some(Vec::new()), 0);
        let page = |page: Vec<PersonRow>| {
            page.iter().try_for_each(|row| counts.add(&row.properties))?;
            if let Some(kept) = rows.as_mut().filter(|_| !page.is_empty()) {
                let page = PersonRow::batch(&page)?;
                bytes += page.get_array_memory_size();
                kept.push(page);
            }
            if bytes > MOST_BYTES {
                rows = None;
            }
            Ok(())
        };
        moment.people.persons(page).await?;
        if let Some(rows) = rows.as_mut().filter(|rows| rows.is_empty()) {
            rows.push(RecordBatch::new_empty(PersonRow::schema()));
        }
        let taxonomy = Arc::new(counts.taxonomy());
        Ok(Self {
            of_events: Arc::clone(&moment.taxonomy),
            snapshot_id: moment.view.snapshot_id,
            overlay: Arc::clone(&moment.people.overlay),
            counts,
            persons: Arc::new(Persons { taxonomy, rows }),
        })
    }

    /// Makes them those of a later moment, where it is known who may be another by then, and where those are not too
    /// many. Says whether that was so.
    async fn follow(&mut self, project: &Project, moment: &mut Moment) -> Result<bool> {
        if Arc::ptr_eq(&self.of_events, &moment.taxonomy) {
            return Ok(true);
        }
        let Some(rows) = &self.persons.rows else {
            return Ok(false);
        };
        let snapshot_id = moment.view.snapshot_id;
        let Some(touched) = project.touched().between(self.snapshot_id, snapshot_id) else {
            return Ok(false);
        };
        let (old, new) = (Arc::clone(&self.overlay), Arc::clone(&moment.people.overlay));
        let keys: BTreeSet<i64> = touched.into_iter().chain(old.touched()).chain(new.touched()).collect();
        let known: usize = rows.iter().map(RecordBatch::num_rows).sum();
        // One by its key takes longer than one after the other.
        if keys.len() > known / 2 {
            return Ok(false);
        }
        let fresh = by_keys(&mut moment.people.transaction, &new, &keys).await?;
        let changed = Changed { keys: &keys, fresh };
        // The counts change with the rows, and nothing waits from here on: who is cancelled leaves both or none. Where
        // it fails, they are of no snapshot, and the next reader reads all.
        let rows = changed.rows(rows, &mut self.counts);
        let rows = rows.inspect_err(|_| self.snapshot_id = i64::MAX)?;
        self.of_events = Arc::clone(&moment.taxonomy);
        self.snapshot_id = snapshot_id;
        self.overlay = new;
        let taxonomy = Arc::new(self.counts.taxonomy());
        self.persons = Arc::new(Persons {
            taxonomy,
            rows: Some(rows),
        });
        if self.persons.bytes() > MOST_BYTES {
            return Ok(false);
        }
        Ok(true)
    }
}

/// The persons with some keys, in order of them.
async fn by_keys(connection: &mut SqliteConnection, overlay: &Overlay, keys: &BTreeSet<i64>) -> Result<Vec<PersonRow>> {
    let keys: Vec<i64> = keys.iter().copied().collect();
    let mut found = Vec::new();
    for keys in keys.chunks(PAGE as usize) {
        found.extend(people::by_key::persons(connection, overlay, keys).await?);
    }
    Ok(found)
}

/// Persons who may be others than before.
struct Changed<'a> {
    keys: &'a BTreeSet<i64>,
    /// Those of them who are there, in order of their keys.
    fresh: Vec<PersonRow>,
}

impl Changed<'_> {
    /// The rows of all persons, page by page: pages without a change stay as they are.
    fn rows(&self, before: &[RecordBatch], counts: &mut Counts) -> Result<Vec<RecordBatch>> {
        let mut after = Vec::with_capacity(before.len());
        let (mut from, mut fresh) = (i64::MIN, self.fresh.as_slice());
        for (at, page) in before.iter().enumerate() {
            let keys = page.column(0).as_primitive::<Int64Type>().values();
            let to = match keys.last() {
                Some(last) if at + 1 < before.len() => *last,
                _ => i64::MAX,
            };
            let (of_page, rest) = fresh.split_at(fresh.partition_point(|row| row.person_key <= to));
            fresh = rest;
            if self.keys.range(from..=to).next().is_none() {
                after.push(page.clone());
            } else {
                self.page(page, of_page, counts, &mut after)?;
            }
            from = to.saturating_add(1);
        }
        if after.is_empty() {
            after.push(RecordBatch::new_empty(PersonRow::schema()));
        }
        Ok(after)
    }

    /// A page with the fresh rows between its others; two or more where it has grown.
    fn page(
        &self,
        page: &RecordBatch,
        fresh: &[PersonRow],
        counts: &mut Counts,
        after: &mut Vec<RecordBatch>,
    ) -> Result<()> {
        let keys = page.column(0).as_primitive::<Int64Type>().values();
        let properties = page.column(page.num_columns() - 1).as_string::<i32>();
        let mut order: Vec<(i64, (usize, usize))> = Vec::with_capacity(page.num_rows() + fresh.len());
        for (row, key) in keys.iter().enumerate() {
            if self.keys.contains(key) {
                counts.remove(properties.value(row))?;
            } else {
                order.push((*key, (0, row)));
            }
        }
        for (row, person) in fresh.iter().enumerate() {
            counts.add(&person.properties)?;
            order.push((person.person_key, (1, row)));
        }
        order.sort_unstable();
        let places: Vec<(usize, usize)> = order.into_iter().map(|(_, place)| place).collect();
        let fresh = PersonRow::batch(fresh)?;
        let most = PAGE as usize;
        let size = if places.len() > 2 * most { most } else { places.len() };
        for places in places.chunks(size.max(1)) {
            after.push(interleave_record_batch(&[page, &fresh], places).map_err(unbuilt)?);
        }
        Ok(())
    }
}

fn unbuilt(error: datafusion::arrow::error::ArrowError) -> Error {
    Error::caused(Code::Internal, "cannot build rows of persons", error)
}
