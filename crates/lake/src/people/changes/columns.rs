//! Reading changes off a batch, column by column.
//!
//! Only the first and the last event of each distinct id that has a key can matter, so they are
//! found first, by numbers alone, and a value becomes JSON for them only. A JSON text that many
//! events share is parsed once.

mod groups;

use std::cmp::Ordering;

use hashbrown::HashMap;
use hedgerow_data_api::{EventBatch, PropertyColumn, RowReader, TextColumn, Value};

use super::{Ignored, PeopleChanges};
use crate::people::mapped::{NEVER, initial, is_mapped};
use crate::people::merges::{MergeKind, MergeOp};
use crate::people::state::{Keep, Stamp, State, Text, Written, json_text};

/// The event touches persons.
const PERSONS: u8 = 1;
/// The event's groups count.
const GROUPS: u8 = 2;

/// No row.
const NONE: u32 = u32::MAX;

impl PeopleChanges {
    /// What a batch changes.
    pub(crate) fn of(batch: &EventBatch) -> Self {
        Reading::new(batch).changes()
    }
}

/// A batch with what is looked at for every row.
struct Reading<'a> {
    batch: &'a EventBatch,
    /// What each row may touch.
    touches: Vec<u8>,
    /// The state of each distinct id by its number.
    states: Vec<State>,
    changes: PeopleChanges,
}

/// Where the value of an id's first or last event with a key stands.
#[derive(Clone, Copy)]
struct Place {
    row: u32,
    position: u32,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Text,
    Integer,
    Double,
    Boolean,
    Json,
}

impl<'a> Reading<'a> {
    fn new(batch: &'a EventBatch) -> Self {
        let by_event: Vec<u8> = batch.events.dictionary.iter().map(touched_by).collect();
        let touches = batch.events.numbers.iter();
        let mut touches: Vec<u8> = touches
            .map(|number| by_event.get(*number as usize).copied().unwrap_or_default())
            .collect();
        for row in &batch.anonymous {
            if let Some(touches) = touches.get_mut(*row as usize) {
                *touches = 0;
            }
        }
        if let Some(profile) = batch.property("$process_person_profile") {
            for (row, wanted) in profile.booleans.rows.iter().zip(&profile.booleans.values) {
                if let Some(touches) = touches.get_mut(*row as usize).filter(|_| !wanted) {
                    *touches = 0;
                }
            }
        }
        Self {
            batch,
            touches,
            states: vec![State::default(); batch.distinct_ids.dictionary.len()],
            changes: PeopleChanges::default(),
        }
    }

    fn changes(mut self) -> PeopleChanges {
        for (row, timestamp) in self.batch.timestamps.iter().enumerate() {
            if self.touches(row as u32, PERSONS)
                && let Some(state) = self.state(row as u32)
            {
                state.see(Some(*timestamp));
            }
        }
        self.merges();
        // What an event says itself goes before what is copied from it.
        self.written("$set", Keep::Latest, Ignored::Set, object);
        self.written("$set_once", Keep::Earliest, Ignored::SetOnce, object);
        self.written("$unset", Keep::Latest, Ignored::Unset, keys);
        let batch = self.batch;
        let mut mapped: Vec<&PropertyColumn> = batch
            .properties
            .iter()
            .filter(|column| is_mapped(&column.key))
            .collect();
        mapped.sort_by(|a, b| a.key.cmp(&b.key));
        for column in mapped {
            self.copied(column);
        }
        self.groups();
        let ids = batch.distinct_ids.dictionary.iter().zip(self.states);
        let known = ids.filter(|(_, state)| state.first_seen.is_some());
        self.changes.ids = known.map(|(id, state)| (id.into(), state)).collect();
        self.changes
    }

    fn touches(&self, row: u32, what: u8) -> bool {
        self.touches
            .get(row as usize)
            .is_some_and(|touches| touches & what != 0)
    }

    /// The number of a row's distinct id.
    fn id(&self, row: u32) -> usize {
        let number = self.batch.distinct_ids.numbers.get(row as usize);
        number.map_or(usize::MAX, |number| *number as usize)
    }

    fn state(&mut self, row: u32) -> Option<&mut State> {
        let id = self.id(row);
        self.states.get_mut(id)
    }

    fn stamp(&self, row: u32) -> Stamp {
        Stamp {
            timestamp: self.batch.timestamps.get(row as usize).copied().unwrap_or_default(),
            uuid: self.batch.uuids.get(row as usize).copied().unwrap_or_default(),
        }
    }

    fn ignore(&mut self, kind: Ignored, count: u64) {
        if count > 0 {
            *self.changes.ignored.entry(kind).or_default() += count;
        }
    }

