//! Merging persons: what a set of merge operations makes of distinct ids.
//!
//! The result is the replay of all operations in order of their stamps, whatever order they came in.
//! An operation can change what later ones may do, so a late one is not added to the result: the
//! operations of its component are replayed. Illegal ids take part in no operation; otherwise one
//! `null` would join everybody into one component.
//!
//! The surviving person is always that of the target. `PostHog` lets the existing one survive where
//! only one exists, which depends on what happened to be stored when the event came.

use std::collections::{BTreeMap, HashMap};

use super::keys::is_illegal;
use super::state::{Stamp, State, Text};

/// What kind of event asks for a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeKind {
    /// `$identify`.
    Identify,
    /// `$create_alias`.
    Alias,
    /// `$merge_dangerously`, which also absorbs persons that are identified.
    MergeDangerously,
}

impl MergeKind {
    pub(crate) const ALL: [Self; 3] = [Self::Identify, Self::Alias, Self::MergeDangerously];

    /// The event's name.
    #[must_use]
    pub fn event(self) -> &'static str {
        match self {
            Self::Identify => "$identify",
            Self::Alias => "$create_alias",
            Self::MergeDangerously => "$merge_dangerously",
        }
    }

    /// The property that names the other id.
    pub(crate) fn other_key(self) -> &'static str {
        match self {
            Self::Identify => "$anon_distinct_id",
            Self::Alias | Self::MergeDangerously => "alias",
        }
    }
}

/// An event that asks for the person of `other` to become part of the person of `target`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeOp {
    /// When.
    pub stamp: Stamp,
    /// By which event.
    pub kind: MergeKind,
    /// The event's distinct id.
    pub target: Text,
    /// The anonymous id or the alias.
    pub other: Text,
}

impl MergeOp {
    /// True where one of the ids stands for nobody.
    pub(crate) fn is_illegal(&self) -> bool {
        is_illegal(&self.target) || is_illegal(&self.other)
    }
}

/// Why a merge did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// One of the ids stands for nobody, e.g. `null`.
    IllegalDistinctId,
    /// The person to be absorbed is a known one already.
    AlreadyIdentified,
}

impl Reason {
    pub(crate) const ALL: [Self; 2] = [Self::IllegalDistinctId, Self::AlreadyIdentified];

    /// The name of the warning.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IllegalDistinctId => "cannot_merge_with_illegal_distinct_id",
            Self::AlreadyIdentified => "cannot_merge_already_identified",
        }
    }
}

/// A merge that did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub op: MergeOp,
    /// Why it was not done.
    pub reason: Reason,
}

/// A merge that happened: one person became part of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) stamp: Stamp,
    /// The number of the id that the surviving person's root is.
    pub(crate) into: usize,
    /// The number of the id that the absorbed person's root was.
    pub(crate) absorbed: usize,
}

/// What operations make of the ids they name and of those they were resolved with.
#[derive(Debug, Default)]
pub(crate) struct Resolution {
    ids: Vec<Text>,
    numbers: HashMap<Text, usize>,
    roots: Vec<usize>,
    /// The merges that happened, in order.
    pub(crate) merges: Vec<Merge>,
    /// The operations that were refused, in order.
    pub(crate) refused: Vec<MergeOp>,
}

impl Resolution {
    /// Replays operations in order of their stamps. `states` are those of the ids they name, as far
    /// as there are any: they say since when each is identified.
    pub(crate) fn of(ops: &BTreeMap<Stamp, MergeOp>, states: &HashMap<Text, State>) -> Self {
        let mut resolution = Self::default();
        for id in ops.values().flat_map(|op| [&op.target, &op.other]) {
            resolution.number(id);
        }
        let ids = resolution.ids.iter().enumerate();
        let marks = ids.filter_map(|(number, id)| Some((states.get(id)?.identified?, number)));
        let mut marks: Vec<(Stamp, usize)> = marks.collect();
        marks.sort_unstable();
        let mut marks = marks.into_iter().peekable();
        let mut identified = vec![false; resolution.ids.len()];
        for op in ops.values() {
            while let Some((_, id)) = marks.next_if(|(stamp, _)| *stamp < op.stamp) {
                let root = resolution.find(id);
                set(&mut identified, root);
            }
            let (into, absorbed) = (resolution.number(&op.target), resolution.number(&op.other));
            let (into, absorbed) = (resolution.find(into), resolution.find(absorbed));
            let is_known = identified.get(absorbed).copied().unwrap_or_default();
            if into != absorbed && is_known && op.kind != MergeKind::MergeDangerously {
                resolution.refused.push(op.clone());
            } else if into != absorbed {
                if let Some(root) = resolution.roots.get_mut(absorbed) {
                    *root = into;
                }
                let stamp = op.stamp;
                resolution.merges.push(Merge { stamp, into, absorbed });
            }
            // A refused one says of its target, too, that it is known.
            set(&mut identified, into);
        }
        resolution
    }

    /// The number of an id, given out if it is new.
    pub(crate) fn number(&mut self, id: &Text) -> usize {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = self.ids.len();
        self.numbers.insert(id.clone(), number);
        self.ids.push(id.clone());
        self.roots.push(number);
        number
    }

    /// The id that gives the person of an id its key.
    pub(crate) fn root(&mut self, id: &Text) -> Text {
        let number = self.number(id);
        self.root_of(number)
    }

    /// The same of an id by its number.
    pub(crate) fn root_of(&mut self, number: usize) -> Text {
        let root = self.find(number);
        self.ids.get(root).cloned().unwrap_or_default()
    }

    /// The root of an id's person so far. The path is halved on the way, so that a chain of merges is
    /// walked once.
    fn find(&mut self, mut id: usize) -> usize {
        loop {
            let above = self.roots.get(id).copied().unwrap_or(id);
            if above == id {
                return id;
            }
            let next = self.roots.get(above).copied().unwrap_or(above);
            if let Some(root) = self.roots.get_mut(id) {
                *root = next;
            }
            id = next;
        }
    }
}

fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}
