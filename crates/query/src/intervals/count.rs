//! `interval_counts(place)` and `interval_counts(place, actor)`: for each place of which there is any how many rows have
//! it, or how many different actors, as a list of structs `place`, `number`. Instead of a place a row can have a set of them.
//!
//! Rows of the same person on the same day stand together in files, so that few of them are looked up.

use std::mem::size_of;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array, StructArray, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type, UInt32Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{HashMap, HashSet, Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use uuid::Uuid;

use super::ones;

/// Fields of an element.
pub(super) const PLACE: &str = "place";
pub(super) const NUMBER: &str = "number";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IntervalCounts {
    signature: Signature,
}

impl IntervalCounts {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

fn fields() -> Fields {
    Fields::from(vec![
        Field::new(PLACE, DataType::UInt32, false),
        Field::new(NUMBER, DataType::Int64, false),
    ])
}

fn element() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Struct(fields()), true))
}

impl AggregateUDFImpl for IntervalCounts {
    fn name(&self) -> &'static str {
        "interval_counts"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(element()))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format!("{}[places]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::LargeBinary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Counts::default()))
    }
}

/// The different actors of a place.
#[derive(Debug, Default)]
struct Actors {
    /// Whole numbers, and texts that are UUIDs as they are usually written: these are as many as the UUIDs. They come in
    /// runs that are sorted, so that sorting them once more is quicker than looking each up.
    keys: Vec<u128>,
    /// How many of the first keys are sorted, each once.
    settled: usize,
    /// Other texts.
    texts: HashSet<Box<str>>,
}

impl Actors {
    /// Gives by how many bytes it grew.
    fn add(&mut self, key: u128) -> isize {
        if self.keys.last() == Some(&key) {
            return 0;
        }
        self.keys.push(key);
        KEY_BYTES + self.settle_now_and_then()
    }

    fn add_text(&mut self, text: &str) -> isize {
        match uuid(text) {
            Some(uuid) => self.add(uuid),
            None if self.texts.insert(text.into()) => (size_of::<Box<str>>() + text.len()).cast_signed(),
            None => 0,
        }
    }

    /// So that there are never many more keys than different ones.
    fn settle_now_and_then(&mut self) -> isize {
        if self.keys.len() < 2 * self.settled + 1024 {
            return 0;
        }
        let before = self.keys.len();
        self.settle();
        -((before - self.keys.len()).cast_signed() * KEY_BYTES)
    }

    fn settle(&mut self) {
        self.keys.sort();
        self.keys.dedup();
        self.settled = self.keys.len();
    }

    fn count(&mut self) -> u64 {
        self.settle();
        (self.keys.len() + self.texts.len()) as u64
    }
}

const KEY_BYTES: isize = size_of::<u128>().cast_signed();

/// The counts of all places.
#[derive(Debug, Default)]
struct Counts {
    /// Rows, where rows are counted.
    rows: HashMap<u32, u64>,
    actors: HashMap<u32, Actors>,
    /// Bytes of all actors.
    bytes: usize,
}

/// What a piece of a state holds: its kind, the place, a number, and so many keys or bytes.
const ROWS: u8 = 0;
const KEYS: u8 = 1;
const TEXT: u8 = 2;

/// The UUID of a text that is one as UUIDs are usually written: in small letters, with hyphens.
fn uuid(text: &str) -> Option<u128> {
    let uuid = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()?;
    let is_usual = uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text;
    is_usual.then_some(uuid.as_u128())
}

impl Counts {
    fn add_rows(&mut self, places: &UInt32Array) {
        let mut add = |place: u32, rows: usize| *self.rows.entry(place).or_default() += rows as u64;
        if places.null_count() > 0 {
            places.iter().flatten().for_each(|place| add(place, 1));
            return;
        }
        let runs = places.values().chunk_by(|one, other| one == other);
        runs.for_each(|run| add(run[0], run.len()));
    }

    fn add_sets(&mut self, sets: &BinaryArray) {
        for place in sets.iter().flatten().flat_map(ones) {
            *self.rows.entry(u32::try_from(place).unwrap_or(u32::MAX)).or_default() += 1;
        }
    }

