//! What events say of persons and groups and the catalog does not know.
//!
//! The catalog may know more than the events that are there: of an event that came again with other
//! content the first is kept, and what both said. So it is asked whether the catalog knows at least as
//! much, and never whether it knows the same.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use hedgerow_data_api::EventBatch;
use hedgerow_errors::Result;
use serde_json::json;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::PeopleChanges;
use super::keys::person_key;
use super::merges::MergeOp;
use super::state::encoding::decode;
use super::state::{Stamp, State, Text};
use super::store::{groups, rows};
use crate::sqlite_error::failed;

/// Keys of persons in files that came before persons were kept, and so say nothing of them.
pub(crate) async fn older_keys(connection: &mut SqliteConnection) -> Result<HashSet<i64>> {
    let keys = sqlx::query_scalar("SELECT own_key FROM hedgerow_override WHERE raw_key <> own_key");
    let keys: Vec<i64> = keys
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read the keys of older files"))?;
    Ok(keys.into_iter().collect())
}

/// Says of events from files which of them made no person.
///
/// Files do not tell. A source that knows nobody, as an access log, names events, visitors and sessions
/// by hashes, so that a row with three UUIDs of version 5 is taken for one of those.
pub(crate) fn mark_nobody(batch: &mut EventBatch, older: &HashSet<i64>) {
    let is_hash = |text: &str| Uuid::parse_str(text).is_ok_and(|uuid| uuid.get_version_num() == 5);
    let ids = batch.distinct_ids.dictionary.iter();
    let ids: Vec<(bool, bool)> = ids.map(|id| (is_hash(id), older.contains(&person_key(id)))).collect();
    let sessions: Vec<bool> = batch.sessions.dictionary.iter().map(is_hash).collect();
    let mut hashed = vec![false; batch.len()];
    for (row, number) in batch.sessions.rows.iter().zip(&batch.sessions.numbers) {
        if let Some(hashed) = hashed.get_mut(*row as usize) {
            *hashed = sessions.get(*number as usize).copied().unwrap_or_default();
        }
    }
    let numbers = batch.distinct_ids.numbers.iter().zip(&batch.uuids).zip(hashed);
    let nobody = (0_u32..).zip(numbers).filter(|(_, ((number, uuid), session))| {
        let (is_hash, is_older) = ids.get(**number as usize).copied().unwrap_or_default();
        is_older || (is_hash && *session && uuid.get_version_num() == 5)
    });
    batch.anonymous = nobody.map(|(row, _)| row).collect();
}

/// The part of changes that the catalog does not know. Merges may name ids that nothing else names, as
/// events of others do of who was deleted: [`keep_known`] leaves them out.
pub(crate) async fn missing(connection: &mut SqliteConnection, changes: PeopleChanges) -> Result<PeopleChanges> {
    let mut missing = PeopleChanges::default();
    let keys: Vec<i64> = changes.ids.keys().map(|id| person_key(id)).collect();
    let known = rows::ids(connection, &keys, true).await?;
    let known: HashMap<i64, rows::IdRow> = known.into_iter().map(|row| (row.person_key, row)).collect();
    for (id, said) in changes.ids {
        let is_known = known
            .get(&person_key(&id))
            .is_some_and(|row| row.distinct_id != id || !row.state.lacks(&said));
        if !is_known {
            missing.ids.insert(id, said);
        }
    }
    missing.ops = missing_ops(connection, changes.ops).await?;
    missing.groups = missing_groups(connection, changes.groups).await?;
    Ok(missing)
}

/// Leaves the merges between ids that the catalog knows, by their own rows.
pub(crate) async fn keep_known(connection: &mut SqliteConnection, ops: &mut BTreeMap<Stamp, MergeOp>) -> Result<()> {
    let ids = ops
        .values()
        .flat_map(|op| [person_key(&op.target), person_key(&op.other)]);
    let ids: Vec<i64> = ids.collect();
    let known: HashSet<i64> = rows::ids(connection, &ids, false)
        .await?
        .into_iter()
        .map(|row| row.person_key)
        .collect();
    ops.retain(|_, op| known.contains(&person_key(&op.target)) && known.contains(&person_key(&op.other)));
    Ok(())
}

async fn missing_ops(
    connection: &mut SqliteConnection,
    mut ops: BTreeMap<Stamp, MergeOp>,
) -> Result<BTreeMap<Stamp, MergeOp>> {
    if ops.is_empty() {
        return Ok(ops);
    }
    let uuids: Vec<_> = ops.keys().map(|stamp| stamp.uuid.simple().to_string()).collect();
    let known =
        sqlx::query_scalar("SELECT uuid FROM json_each(?) JOIN hedgerow_merge ON uuid = unhex(json_each.value)");
    let known: Vec<Vec<u8>> = known
        .bind(json!(uuids).to_string())
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read merges"))?;
    let known: HashSet<Vec<u8>> = known.into_iter().collect();
    ops.retain(|stamp, _| !known.contains(stamp.uuid.as_bytes().as_slice()));
    Ok(ops)
}

async fn missing_groups(
    connection: &mut SqliteConnection,
    mut said: HashMap<(Text, Text), State>,
) -> Result<HashMap<(Text, Text), State>> {
    if said.is_empty() {
        return Ok(said);
    }
    let types: HashMap<String, i64> = groups::types(connection).await?.into_iter().collect();
    let is_full = types.len() as i64 >= groups::MOST_TYPES;
    said.retain(|(group_type, _), _| !is_full || types.contains_key(group_type.as_ref()));
    let pairs = said
        .keys()
        .filter_map(|(group_type, key)| Some(json!([types.get(group_type.as_ref())?, key.as_ref()])));
    let known = sqlx::query_as(
        "SELECT t.group_type, g.group_key, g.first_seen_us, g.state FROM json_each(?)
         CROSS JOIN hedgerow_group g ON g.group_type_index = value ->> 0 AND g.group_key = value ->> 1
         JOIN hedgerow_group_type t USING (group_type_index)",
    );
    let known = known.bind(json!(pairs.collect::<Vec<_>>()).to_string());
    let known: Vec<(String, String, i64, Vec<u8>)> = known
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read groups"))?;
    for (group_type, key, first_seen, state) in known {
        let mut state = decode(&state)?;
        state.see(Some(first_seen));
        let at = (Text::from(group_type), Text::from(key));
        if said.get(&at).is_some_and(|said| !state.lacks(said)) {
            said.remove(&at);
        }
    }
    Ok(said)
}
