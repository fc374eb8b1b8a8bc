//! A run: values in ascending order with how many events have each, in memory and in blocks.
//!
//! The order is that of their bytes. In a block a value is written as what it does not share with
//! the one before, which makes URLs and numbers small without a compressor's time.

use std::cmp::Ordering;

use hedgerow_errors::{Code, Error, Result};
use itertools::kmerge_by;

use super::merging::BlockWriter;
use crate::varint;

/// Values in ascending order, each once, with how many events have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Run {
    text: String,
    ends: Vec<u32>,
    counts: Vec<i64>,
}

/// A piece of a run as it is stored.
#[derive(Debug)]
pub(super) struct Block {
    /// Its first value.
    pub(super) first: Vec<u8>,
    pub(super) data: Vec<u8>,
}

impl Run {
    /// Counts in any order; equal values are added up.
    pub(crate) fn of(mut counted: Vec<(&str, i64)>) -> Self {
        sort(&mut counted);
        Self::of_sorted(counted.into_iter())
    }

    fn of_sorted<'a>(counted: impl Iterator<Item = (&'a str, i64)>) -> Self {
        let mut run = Self::default();
        for (value, count) in counted {
            run.add(value, count);
        }
        run
    }

    /// Adds a value that is not below the last one.
    pub(super) fn add(&mut self, value: &str, count: i64) {
        let last = self.len().checked_sub(1);
        if let Some(before) = last.filter(|last| self.value(*last) == value) {
            if let Some(known) = self.counts.get_mut(before) {
                *known += count;
            }
            return;
        }
        self.text.push_str(value);
        self.ends.push(self.text.len() as u32);
        self.counts.push(count);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of the values.
    pub(super) fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// A value by its place; empty beyond the end.
    pub(super) fn value(&self, at: usize) -> &str {
        let end = |at: usize| self.ends.get(at).copied().unwrap_or_default() as usize;
        let start = at.checked_sub(1).map_or(0, end);
        self.text.get(start..end(at)).unwrap_or_default()
    }

    /// A value by its place, with its count.
    pub(super) fn get(&self, at: usize) -> Option<(&str, i64)> {
        Some((self.value(at), self.counts.get(at).copied()?))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// How many events have a value, 0 where none has.
    pub(crate) fn count(&self, value: &str) -> i64 {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.value(middle).cmp(value) {
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
                Ordering::Equal => return self.counts.get(middle).copied().unwrap_or_default(),
            }
        }
        0
    }

    /// All values of several runs, their counts added up.
    pub(super) fn merged(runs: &[Self]) -> Self {
        let below = |left: &(&str, i64), right: &(&str, i64)| left.0 < right.0;
        let values = runs.iter().map(Self::len).sum();
        let mut merged = Self {
            // As much as it can become; what stays empty takes no memory.
            text: String::with_capacity(runs.iter().map(Self::text_bytes).sum()),
            ends: Vec::with_capacity(values),
            counts: Vec::with_capacity(values),
        };
        for (value, count) in kmerge_by(runs.iter().map(Self::iter), below) {
            merged.add(value, count);
        }
        merged
    }

    /// The values of the first run, with the counts of the others added.
    pub(super) fn joined_first(runs: &[Self]) -> Self {
        match runs.split_first() {
            Some((first, others)) => first.joined(others),
            None => Self::default(),
        }
    }

    fn joined(&self, others: &[Self]) -> Self {
        let others = Self::merged(others);
        let mut more = others.iter().peekable();
        let with = self.iter().map(|(value, count)| {
            while more.next_if(|(other, _)| *other < value).is_some() {}
            let added = more.next_if(|(other, _)| *other == value);
            (value, count + added.map_or(0, |(_, count)| count))
        });
        Self::of_sorted(with)
    }

    /// The run in blocks.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut writer = BlockWriter::default();
        for (value, count) in self.iter() {
            writer.add(value.as_bytes(), count);
        }
        writer.blocks
    }

    /// Reads the blocks of a run in their order.
    pub(super) fn read<'a>(blocks: impl Iterator<Item = &'a [u8]>) -> Result<Self> {
        let (mut text, mut ends, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for mut block in blocks {
            let mut start = text.len();
            while !block.is_empty() {
                let (shared, own) = (number(&mut block)? as usize, number(&mut block)? as usize);
                let (suffix, rest) = block.split_at_checked(own).ok_or_else(damaged)?;
                let before = start..start.checked_add(shared).ok_or_else(damaged)?;
                if before.end > text.len() {
                    return Err(damaged());
                }
                start = text.len();
                text.extend_from_within(before);
                text.extend_from_slice(suffix);
                block = rest;
                ends.push(u32::try_from(text.len()).map_err(|_| damaged())?);
                counts.push(i64::try_from(number(&mut block)?).map_err(|_| damaged())?);
            }
        }
        let text = String::from_utf8(text).map_err(|_| damaged())?;
        Ok(Self { text, ends, counts })
    }
}

