//! When each property of ids and groups that were touched lately was written, so that changes which say nothing
//! new of them need no look at the catalog.
//!
//! In a chunk of an import in random order nearly all ids come again, and hardly one of them with
//! something that is later, or earlier, than all before: reading their states took a fifth of the import.

use hashbrown::HashMap;

use crate::people::PeopleChanges;
use crate::people::state::{Registers, Stamp, State, Text, Written};

/// Ids that are held at most, and groups; each takes 12 bytes for each of its properties, and its text.
const MOST: usize = 100_000;

/// What is known of ids as of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// None where nothing is known for sure.
    snapshot_id: Option<i64>,
    ids: HashMap<Text, Seen>,
    /// By type and key.
    groups: HashMap<(Text, Text), Seen>,
    /// Numbers of keys.
    keys: HashMap<Text, u32>,
}

/// What is there of one id. Values are left out: they do not decide.
#[derive(Debug)]
struct Seen {
    first_seen: Option<i64>,
    identified: Option<Stamp>,
    set: Times,
    once: Times,
}

/// When each of some keys was written.
#[derive(Debug)]
struct Times {
    keys: Box<[u32]>,
    times: Box<[i64]>,
}

impl Times {
    fn of(&self, key: u32) -> Option<i64> {
        let at = self.keys.iter().position(|known| *known == key)?;
        self.times.get(at).copied()
    }
}

impl Known {
    /// Forgets what is not of this snapshot.
    pub(crate) fn at(&mut self, snapshot_id: i64) {
        if self.snapshot_id != Some(snapshot_id) {
            *self = Self::default();
        }
        // Until the transaction is committed nothing of what is learned in it is sure.
        self.snapshot_id = None;
    }

    /// What is known is of this snapshot.
    pub(crate) fn committed(&mut self, snapshot_id: i64) {
        self.snapshot_id = Some(snapshot_id);
    }

    /// The ids of changes of which they say something that may be new.
    pub(crate) fn news<'a>(&self, changes: &'a PeopleChanges) -> Vec<(&'a Text, &'a State)> {
        let mut news: Vec<_> = changes.ids.iter().collect();
        news.retain(|(id, state)| self.ids.get(*id).is_none_or(|seen| self.is_news(seen, state)));
        news
    }

    /// The same of groups.
    pub(crate) fn news_of_groups<'a>(&self, changes: &'a PeopleChanges) -> Vec<(&'a (Text, Text), &'a State)> {
        let mut news: Vec<_> = changes.groups.iter().collect();
        news.retain(|(group, state)| self.groups.get(*group).is_none_or(|seen| self.is_news(seen, state)));
        news
    }

    fn is_news(&self, seen: &Seen, state: &State) -> bool {
        let is_first = state
            .first_seen
            .is_some_and(|new| seen.first_seen.is_none_or(|old| new < old));
        let identifies = state
            .identified
            .is_some_and(|new| seen.identified.is_none_or(|old| new < old));
        // At the same time another uuid decides, and in the end the value: those are looked at.
        is_first
            || identifies
            || self.some(&state.set, &seen.set, |new, old| new >= old)
            || self.some(&state.once, &seen.once, |new, old| new <= old)
    }

    /// Whether some key is not there yet, or was written at a time that a new one may take the place of.
    fn some(&self, new: &Registers, old: &Times, wins: impl Fn(i64, i64) -> bool) -> bool {
        new.iter().any(|new| {
            let old = self.keys.get(&new.key).and_then(|key| old.of(*key));
            old.is_none_or(|old| wins(new.stamp.timestamp, old))
        })
    }

    /// Keeps what the catalog has of an id now.
    pub(crate) fn learn(&mut self, id: &Text, state: &State) {
        if self.ids.len() < MOST || self.ids.contains_key(id) {
            let seen = self.seen(state);
            self.ids.insert(id.clone(), seen);
        }
    }

    /// Keeps what the catalog has of a group now.
    pub(crate) fn learn_group(&mut self, group: &(Text, Text), state: &State) {
        if self.groups.len() < MOST || self.groups.contains_key(group) {
            let seen = self.seen(state);
            self.groups.insert(group.clone(), seen);
        }
    }

    fn seen(&mut self, state: &State) -> Seen {
        Seen {
            first_seen: state.first_seen,
            identified: state.identified,
            set: self.times(&state.set),
            once: self.times(&state.once),
        }
    }

    fn times(&mut self, registers: &Registers) -> Times {
        let number = |written: &Written| {
            let next = self.keys.len() as u32;
            *self.keys.entry(written.key.clone()).or_insert(next)
        };
        Times {
            keys: registers.iter().map(number).collect(),
            times: registers.iter().map(|written| written.stamp.timestamp).collect(),
        }
    }
}