    fn add_actors(&mut self, places: &UInt32Array, actors: &ArrayRef) -> Result<()> {
        let nulls = actors.nulls();
        let is_valid = |row: &usize| nulls.is_none_or(|nulls| nulls.is_valid(*row)) && places.is_valid(*row);
        let rows = (0..places.len()).filter(is_valid);
        let mut grown = 0;
        if let Some(actors) = actors.as_primitive_opt::<Int64Type>() {
            let mut last = None;
            for row in rows {
                let both = (places.value(row), actors.value(row));
                if last.replace(both) != Some(both) {
                    let key = u128::from(both.1.cast_unsigned());
                    grown += self.actors.entry(both.0).or_default().add(key);
                }
            }
        } else if let Some(actors) = actors.as_string_opt::<i32>() {
            let mut last = None;
            for row in rows {
                let both = (places.value(row), actors.value(row));
                if last.replace(both) != Some(both) {
                    grown += self.actors.entry(both.0).or_default().add_text(both.1);
                }
            }
        } else {
            return internal_err!("the actors of interval_counts are neither whole numbers nor texts");
        }
        self.bytes = self.bytes.saturating_add_signed(grown);
        Ok(())
    }

    /// Adds a state; `None` where it is none.
    fn merge(&mut self, mut state: &[u8]) -> Option<()> {
        fn next<const N: usize>(state: &mut &[u8]) -> Option<[u8; N]> {
            let (bytes, rest) = state.split_first_chunk()?;
            *state = rest;
            Some(*bytes)
        }
        let mut grown = 0;
        while let Some((kind, rest)) = state.split_first() {
            state = rest;
            let place = u32::from_le_bytes(next(&mut state)?);
            let number = u64::from_le_bytes(next(&mut state)?);
            let length = usize::try_from(number).ok()?;
            match *kind {
                ROWS => *self.rows.entry(place).or_default() += number,
                KEYS => {
                    let (keys, rest) = state.split_at_checked(length.checked_mul(size_of::<u128>())?)?;
                    state = rest;
                    let actors = self.actors.entry(place).or_default();
                    let keys_of_state = keys.as_chunks().0.iter().map(|key| u128::from_le_bytes(*key));
                    actors.keys.extend(keys_of_state);
                    grown += keys.len().cast_signed() + actors.settle_now_and_then();
                }
                TEXT => {
                    let (text, rest) = state.split_at_checked(length)?;
                    state = rest;
                    let text = std::str::from_utf8(text).ok()?;
                    grown += self.actors.entry(place).or_default().add_text(text);
                }
                _ => return None,
            }
        }
        self.bytes = self.bytes.saturating_add_signed(grown);
        Some(())
    }
}

