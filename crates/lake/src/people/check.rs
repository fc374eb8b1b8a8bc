//! Whether the catalog's rows of persons and groups can be read, and whether merges lead where they
//! should.

use std::collections::HashSet;

use hedgerow_errors::Result;
use serde_json::json;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::PeopleChanges;
use super::keys::person_key;
use super::merges::MergeOp;
use super::state::encoding::decode;
use super::store::apply;
use super::store::rows::{id_row, op};
use super::store::touched::{Reach, Touched};
use crate::sqlite_error::failed;

/// Rows that are read at once.
const PAGE: u32 = 5_000;

/// Rows that can't be read, by their table and number.
pub(crate) type Unreadable = Vec<(&'static str, i64)>;

/// Rows of persons, merges and groups that can't be read.
pub(crate) async fn unreadable(connection: &mut SqliteConnection) -> Result<Unreadable> {
    let step = failed("cannot read persons");
    let mut found = Unreadable::new();
    let mut after = i64::MIN;
    loop {
        let page = sqlx::query_as(
            "SELECT id, person_key, distinct_id, root_key, first_seen_us, identified_us, identified_uuid, state
             FROM hedgerow_id WHERE id > ? ORDER BY id LIMIT ?",
        );
        type Row = (
            i64,
            i64,
            String,
            i64,
            Option<i64>,
            Option<i64>,
            Option<Vec<u8>>,
            Option<Vec<u8>>,
        );
        let page: Vec<Row> = page
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await
            .map_err(&step)?;
        let Some((last, ..)) = page.last() else { break };
        after = *last;
        for (id, key, distinct_id, root, first_seen, us, uuid, state) in page {
            let is_own = person_key(&distinct_id) == key;
            if !is_own || id_row((key, distinct_id, root, first_seen, us, uuid, state)).is_err() {
                found.push(("hedgerow_id", id));
            }
        }
    }
    let mut after = i64::MIN;
    loop {
        let page = merges(connection, after).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        let unreadable = page.iter().filter(|(_, op)| op.is_none());
        found.extend(unreadable.map(|(row, _)| ("hedgerow_merge", *row)));
    }
    let mut after = i64::MIN;
    loop {
        let page = "SELECT id, state, group_type_index IN (SELECT group_type_index FROM hedgerow_group_type) FROM hedgerow_group WHERE id > ? ORDER BY id LIMIT ?";
        let page = sqlx::query_as(page).bind(after).bind(PAGE);
        let page: Vec<(i64, Vec<u8>, bool)> = page.fetch_all(&mut *connection).await.map_err(&step)?;
        let Some((last, ..)) = page.last() else { break };
        after = *last;
        let unreadable = page
            .iter()
            .filter(|(_, state, has_type)| !has_type || decode(state).is_err());
        found.extend(unreadable.map(|(id, ..)| ("hedgerow_group", *id)));
    }
    Ok(found)
}

/// Removes rows that can't be read. What events say of them can be taken in again.
pub(crate) async fn remove(connection: &mut SqliteConnection, unreadable: &Unreadable) -> Result<()> {
    for (table, row) in unreadable {
        let delete = format!("DELETE FROM {table} WHERE rowid = ?");
        let deleted = sqlx::query(AssertSqlSafe(delete))
            .bind(row)
            .execute(&mut *connection)
            .await;
        deleted.map_err(failed("cannot remove a row that can't be read"))?;
    }
    Ok(())
}

/// Merges after a row; none in place of one that can't be read.
async fn merges(connection: &mut SqliteConnection, after: i64) -> Result<Vec<(i64, Option<MergeOp>)>> {
    let page = sqlx::query_as(
        "SELECT rowid, uuid, timestamp_us, event, target, other FROM hedgerow_merge WHERE rowid > ? ORDER BY rowid LIMIT ?",
    );
    let page: Vec<(i64, Vec<u8>, i64, String, String, String)> = page
        .bind(after)
        .bind(PAGE)
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read merges"))?;
    let page = page
        .into_iter()
        .map(|(row, uuid, timestamp, event, target, other)| (row, op((uuid, timestamp, event, target, other)).ok()));
    Ok(page.collect())
}

/// Compares persons with what all merges make of them, and makes them that where it is wanted. Says how
/// many distinct ids are missing or belong to another person, and how many merges are noted as refused
/// and happened, or the other way round.
pub(crate) async fn astray(connection: &mut SqliteConnection, repair: bool) -> Result<u64> {
    let mut astray = 0;
    let mut after = i64::MIN;
    loop {
        let page = merges(connection, after).await?;
        let Some((last, _)) = page.last() else {
            return Ok(astray);
        };
        after = *last;
        let ops = page.into_iter().filter_map(|(_, op)| op).map(|op| (op.stamp, op));
        let changes = PeopleChanges {
            ops: ops.collect(),
            ..PeopleChanges::default()
        };
        let touched = Touched::load(
            connection,
            &changes,
            &changes.ids.iter().collect::<Vec<_>>(),
            Reach::Merges,
        )
        .await?;
        let uuids: Vec<_> = changes
            .ops
            .keys()
            .map(|stamp| stamp.uuid.simple().to_string())
            .collect();
        let noted = "SELECT uuid FROM json_each(?) JOIN hedgerow_merge_refusal ON uuid = unhex(json_each.value)";
        let noted = sqlx::query_scalar(noted).bind(json!(uuids).to_string());
        let noted: Vec<Vec<u8>> = noted
            .fetch_all(&mut *connection)
            .await
            .map_err(failed("cannot read refused merges"))?;
        let noted: HashSet<Vec<u8>> = noted.into_iter().collect();
        let refused = touched.resolution.refused.iter().map(|op| op.stamp);
        let refused = refused.filter(|stamp| changes.ops.contains_key(stamp));
        let refused: HashSet<Vec<u8>> = refused.map(|stamp| stamp.uuid.as_bytes().to_vec()).collect();
        let here = touched.moved().len() + touched.changed.len() + noted.symmetric_difference(&refused).count();
        if here > 0 && repair {
            apply(connection, &changes).await?;
        }
        astray += here as u64;
    }
}