/// How many bytes two values begin with alike.
pub(super) fn shared(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 8;
    let steps = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let whole = STEP * steps.take_while(|(one, other)| one == other).count();
    let rest = one.iter().zip(other).skip(whole);
    whole + rest.take_while(|(one, other)| one == other).count()
}

/// Sorts by value. What all begin with is not compared, and what comes after it mostly as one number.
fn sort(counted: &mut [(&str, i64)]) {
    let Some((first, _)) = counted.first().copied() else {
        return;
    };
    let common = counted.iter().fold(first.len(), |common, (value, _)| {
        shared(first.as_bytes(), value.as_bytes()).min(common)
    });
    let number = |value: &str| {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(value.bytes().skip(common)) {
            *to = from;
        }
        u64::from_be_bytes(bytes)
    };
    let mut keyed: Vec<(u64, &str, i64)> = counted
        .iter()
        .map(|(value, count)| (number(value), *value, *count))
        .collect();
    keyed.sort_unstable_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.cmp(right.1)));
    for (to, (_, value, count)) in counted.iter_mut().zip(keyed) {
        *to = (value, count);
    }
}

fn number(block: &mut &[u8]) -> Result<u64> {
    varint::take(block).ok_or_else(damaged)
}

pub(super) fn damaged() -> Error {
    Error::new(Code::Corrupt, "a block of the value index is damaged")
        .with_hint("put the project's folder back from a backup, or import its logs into a new project")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back_from_their_blocks() {
        let texts: Vec<String> = (0..20_000)
            .map(|n| format!("https://exämple.org/{}/{}", n % 97, n / 3))
            .collect();
        let counted: Vec<(&str, i64)> = texts
            .iter()
            .map(String::as_str)
            .chain(["", "ä", "\u{10ffff}"])
            .zip(1..)
            .collect();
        let run = Run::of(counted.clone());
        let blocks = run.blocks();
        assert!(blocks.len() > 3, "{}", blocks.len());
        let back = Run::read(blocks.iter().map(|block| block.data.as_slice())).unwrap();
        assert_eq!(back, run);
        for (value, _) in &counted {
            let truth: i64 = counted
                .iter()
                .filter(|(other, _)| other == value)
                .map(|(_, count)| count)
                .sum();
            assert_eq!(run.count(value), truth, "{value}");
            if value.ends_with('9') {
                break;
            }
        }
        let values: Vec<&str> = run.iter().map(|(value, _)| value).collect();
        assert!(values.is_sorted());
    }

    #[test]
    fn damaged_blocks_are_refused() {
        for block in [
            &[1, 1, b'a', 1][..],
            &[0, 9, b'a', 1],
            &[0, 1, b'a'],
            &[0, 1, 0xff, 1],
            &[0xff; 12],
        ] {
            assert_eq!(
                Run::read([block].into_iter()).unwrap_err().code(),
                Code::Corrupt,
                "{block:?}"
            );
        }
    }

    #[test]
    fn only_values_of_the_first_run_are_added_to() {
        let kept = Run::of(vec![("d", 4), ("c", 3)]);
        let joined = kept.joined(&[Run::of(vec![("a", 9), ("d", 1)]), Run::of(vec![("d", 1), ("e", 1)])]);
        assert_eq!(joined.iter().collect::<Vec<_>>(), [("c", 3), ("d", 6)]);
    }
}
