//! Merging runs from block to block, with one value of each in memory: runs as they are read would take
//! many times the room.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use hedgerow_errors::Result;

use super::run::{Block, Run, damaged, shared};
use crate::varint;

/// Bytes of a block, about: one is read for each run to look up a value.
const BLOCK_BYTES: usize = 32 * 1024;

/// Writes a run as blocks.
#[derive(Debug, Default)]
pub(super) struct BlockWriter {
    pub(super) blocks: Vec<Block>,
    pub(super) entries: usize,
    /// Bytes of the values.
    pub(super) bytes: usize,
    before: Vec<u8>,
}

impl BlockWriter {
    /// Adds a value, which is above the last one.
    pub(super) fn add(&mut self, value: &[u8], count: i64) {
        let full = self.blocks.last().is_none_or(|block| block.data.len() >= BLOCK_BYTES);
        if full {
            self.before.clear();
            if let Some(last) = self.blocks.last_mut() {
                last.data.shrink_to_fit();
            }
            self.blocks.push(Block {
                first: value.to_vec(),
                data: Vec::new(),
            });
        }
        let Some(block) = self.blocks.last_mut() else { return };
        let shared = shared(&self.before, value);
        varint::put(&mut block.data, shared as u64);
        varint::put(&mut block.data, (value.len() - shared) as u64);
        block.data.extend_from_slice(value.get(shared..).unwrap_or_default());
        varint::put(&mut block.data, count.unsigned_abs());
        self.before.truncate(shared);
        self.before.extend_from_slice(value.get(shared..).unwrap_or_default());
        self.entries += 1;
        self.bytes += value.len();
    }
}

/// Where a run comes from.
enum Source<'a> {
    Run { run: &'a Run, next: usize },
    Blocks { block: &'a [u8], later: &'a [Vec<u8>] },
}

/// Goes through a run value by value.
pub(super) struct Cursor<'a> {
    source: Source<'a>,
    place: usize,
    value: Vec<u8>,
    count: i64,
}

impl<'a> Cursor<'a> {
    pub(super) fn of_run(run: &'a Run) -> Self {
        Self::new(Source::Run { run, next: 0 })
    }

    /// The blocks of a run in their order.
    pub(super) fn of_blocks(blocks: &'a [Vec<u8>]) -> Self {
        Self::new(Source::Blocks {
            block: &[],
            later: blocks,
        })
    }

    fn new(source: Source<'a>) -> Self {
        Self {
            source,
            place: 0,
            value: Vec::new(),
            count: 0,
        }
    }

    /// Goes to the next value; false where there is none.
    fn advance(&mut self) -> Result<bool> {
        match &mut self.source {
            Source::Run { run, next } => {
                let Some((value, count)) = run.get(*next) else {
                    return Ok(false);
                };
                *next += 1;
                self.value.clear();
                self.value.extend_from_slice(value.as_bytes());
                self.count = count;
            }
            Source::Blocks { block, later } => {
                while block.is_empty() {
                    let Some((first, rest)) = later.split_first() else {
                        return Ok(false);
                    };
                    (*block, *later) = (first, rest);
                    self.value.clear();
                }
                let mut number = || varint::take(block).ok_or_else(damaged);
                let (shared, own) = (number()? as usize, number()? as usize);
                let (suffix, rest) = block.split_at_checked(own).ok_or_else(damaged)?;
                if shared > self.value.len() {
                    return Err(damaged());
                }
                self.value.truncate(shared);
                self.value.extend_from_slice(suffix);
                std::str::from_utf8(&self.value).map_err(|_| damaged())?;
                *block = rest;
                let count = varint::take(block).ok_or_else(damaged)?;
                self.count = i64::try_from(count).map_err(|_| damaged())?;
            }
        }
        Ok(true)
    }
}

// The greatest of a heap is the one with the least value.
impl Ord for Cursor<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.value.cmp(&self.value)
    }
}

impl PartialOrd for Cursor<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cursor<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Cursor<'_> {}

/// Calls with each value of several runs, how many events have it, and whether the first run has it.
pub(super) fn merge<'a>(
    cursors: impl IntoIterator<Item = Cursor<'a>>,
    mut each: impl FnMut(&[u8], i64, bool),
) -> Result<()> {
    let mut heap = BinaryHeap::new();
    for (place, mut cursor) in cursors.into_iter().enumerate() {
        cursor.place = place;
        if cursor.advance()? {
            heap.push(cursor);
        }
    }
    let mut value = Vec::new();
    while let Some(least) = heap.peek() {
        value.clone_from(&least.value);
        let (mut count, mut in_first) = (0, false);
        while let Some(mut least) = heap.peek_mut() {
            if least.value != value {
                break;
            }
            count += least.count;
            in_first |= least.place == 0;
            if !least.advance()? {
                PeekMut::pop(least);
            }
        }
        each(&value, count, in_first);
    }
    Ok(())
}

