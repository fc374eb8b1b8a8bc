//! The values of one property in memory, for look-ups: most frequent first, in lower case, in one
//! piece, with the groups that have each three bytes in a row.

use std::cmp::Reverse;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use memchr::memmem::Finder;

use super::grams::Grams;
use super::likeness::Pattern;
use super::run::Run;

/// Values of a group, neighbours in frequency.
const GROUP: usize = 32;
/// Groups that are read before it is asked which may have a text: a frequent text is found there.
const FIRST_GROUPS: usize = 512;
/// Values that are compared with a misspelt text, the most frequent ones.
pub(super) const COMPARED: usize = 2_048;
/// Groups beyond them that are compared with it, those that share most with it.
const COMPARED_GROUPS: usize = 96;
/// Stands between values: no text in UTF-8 has it, so nothing is found across two of them.
const BETWEEN: u8 = 0xff;

/// The values of one property.
#[derive(Debug)]
pub(super) struct Index {
    /// In lower case, `BETWEEN` after each.
    lower: Vec<u8>,
    /// Where each begins in `lower`, and where the last ends.
    starts: Vec<u32>,
    counts: Vec<i64>,
    /// Values that are not in lower case, as they are: their places, and their ends in the text.
    written: Vec<(u32, u32)>,
    written_text: String,
    /// Places by the value in lower case.
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    grams: Grams,
}

impl Index {
    pub(super) fn of(run: &Run) -> Self {
        let counted: Vec<(&str, i64)> = run.iter().collect();
        let mut order: Vec<(Reverse<i64>, u32)> = (0..)
            .zip(&counted)
            .map(|(at, (_, count))| (Reverse(*count), at))
            .collect();
        order.sort_unstable();
        let mut index = Self {
            lower: Vec::with_capacity(run.text_bytes() + run.len()),
            starts: Vec::with_capacity(run.len() + 1),
            counts: Vec::with_capacity(run.len()),
            written: Vec::new(),
            written_text: String::new(),
            places: HashTable::with_capacity(run.len()),
            hasher: DefaultHashBuilder::default(),
            grams: Grams::default(),
        };
        index.starts.push(0);
        for (place, (Reverse(count), at)) in (0_u32..).zip(order) {
            let Some((value, _)) = counted.get(at as usize) else {
                continue;
            };
            let lower = lower(value);
            if lower != *value {
                index.written_text.push_str(value);
                index.written.push((place, index.written_text.len() as u32));
            }
            let hash = index.hasher.hash_one(lower.as_ref());
            index.lower.extend_from_slice(lower.as_bytes());
            index.lower.push(BETWEEN);
            index.starts.push(index.lower.len() as u32);
            index.counts.push(count);
            let Self {
                lower,
                starts,
                hasher,
                places,
                ..
            } = &mut index;
            places.insert_unique(hash, place, |place| hasher.hash_one(lower_of(lower, starts, *place)));
        }
        let ends = (0..index.len().div_ceil(GROUP)).map(|group| index.group(group));
        index.grams = Grams::of(ends);
        index
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.lower.capacity()
            + self.starts.capacity() * 4
            + self.counts.capacity() * 8
            + self.written.capacity() * 8
            + self.written_text.capacity()
            + self.places.allocation_size()
            + self.grams.bytes()
    }