    /// Merges, and which ids are known persons.
    fn merges(&mut self) {
        let batch = self.batch;
        let kinds = batch.events.dictionary.iter();
        let kinds: Vec<Option<MergeKind>> = kinds
            .map(|event| MergeKind::ALL.into_iter().find(|kind| kind.event() == event))
            .collect();
        if kinds.iter().all(Option::is_none) {
            return;
        }
        let mut anonymous = batch.property(MergeKind::Identify.other_key()).map(RowReader::new);
        let mut alias = batch.property(MergeKind::Alias.other_key()).map(RowReader::new);
        for (row, event) in (0..).zip(&batch.events.numbers) {
            let kind = kinds.get(*event as usize).copied().flatten();
            let Some(kind) = kind.filter(|_| self.touches(row, PERSONS)) else {
                continue;
            };
            let other = if kind == MergeKind::Identify {
                &mut anonymous
            } else {
                &mut alias
            };
            let other = other.as_mut().and_then(|other| other.value(row)).map(id_of);
            let target = batch.distinct_ids.at(row as usize);
            let stamp = self.stamp(row);
            match other {
                Some(other) if other.as_ref() != target => {
                    let target = target.into();
                    let op = MergeOp {
                        stamp,
                        kind,
                        target,
                        other,
                    };
                    if op.is_illegal() {
                        self.changes.illegal.insert(stamp, op);
                        continue;
                    }
                    self.changes.ops.insert(stamp, op);
                }
                // An alias of nothing says nothing.
                None if kind != MergeKind::Identify => continue,
                _ => {}
            }
            if let Some(state) = self.state(row) {
                state.identify(Some(stamp));
            }
        }
    }

    /// What the events themselves set or unset by a JSON column.
    fn written(&mut self, key: &str, keep: Keep, kind: Ignored, parse: fn(&str) -> Option<Vec<(Text, Option<Text>)>>) {
        let Some(column) = self.batch.property(key) else {
            return;
        };
        // Of the events of an id with the same JSON only one can matter.
        let mut places: HashMap<(usize, u32), (u32, u64)> = HashMap::new();
        for (row, number) in column.json.rows.iter().zip(&column.json.numbers) {
            if !self.touches(*row, PERSONS) {
                continue;
            }
            let (best, count) = places.entry((self.id(*row), *number)).or_insert((*row, 0));
            *count += 1;
            if self.is_better(keep, *row, *best) {
                *best = *row;
            }
        }
        let mut parsed: HashMap<u32, Option<Vec<(Text, Option<Text>)>>> = HashMap::new();
        for ((_, number), (row, count)) in places {
            let json = column.json.dictionary.get(number);
            let Some(writes) = parsed.entry(number).or_insert_with(|| parse(json)) else {
                self.ignore(kind, count);
                continue;
            };
            let stamp = self.stamp(row);
            let Some(state) = self.state(row) else {
                continue;
            };
            let registers = match keep {
                Keep::Latest => &mut state.set,
                Keep::Earliest => &mut state.once,
            };
            for (key, value) in writes {
                let (key, value) = (key.clone(), value.clone());
                registers.write(Written { key, stamp, value });
            }
        }
        let others = [
            &column.texts.rows,
            &column.integers.rows,
            &column.doubles.rows,
            &column.booleans.rows,
        ];
        let others = others.into_iter().flatten().filter(|row| self.touches(**row, PERSONS));
        let count = others.count() as u64;
        self.ignore(kind, count);
    }

    /// True where a register would keep the write of `row` rather than that of `best`.
    fn is_better(&self, keep: Keep, row: u32, best: u32) -> bool {
        match keep {
            Keep::Latest => self.order(row, best).is_gt(),
            Keep::Earliest => self.order(row, best).is_lt(),
        }
    }

    /// The order of the stamps of two rows. Uuids are looked at only where times are equal.
    fn order(&self, row: u32, other: u32) -> Ordering {
        let time = |row: u32| self.batch.timestamps.get(row as usize);
        let uuid = |row: u32| self.batch.uuids.get(row as usize);
        let times = time(row).cmp(&time(other));
        times.then_with(|| uuid(row).cmp(&uuid(other)))
    }

