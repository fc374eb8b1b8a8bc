//! Different texts, numbered as they come.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Different texts in one buffer, and their numbers.
#[derive(Default)]
pub(crate) struct Texts {
    bytes: String,
    /// Where each begins; it ends where the next one begins.
    starts: Vec<usize>,
    /// With their hashes, which are not computed again as the table grows.
    numbers: HashTable<(u64, u32)>,
    hasher: DefaultHashBuilder,
}

impl Texts {
    /// The text with a number.
    pub(crate) fn of(&self, number: u32) -> &str {
        let at = number as usize;
        let end = self.starts.get(at + 1).copied().unwrap_or(self.bytes.len());
        &self.bytes[self.starts[at]..end]
    }

    /// The number of a text, and the next one where it is new.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        let known = self
            .numbers
            .find(hash, |(of, number)| *of == hash && self.of(*number) == text);
        if let Some((_, number)) = known {
            return *number;
        }
        let number = self.push(text);
        self.numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        number
    }

    /// Takes a text in that is not looked up.
    pub(crate) fn push(&mut self, text: &str) -> u32 {
        let number = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
        self.starts.push(self.bytes.len());
        self.bytes.push_str(text);
        number
    }

    /// How many there are, those included that were only taken in.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Bytes in memory, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.capacity()
            + self.starts.capacity() * size_of::<usize>()
            + self.numbers.capacity() * size_of::<(u64, u64)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_number() {
        let mut texts = Texts::default();
        let numbers = ["b", "", "a", "b", "", "ab"].map(|text| texts.number(text));
        assert_eq!(numbers, [0, 1, 2, 0, 1, 3]);
        assert_eq!((texts.push("b"), texts.number("b"), texts.len()), (4, 0, 5));
        let all: Vec<&str> = (0..5).map(|number| texts.of(number)).collect();
        assert_eq!(all, ["b", "", "a", "ab", "b"]);
        let many: Vec<u32> = (0..1000).map(|text: u32| texts.number(&text.to_string())).collect();
        assert!(
            many.iter()
                .enumerate()
                .all(|(text, number)| texts.of(*number) == text.to_string())
        );
    }
}
