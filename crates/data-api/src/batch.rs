//! Events on their way into the store, in columns: the contract between importers and the lake.
//!
//! A batch grows by one event at a time: [`EventBatch::begin`], then [`EventBatch::set`] for each of
//! its properties; or by many, of which each column is filled in turn. Texts are kept once each with a number a row, so that a batch of 300,000 events
//! with forty properties fits in memory and nothing is allocated for a value that came before.

mod text;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::text::{Dictionary, TextColumn};
use crate::event::{EventRecord, PropertyValue};

/// A property's value on its way into a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; one that is not finite has no form in JSON and is stored as text.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// An array or an object as JSON text.
    Json(&'a str),
}

impl<'a> From<&'a PropertyValue> for Value<'a> {
    fn from(value: &'a PropertyValue) -> Self {
        match value {
            PropertyValue::Text(text) => Self::Text(text),
            PropertyValue::Integer(number) => Self::Integer(*number),
            PropertyValue::Double(number) => Self::Double(*number),
            PropertyValue::Boolean(truth) => Self::Boolean(*truth),
            PropertyValue::Json(json) => Self::Json(json),
        }
    }
}

impl From<Value<'_>> for PropertyValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Integer(number) => Self::Integer(number),
            Value::Double(number) => Self::Double(number),
            Value::Boolean(truth) => Self::Boolean(truth),
            Value::Json(json) => Self::Json(json.to_owned()),
        }
    }
}

/// Values of some rows: `rows` ascending, `values` beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sparse<T> {
    /// The rows that have a value.
    pub rows: Vec<u32>,
    /// Their values.
    pub values: Vec<T>,
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<T> Sparse<T> {
    fn push(&mut self, row: u32, value: T) {
        self.rows.push(row);
        self.values.push(value);
    }

    fn drop_last(&mut self) {
        self.rows.pop();
        self.values.pop();
    }

    fn settle(&mut self) {
        self.rows.shrink_to_fit();
        self.values.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        self.rows.len() * size_of::<u32>() + self.values.len() * size_of::<T>()
    }
}

/// All values of one key, by type: a row has at most one of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PropertyColumn {
    /// The key.
    pub key: String,
    /// Texts.
    pub texts: TextColumn,
    /// Whole numbers.
    pub integers: Sparse<i64>,
    /// Numbers with a fraction.
    pub doubles: Sparse<f64>,
    /// Truths.
    pub booleans: Sparse<bool>,
    /// Arrays and objects as JSON text.
    pub json: TextColumn,
    last: Option<(u32, Kind)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Text,
    Integer,
    Double,
    Boolean,
    Json,
}

impl PropertyColumn {
    /// The rows that have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
            + self.integers.rows.len()
            + self.doubles.rows.len()
            + self.booleans.rows.len()
            + self.json.len()
    }

    /// True where no row has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets the value of a row. Rows come in ascending order; the same row again replaces its value.
    pub fn set(&mut self, row: u32, value: Value<'_>) {
        // An object may name a key twice; the last one counts, as in JavaScript.
        if let Some((_, kind)) = self.last.filter(|(last, _)| *last == row) {
            match kind {
                Kind::Text => self.texts.drop_last(),
                Kind::Integer => self.integers.drop_last(),
                Kind::Double => self.doubles.drop_last(),
                Kind::Boolean => self.booleans.drop_last(),
                Kind::Json => self.json.drop_last(),
            }
        }
        let kind = match value {
            Value::Text(text) => {
                self.texts.push(row, text);
                Kind::Text
            }
            Value::Integer(number) => {
                self.integers.push(row, number);
                Kind::Integer
            }
            Value::Double(number) if number.is_finite() => {
                self.doubles.push(row, number);
                Kind::Double
            }
            Value::Double(number) => {
                self.texts.push(row, &number.to_string());
                Kind::Text
            }
            Value::Boolean(truth) => {
                self.booleans.push(row, truth);
                Kind::Boolean
            }
            Value::Json(json) => {
                self.json.push(row, json);
                Kind::Json
            }
        };
        self.last = Some((row, kind));
    }

    /// Sets the text of a row, which comes after all rows that have a value, by the text's number in the
    /// dictionary of [`texts`](Self::texts).
    pub fn push_number(&mut self, row: u32, number: u32) {
        self.texts.push_number(row, number);
        self.last = Some((row, Kind::Text));
    }

    fn settle(&mut self) {
        self.texts.settle();
        self.integers.settle();
        self.doubles.settle();
        self.booleans.settle();
        self.json.settle();
    }

    fn bytes(&self) -> usize {
        let numbers = self.integers.bytes() + self.doubles.bytes() + self.booleans.bytes();
        self.key.len() + self.texts.bytes() + self.json.bytes() + numbers
    }
}

/// A key's number in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(u32);

