//! Reading a lake back after a crash, and comparing all of it with what its writers were told.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use fs_err as fs;
use hedgerow_data_api::{Clock, EventStore, PropertyValue, Taxonomy};
use hedgerow_lake::{DataFolder, Lake, LakeView, Settings, SystemFiles};
use serde_json::Value as Json;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use uuid::Uuid;

use super::stream::{event, is_defined, listed, number};
use crate::append::project;

/// What the writers of a folder did.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Events of appends that were begun.
    pub(crate) tried: HashSet<u64>,
    /// Events of appends that were acknowledged, and events that were found after a crash.
    pub(crate) acknowledged: HashSet<u64>,
}

/// What is wrong with a lake.
#[derive(Debug, Default)]
pub(crate) struct Wrong {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) others: Vec<String>,
}

impl Wrong {
    pub(crate) fn is_nothing(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.others.is_empty()
    }

    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.others.len() < 20 {
            self.others.push(what());
        }
    }
}

/// A row as far as it is compared.
pub(crate) struct Row {
    pub(crate) number: u64,
    event: String,
    us: i64,
    distinct_id: String,
    values: BTreeMap<String, String>,
}

/// Opens a folder as any start does, and waits until the one before has left it.
pub(crate) async fn owned(folder: &Path) -> DataFolder {
    loop {
        match DataFolder::open(folder) {
            Ok(owned) => return owned,
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

/// Checks a folder. Where it is tidied, nothing may be left of the log and no file without a name.
pub(crate) async fn check(folder: &Path, sent: &mut Sent, tidies: bool) -> Wrong {
    let settings = Settings {
        flush_after: Duration::from_secs(3600),
        flush_bytes: usize::MAX,
        most_bytes: 1 << 30,
        compact_files: usize::MAX,
        snapshots_for: Duration::ZERO,
        ..Settings::default()
    };
    let mut wrong = Wrong::default();
    let lake = Lake::with(owned(folder).await, Clock::system(), Arc::new(SystemFiles), settings);
    if let Err(error) = lake.create_project(&project()).await {
        wrong.others.push(format!("it does not open: {}", error.chain()));
        return wrong;
    }
    assert_holds(&lake, sent, "after the start", &mut wrong).await;
    if tidies && wrong.is_nothing() {
        let flushed = lake.flush(&project()).await;
        wrong.unless(flushed.is_ok(), || format!("{flushed:?}"));
        let merged = lake.compact(&project()).await;
        wrong.unless(merged.is_ok(), || format!("{merged:?}"));
        // The newest snapshot must be older than now.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let expired = lake.expire(&project()).await;
        wrong.unless(expired.is_ok(), || format!("{expired:?}"));
        let view = assert_holds(&lake, sent, "after it was tidied", &mut wrong).await;
        wrong.unless(view.memory.is_empty(), || {
            "events are in memory after a flush".to_owned()
        });
        assert_tidy(&folder.join("projects").join(project().as_str()), &mut wrong).await;
    }
    drop(lake);
    drop(owned(folder).await);
    wrong
}

async fn assert_holds(lake: &Lake, sent: &mut Sent, when: &str, wrong: &mut Wrong) -> Arc<LakeView> {
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    let rows = rows(&view);
    let mut present: HashMap<u64, u64> = HashMap::new();
    for row in &rows {
        *present.entry(row.number).or_default() += 1;
    }
    let lost: Vec<&u64> = sent
        .acknowledged
        .iter()
        .filter(|number| !present.contains_key(number))
        .collect();
    let doubled: Vec<&u64> = present
        .iter()
        .filter(|(_, count)| **count > 1)
        .map(|(number, _)| number)
        .collect();
    wrong.lost += lost.len() as u64;
    wrong.doubled += doubled.len() as u64;
    wrong.unless(lost.is_empty(), || {
        format!("{when}: lost {:?}", &lost[..lost.len().min(10)])
    });
    wrong.unless(doubled.is_empty(), || {
        format!("{when}: doubled {:?}", &doubled[..doubled.len().min(10)])
    });
    let strange = present.keys().find(|number| !sent.tried.contains(number));
    wrong.unless(strange.is_none(), || format!("{when}: {strange:?} was never sent"));
    wrong.unless(view.rows() == rows.len() as u64, || {
        format!("{when}: the view says {} rows and has {}", view.rows(), rows.len())
    });
    for row in &rows {
        let expected = event(row.number);
        let us = expected.timestamp.timestamp_micros();
        let values: BTreeMap<String, String> = expected
            .properties
            .iter()
            .map(|(key, value)| (key.to_string(), shown(value)))
            .collect();
        let same = row.event == expected.event
            && row.distinct_id == expected.distinct_id
            && [us, us + 86_400_000_000].contains(&row.us)
            && row.values == values;
        wrong.unless(same, || {
            format!(
                "{when}: event {} is {} by {} with {:?}",
                row.number, row.event, row.distinct_id, row.values
            )
        });
    }
    assert_counted(lake, &taxonomy, &rows, when, wrong).await;
    // Whatever was read once has to stay.
    sent.acknowledged.extend(present.keys());
    view
}

/// Compares the taxonomy and the lists of values with a recount.
async fn assert_counted(lake: &Lake, taxonomy: &Taxonomy, rows: &[Row], when: &str, wrong: &mut Wrong) {
    let mut names: BTreeMap<&str, (u64, i64, i64)> = BTreeMap::new();
    let mut keys: BTreeMap<String, (u64, bool, BTreeMap<String, u64>)> = BTreeMap::new();
    for row in rows {
        let name = names.entry(&row.event).or_insert((0, i64::MAX, i64::MIN));
        *name = (name.0 + 1, name.1.min(row.us), name.2.max(row.us));
        for (key, value) in event(row.number).properties.iter().filter(|(key, _)| is_defined(key)) {
            let counted = keys.entry(key.to_string()).or_default();
            counted.0 += 1;
            match listed(value) {
                Some(text) => *counted.2.entry(text).or_default() += 1,
                None => counted.1 = true,
            }
        }
    }
    let us = |time: DateTime<Utc>| time.timestamp_micros();
    let told = taxonomy.events.iter();
    let told: BTreeMap<&str, (u64, i64, i64)> = told
        .map(|event| {
            (
                event.name.as_str(),
                (event.count, us(event.first_seen), us(event.last_seen)),
            )
        })
        .collect();
    wrong.unless(told == names, || {
        format!("{when}: events are counted as {told:?} and are {names:?}")
    });
    let told: BTreeMap<&str, u64> = taxonomy
        .properties
        .iter()
        .map(|property| (property.key.as_str(), property.count))
        .collect();
    let counted: BTreeMap<&str, u64> = keys.iter().map(|(key, counted)| (key.as_str(), counted.0)).collect();
    // A column that came with an event that was not acknowledged may stay without values.
    let told: BTreeMap<&str, u64> = told.into_iter().filter(|(_, count)| *count > 0).collect();
    wrong.unless(told == counted, || {
        format!("{when}: properties are counted as {told:?} and are {counted:?}")
    });
    for (key, (_, left_out, values)) in &keys {
        let list = match lake.values(&project(), key, "", 100_000).await {
            Ok(list) => list,
            Err(error) => {
                wrong
                    .others
                    .push(format!("{when}: no values of {key}: {}", error.chain()));
                continue;
            }
        };
        let told: BTreeMap<String, u64> = list
            .values
            .into_iter()
            .map(|value| (value.value, value.count))
            .collect();
        wrong.unless(told == *values, || {
            format!("{when}: values of {key} are counted as {told:?} and are {values:?}")
        });
        wrong.unless(list.complete != *left_out, || {
            format!("{when}: complete is wrong for {key}")
        });
    }
}

/// All rows of a view, of its files and of its memory.
pub(crate) fn rows(view: &LakeView) -> Vec<Row> {
    let mut rows = Vec::new();
    for file in view.files.iter() {
        let opened = fs::File::open(&file.path).unwrap().into_file();
        let reader = ParquetRecordBatchReaderBuilder::try_new(opened)
            .unwrap()
            .build()
            .unwrap();
        let before = rows.len();
        for batch in reader {
            read(view, &batch.unwrap(), &mut rows);
        }
        assert_eq!((rows.len() - before) as u64, file.rows, "{}", file.path.display());
    }
    for batch in &view.memory {
        read(view, batch, &mut rows);
    }
    rows
}

fn read(view: &LakeView, batch: &RecordBatch, rows: &mut Vec<Row>) {
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let uuids = column("uuid").as_fixed_size_binary();
    let events = column("event").as_string::<i32>();
    let times = column("timestamp").as_primitive::<TimestampMicrosecondType>();
    let persons = column("distinct_id").as_string::<i32>();
    let rest = batch.column_by_name("rest").map(AsArray::as_string::<i32>);
    let by_name: HashMap<&str, &str> = view
        .columns
        .iter()
        .filter_map(|column| Some((column.name.as_str(), column.key.as_deref()?)))
        .collect();
    let schema = batch.schema();
    let properties: Vec<(&str, &dyn Array)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .filter_map(|(field, array)| Some((*by_name.get(field.name().as_str())?, array.as_ref())))
        .collect();
    for at in 0..batch.num_rows() {
        let mut values: BTreeMap<String, String> = properties
            .iter()
            .filter(|(_, array)| array.is_valid(at))
            .map(|(key, array)| ((*key).to_owned(), cell(*array, at)))
            .collect();
        if let Some(rest) = rest.filter(|rest| rest.is_valid(at)) {
            let members: serde_json::Map<String, Json> = serde_json::from_str(rest.value(at)).unwrap();
            values.extend(members.into_iter().map(|(key, value)| (key, text(&value))));
        }
        rows.push(Row {
            number: number(Uuid::from_slice(uuids.value(at)).unwrap()),
            event: events.value(at).to_owned(),
            us: times.value(at),
            distinct_id: persons.value(at).to_owned(),
            values,
        });
    }
}

/// A value as it is compared. A whole number in a column of doubles is the same number.
fn shown(value: &PropertyValue) -> String {
    match value {
        PropertyValue::Text(text) => text.clone(),
        PropertyValue::Integer(number) => number.to_string(),
        PropertyValue::Double(number) => number.to_string(),
        PropertyValue::Boolean(truth) => truth.to_string(),
        PropertyValue::Json(json) => text(&serde_json::from_str(json).unwrap()),
    }
}

fn text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn cell(array: &dyn Array, at: usize) -> String {
    match array.data_type() {
        DataType::Int64 => array.as_primitive::<Int64Type>().value(at).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(at).to_string(),
        DataType::Boolean => array.as_boolean().value(at).to_string(),
        _ => array.as_string::<i32>().value(at).to_owned(),
    }
}

/// After flush, compaction and expiry there is what the catalog names and nothing else.
async fn assert_tidy(project: &Path, wrong: &mut Wrong) {
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let log = names(&project.join("log"));
    wrong.unless(log.is_empty(), || format!("the log has {log:?} after a flush"));
    let mut catalog = SqliteConnectOptions::new()
        .filename(project.join("catalog.sqlite"))
        .read_only(true)
        .connect()
        .await
        .unwrap();
    let named = sqlx::query_scalar("SELECT path FROM ducklake_data_file")
        .fetch_all(&mut catalog)
        .await;
    let named: BTreeSet<String> = named.unwrap().into_iter().collect();
    let found = names(&project.join("data/main/events"));
    wrong.unless(named == found, || {
        let (missing, orphans): (Vec<_>, Vec<_>) =
            (named.difference(&found).collect(), found.difference(&named).collect());
        format!("files without a name: {orphans:?}, names without a file: {missing:?}")
    });
}
