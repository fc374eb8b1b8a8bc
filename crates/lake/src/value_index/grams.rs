//! Which groups of values have three given bytes in a row: by them a text is sought in a few groups
//! instead of in all.

use crate::varint;

/// Bytes that a key is made of.
const LENGTH: usize = 3;
/// The rarest lists that are met with each other; more exclude little.
const MET: usize = 6;

/// For each three bytes the groups that have them, ascending, as differences.
#[derive(Debug, Default)]
pub(super) struct Grams {
    keys: Vec<u32>,
    starts: Vec<u32>,
    lists: Vec<u8>,
    groups: u32,
}

impl Grams {
    /// Lists groups of text, in their order.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        // Zeroed memory costs nothing where it is not touched.
        let mut places = vec![0_u32; 1 << 24];
        let mut found: Vec<(u32, u32, Vec<u8>)> = Vec::new();
        let mut groups = 0;
        for text in texts {
            groups += 1;
            for key in keys(text) {
                let Some(place) = places.get_mut(key as usize) else {
                    continue;
                };
                if *place == 0 {
                    found.push((key, 0, Vec::new()));
                    *place = found.len() as u32;
                }
                if let Some((_, last, list)) = found.get_mut(*place as usize - 1)
                    && *last != groups
                {
                    varint::put(list, u64::from(groups - *last));
                    *last = groups;
                }
            }
        }
        drop(places);
        found.sort_unstable_by_key(|(key, ..)| *key);
        let mut grams = Self {
            groups,
            starts: vec![0],
            lists: Vec::with_capacity(found.iter().map(|(.., list)| list.len()).sum()),
            keys: Vec::with_capacity(found.len()),
        };
        for (key, _, list) in found {
            grams.keys.push(key);
            grams.lists.extend_from_slice(&list);
            grams.starts.push(grams.lists.len() as u32);
        }
        grams
    }

    /// The groups that may have a text, ascending.
    pub(super) fn candidates(&self, text: &[u8]) -> Vec<u32> {
        if text.is_empty() {
            return (0..self.groups).collect();
        }
        if text.len() < LENGTH {
            return self.beginning_with(text);
        }
        let mut lists: Vec<&[u8]> = keys(text).map(|key| self.list(key)).collect();
        lists.sort_unstable_by_key(|list| list.len());
        lists.dedup();
        let mut lists = lists.into_iter();
        let mut met: Vec<u32> = lists.next().into_iter().flat_map(groups).collect();
        for list in lists.take(MET - 1) {
            // Reading a long list costs more than to look into a few groups.
            if met.len() < 16 {
                break;
            }
            let mut others = groups(list).peekable();
            met.retain(|group| {
                while others.next_if(|other| other < group).is_some() {}
                others.peek() == Some(group)
            });
        }
        met
    }

    /// The groups that share most with a text, best first, to look there for what is like it.
    pub(super) fn most_alike(&self, text: &str, most: usize) -> Vec<u32> {
        let mut wanted: Vec<u32> = keys(text.as_bytes()).collect();
        // Neighbours that changed places leave little of a short word.
        let characters: Vec<char> = text.chars().collect();
        for at in 1..characters.len() {
            let mut swapped = characters.clone();
            swapped.swap(at - 1, at);
            wanted.extend(keys(swapped.iter().collect::<String>().as_bytes()));
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut shared = vec![0_u16; self.groups as usize];
        for key in wanted {
            let list = self.list(key);
            // What many groups have says little of one, and takes long to read.
            if list.len() > self.groups as usize / 4 && self.groups > 64 {
                continue;
            }
            // The rarer, the more it says.
            let weight = (self.groups as usize / list.len().max(1)).max(2).ilog2() as u16;
            for group in groups(list) {
                if let Some(shared) = shared.get_mut(group as usize) {
                    *shared += weight;
                }
            }
        }
        let mut best: Vec<u32> = (0..self.groups)
            .filter(|group| shared.get(*group as usize).is_some_and(|shared| *shared > 0))
            .collect();
        let order = |group: &u32| (std::cmp::Reverse(shared.get(*group as usize).copied()), *group);
        if best.len() > most {
            best.select_nth_unstable_by_key(most, order);
            best.truncate(most);
        }
        best.sort_unstable_by_key(order);
        best
    }

    pub(super) fn bytes(&self) -> usize {
        (self.keys.len() + self.starts.len()) * size_of::<u32>() + self.lists.len()
    }

    /// Groups with one or two bytes: those of all keys that begin with them.
    fn beginning_with(&self, text: &[u8]) -> Vec<u32> {
        let from = key([text.first().copied(), text.get(1).copied(), None].map(Option::unwrap_or_default));
        let to = key([text.first().copied(), text.get(1).copied(), None].map(|byte| byte.unwrap_or(0xff)));
        let (from, to) = (
            self.keys.partition_point(|key| *key < from),
            self.keys.partition_point(|key| *key <= to),
        );
        let mut has = vec![false; self.groups as usize];
        for at in from..to {
            for group in groups(self.list_at(at)) {
                if let Some(has) = has.get_mut(group as usize) {
                    *has = true;
                }
            }
        }
        (0..).zip(has).filter_map(|(group, has)| has.then_some(group)).collect()
    }

    fn list(&self, key: u32) -> &[u8] {
        self.keys.binary_search(&key).map_or(&[], |at| self.list_at(at))
    }

    fn list_at(&self, at: usize) -> &[u8] {
        let start = |at: usize| self.starts.get(at).copied().unwrap_or_default() as usize;
        self.lists.get(start(at)..start(at + 1)).unwrap_or_default()
    }
}

fn key([one, two, three]: [u8; LENGTH]) -> u32 {
    u32::from_be_bytes([0, one, two, three])
}

fn keys(text: &[u8]) -> impl Iterator<Item = u32> {
    text.windows(LENGTH)
        .filter_map(|bytes| <[u8; LENGTH]>::try_from(bytes).ok().map(key))
}

/// Reads a list. Group 1 was the first one when it was written.
fn groups(list: &[u8]) -> impl Iterator<Item = u32> {
    let (mut bytes, mut group) = (list.iter(), 0_u32);
    std::iter::from_fn(move || {
        let (mut difference, mut shift) = (0_u32, 0);
        loop {
            let byte = *bytes.next()?;
            difference |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        group += difference;
        Some(group - 1)
    })
}
