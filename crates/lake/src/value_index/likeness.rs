//! How many typos lie between a text and the part of a value that is most like it.
//!
//! The columns of the distance table are the bits of a word (Myers 1999, with Hyyrö's neighbours
//! that changed places), so a value costs a few instructions a character.

/// A text to compare values with.
pub(super) struct Pattern {
    ascii: [u64; 128],
    others: Vec<(char, u64)>,
    length: u32,
}

impl Pattern {
    /// A text of 4 to 64 characters; shorter ones are like everything and longer ones don't fit.
    pub(super) fn new(text: &str) -> Option<Self> {
        let length = text.chars().count();
        if !(4..=64).contains(&length) {
            return None;
        }
        let (mut ascii, mut others) = ([0; 128], Vec::<(char, u64)>::new());
        for (at, character) in text.chars().enumerate() {
            let bit = 1_u64 << at;
            if let Some(mask) = ascii.get_mut(character as usize) {
                *mask |= bit;
            } else if let Some((_, mask)) = others.iter_mut().find(|(known, _)| *known == character) {
                *mask |= bit;
            } else {
                others.push((character, bit));
            }
        }
        Some(Self {
            ascii,
            others,
            length: length as u32,
        })
    }

    /// Typos that still mean the same text: one in five characters, two in eleven, three in more.
    pub(super) fn most_typos(&self) -> u32 {
        match self.length {
            ..6 => 1,
            6..12 => 2,
            _ => 3,
        }
    }

    /// The least changes that make the text a part of a value: a character more, less or another,
    /// or two neighbours that changed places.
    pub(super) fn typos(&self, value: &str) -> u32 {
        let top = 1_u64 << (self.length - 1);
        let (mut positive, mut negative, mut diagonal, mut before) = (u64::MAX, 0_u64, 0_u64, 0_u64);
        let (mut distance, mut least) = (self.length, self.length);
        for character in value.chars() {
            let equal = self.mask(character);
            let swapped = ((!diagonal & equal) << 1) & before;
            diagonal = ((equal & positive).wrapping_add(positive) ^ positive) | equal | negative | swapped;
            let more = negative | !(diagonal | positive);
            let less = diagonal & positive;
            distance += u32::from(more & top != 0);
            distance -= u32::from(less & top != 0);
            // The part may begin anywhere, so nothing is carried in from above.
            let (more, less) = (more << 1, less << 1);
            positive = less | !(diagonal | more);
            negative = more & diagonal;
            before = equal;
            least = least.min(distance);
        }
        least
    }

    fn mask(&self, character: char) -> u64 {
        if let Some(mask) = self.ascii.get(character as usize) {
            return *mask;
        }
        let other = self.others.iter().find(|(known, _)| *known == character);
        other.map_or(0, |(_, mask)| *mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by the whole table.
    fn typos(pattern: &str, value: &str) -> u32 {
        let (pattern, value): (Vec<char>, Vec<char>) = (pattern.chars().collect(), value.chars().collect());
        let mut table = vec![vec![0_u32; value.len() + 1]; pattern.len() + 1];
        for row in 1..=pattern.len() {
            table[row][0] = row as u32;
            for column in 1..=value.len() {
                let differs = u32::from(pattern[row - 1] != value[column - 1]);
                let mut least = (table[row - 1][column - 1] + differs)
                    .min(table[row - 1][column] + 1)
                    .min(table[row][column - 1] + 1);
                if row > 1
                    && column > 1
                    && pattern[row - 1] == value[column - 2]
                    && pattern[row - 2] == value[column - 1]
                {
                    least = least.min(table[row - 2][column - 2] + 1);
                }
                table[row][column] = least;
            }
        }
        *table[pattern.len()].iter().min().unwrap()
    }

    #[test]
    fn typos_are_those_of_the_whole_table() {
        let cases = [
            ("chrmoe", "chrome mobile", 1),
            ("firfox", "mozilla firefox", 1),
            ("chrome", "chrome", 0),
            ("münchen", "munchen", 1),
            ("searxh", "https://example.org/search?q=a", 1),
        ];
        for (text, value, expected) in cases {
            assert_eq!(Pattern::new(text).unwrap().typos(value), expected, "{text} {value}");
        }
        assert!(Pattern::new("abc").is_none());
    }

    proptest::proptest! {
        #[test]
        fn typos_agree_with_the_table_for_any_texts(text in "[abcä]{4,12}", value in "[abcdä]{0,30}") {
            assert_eq!(Pattern::new(&text).unwrap().typos(&value), typos(&text, &value), "{text} {value}");
        }
    }
}
