//! Changes that are not in the catalog yet, laid over it for readers.
//!
//! Readers must not write, and a transaction to be rolled back would take the lock of the writer. So
//! the persons of all ids that the changes touch are made in memory from what the catalog knows and
//! the changes, and take the places of theirs.

use std::collections::{BTreeMap, HashMap, HashSet};

use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use super::PeopleChanges;
use super::keys::person_uuid;
use super::state::{State, Text, json_object};
use super::store::touched::{Reach, Touched};
use super::store::{groups, overridden};
use super::world::{GroupRow, PersonDistinctId, PersonRow};

/// Rows that stand before those of the catalog. The default stands before none.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// The keys of persons in the catalog that are not read there.
    pub(super) hidden: HashSet<i64>,
    pub(super) persons: BTreeMap<i64, PersonRow>,
    /// By their own keys.
    pub(super) distinct_ids: BTreeMap<i64, PersonDistinctId>,
    pub(super) groups: BTreeMap<(i64, String), GroupRow>,
    /// All group types with their indexes, those of the catalog, too. None where there is no change.
    pub(super) group_types: Option<Vec<(String, i64)>>,
    /// Keys in files that lead to another person than by the catalog; see
    /// [`Applied`](super::Applied).
    pub(crate) overrides: Vec<(i64, i64)>,
}

impl Overlay {
    /// Lays changes over what the connection reads.
    pub(crate) async fn of(connection: &mut SqliteConnection, changes: &PeopleChanges) -> Result<Self> {
        if changes.is_empty() {
            return Ok(Self::default());
        }
        let mut touched = Touched::load(
            connection,
            changes,
            &changes.ids.iter().collect::<Vec<_>>(),
            Reach::Persons,
        )
        .await?;
        let moved = touched.moved();
        let mut overlay = Self {
            hidden: touched.before.values().copied().collect(),
            overrides: overridden(connection, &moved).await?,
            ..Self::default()
        };
        let persons = touched.world.persons(&mut touched.resolution).into_iter();
        overlay.persons = persons.map(|person| (person.person_key, person)).collect();
        for (key, row) in touched.rows {
            let root = touched.resolution.root(&row.distinct_id);
            let distinct_id = PersonDistinctId {
                distinct_id: row.distinct_id.to_string(),
                person_id: person_uuid(&root),
                person_key: row.root_key,
            };
            overlay.distinct_ids.insert(key, distinct_id);
        }
        overlay.lay_groups(connection, changes).await?;
        Ok(overlay)
    }

    /// The keys of persons who are others than in the catalog, or are not there.
    pub(crate) fn touched(&self) -> impl Iterator<Item = i64> {
        self.persons.keys().chain(&self.hidden).copied()
    }

    async fn lay_groups(&mut self, connection: &mut SqliteConnection, changes: &PeopleChanges) -> Result<()> {
        let types = groups::types_with(connection, changes).await?;
        let (touched, _) = groups::touched(connection, &changes.groups.iter().collect::<Vec<_>>(), &types).await?;
        let names: HashMap<i64, &str> = types.iter().map(|(name, index)| (*index, name.as_str())).collect();
        for ((index, key), state) in touched {
            let name = names.get(&index).copied().unwrap_or_default();
            let row = group_row(name, index, &key, &state);
            self.groups.insert((index, key.to_string()), row);
        }
        let mut types: Vec<(String, i64)> = types.into_iter().collect();
        types.sort_by_key(|(_, index)| *index);
        self.group_types = Some(types);
        Ok(())
    }
}

pub(super) fn group_row(group_type: &str, group_type_index: i64, key: &Text, state: &State) -> GroupRow {
    GroupRow {
        group_type: group_type.to_owned(),
        group_type_index,
        group_key: key.to_string(),
        created_at: state.first_seen.unwrap_or_default(),
        properties: json_object(state.properties()),
    }
}
