//! Reading persons and groups, page by page.
//!
//! Pages follow each other by keys, so that each costs the same however many came before. Whoever
//! wants all pages of one moment reads them, and makes the overlay, in one transaction.

use std::collections::BTreeMap;

use hedgerow_errors::{Code, Error, Result};
use serde_json::json;
use sqlx::SqliteConnection;

use super::keys::person_uuid;
use super::merges::{Reason, Refusal};
use super::overlay::{Overlay, group_row};
use super::state::Text;
use super::state::encoding::decode;
use super::store::groups;
use super::store::rows::{self, IdRow, RawIdRow, RawOp, id_row, op};
use super::world::{GroupRow, PersonDistinctId, PersonRow, World};
use crate::sqlite_error::failed;
use crate::view::Overrides;

/// Some rows in order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<Row, Key> {
    pub(crate) rows: Vec<Row>,
    /// Where the next page begins; none after the last one.
    pub(crate) next: Option<Key>,
}

/// The persons whose keys come after `after` (`None`: from the first), at most `limit`.
pub(crate) async fn persons(
    connection: &mut SqliteConnection,
    overlay: &Overlay,
    after: Option<i64>,
    limit: u32,
) -> Result<Page<PersonRow, i64>> {
    let roots = sqlx::query_as(
        "SELECT person_key, distinct_id, root_key, first_seen_us, identified_us, identified_uuid, state
         FROM hedgerow_id WHERE person_key > ? AND person_key = root_key ORDER BY person_key LIMIT ?",
    );
    // Keys are not negative.
    let roots = roots.bind(after.unwrap_or(-1)).bind(limit);
    let roots: Vec<RawIdRow> = roots
        .fetch_all(&mut *connection)
        .await
        .map_err(failed("cannot read persons"))?;
    let last = roots
        .last()
        .filter(|_| roots.len() == limit as usize)
        .map(|(key, ..)| *key);
    let mut ids = Vec::new();
    for root in roots {
        let row = id_row(root)?;
        if !overlay.hidden.contains(&row.person_key) {
            ids.push(row);
        }
    }
    let world = with_absorbed(connection, ids).await?;
    let persons = world.persons(&mut world.resolve());
    let persons = persons.into_iter().map(|person| (person.person_key, person));
    Ok(page(persons.collect(), &overlay.persons, after, last, limit))
}

/// When each person was seen first, by key: what [`persons`] say of it, without anything else.
pub(crate) async fn first_seen(connection: &mut SqliteConnection, overlay: &Overlay) -> Result<Vec<(i64, i64)>> {
    let rows = sqlx::query_as(
        "SELECT root_key, min(first_seen_us) FROM hedgerow_id WHERE first_seen_us IS NOT NULL GROUP BY root_key",
    );
    let rows: Vec<(i64, i64)> = rows
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read when persons were seen first"))?;
    let is_laid_over = |key: &i64| overlay.hidden.contains(key) || overlay.persons.contains_key(key);
    let mut seen: Vec<(i64, i64)> = rows.into_iter().filter(|(key, _)| !is_laid_over(key)).collect();
    seen.extend(
        overlay
            .persons
            .values()
            .map(|person| (person.person_key, person.created_at)),
    );
    Ok(seen)
}