/// Events in columns; row `n` of each column belongs to the event that was begun as number `n`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EventBatch {
    /// Identities: the same uuid within the same UTC day ± 1 is the same event.
    pub uuids: Vec<Uuid>,
    /// When each happened, microseconds since 1970-01-01 in UTC.
    pub timestamps: Vec<i64>,
    /// The events' names; every row has one.
    pub events: TextColumn,
    /// Who did each, as the source names them; every row has one.
    pub distinct_ids: TextColumn,
    /// The sessions, of the rows that have one.
    pub sessions: TextColumn,
    /// Everything else, by key.
    pub properties: Vec<PropertyColumn>,
    /// The rows that make no person, ascending: [`EventBatch::without_person`].
    pub anonymous: Vec<u32>,
    #[serde(skip)]
    keys: HashMap<Box<str>, u32>,
    /// Where the next key probably is: events of one source name their keys in the same order.
    #[serde(skip)]
    expected: u32,
}

impl EventBatch {
    /// Begins an event; properties that are set from now on are its own.
    pub fn begin(&mut self, uuid: Uuid, event: &str, timestamp: i64, distinct_id: &str, session: Option<&str>) {
        let row = self.uuids.len() as u32;
        self.uuids.push(uuid);
        self.timestamps.push(timestamp);
        self.events.push(row, event);
        self.distinct_ids.push(row, distinct_id);
        if let Some(session) = session {
            self.sessions.push(row, session);
        }
        self.expected = 0;
    }

    /// Says that the event that was begun last makes no person and touches none, as if it had the
    /// property `$process_person_profile` with the value false. For sources that know nobody.
    pub fn without_person(&mut self) {
        self.anonymous.extend((self.uuids.len() as u32).checked_sub(1));
    }

    /// Begins an event whose texts have numbers in the dictionaries of [`events`](Self::events),
    /// [`distinct_ids`](Self::distinct_ids) and [`sessions`](Self::sessions), and gives back its row.
    pub fn begin_numbered(
        &mut self,
        uuid: Uuid,
        event: u32,
        timestamp: i64,
        distinct_id: u32,
        session: Option<u32>,
    ) -> u32 {
        let row = self.uuids.len() as u32;
        self.uuids.push(uuid);
        self.timestamps.push(timestamp);
        self.events.push_number(row, event);
        self.distinct_ids.push_number(row, distinct_id);
        if let Some(session) = session {
            self.sessions.push_number(row, session);
        }
        self.expected = 0;
        row
    }

    /// Adds an event.
    pub fn push(&mut self, event: &EventRecord) {
        let time = event.timestamp.timestamp_micros();
        let session = event.session_id.as_deref();
        self.begin(event.uuid, &event.event, time, &event.distinct_id, session);
        for (key, value) in &event.properties {
            self.set(key, value.into());
        }
    }

    /// Sets a property of the event that was begun last.
    pub fn set(&mut self, key: &str, value: Value<'_>) {
        let id = self.key(key);
        self.set_key(id, value);
    }

    /// The number of a key, for those who set it often.
    pub fn key(&mut self, key: &str) -> KeyId {
        let expected = self.expected as usize;
        if self.properties.get(expected).is_some_and(|column| column.key == key) {
            self.expected += 1;
            return KeyId(expected as u32);
        }
        if self.keys.len() < self.properties.len() {
            // Only the columns travel; a batch that was read back finds its keys again here.
            self.keys = (0..)
                .zip(&self.properties)
                .map(|(id, column)| (column.key.as_str().into(), id))
                .collect();
        }
        let id = self.keys.get(key).copied().unwrap_or_else(|| {
            let id = self.properties.len() as u32;
            self.keys.insert(key.into(), id);
            self.properties.push(PropertyColumn {
                key: key.to_owned(),
                ..PropertyColumn::default()
            });
            id
        });
        self.expected = id + 1;
        KeyId(id)
    }

    /// Sets a property of the event that was begun last, by its key's number.
    pub fn set_key(&mut self, key: KeyId, value: Value<'_>) {
        let row = (self.uuids.len() as u32).saturating_sub(1);
        if let Some(column) = self.properties.get_mut(key.0 as usize) {
            column.set(row, value);
        }
    }

    /// A property's column by its key's number, for those who fill it over many rows at once.
    pub fn column(&mut self, key: KeyId) -> Option<&mut PropertyColumn> {
        self.properties.get_mut(key.0 as usize)
    }