    /// A value as it is.
    pub(super) fn value(&self, place: u32) -> &str {
        match self.written.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => {
                let end = |at: usize| self.written.get(at).map_or(0, |(_, end)| *end as usize);
                let start = at.checked_sub(1).map_or(0, end);
                self.written_text.get(start..end(at)).unwrap_or_default()
            }
            Err(_) => lower_of(&self.lower, &self.starts, place),
        }
    }

    pub(super) fn count(&self, place: u32) -> i64 {
        self.counts.get(place as usize).copied().unwrap_or_default()
    }

    /// The place of a value, if it is listed.
    pub(super) fn place(&self, value: &str) -> Option<u32> {
        self.ignoring_case(&lower(value))
            .find(|place| self.value(*place) == value)
    }

    /// The places of the values that are a text in lower case but for case.
    pub(super) fn ignoring_case(&self, text: &str) -> impl Iterator<Item = u32> {
        self.places
            .iter_hash(self.hasher.hash_one(text))
            .copied()
            .filter(move |place| lower_of(&self.lower, &self.starts, *place) == text)
    }

    /// The places of the values that contain a text in lower case, most frequent first.
    pub(super) fn containing<'a>(&'a self, text: &'a str) -> Box<dyn Iterator<Item = u32> + 'a> {
        if text.is_empty() {
            return Box::new(0..self.len() as u32);
        }
        let finder = Finder::new(text.as_bytes());
        let later = finder.clone();
        let groups = self.len().div_ceil(GROUP);
        let first = self.found(&finder, 0, groups.min(FIRST_GROUPS)).into_iter();
        let rest = std::iter::once_with(move || {
            if groups <= FIRST_GROUPS {
                return Vec::new();
            }
            let mut candidates = self.grams.candidates(text.as_bytes());
            candidates.retain(|group| *group as usize >= FIRST_GROUPS);
            candidates
        });
        let rest = rest
            .flatten()
            .flat_map(move |group| self.found(&later, group as usize, group as usize + 1));
        Box::new(first.chain(rest))
    }

    /// The places of the values that are like a text in lower case but for some typos, with how many,
    /// not in order. Of a rare value not every typo is seen.
    pub(super) fn like(&self, text: &str) -> Vec<(u32, u32)> {
        let Some(pattern) = Pattern::new(text) else {
            return Vec::new();
        };
        let first = COMPARED.min(self.len()).div_ceil(GROUP);
        let alike = self.grams.most_alike(text, COMPARED_GROUPS);
        let groups = (0..first as u32).chain(alike.into_iter().filter(|group| *group as usize >= first));
        let mut found = Vec::new();
        for place in groups.flat_map(|group| group * GROUP as u32..(group + 1) * GROUP as u32) {
            let typos = pattern.typos(lower_of(&self.lower, &self.starts, place));
            if (place as usize) < self.len() && typos <= pattern.most_typos() {
                found.push((place, typos));
            }
        }
        found
    }

    /// The places in some groups where a text is.
    fn found(&self, finder: &Finder<'_>, from: usize, to: usize) -> Vec<u32> {
        let mut found = Vec::new();
        let mut place = from * GROUP;
        let end = self.start((to * GROUP).min(self.len()));
        let mut at = self.start(place);
        while let Some(hit) = self.lower.get(at..end).and_then(|text| finder.find(text)) {
            let hit = at + hit;
            while self.start(place + 1) <= hit {
                place += 1;
            }
            found.push(place as u32);
            place += 1;
            at = self.start(place);
        }
        found
    }

    fn start(&self, place: usize) -> usize {
        self.starts
            .get(place)
            .copied()
            .map_or(self.lower.len(), |start| start as usize)
    }

    fn group(&self, group: usize) -> &[u8] {
        let (from, to) = (group * GROUP, ((group + 1) * GROUP).min(self.len()));
        self.lower.get(self.start(from)..self.start(to)).unwrap_or_default()
    }
}

/// A text in lower case.
pub(super) fn lower(text: &str) -> std::borrow::Cow<'_, str> {
    let is_lower = text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_lower {
        text.into()
    } else {
        text.to_lowercase().into()
    }
}

fn lower_of<'a>(lower: &'a [u8], starts: &[u32], place: u32) -> &'a str {
    let start = |place: usize| starts.get(place).copied().unwrap_or_default() as usize;
    let (from, to) = (start(place as usize), start(place as usize + 1));
    // The byte between is no part of it. What stands here was a text, and checking that is cheap.
    let bytes = lower.get(from..to.saturating_sub(1)).unwrap_or_default();
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: u32) -> Vec<String> {
        (0..count)
            .map(|n| {
                format!(
                    "/Product/{}/item-{:06}",
                    n % 50,
                    n.wrapping_mul(2_654_435_761) % 1_000_000
                )
            })
            .collect()
    }

    #[test]
    fn texts_are_found_wherever_they_are() {
        let values = values(60_000);
        let run = Run::of(
            values
                .iter()
                .enumerate()
                .map(|(n, value)| (value.as_str(), 1 + (n % 977) as i64))
                .collect(),
        );
        let index = Index::of(&run);
        let mut all: Vec<(&str, i64)> = run.iter().collect();
        all.sort_by_key(|(value, count)| (Reverse(*count), *value));
        for text in [
            "",
            "/",
            "9",
            "37",
            "item-00",
            "product/49/item-99",
            "item-123456",
            "7/item-0000",
            "nothing",
            "0/i",
        ] {
            let found: Vec<(&str, i64)> = index
                .containing(text)
                .map(|place| (index.value(place), index.count(place)))
                .collect();
            let truth: Vec<(&str, i64)> = all
                .iter()
                .filter(|(value, _)| value.to_lowercase().contains(text))
                .copied()
                .collect();
            assert!(found == truth, "{text}: {} and {}", found.len(), truth.len());
        }
        for (value, _) in run.iter().step_by(101) {
            let place = index.place(value).unwrap();
            assert_eq!(index.value(place), value);
            let lower = value.to_lowercase();
            assert_eq!((index.ignoring_case(&lower).count(), index.place(&lower)), (1, None));
        }
    }

    #[test]
    fn misspelt_values_are_found_among_many() {
        let mut values = values(100_000);
        values.push("Chrome Mobile".to_owned());
        let run = Run::of(values.iter().map(|value| (value.as_str(), 1)).collect());
        let index = Index::of(&run);
        for text in ["chrmoe", "chorme mobile", "crome", "chrome mobil3"] {
            let found = index.like(text);
            let best = found
                .iter()
                .min_by_key(|(_, typos)| *typos)
                .map(|(place, _)| index.value(*place));
            assert_eq!(best, Some("Chrome Mobile"), "{text}");
        }
    }
}