/// Roots with the ids and the merges of their persons.
pub(super) async fn with_absorbed(connection: &mut SqliteConnection, roots: Vec<IdRow>) -> Result<World> {
    let keys: Vec<i64> = roots.iter().map(|row| row.person_key).collect();
    let absorbed = sqlx::query_as(
        "SELECT i.person_key, i.distinct_id, i.root_key, i.first_seen_us, i.identified_us, i.identified_uuid, i.state
         FROM json_each(?) CROSS JOIN hedgerow_id i INDEXED BY hedgerow_id_absorbed ON i.root_key = json_each.value AND i.root_key <> i.person_key",
    );
    let absorbed = absorbed.bind(json!(keys).to_string()).fetch_all(&mut *connection).await;
    let absorbed: Vec<RawIdRow> = absorbed.map_err(failed("cannot read persons"))?;
    let absorbed = absorbed.into_iter().map(id_row).collect::<Result<Vec<_>>>()?;
    let mut world = World::default();
    if !absorbed.is_empty() {
        let merged: Vec<Text> = absorbed.iter().map(|row| row.distinct_id.clone()).collect();
        // Every merge absorbs an id, directly or with its person, and that one is among these.
        let ops = rows::ops_of(connection, &merged).await?;
        world.ops = ops.into_iter().map(|op| (op.stamp, op)).collect();
    }
    for row in roots.into_iter().chain(absorbed) {
        world.ids.insert(row.distinct_id, row.state);
    }
    // What was asked of other persons was refused, or they would be these: it changed nothing here.
    let ids = &world.ids;
    world
        .ops
        .retain(|_, op| ids.contains_key(&op.target) && ids.contains_key(&op.other));
    Ok(world)
}

/// The distinct ids whose own keys come after `after` (`None`: from the first), at most `limit`.
pub(crate) async fn person_distinct_ids(
    connection: &mut SqliteConnection,
    overlay: &Overlay,
    after: Option<i64>,
    limit: u32,
) -> Result<Page<PersonDistinctId, i64>> {
    let rows = sqlx::query_as(
        "SELECT i.person_key, i.distinct_id, i.root_key, CASE WHEN i.root_key <> i.person_key THEN root.distinct_id END
         FROM hedgerow_id i LEFT JOIN hedgerow_id root ON i.root_key <> i.person_key AND root.person_key = i.root_key
         WHERE i.person_key > ? ORDER BY i.person_key LIMIT ?",
    );
    let rows = rows.bind(after.unwrap_or(-1)).bind(limit).fetch_all(connection).await;
    let rows: Vec<(i64, String, i64, Option<String>)> = rows.map_err(failed("cannot read distinct ids"))?;
    let last = rows
        .last()
        .filter(|_| rows.len() == limit as usize)
        .map(|(key, ..)| *key);
    let rows = rows
        .into_iter()
        .filter(|(key, ..)| !overlay.distinct_ids.contains_key(key));
    let rows = rows.map(|(key, distinct_id, person_key, root)| {
        let person_id = person_uuid(root.as_deref().unwrap_or(&distinct_id));
        let row = PersonDistinctId {
            distinct_id,
            person_id,
            person_key,
        };
        (key, row)
    });
    Ok(page(rows.collect(), &overlay.distinct_ids, after, last, limit))
}

/// The groups that come after a type's index and a key (`None`: from the first), at most `limit`.
pub(crate) async fn groups(
    connection: &mut SqliteConnection,
    overlay: &Overlay,
    after: Option<(i64, String)>,
    limit: u32,
) -> Result<Page<GroupRow, (i64, String)>> {
    let rows = sqlx::query_as(
        "SELECT g.group_type_index, g.group_key, t.group_type, g.first_seen_us, g.state
         FROM hedgerow_group g JOIN hedgerow_group_type t USING (group_type_index)
         WHERE (g.group_type_index, g.group_key) > (?, ?) ORDER BY g.group_type_index, g.group_key LIMIT ?",
    );
    let (index, key) = after.clone().unwrap_or((-1, String::new()));
    let rows = rows.bind(index).bind(key).bind(limit).fetch_all(connection).await;
    let rows: Vec<(i64, String, String, i64, Vec<u8>)> = rows.map_err(failed("cannot read groups"))?;
    let last = rows.last().filter(|_| rows.len() == limit as usize);
    let last = last.map(|(index, key, ..)| (*index, key.clone()));
    let mut found = BTreeMap::new();
    for (index, key, group_type, first_seen, state) in rows {
        let mut state = decode(&state)?;
        state.see(Some(first_seen));
        let at = (index, key);
        if !overlay.groups.contains_key(&at) {
            let row = group_row(&group_type, index, &at.1.as_str().into(), &state);
            found.insert(at, row);
        }
    }
    Ok(page(found, &overlay.groups, after, last, limit))
}