    /// A property by its key.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&PropertyColumn> {
        self.properties.iter().find(|column| column.key == key)
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.uuids.len()
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uuids.is_empty()
    }

    /// Gives back what memory is there only for further events, about a third of all. They can be added all
    /// the same.
    pub fn settle(&mut self) {
        self.uuids.shrink_to_fit();
        self.timestamps.shrink_to_fit();
        for texts in [&mut self.events, &mut self.distinct_ids, &mut self.sessions] {
            texts.settle();
        }
        self.properties.iter_mut().for_each(PropertyColumn::settle);
    }

    /// About how much memory the batch takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let fixed = self.uuids.len() * (size_of::<Uuid>() + size_of::<i64>()) + self.anonymous.len() * size_of::<u32>();
        let texts = self.events.bytes() + self.distinct_ids.bytes() + self.sessions.bytes();
        fixed + texts + self.properties.iter().map(PropertyColumn::bytes).sum::<usize>()
    }

    /// The events one by one, for callers that care for ease more than for speed.
    #[must_use]
    pub fn records(&self) -> Vec<EventRecord> {
        let mut readers: Vec<RowReader<'_>> = self.properties.iter().map(RowReader::new).collect();
        let sessions = self.sessions.by_row();
        let record = |row: u32| EventRecord {
            uuid: self.uuids.get(row as usize).copied().unwrap_or_default(),
            event: self.events.at(row as usize).to_owned(),
            timestamp: time(self.timestamps.get(row as usize).copied().unwrap_or_default()),
            distinct_id: self.distinct_ids.at(row as usize).to_owned(),
            session_id: sessions.get(&row).map(|session| (*session).to_owned()),
            properties: readers
                .iter_mut()
                .filter_map(|reader| Some((reader.column.key.clone().into(), reader.value(row)?.into())))
                .collect(),
        };
        (0..self.len() as u32).map(record).collect()
    }

    /// The events of some rows, in that order.
    #[must_use]
    pub fn only(&self, rows: &[u32]) -> Self {
        let mut batch = Self::default();
        batch.take_over(self, rows.iter().copied());
        batch
    }

    /// Adds the events of another batch.
    pub fn append(&mut self, other: &Self) {
        self.take_over(other, 0..other.len() as u32);
    }

    fn take_over(&mut self, other: &Self, rows: impl Iterator<Item = u32>) {
        let mut readers: Vec<RowReader<'_>> = other.properties.iter().map(RowReader::new).collect();
        let sessions = other.sessions.by_row();
        for row in rows {
            let at = row as usize;
            self.begin(
                other.uuids.get(at).copied().unwrap_or_default(),
                other.events.at(at),
                other.timestamps.get(at).copied().unwrap_or_default(),
                other.distinct_ids.at(at),
                sessions.get(&row).copied(),
            );
            if other.anonymous.binary_search(&row).is_ok() {
                self.without_person();
            }
            for reader in &mut readers {
                if let Some(value) = reader.value(row) {
                    self.set(&reader.column.key, value);
                }
            }
        }
    }
}

impl PartialEq for EventBatch {
    fn eq(&self, other: &Self) -> bool {
        (&self.uuids, &self.timestamps) == (&other.uuids, &other.timestamps)
            && (&self.events, &self.distinct_ids, &self.sessions)
                == (&other.events, &other.distinct_ids, &other.sessions)
            && (&self.properties, &self.anonymous) == (&other.properties, &other.anonymous)
    }
}

impl From<Vec<EventRecord>> for EventBatch {
    fn from(events: Vec<EventRecord>) -> Self {
        let mut batch = Self::default();
        for event in &events {
            batch.push(event);
        }
        batch
    }
}

/// Reads one property row by row. Rows in ascending order are found at once, others by a search.
#[derive(Debug)]
pub struct RowReader<'a> {
    column: &'a PropertyColumn,
    at: [usize; 5],
}

impl<'a> RowReader<'a> {
    /// A reader of a column.
    #[must_use]
    pub fn new(column: &'a PropertyColumn) -> Self {
        Self { column, at: [0; 5] }
    }

    /// The value of a row, if it has one.
    pub fn value(&mut self, row: u32) -> Option<Value<'a>> {
        let column = self.column;
        let [texts, integers, doubles, booleans, json] = &mut self.at;
        if let Some(at) = position(&column.texts.rows, texts, row) {
            return Some(Value::Text(column.texts.at(at)));
        }
        if let Some(at) = position(&column.integers.rows, integers, row) {
            return column.integers.values.get(at).map(|number| Value::Integer(*number));
        }
        if let Some(at) = position(&column.doubles.rows, doubles, row) {
            return column.doubles.values.get(at).map(|number| Value::Double(*number));
        }
        if let Some(at) = position(&column.booleans.rows, booleans, row) {
            return column.booleans.values.get(at).map(|truth| Value::Boolean(*truth));
        }
        position(&column.json.rows, json, row).map(|at| Value::Json(column.json.at(at)))
    }
}

fn time(timestamp: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(timestamp).unwrap_or_default()
}

fn position(rows: &[u32], next: &mut usize, row: u32) -> Option<usize> {
    match rows.get(*next) {
        Some(found) if *found == row => {
            *next += 1;
            return Some(*next - 1);
        }
        // The usual case of a row without a value, when rows ascend.
        Some(found) if *found > row && (*next == 0 || rows.get(*next - 1).is_some_and(|before| *before < row)) => {
            return None;
        }
        None if rows.last().is_none_or(|last| *last < row) => return None,
        _ => {}
    }
    let at = rows.binary_search(&row);
    *next = at.map_or_else(|at| at, |at| at + 1);
    at.ok()
}

#[cfg(test)]
mod tests;
