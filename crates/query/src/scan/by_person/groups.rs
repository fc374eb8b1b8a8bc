//! The groups of an aggregate by person, numbered as they come.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::common::{HashMap, HashSet, Result, internal_err};

use crate::texts::Texts;

/// The different values of a partition, and their numbers.
#[derive(Default)]
pub(super) struct Values {
    texts: Texts,
    nothing: Option<u32>,
    /// The numbers of a row group's texts, with where these lie in memory.
    of_row_groups: HashMap<(usize, usize), (usize, Vec<u32>)>,
    /// What these take.
    bytes: usize,
}

impl Values {
    /// The number of each value. Those of a row group are looked up once, however often its rows come.
    pub(super) fn of(&mut self, values: &ArrayRef, row_group: Option<(usize, usize)>) -> Result<Vec<u32>> {
        let Some(texts) = values.as_dictionary_opt::<Int32Type>() else {
            let Some(texts) = values.as_string_opt::<i32>() else {
                return internal_err!("the values of persons are no texts");
            };
            return Ok(texts.iter().map(|text| self.number(text)).collect());
        };
        let Some(all) = texts.values().as_string_opt::<i32>() else {
            return internal_err!("the values of persons are no texts");
        };
        // A text is looked up when the first row has it; the last place is of no text.
        let (keys, nothing) = (texts.keys(), all.len());
        let lie_at = all.values().as_ptr() as usize;
        let known = row_group.and_then(|row_group| self.of_row_groups.remove(&row_group));
        let known = known.filter(|(at, numbers)| *at == lie_at && numbers.len() == nothing + 1);
        let mut numbers = known.map_or_else(
            || {
                self.bytes += (nothing + 1) * size_of::<u32>();
                vec![u32::MAX; nothing + 1]
            },
            |(_, numbers)| numbers,
        );
        let mut of_rows = Vec::with_capacity(keys.len());
        for (row, key) in keys.values().iter().enumerate() {
            let is_text = keys.nulls().is_none_or(|nulls| nulls.is_valid(row));
            let key = if is_text { *key as usize } else { nothing };
            if numbers[key] == u32::MAX {
                let is_text = key < nothing && all.is_valid(key);
                numbers[key] = self.number(is_text.then(|| all.value(key)));
            }
            of_rows.push(numbers[key]);
        }
        if let Some(row_group) = row_group {
            self.of_row_groups.insert(row_group, (lie_at, numbers));
        }
        Ok(of_rows)
    }

    fn number(&mut self, text: Option<&str>) -> u32 {
        match text {
            Some(text) => self.texts.number(text),
            None => *self.nothing.get_or_insert_with(|| self.texts.push("")),
        }
    }

    fn value(&self, number: u32) -> Option<&str> {
        (self.nothing != Some(number)).then(|| self.texts.of(number))
    }

    /// Bytes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.texts.bytes()
    }

    /// The values, as they are numbered.
    pub(super) fn all(&self) -> ArrayRef {
        let numbers = (0..).take(self.texts.len());
        Arc::new(numbers.map(|number| self.value(number)).collect::<StringArray>())
    }
}

/// Which values the persons that are worked on have had.
#[derive(Default)]
pub(super) struct Met {
    /// Numbers of the persons.
    persons: HashMap<i64, u64>,
    /// The number of a person, and in the lower half that of a value.
    values: HashSet<u64>,
}

impl Met {
    /// Forgets all and keeps the room.
    pub(super) fn clear(&mut self) {
        self.persons.clear();
        self.values.clear();
    }

    /// Bytes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.persons.capacity() * size_of::<(i64, u64)>() + self.values.capacity() * size_of::<u64>()
    }

    /// Which rows are the first of their person with their value.
    pub(super) fn firsts(&mut self, persons: &[i64], values: &[usize]) -> BooleanArray {
        let (mut person, mut last) = (None, None);
        let firsts = BooleanBuffer::collect_bool(persons.len(), |row| {
            let number = match person {
                Some((known, number)) if known == persons[row] => number,
                _ => {
                    let next = self.persons.len() as u64;
                    *self.persons.entry(persons[row]).or_insert(next)
                }
            };
            person = Some((persons[row], number));
            // Numbers of values have 32 bits, and a partition has fewer persons than these can count.
            let met = (number << 32) | values[row] as u64;
            last.replace(met) != Some(met) && self.values.insert(met)
        });
        BooleanArray::new(firsts, None)
    }
}

/// Persons, or persons with a value each.
#[derive(Default)]
pub(super) struct Groups {
    persons: Vec<i64>,
    /// The number of each group's value.
    values: Vec<u32>,
    places: HashMap<(i64, u32), usize>,
}

impl Groups {
    pub(super) fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }

    /// Bytes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        let of_groups = size_of::<i64>() + size_of::<u32>();
        self.persons.capacity() * of_groups + self.places.capacity() * size_of::<((i64, u32), usize)>()
    }

    /// Forgets all groups and keeps their room.
    pub(super) fn clear(&mut self) {
        self.persons.clear();
        self.values.clear();
        self.places.clear();
    }

    /// The group of each row, of its person and the number of its value.
    pub(super) fn of(&mut self, persons: &[i64], values: Option<&[u32]>) -> Vec<usize> {
        match values {
            Some(values) => self.places_of(persons, |row| values[row]),
            None => self.places_of(persons, |_| 0),
        }
    }

    fn places_of(&mut self, persons: &[i64], number: impl Fn(usize) -> u32) -> Vec<usize> {
        let mut last = None;
        let places = persons.iter().enumerate().map(|(row, person)| {
            let group = (*person, number(row));
            match last {
                Some((known, place)) if known == group => place,
                _ => {
                    let place = *self.places.entry(group).or_insert_with(|| {
                        self.persons.push(group.0);
                        self.values.push(group.1);
                        self.persons.len() - 1
                    });
                    last = Some((group, place));
                    place
                }
            }
        });
        places.collect()
    }

    /// The person of each group.
    pub(super) fn persons(&self) -> ArrayRef {
        Arc::new(Int64Array::from(self.persons.clone()))
    }

    /// The value of each group.
    pub(super) fn values(&self, values: &Values) -> ArrayRef {
        let of_groups = self.values.iter().map(|number| values.value(*number));
        Arc::new(of_groups.collect::<StringArray>())
    }
}