    /// Copies a column to the persons: its last value, and its first one as `$initial_...`.
    fn copied(&mut self, column: &PropertyColumn) {
        let nowhere = Place {
            row: NONE,
            position: 0,
            part: Part::Text,
        };
        let mut first = vec![nowhere; self.states.len()];
        let mut last = first.clone();
        let parts = [
            (&column.texts.rows, Part::Text),
            (&column.integers.rows, Part::Integer),
            (&column.doubles.rows, Part::Double),
            (&column.booleans.rows, Part::Boolean),
            (&column.json.rows, Part::Json),
        ];
        for (rows, part) in parts {
            for (position, row) in (0..).zip(rows) {
                let (row, id) = (*row, self.id(*row));
                if !self.touches(row, PERSONS) {
                    continue;
                }
                let (Some(first), Some(last)) = (first.get_mut(id), last.get_mut(id)) else {
                    continue;
                };
                let place = Place { row, position, part };
                if first.row == NONE {
                    (*first, *last) = (place, place);
                } else if self.is_better(Keep::Latest, row, last.row) {
                    *last = place;
                } else if self.is_better(Keep::Earliest, row, first.row) {
                    *first = place;
                }
            }
        }
        let mut values = Values::new(column);
        let (set, once) = (Text::from(column.key.as_str()), Text::from(initial(&column.key)));
        for (id, (first, last)) in first
            .into_iter()
            .zip(last)
            .enumerate()
            .filter(|(_, (first, _))| first.row != NONE)
        {
            let (latest, earliest) = (self.stamp(last.row), self.stamp(first.row));
            let Some(state) = self.states.get_mut(id) else {
                continue;
            };
            state.set.write_under(Written {
                key: set.clone(),
                stamp: latest,
                value: Some(values.at(last)),
            });
            state.once.write_under(Written {
                key: once.clone(),
                stamp: earliest,
                value: Some(values.at(first)),
            });
        }
    }
}

/// A column's values as JSON, each text made once.
struct Values<'a> {
    column: &'a PropertyColumn,
    texts: Vec<Option<Text>>,
}

impl<'a> Values<'a> {
    fn new(column: &'a PropertyColumn) -> Self {
        Self {
            column,
            texts: vec![None; column.texts.dictionary.len()],
        }
    }

    fn at(&mut self, place: Place) -> Text {
        let (column, position) = (self.column, place.position as usize);
        let json = match place.part {
            Part::Text => return self.text(position),
            Part::Integer => column.integers.values.get(position).map(i64::to_string),
            Part::Double => column.doubles.values.get(position).map(|number| json_number(*number)),
            Part::Boolean => column.booleans.values.get(position).map(bool::to_string),
            Part::Json => Some(json_value(column.json.at(position))),
        };
        json.unwrap_or_else(|| "null".to_owned()).into()
    }

    fn text(&mut self, position: usize) -> Text {
        let number = self.column.texts.numbers.get(position).copied().unwrap_or_default();
        let json = || Text::from(json_text(self.column.texts.dictionary.get(number)));
        match self.texts.get_mut(number as usize) {
            Some(known) => known.get_or_insert_with(json).clone(),
            None => json(),
        }
    }
}

/// What an event may touch, by its name.
fn touched_by(event: &str) -> u8 {
    match event {
        "$exception" => GROUPS,
        event if NEVER.contains(&event) => 0,
        _ => PERSONS | GROUPS,
    }
}

/// The id that a value names, as a browser would write it.
fn id_of(value: Value<'_>) -> Text {
    match value {
        Value::Text(text) => text.into(),
        Value::Integer(number) => number.to_string().into(),
        Value::Double(number) => number.to_string().into(),
        Value::Boolean(truth) => truth.to_string().into(),
        Value::Json(_) => "[object Object]".into(),
    }
}

fn json_number(number: f64) -> String {
    serde_json::Value::from(number).to_string()
}

/// JSON in its shortest form; what is none is a text.
fn json_value(json: &str) -> String {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(json);
    parsed.map_or_else(|_| json_text(json), |value| value.to_string())
}

/// The entries of an object, each with its value as JSON.
fn object(json: &str) -> Option<Vec<(Text, Option<Text>)>> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).ok()?;
    let entries = object.into_iter();
    Some(
        entries
            .map(|(key, value)| (key.into(), Some(value.to_string().into())))
            .collect(),
    )
}

/// The keys that a list or an object names.
fn keys(json: &str) -> Option<Vec<(Text, Option<Text>)>> {
    match serde_json::from_str(json).ok()? {
        serde_json::Value::Array(keys) => {
            let keys = keys.iter().filter_map(serde_json::Value::as_str);
            Some(keys.map(|key| (key.into(), None)).collect())
        }
        serde_json::Value::Object(keys) => Some(keys.into_iter().map(|(key, _)| (key.into(), None)).collect()),
        _ => None,
    }
}

/// The rows of a column that have a text or JSON of this kind, with its number.
fn numbered(column: &TextColumn) -> impl Iterator<Item = (u32, u32)> {
    column.rows.iter().copied().zip(column.numbers.iter().copied())
}