/// The most frequent values of a run that fit.
pub(super) fn most_frequent(blocks: &[Vec<u8>], values: usize, bytes: usize) -> Result<BlockWriter> {
    let mut sizes: Vec<(i64, u32)> = Vec::new();
    merge([Cursor::of_blocks(blocks)], |value, count, _| {
        sizes.push((count, value.len() as u32));
    })?;
    let mut order: Vec<u32> = (0..sizes.len() as u32).collect();
    let size = |at: &u32| sizes.get(*at as usize).copied().unwrap_or_default();
    order.sort_by_key(|at| std::cmp::Reverse(size(at).0));
    let (mut used, mut kept) = (0, vec![false; sizes.len()]);
    for at in order.iter().take(values) {
        used += size(at).1 as usize;
        if used > bytes {
            break;
        }
        if let Some(kept) = kept.get_mut(*at as usize) {
            *kept = true;
        }
    }
    let (mut written, mut kept) = (BlockWriter::default(), kept.into_iter());
    merge([Cursor::of_blocks(blocks)], |value, count, _| {
        if kept.next() == Some(true) {
            written.add(value, count);
        }
    })?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(counted: &[(&str, i64)]) -> Vec<Vec<u8>> {
        let run = Run::of(counted.to_vec());
        run.blocks().into_iter().map(|block| block.data).collect()
    }

    fn read(blocks: impl IntoIterator<Item = Vec<u8>>) -> Vec<(String, i64)> {
        let blocks: Vec<Vec<u8>> = blocks.into_iter().collect();
        let run = Run::read(blocks.iter().map(Vec::as_slice)).unwrap();
        run.iter().map(|(value, count)| (value.to_owned(), count)).collect()
    }

    #[test]
    fn runs_in_blocks_and_in_memory_become_one() {
        let many: Vec<String> = (0..20_000).map(|n| format!("https://exämple.org/{n}")).collect();
        let first: Vec<(&str, i64)> = many.iter().step_by(2).map(|value| (value.as_str(), 1)).collect();
        let second: Vec<(&str, i64)> = many.iter().step_by(3).map(|value| (value.as_str(), 10)).collect();
        let added = Run::of(vec![("", 5), ("z", 7), (&many[6], 100)]);
        let (first, second) = (blocks(&first), blocks(&second));
        assert!(first.len() > 1);
        let runs = || {
            [
                Cursor::of_blocks(&first),
                Cursor::of_blocks(&second),
                Cursor::of_run(&added),
            ]
        };
        let (mut all, mut listed) = (BlockWriter::default(), BlockWriter::default());
        merge(runs(), |value, count, in_first| {
            all.add(value, count);
            if in_first {
                listed.add(value, count);
            }
        })
        .unwrap();
        let whole = [
            Run::read(first.iter().map(Vec::as_slice)).unwrap(),
            Run::read(second.iter().map(Vec::as_slice)).unwrap(),
            added.clone(),
        ];
        let expected =
            |run: Run| -> Vec<(String, i64)> { run.iter().map(|(value, n)| (value.to_owned(), n)).collect() };
        assert_eq!(
            (all.entries, all.bytes),
            (Run::merged(&whole).len(), Run::merged(&whole).text_bytes())
        );
        assert_eq!(
            read(all.blocks.into_iter().map(|block| block.data)),
            expected(Run::merged(&whole))
        );
        assert_eq!(
            read(listed.blocks.into_iter().map(|block| block.data)),
            expected(Run::joined_first(&whole))
        );
    }

    #[test]
    fn the_most_frequent_stay() {
        let blocks = blocks(&[("d", 4), ("a", 1), ("c", 3), ("b", 2)]);
        let kept = |values, bytes| {
            let kept = most_frequent(&blocks, values, bytes).unwrap();
            read(kept.blocks.into_iter().map(|block| block.data))
        };
        assert_eq!(kept(2, 100), [("c".to_owned(), 3), ("d".to_owned(), 4)]);
        assert_eq!(kept(4, 1), [("d".to_owned(), 4)]);
        assert_eq!(kept(0, 100), []);
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
            let merged = merge([Cursor::of_blocks(&[block.to_vec()])], |_, _, _| ());
            assert_eq!(merged.unwrap_err().code(), hedgerow_errors::Code::Corrupt, "{block:?}");
        }
    }
}