/// Begins a piece of a state.
fn piece(state: &mut Vec<u8>, kind: u8, place: u32, number: u64) {
    state.push(kind);
    state.extend_from_slice(&place.to_le_bytes());
    state.extend_from_slice(&number.to_le_bytes());
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if let Some(sets) = values.first().and_then(|sets| sets.as_binary_opt::<i32>()) {
            self.add_sets(sets);
            return Ok(());
        }
        let places = values
            .first()
            .and_then(|places| places.as_primitive_opt::<UInt32Type>());
        match (places, values.get(1)) {
            (Some(places), Some(actors)) => self.add_actors(places, actors),
            (Some(places), None) => {
                self.add_rows(places);
                Ok(())
            }
            (None, _) => internal_err!("interval_counts takes places as whole numbers"),
        }
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let rows = std::mem::take(&mut self.rows);
        let of_actors = self.actors.iter_mut().map(|(place, actors)| (*place, actors.count()));
        let mut numbers: Vec<(u32, u64)> = rows.into_iter().chain(of_actors).collect();
        numbers.sort_unstable();
        let places = UInt32Array::from_iter_values(numbers.iter().map(|(place, _)| *place));
        let counts = Int64Array::from_iter_values(numbers.iter().map(|(_, number)| number.cast_signed()));
        let elements = StructArray::try_new(fields(), vec![Arc::new(places), Arc::new(counts)], None)?;
        let list = SingleRowListArrayBuilder::new(Arc::new(elements)).build_list_array();
        Ok(ScalarValue::List(Arc::new(list)))
    }

    fn size(&self) -> usize {
        size_of::<Self>()
            + self.rows.capacity() * size_of::<(u32, u64)>()
            + self.actors.capacity() * size_of::<(u32, Actors)>()
            + self.bytes
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut state = Vec::new();
        for (place, rows) in self.rows.drain() {
            piece(&mut state, ROWS, place, rows);
        }
        for (place, mut actors) in self.actors.drain() {
            actors.settle();
            piece(&mut state, KEYS, place, actors.keys.len() as u64);
            state.extend(actors.keys.iter().flat_map(|key| key.to_le_bytes()));
            for text in actors.texts {
                piece(&mut state, TEXT, place, text.len() as u64);
                state.extend_from_slice(text.as_bytes());
            }
        }
        Ok(vec![ScalarValue::LargeBinary(Some(state))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(states) = states.first().and_then(|states| states.as_binary_opt::<i64>()) else {
            return internal_err!("the state of interval_counts is not binary");
        };
        for state in states.iter().flatten() {
            if self.merge(state).is_none() {
                return internal_err!("a state of interval_counts is cut");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringArray;

    use super::*;

    /// What is counted in one piece, and in several.
    fn counted(columns: &[ArrayRef]) -> Vec<(u32, i64)> {
        let rows = columns[0].len();
        let part = |at, length| {
            columns
                .iter()
                .map(|column| column.slice(at, length))
                .collect::<Vec<_>>()
        };
        let mut whole = Counts::default();
        whole.update_batch(&part(0, rows)).unwrap();
        let mut merged = Counts::default();
        for (at, length) in [(0, 2), (2, rows - 2)] {
            let mut one = Counts::default();
            one.update_batch(&part(at, length)).unwrap();
            let state = one.state().unwrap().remove(0).to_array().unwrap();
            merged.merge_batch(&[state]).unwrap();
        }
        let list = whole.evaluate().unwrap();
        assert_eq!(merged.evaluate().unwrap(), list);
        let ScalarValue::List(list) = list else {
            panic!("no list: {list}")
        };
        let elements = list.value(0);
        let (places, numbers) = (elements.as_struct().column(0), elements.as_struct().column(1));
        let places = places.as_primitive::<UInt32Type>().values().iter().copied();
        places
            .zip(numbers.as_primitive::<Int64Type>().values().iter().copied())
            .collect()
    }

    #[test]
    fn rows_and_actors_are_counted_by_place() {
        let places: ArrayRef = Arc::new(UInt32Array::from(vec![
            Some(3),
            Some(3),
            Some(0),
            None,
            Some(3),
            Some(3),
        ]));
        let whole: ArrayRef = Arc::new(UInt32Array::from(vec![2, 2, 0, 2]));
        assert_eq!(counted(&[Arc::clone(&places)]), [(0, 1), (3, 4)]);
        assert_eq!(counted(&[whole]), [(0, 1), (2, 3)]);
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![
            Some(7),
            Some(7),
            Some(7),
            Some(8),
            Some(-1),
            None,
        ]));
        assert_eq!(counted(&[Arc::clone(&places), numbers]), [(0, 1), (3, 2)]);
        let id = "018f3c1e-0000-7000-8000-00000000000a";
        let capitals = id.to_uppercase();
        let texts = vec![
            Some(id),
            Some(id),
            Some("x"),
            Some("x"),
            Some(capitals.as_str()),
            Some(id),
        ];
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        assert_eq!(counted(&[places, texts]), [(0, 1), (3, 2)]);
    }

    #[test]
    fn actors_that_come_again_and_again_take_no_more_memory() {
        let mut actors = Actors::default();
        let grown: isize = (0..100_000).map(|n| actors.add(n % 500)).sum();
        assert_eq!(grown, KEY_BYTES * actors.keys.len().cast_signed());
        assert!(actors.keys.len() < 2 * 500 + 1024);
        assert_eq!(actors.count(), 500);
    }

    #[test]
    fn a_state_that_is_cut_is_refused() {
        let mut counts = Counts::default();
        counts.actors.entry(1).or_default().add(7);
        let states = counts.state().unwrap();
        let ScalarValue::LargeBinary(Some(state)) = &states[0] else {
            panic!("{states:?}")
        };
        assert!((1..state.len()).all(|length| Counts::default().merge(&state[..length]).is_none()));
        assert!(Counts::default().merge(state).is_some());
    }
}
