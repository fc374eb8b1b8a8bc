//! Distinct ids with the operations between them, and the persons that they are.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::keys::{person_key, person_uuid};
use super::merges::{Merge, MergeOp, Resolution};
use super::properties::replay;
use super::state::{Stamp, State, Text, json_object};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The key of the person's root distinct id: what the events' keys lead to.
    pub person_key: i64,
    /// The id of the person's root distinct id.
    pub person_id: Uuid,
    /// The earliest event of any of its distinct ids, in microseconds since 1970-01-01 in UTC.
    pub created_at: i64,
    /// True once an event said who it is.
    pub is_identified: bool,
    /// A JSON object, its keys in order.
    pub properties: String,
    /// How many distinct ids it has.
    pub distinct_ids: u64,
}

/// A distinct id and its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDistinctId {
    /// The distinct id.
    pub distinct_id: String,
    /// The person's id.
    pub person_id: Uuid,
    /// The person's key.
    pub person_key: i64,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The name of its type, e.g. `company`.
    pub group_type: String,
    /// The index of its type, 0 to 4.
    pub group_type_index: i64,
    /// Its key within the type.
    pub group_key: String,
    /// The earliest event that names it, in microseconds since 1970-01-01 in UTC.
    pub created_at: i64,
    /// A JSON object, its keys in order.
    pub properties: String,
}

/// Distinct ids with the operations between them. Whole components only: an operation that is
/// missing could have changed what the others do.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) ids: HashMap<Text, State>,
    pub(crate) ops: BTreeMap<Stamp, MergeOp>,
}

impl World {
    pub(crate) fn resolve(&self) -> Resolution {
        Resolution::of(&self.ops, &self.ids)
    }

    /// The persons, in order of their keys.
    pub(crate) fn persons(&self, resolution: &mut Resolution) -> Vec<PersonRow> {
        let mut ids: HashMap<Text, Vec<(usize, &State)>> = HashMap::new();
        for (id, state) in &self.ids {
            let root = resolution.root(id);
            ids.entry(root).or_default().push((resolution.number(id), state));
        }
        let mut merges: HashMap<Text, Vec<Merge>> = HashMap::new();
        for merge in resolution.merges.clone() {
            merges.entry(resolution.root_of(merge.into)).or_default().push(merge);
        }
        let persons = ids.into_iter().filter_map(|(root, ids)| {
            let created_at = ids.iter().filter_map(|(_, state)| state.first_seen).min()?;
            let properties = match ids.as_slice() {
                [(_, state)] => json_object(state.properties()),
                ids => json_object(replay(ids, merges.get(&root).map_or(&[], Vec::as_slice))),
            };
            Some(PersonRow {
                person_key: person_key(&root),
                person_id: person_uuid(&root),
                created_at,
                is_identified: ids.iter().any(|(_, state)| state.identified.is_some()),
                properties,
                distinct_ids: ids.len() as u64,
            })
        });
        let mut persons: Vec<PersonRow> = persons.collect();
        persons.sort_by_key(|person| person.person_key);
        persons
    }
}
