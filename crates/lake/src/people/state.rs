//! What is known of one distinct id, or of one group: registers that can be merged in any order.
//!
//! A property has two registers. `set` holds the latest `$set` or `$unset` of it, `once` the earliest
//! `$set_once`. From both the value follows: what was set last; where it was unset last, what was set
//! once after that; where it was never set, what was set once. That is what replaying the events in
//! order of their stamps gives, with one difference: of several `$set_once` only the earliest is
//! known, so one before an `$unset` hides those after it.

pub(crate) mod encoding;

use std::cmp::Ordering;
use std::sync::Arc;

use uuid::Uuid;

/// When an event was, for all orders: the time in microseconds since 1970-01-01 in UTC, and the
/// event's uuid where times are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Microseconds since 1970-01-01 in UTC.
    pub timestamp: i64,
    /// The event's uuid.
    pub uuid: Uuid,
}

/// Text that many share: a key, or a value as JSON.
pub(crate) type Text = Arc<str>;

/// A register's content: when it was written, and what. `None` is an `$unset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) key: Text,
    pub(crate) stamp: Stamp,
    pub(crate) value: Option<Text>,
}

/// Which of two writes of a key a register keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Latest,
    Earliest,
}

impl Keep {
    /// True where `new` takes the place of `old`.
    fn prefers(self, new: &Written, old: &Written) -> bool {
        let order = match self {
            Self::Latest => new.stamp.cmp(&old.stamp),
            Self::Earliest => old.stamp.cmp(&new.stamp),
        };
        // Equal stamps are the same event, so the values are equal, too. Should two events share a
        // uuid, which of them counts may still not depend on the order in which they came.
        order.then_with(|| rank(new).cmp(&rank(old))) == Ordering::Greater
    }
}

/// An `$unset` is applied after the `$set` of its event.
fn rank(written: &Written) -> (bool, Option<&Text>) {
    (written.value.is_none(), written.value.as_ref())
}

/// One register per key, in order of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registers {
    keep: Keep,
    written: Vec<Written>,
}

impl Registers {
    pub(crate) fn new(keep: Keep) -> Self {
        Self {
            keep,
            written: Vec::new(),
        }
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Written> {
        self.written.iter()
    }

    /// Whether some register has not seen a write that the other registers have. What equal stamps wrote is
    /// not compared: a number that went through a file may be written in another way.
    fn lacks(&self, others: &Self) -> bool {
        others.iter().any(|other| {
            let at = self.written.binary_search_by(|written| written.key.cmp(&other.key));
            let known = at.ok().and_then(|at| self.written.get(at));
            known.is_none_or(|known| match self.keep {
                Keep::Latest => known.stamp < other.stamp,
                Keep::Earliest => known.stamp > other.stamp,
            })
        })
    }

    /// Takes a write in, where the register of its key prefers it.
    pub(crate) fn write(&mut self, new: Written) {
        self.place(new, false);
    }

    /// Takes a write in that gives way to another of the same event.
    pub(crate) fn write_under(&mut self, new: Written) {
        self.place(new, true);
    }

    fn place(&mut self, new: Written, gives_way: bool) {
        // Writers go through the keys in order, so the place is mostly at the end.
        let at = match self.written.last() {
            None => Err(0),
            Some(last) if last.key < new.key => Err(self.written.len()),
            Some(_) => self.written.binary_search_by(|old| old.key.cmp(&new.key)),
        };
        match at {
            Err(at) => self.written.insert(at, new),
            Ok(at) => {
                if let Some(old) = self.written.get_mut(at)
                    && !(gives_way && new.stamp == old.stamp)
                    && self.keep.prefers(&new, old)
                {
                    *old = new;
                }
            }
        }
    }

    /// Takes all writes of other registers of the same kind in. Says whether that changed anything.
    pub(crate) fn merge(&mut self, other: Self) -> bool {
        if self.written.is_empty() {
            self.written = other.written;
            return !self.written.is_empty();
        }
        if !self.wants(&other) {
            return false;
        }
        let (mut old, mut new) = (
            std::mem::take(&mut self.written).into_iter().peekable(),
            other.written.into_iter().peekable(),
        );
        self.written.reserve(old.len().max(new.len()));
        while let (Some(a), Some(b)) = (old.peek(), new.peek()) {
            let next = match a.key.cmp(&b.key) {
                Ordering::Less => old.next(),
                Ordering::Greater => new.next(),
                Ordering::Equal => {
                    let newer = self.keep.prefers(b, a);
                    let (a, b) = (old.next(), new.next());
                    if newer { b } else { a }
                }
            };
            self.written.extend(next);
        }
        self.written.extend(old);
        self.written.extend(new);
        true
    }

    /// Whether some of another's writes would take a place here.
    fn wants(&self, other: &Self) -> bool {
        let mut old = self.written.iter().peekable();
        other.written.iter().any(|new| {
            while old.next_if(|old| old.key < new.key).is_some() {}
            let same = old.peek().filter(|old| old.key == new.key);
            same.is_none_or(|old| self.keep.prefers(new, old))
        })
    }
}

/// What is known of one distinct id, or of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// The time of its earliest event that makes persons (groups: that names the group).
    pub(crate) first_seen: Option<i64>,
    /// The earliest event that says that this id is a known person: a merge into it, or an
    /// `$identify` of it alone.
    pub(crate) identified: Option<Stamp>,
    /// The latest `$set` or `$unset` of each key.
    pub(crate) set: Registers,
    /// The earliest `$set_once` of each key.
    pub(crate) once: Registers,
}

