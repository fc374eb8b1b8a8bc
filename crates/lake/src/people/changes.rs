//! What a batch of events changes about persons and groups.
//!
//! The rules: an event with `$process_person_profile: false` makes no person and touches none, nor a
//! group; neither do `$exception`, heatmaps and replay chunks touch persons. All others make a person
//! of their distinct id, copy some of their properties to it, and apply their `$set`, `$set_once` and
//! `$unset`. `PostHog` differs in two points that depend on the order of arrival: a personless event of
//! an id that has a person already counts as one with a person, and copied properties alone are not
//! written for an event that is not about persons.

mod columns;

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::merges::MergeOp;
use super::state::{Stamp, State, Text};

/// Something in events that had to be left out of persons and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ignored {
    /// A `$set` that is not an object.
    Set,
    /// A `$set_once` that is not an object.
    SetOnce,
    /// An `$unset` that is neither a list nor an object.
    Unset,
    /// A `$groups` that is not an object of keys.
    Groups,
    /// A `$groupidentify` without a type or key, or with a `$group_set` that is not an object.
    GroupIdentify,
    /// A group of a type beyond the five that a project can have.
    GroupType,
}

impl Ignored {
    /// The name of the warning.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Set => "malformed_set",
            Self::SetOnce => "malformed_set_once",
            Self::Unset => "malformed_unset",
            Self::Groups => "malformed_groups",
            Self::GroupIdentify => "malformed_groupidentify",
            Self::GroupType => "too_many_group_types",
        }
    }
}

/// What events change about persons and groups; the same in whatever order and pieces they come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PeopleChanges {
    /// Distinct ids with what the events say of them.
    pub(crate) ids: HashMap<Text, State>,
    /// The merges asked for.
    pub(crate) ops: BTreeMap<Stamp, MergeOp>,
    /// The merges asked for with an id that stands for nobody.
    pub(crate) illegal: BTreeMap<Stamp, MergeOp>,
    /// Groups by type and key.
    pub(crate) groups: HashMap<(Text, Text), State>,
    /// How many events had something that was left out.
    pub(crate) ignored: BTreeMap<Ignored, u64>,
}

impl PeopleChanges {
    /// True where nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
            && self.ops.is_empty()
            && self.illegal.is_empty()
            && self.groups.is_empty()
            && self.ignored.is_empty()
    }

    /// Adds the changes of other events. What is ignored is counted for every call.
    pub(crate) fn absorb(&mut self, other: Self) {
        merge(&mut self.ids, other.ids);
        merge(&mut self.groups, other.groups);
        self.ops.extend(other.ops);
        self.illegal.extend(other.illegal);
        for (kind, count) in other.ignored {
            *self.ignored.entry(kind).or_default() += count;
        }
    }
}

fn merge<K: std::hash::Hash + Eq>(states: &mut HashMap<K, State>, others: HashMap<K, State>) {
    for (id, state) in others {
        states.entry(id).or_default().merge(state);
    }
}

#[cfg(test)]
mod tests;