/// Rows of the catalog up to `last` (`None`: up to the end) with those that are laid over.
fn page<Row: Clone, Key: Ord + Clone>(
    mut rows: BTreeMap<Key, Row>,
    laid_over: &BTreeMap<Key, Row>,
    after: Option<Key>,
    last: Option<Key>,
    limit: u32,
) -> Page<Row, Key> {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let from = after.map_or(Unbounded, Excluded);
    let to = last.clone().map_or(Unbounded, Included);
    let limit = limit as usize;
    // One more than there is room for tells whether there are more.
    let over = laid_over.range((from, to)).take(limit + 1);
    rows.extend(over.map(|(key, row)| (key.clone(), row.clone())));
    let mut next = last;
    if rows.len() > limit {
        next = rows.keys().take(limit).last().cloned();
    }
    Page {
        rows: rows.into_values().take(limit).collect(),
        next,
    }
}

/// The types of groups with their indexes, in order of the indexes.
pub(crate) async fn group_types(connection: &mut SqliteConnection, overlay: &Overlay) -> Result<Vec<(String, i64)>> {
    match &overlay.group_types {
        Some(types) => Ok(types.clone()),
        None => groups::types(connection).await,
    }
}

/// From keys in files to keys of persons, where they differ.
pub(crate) async fn overrides(connection: &mut SqliteConnection, overlay: &Overlay) -> Result<Overrides> {
    let rows = sqlx::query_as("SELECT raw_key, person_key FROM hedgerow_override");
    let rows: Vec<(i64, i64)> = rows
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read merged persons"))?;
    let mut overrides: Overrides = rows.into_iter().collect();
    for (raw, person) in &overlay.overrides {
        if raw == person {
            overrides.remove(raw);
        } else {
            overrides.insert(*raw, *person);
        }
    }
    Ok(overrides)
}

/// The latest merges that did not happen, the latest first, at most `limit`.
pub(crate) async fn refusals(connection: &mut SqliteConnection, limit: u32) -> Result<Vec<Refusal>> {
    let rows = sqlx::query_as(
        "SELECT uuid, timestamp_us, event, target, other, reason FROM hedgerow_merge_refusal ORDER BY timestamp_us DESC, uuid DESC LIMIT ?",
    );
    let rows = rows.bind(limit).fetch_all(connection).await;
    let rows: Vec<(Vec<u8>, i64, String, String, String, String)> =
        rows.map_err(failed("cannot read refused merges"))?;
    let refusals = rows.into_iter().map(|(uuid, timestamp, event, target, other, name)| {
        let raw: RawOp = (uuid, timestamp, event, target, other);
        let reason = Reason::ALL.into_iter().find(|reason| reason.as_str() == name);
        let unknown = || {
            Error::new(
                Code::Corrupt,
                format!("the catalog has a refused merge of unknown reason {name:?}"),
            )
        };
        Ok(Refusal {
            op: op(raw)?,
            reason: reason.ok_or_else(unknown)?,
        })
    });
    refusals.collect()
}

/// What events said of persons and groups and could not be used: the names of the warnings with their
/// counts.
pub(crate) async fn ignored(connection: &mut SqliteConnection) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query_as("SELECT kind, count FROM hedgerow_ignored ORDER BY kind");
    rows.fetch_all(connection)
        .await
        .map_err(failed("cannot read what was ignored"))
}

/// Distinct ids whose key another one had first: id, key, and the other one.
pub(crate) async fn collisions(connection: &mut SqliteConnection) -> Result<Vec<(String, i64, String)>> {
    let rows = sqlx::query_as("SELECT distinct_id, person_key, kept FROM hedgerow_key_collision ORDER BY distinct_id");
    rows.fetch_all(connection)
        .await
        .map_err(failed("cannot read collisions of keys"))
}