impl Default for State {
    fn default() -> Self {
        Self {
            first_seen: None,
            identified: None,
            set: Registers::new(Keep::Latest),
            once: Registers::new(Keep::Earliest),
        }
    }
}

impl State {
    /// Takes another state of the same id in. The order and the number of times don't matter. Says
    /// whether that changed anything.
    pub(crate) fn merge(&mut self, other: Self) -> bool {
        let before = (self.first_seen, self.identified);
        self.see(other.first_seen);
        self.identify(other.identified);
        let set = self.set.merge(other.set);
        let once = self.once.merge(other.once);
        set || once || before != (self.first_seen, self.identified)
    }

    /// Whether another state of the same id knows something that this one does not.
    pub(crate) fn lacks(&self, other: &Self) -> bool {
        earlier(self.first_seen, other.first_seen) != self.first_seen
            || earlier(self.identified, other.identified) != self.identified
            || self.set.lacks(&other.set)
            || self.once.lacks(&other.once)
    }

    pub(crate) fn see(&mut self, timestamp: Option<i64>) {
        self.first_seen = earlier(self.first_seen, timestamp);
    }

    pub(crate) fn identify(&mut self, stamp: Option<Stamp>) {
        self.identified = earlier(self.identified, stamp);
    }

    /// The properties, in order of their keys.
    pub(crate) fn properties(&self) -> Vec<(&Text, &Text)> {
        let mut once = self.once.iter().peekable();
        let mut properties = Vec::with_capacity(self.set.written.len() + self.once.written.len());
        for set in self.set.iter() {
            while let Some(before) = once.next_if(|once| once.key < set.key) {
                properties.extend(entry(before));
            }
            let same = once.next_if(|once| once.key == set.key);
            let after = same.filter(|once| once.stamp > set.stamp);
            properties.extend(entry(set).or_else(|| after.and_then(entry)));
        }
        properties.extend(once.filter_map(entry));
        properties
    }
}

fn entry(written: &Written) -> Option<(&Text, &Text)> {
    Some((&written.key, written.value.as_ref()?))
}

/// The smaller of two where there are two.
pub(crate) fn earlier<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Properties as a JSON object.
pub(crate) fn json_object<'a>(properties: impl IntoIterator<Item = (&'a Text, &'a Text)>) -> String {
    let mut json = String::from("{");
    for (key, value) in properties {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&json_text(key));
        json.push(':');
        json.push_str(value);
    }
    json.push('}');
    json
}

/// A text as JSON.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests;
