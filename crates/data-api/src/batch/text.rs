//! Texts that are kept once each.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

/// Distinct texts in one piece of memory, numbered from 0 in order of appearance.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Dictionary {
    text: String,
    ends: Vec<u32>,
    /// Each text's hash and number. The hash is kept, since a text lies where it is slow to get at.
    #[serde(skip)]
    numbers: HashTable<(u32, u32)>,
    #[serde(skip)]
    hasher: DefaultHashBuilder,
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl Dictionary {
    /// A text by its number; empty for a number that was not given out.
    #[must_use]
    #[inline]
    pub fn get(&self, number: u32) -> &str {
        text_of(&self.text, &self.ends, number)
    }

    /// How many distinct texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The texts in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|number| self.get(number))
    }

    /// The number of a text, given out if it is new.
    #[inline]
    pub fn number(&mut self, value: &str) -> u32 {
        if self.numbers.is_empty() {
            // Only the texts travel; a dictionary that was read back finds them again here.
            for number in 0..self.ends.len() as u32 {
                let hash = self.hash(bytes_of(&self.text, &self.ends, number));
                self.numbers.insert_unique(spread(hash), (hash, number), rehash);
            }
        }
        let hash = self.hash(value.as_bytes());
        let is_value = |(known, number): &(u32, u32)| {
            *known == hash && bytes_of(&self.text, &self.ends, *number) == value.as_bytes()
        };
        if let Some((_, number)) = self.numbers.find(spread(hash), is_value) {
            return *number;
        }
        let number = self.ends.len() as u32;
        self.text.push_str(value);
        self.ends.push(self.text.len() as u32);
        self.numbers.insert_unique(spread(hash), (hash, number), rehash);
        number
    }

    #[inline]
    fn hash(&self, bytes: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(bytes);
        (hash ^ (hash >> 32)) as u32
    }

    /// Gives back what memory is there only for further texts.
    pub(super) fn settle(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        // The first further text makes it again.
        self.numbers = HashTable::new();
    }

    fn bytes(&self) -> usize {
        // An entry of the table is a hash, a number and a control byte, and the table is at most half empty.
        self.text.len() + self.ends.len() * (size_of::<u32>() + 18)
    }
}

/// A hash as the table wants it: with bits that differ at both ends.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

#[inline]
fn rehash((hash, _): &(u32, u32)) -> u64 {
    spread(*hash)
}

#[inline]
fn range_of(ends: &[u32], number: u32) -> Range<usize> {
    let number = number as usize;
    let end = ends.get(number).copied().unwrap_or_default() as usize;
    let before = number.checked_sub(1).and_then(|before| ends.get(before));
    before.copied().unwrap_or_default() as usize..end
}

#[inline]
fn text_of<'a>(text: &'a str, ends: &[u32], number: u32) -> &'a str {
    text.get(range_of(ends, number)).unwrap_or_default()
}

/// A text's bytes, which are found and compared without a look at where its characters end.
#[inline]
fn bytes_of<'a>(text: &'a str, ends: &[u32], number: u32) -> &'a [u8] {
    text.as_bytes().get(range_of(ends, number)).unwrap_or_default()
}

/// Texts of some rows: `rows` ascending, `numbers` beside them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TextColumn {
    /// The rows that have a text.
    pub rows: Vec<u32>,
    /// The number of each one's text in the dictionary.
    pub numbers: Vec<u32>,
    /// The texts.
    pub dictionary: Dictionary,
}

impl TextColumn {
    /// How many rows have a text.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True where no row has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text at a position of `rows`; where every row has one, that is the row itself.
    #[must_use]
    #[inline]
    pub fn at(&self, position: usize) -> &str {
        self.numbers
            .get(position)
            .map_or("", |number| self.dictionary.get(*number))
    }

    /// The texts by row.
    #[must_use]
    pub fn by_row(&self) -> HashMap<u32, &str> {
        let texts = self.numbers.iter().map(|number| self.dictionary.get(*number));
        self.rows.iter().copied().zip(texts).collect()
    }

    pub(super) fn push(&mut self, row: u32, text: &str) {
        let number = self.dictionary.number(text);
        self.push_number(row, number);
    }

    pub(super) fn push_number(&mut self, row: u32, number: u32) {
        self.rows.push(row);
        self.numbers.push(number);
    }

    pub(super) fn settle(&mut self) {
        self.rows.shrink_to_fit();
        self.numbers.shrink_to_fit();
        self.dictionary.settle();
    }

    pub(super) fn drop_last(&mut self) {
        // The text stays in the dictionary, which does no harm.
        self.rows.pop();
        self.numbers.pop();
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.len() * 2 * size_of::<u32>() + self.dictionary.bytes()
    }
}
