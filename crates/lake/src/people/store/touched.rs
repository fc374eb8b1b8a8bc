//! Changes laid over what the catalog knows of the ids that they touch.

use std::collections::{BTreeMap, HashMap, HashSet};

use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use super::rows::{self, IdRow};
use crate::people::PeopleChanges;
use crate::people::keys::person_key;
use crate::people::merges::{MergeOp, Resolution};
use crate::people::state::{Stamp, State, Text};
use crate::people::world::World;

/// How much is read around the ids that change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The components whose merges change, without properties: enough to write.
    Merges,
    /// The components of all ids that change, with everything: enough to read their persons.
    Persons,
}

/// A distinct id whose key another one has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collision {
    pub(crate) distinct_id: Text,
    pub(crate) person_key: i64,
    /// The one that had the key first.
    pub(crate) kept: Text,
}

/// What changes make of the ids they touch.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// The ids by their own keys; `root_key` is that of the person that they belong to now.
    pub(crate) rows: HashMap<i64, IdRow>,
    /// The ids whose row in the catalog is missing or another.
    pub(crate) changed: HashSet<i64>,
    /// The person that each id belongs to in the catalog, of those that are there.
    pub(crate) before: HashMap<i64, i64>,
    /// The whole components that were resolved.
    pub(crate) world: World,
    pub(crate) resolution: Resolution,
    pub(crate) collisions: Vec<Collision>,
}

impl Touched {
    /// Lays changes over what the catalog knows; of the ids of which they say something, only of the given
    /// ones.
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
        changes: &PeopleChanges,
        news: &[(&Text, &State)],
        reach: Reach,
    ) -> Result<Self> {
        let mut touched = Self::default();
        let ids = news.iter().map(|(id, _)| Text::clone(id)).collect();
        touched.read(connection, ids, true).await?;
        let mut seeds: Vec<Text> = changes
            .ops
            .values()
            .flat_map(|op| [op.target.clone(), op.other.clone()])
            .collect();
        for (id, state) in news {
            let Some(row) = touched.row(id) else {
                continue;
            };
            let known_since = row.state.identified;
            let changed = row.state.merge(State::clone(state));
            // Since when somebody is known decides over the merges.
            if reach == Reach::Persons || row.state.identified != known_since {
                seeds.push(Text::clone(id));
            }
            let key = row.person_key;
            // Of events in random order most say nothing that was not known.
            if changed {
                touched.changed.insert(key);
            }
        }
        touched.components(connection, seeds, changes, reach).await?;
        touched.resolve();
        Ok(touched)
    }

    /// The ids whose person is not what the catalog says, with the keys of their persons.
    pub(crate) fn moved(&self) -> Vec<(i64, i64)> {
        let rows = self.rows.values();
        let mut moved: Vec<(i64, i64)> = rows
            .filter(|row| self.before.get(&row.person_key).unwrap_or(&row.person_key) != &row.root_key)
            .map(|row| (row.person_key, row.root_key))
            .collect();
        moved.sort_unstable();
        moved
    }

    /// The persons, before and now, of all ids that were looked at.
    pub(crate) fn persons(&self) -> Vec<i64> {
        let now = self.rows.values().map(|row| row.root_key);
        let mut persons: Vec<i64> = now.chain(self.before.values().copied()).collect();
        persons.sort_unstable();
        persons.dedup();
        persons
    }

    /// The row of an id; none for one whose key another id has.
    fn row(&mut self, id: &Text) -> Option<&mut IdRow> {
        self.rows.get_mut(&person_key(id)).filter(|row| row.distinct_id == *id)
    }

    /// Reads ids that were not read before, and makes rows of those that are new.
    async fn read(&mut self, connection: &mut SqliteConnection, mut ids: Vec<Text>, with_state: bool) -> Result<()> {
        // In one order, so that it does not depend on chance who has a key first.
        ids.sort_unstable();
        ids.dedup();
        let ids: Vec<(i64, Text)> = ids.into_iter().map(|id| (person_key(&id), id)).collect();
        let mut keys: Vec<i64> = ids
            .iter()
            .map(|(key, _)| *key)
            .filter(|key| !self.rows.contains_key(key))
            .collect();
        keys.sort_unstable();
        for row in rows::ids(connection, &keys, with_state).await? {
            self.before.insert(row.person_key, row.root_key);
            self.rows.insert(row.person_key, row);
        }
        for (key, distinct_id) in ids {
            let row = self.rows.entry(key).or_insert_with(|| {
                self.changed.insert(key);
                IdRow {
                    person_key: key,
                    distinct_id: distinct_id.clone(),
                    root_key: key,
                    state: State::default(),
                }
            });
            if row.distinct_id != distinct_id {
                self.collisions.push(Collision {
                    distinct_id,
                    person_key: key,
                    kept: row.distinct_id.clone(),
                });
            }
        }
        Ok(())
    }

    /// Walks from ids to all that operations join to them, in the catalog and in the changes.
    async fn components(
        &mut self,
        connection: &mut SqliteConnection,
        seeds: Vec<Text>,
        changes: &PeopleChanges,
        reach: Reach,
    ) -> Result<()> {
        let mut pending: HashMap<&Text, Vec<&MergeOp>> = HashMap::new();
        for op in changes.ops.values() {
            pending.entry(&op.target).or_default().push(op);
            pending.entry(&op.other).or_default().push(op);
        }
        let mut found: BTreeMap<Stamp, MergeOp> = BTreeMap::new();
        let mut seen: HashSet<Text> = seeds.iter().cloned().collect();
        let mut front: Vec<Text> = seen.iter().cloned().collect();
        let all = |seen: &HashSet<Text>| seen.iter().cloned().collect();
        while !front.is_empty() {
            let mut ops = rows::ops_of(connection, &front).await?;
            for id in &front {
                ops.extend(pending.get(id).into_iter().flatten().map(|op| (*op).clone()));
            }
            front.clear();
            for op in ops {
                for id in [&op.target, &op.other] {
                    if seen.insert(id.clone()) {
                        front.push(id.clone());
                    }
                }
                found.insert(op.stamp, op);
            }
        }
        self.read(connection, all(&seen), reach == Reach::Persons).await?;
        self.world.ops = found;
        for id in seen {
            if let Some(row) = self.row(&id) {
                let state = row.state.clone();
                self.world.ids.insert(id, state);
            }
        }
        Ok(())
    }

    /// Finds the persons of the ids whose components are there.
    fn resolve(&mut self) {
        self.resolution = self.world.resolve();
        for id in self.world.ids.keys() {
            let root = person_key(&self.resolution.root(id));
            if let Some(row) = self.rows.get_mut(&person_key(id)) {
                row.root_key = root;
            }
        }
    }
}
