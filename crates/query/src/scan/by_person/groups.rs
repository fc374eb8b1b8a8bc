//! The groups of an aggregate by person, numbered as they come.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringArray};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::common::{HashMap, Result, internal_err};

/// Persons, or persons with a value each.
#[derive(Default)]
pub(super) struct Groups {
    persons: Vec<i64>,
    /// The number of each group's value.
    values: Vec<u32>,
    places: HashMap<(i64, u32), usize>,
    /// The different values, and their numbers.
    texts: Vec<Option<Arc<str>>>,
    numbers: HashMap<Option<Arc<str>>, u32>,
    /// How many groups had a row before.
    met: usize,
}

impl Groups {
    pub(super) fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }

    /// The group of each row, of its person and its value.
    pub(super) fn of(&mut self, persons: &[i64], values: Option<&ArrayRef>) -> Result<Vec<usize>> {
        let Some(values) = values else {
            return Ok(self.places_of(persons, |_| 0));
        };
        if let Some(texts) = values.as_dictionary_opt::<Int32Type>() {
            let Some(all) = texts.values().as_string_opt::<i32>() else {
                return internal_err!("the values of persons are no texts");
            };
            // Each text is looked up once, when the first row has it; the last place is of no text.
            let (keys, nothing) = (texts.keys(), all.len());
            let mut numbers = vec![u32::MAX; nothing + 1];
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
            return Ok(self.places_of(persons, |row| of_rows[row]));
        }
        let Some(texts) = values.as_string_opt::<i32>() else {
            return internal_err!("the values of persons are no texts");
        };
        let of_rows: Vec<u32> = texts.iter().map(|text| self.number(text)).collect();
        Ok(self.places_of(persons, |row| of_rows[row]))
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

    fn number(&mut self, text: Option<&str>) -> u32 {
        let text: Option<Arc<str>> = text.map(Into::into);
        *self.numbers.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The number of the value of each row, whose group is known, and whether it is the first row of its group. Rows
    /// come as they were numbered, so that groups are met in the order of their numbers.
    pub(super) fn by_value(&mut self, groups: &[usize]) -> (Vec<usize>, BooleanArray) {
        let numbers = groups.iter().map(|group| self.values[*group] as usize).collect();
        let firsts = groups.iter().map(|group| {
            let is_first = *group == self.met;
            self.met += usize::from(is_first);
            Some(is_first)
        });
        (numbers, firsts.collect())
    }

    /// The different values, as they are numbered.
    pub(super) fn texts(&self) -> ArrayRef {
        Arc::new(self.texts.iter().map(Option::as_deref).collect::<StringArray>())
    }

    /// The person of each group.
    pub(super) fn persons(&self) -> ArrayRef {
        Arc::new(Int64Array::from(self.persons.clone()))
    }

    /// The value of each group.
    pub(super) fn values(&self) -> ArrayRef {
        let values = self.values.iter().map(|number| self.texts[*number as usize].as_deref());
        Arc::new(values.collect::<StringArray>())
    }
}
