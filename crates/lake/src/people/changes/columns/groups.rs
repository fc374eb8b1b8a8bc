//! Groups in a batch: those that events name, and what `$groupidentify` says of them.

use hashbrown::HashMap;
use hedgerow_data_api::{RowReader, Value};
use serde_json::Value as Json;

use super::{GROUPS, Ignored, Reading, numbered, object};
use crate::people::state::{Text, Written};

impl Reading<'_> {
    pub(super) fn groups(&mut self) {
        self.named();
        self.identified();
    }

    /// The groups that events happened in.
    fn named(&mut self) {
        let Some(column) = self.batch.property("$groups") else {
            return;
        };
        // The number of a JSON text to the earliest event with it, and how many there are.
        let mut seen: HashMap<u32, (i64, u64)> = HashMap::new();
        for (row, number) in numbered(&column.json).filter(|(row, _)| self.touches(*row, GROUPS)) {
            let timestamp = self.stamp(row).timestamp;
            let (first, count) = seen.entry(number).or_insert((timestamp, 0));
            *first = timestamp.min(*first);
            *count += 1;
        }
        for (number, (first, count)) in seen {
            let parsed = serde_json::from_str(column.json.dictionary.get(number));
            let Ok(Json::Object(groups)) = parsed else {
                self.ignore(Ignored::Groups, count);
                continue;
            };
            let mut is_whole = true;
            for (group_type, key) in groups {
                match key_of(&key) {
                    Some(key) if !group_type.is_empty() => {
                        let group = (Text::from(group_type), key);
                        self.changes.groups.entry(group).or_default().see(Some(first));
                    }
                    // A page that knows no company yet sends null.
                    _ => is_whole &= key.is_null() || key == "",
                }
            }
            if !is_whole {
                self.ignore(Ignored::Groups, count);
            }
        }
        let others = [
            &column.texts.rows,
            &column.integers.rows,
            &column.doubles.rows,
            &column.booleans.rows,
        ];
        let others = others.into_iter().flatten().filter(|row| self.touches(**row, GROUPS));
        let count = others.count() as u64;
        self.ignore(Ignored::Groups, count);
    }

    /// The groups that are described.
    fn identified(&mut self) {
        let batch = self.batch;
        let names = batch.events.dictionary.iter();
        let Some(event) = (0..).zip(names).find(|(_, name)| *name == "$groupidentify") else {
            return;
        };
        let [mut types, mut keys, mut sets] =
            ["$group_type", "$group_key", "$group_set"].map(|key| batch.property(key).map(RowReader::new));
        for (row, number) in (0..).zip(&batch.events.numbers) {
            if *number != event.0 || !self.touches(row, GROUPS) {
                continue;
            }
            let [group_type, key, set] =
                [&mut types, &mut keys, &mut sets].map(|reader| reader.as_mut().and_then(|reader| reader.value(row)));
            let group = group_type.and_then(text_of).zip(key.and_then(text_of));
            let writes = match set {
                None => Some(Vec::new()),
                Some(Value::Json(json)) => object(json),
                Some(_) => None,
            };
            let (Some(group), Some(writes)) = (group, writes) else {
                self.ignore(Ignored::GroupIdentify, 1);
                continue;
            };
            let stamp = self.stamp(row);
            let state = self.changes.groups.entry(group).or_default();
            state.see(Some(stamp.timestamp));
            for (key, value) in writes {
                state.set.write(Written { key, stamp, value });
            }
        }
    }
}

/// A group's key in `$groups`: a text or a number that is not empty.
fn key_of(key: &Json) -> Option<Text> {
    match key {
        Json::String(key) if !key.is_empty() => Some(key.as_str().into()),
        Json::Number(key) => Some(key.to_string().into()),
        Json::Bool(key) => Some(key.to_string().into()),
        _ => None,
    }
}

/// A type or key in a property: the same.
fn text_of(value: Value<'_>) -> Option<Text> {
    match value {
        Value::Text(text) => (!text.is_empty()).then(|| text.into()),
        Value::Integer(number) => Some(number.to_string().into()),
        Value::Double(number) => Some(number.to_string().into()),
        Value::Boolean(truth) => Some(truth.to_string().into()),
        Value::Json(_) => None,
    }
}
