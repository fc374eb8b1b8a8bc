//! Rows of the catalog's tables of persons, read and written many at a time.

use std::collections::{BTreeMap, HashMap};

use hedgerow_errors::{Code, Error, Result};
use serde_json::json;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::people::merges::{MergeKind, MergeOp, Reason, Refusal};
use crate::people::state::encoding::{decode, encode};
use crate::people::state::{Stamp, State, Text};
use crate::sqlite_error::failed;

/// Rows in one statement: their bound values stay below SQLite's 32,766.
const ROWS: usize = 4_000;

/// A distinct id as it lies in the catalog.
#[derive(Debug, Clone)]
pub(crate) struct IdRow {
    pub(crate) person_key: i64,
    pub(crate) distinct_id: Text,
    pub(crate) root_key: i64,
    pub(crate) state: State,
}

/// The same as SQLite gives it: key, id, root, first seen, identified when and by which event, state.
pub(crate) type RawIdRow = (
    i64,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

pub(crate) fn id_row(raw: RawIdRow) -> Result<IdRow> {
    let (person_key, distinct_id, root_key, first_seen, identified_us, identified_uuid, state) = raw;
    let mut state = state.as_deref().map(decode).transpose()?.unwrap_or_default();
    state.first_seen = first_seen;
    state.identified = match (identified_us, identified_uuid) {
        (Some(timestamp), Some(bytes)) => Some(Stamp {
            timestamp,
            uuid: uuid(&bytes)?,
        }),
        _ => None,
    };
    Ok(IdRow {
        person_key,
        distinct_id: distinct_id.into(),
        root_key,
        state,
    })
}

pub(crate) fn uuid(bytes: &[u8]) -> Result<Uuid> {
    let damaged = |error| Error::caused(Code::Corrupt, "the catalog has an event's uuid that is none", error);
    Uuid::from_slice(bytes).map_err(damaged)
}

/// Distinct ids by their keys, with or without their properties.
pub(crate) async fn ids(connection: &mut SqliteConnection, keys: &[i64], with_state: bool) -> Result<Vec<IdRow>> {
    // The list is walked once and looked up in the index; the other way round would walk all ids.
    let rows = sqlx::query_as(
        "SELECT person_key, distinct_id, root_key, first_seen_us, identified_us, identified_uuid, CASE WHEN ?2 THEN state END
         FROM json_each(?1) CROSS JOIN hedgerow_id ON person_key = json_each.value",
    );
    let rows = rows.bind(json!(keys).to_string()).bind(with_state);
    let rows: Vec<RawIdRow> = rows
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read distinct ids"))?;
    rows.into_iter().map(id_row).collect()
}

/// Adds distinct ids, or brings them up to date.
pub(crate) async fn write_ids(connection: &mut SqliteConnection, rows: &[&IdRow]) -> Result<()> {
    for rows in rows.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO hedgerow_id(person_key, distinct_id, root_key, first_seen_us, identified_us, identified_uuid, state) ",
        );
        insert.push_values(rows, |mut values, row| {
            let identified = row.state.identified;
            values
                .push_bind(row.person_key)
                .push_bind(row.distinct_id.to_string())
                .push_bind(row.root_key)
                .push_bind(row.state.first_seen)
                .push_bind(identified.map(|stamp| stamp.timestamp))
                .push_bind(identified.map(|stamp| stamp.uuid.as_bytes().to_vec()))
                .push_bind(encode(&row.state));
        });
        insert.push(
            " ON CONFLICT(person_key) DO UPDATE SET root_key = excluded.root_key, first_seen_us = excluded.first_seen_us,
             identified_us = excluded.identified_us, identified_uuid = excluded.identified_uuid, state = excluded.state",
        );
        let inserted = insert.build().persistent(false).execute(&mut *connection).await;
        inserted.map_err(failed("cannot write distinct ids"))?;
    }
    Ok(())
}

/// When, by which event, from whom and to whom.
pub(crate) type RawOp = (Vec<u8>, i64, String, String, String);

pub(crate) fn op(raw: RawOp) -> Result<MergeOp> {
    let (bytes, timestamp, event, target, other) = raw;
    let kind = MergeKind::ALL.into_iter().find(|kind| kind.event() == event);
    let unknown = || {
        Error::new(
            Code::Corrupt,
            format!("the catalog has a merge of unknown kind {event:?}"),
        )
    };
    Ok(MergeOp {
        stamp: Stamp {
            timestamp,
            uuid: uuid(&bytes)?,
        },
        kind: kind.ok_or_else(unknown)?,
        target: target.into(),
        other: other.into(),
    })
}

/// The operations that name one of some ids.
pub(crate) async fn ops_of(connection: &mut SqliteConnection, ids: &[Text]) -> Result<Vec<MergeOp>> {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    let rows = sqlx::query_as(
        "SELECT uuid, timestamp_us, event, target, other FROM json_each(?1) CROSS JOIN hedgerow_merge ON target = json_each.value
         UNION SELECT uuid, timestamp_us, event, target, other FROM json_each(?1) CROSS JOIN hedgerow_merge ON other = json_each.value",
    );
    let rows = rows.bind(json!(ids).to_string()).fetch_all(connection).await;
    let rows: Vec<RawOp> = rows.map_err(failed("cannot read merges"))?;
    rows.into_iter().map(op).collect()
}

fn op_json(op: &MergeOp) -> serde_json::Value {
    let MergeOp {
        stamp,
        kind,
        target,
        other,
    } = op;
    json!([
        stamp.uuid.simple().to_string(),
        stamp.timestamp,
        kind.event(),
        target.as_ref(),
        other.as_ref()
    ])
}

/// Adds operations that are not there yet.
pub(crate) async fn write_ops(connection: &mut SqliteConnection, ops: &BTreeMap<Stamp, MergeOp>) -> Result<()> {
    if ops.is_empty() {
        return Ok(());
    }
    let ops: Vec<_> = ops.values().map(op_json).collect();
    sqlx::query(
        "INSERT OR IGNORE INTO hedgerow_merge(uuid, timestamp_us, event, target, other)
         SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)",
    )
    .bind(json!(ops).to_string())
    .execute(connection)
    .await
    .map_err(failed("cannot write merges"))?;
    Ok(())
}

/// Adds refusals. Returns those that were not there yet.
pub(crate) async fn write_refusals(
    connection: &mut SqliteConnection,
    ops: Vec<&MergeOp>,
    reason: Reason,
) -> Result<Vec<Refusal>> {
    let by_uuid: HashMap<Uuid, &MergeOp> = ops.into_iter().map(|op| (op.stamp.uuid, op)).collect();
    if by_uuid.is_empty() {
        return Ok(Vec::new());
    }
    let ops: Vec<_> = by_uuid.values().map(|op| op_json(op)).collect();
    let added = sqlx::query_scalar(
        "INSERT OR IGNORE INTO hedgerow_merge_refusal(uuid, timestamp_us, event, target, other, reason)
         SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?2 FROM json_each(?1) RETURNING uuid",
    );
    let added = added.bind(json!(ops).to_string()).bind(reason.as_str());
    let added: Vec<Vec<u8>> = added
        .fetch_all(connection)
        .await
        .map_err(failed("cannot write refused merges"))?;
    let mut refusals = Vec::new();
    for bytes in added {
        let op = by_uuid.get(&uuid(&bytes)?).map(|op| (*op).clone());
        refusals.extend(op.map(|op| Refusal { op, reason }));
    }
    refusals.sort_by_key(|refusal| refusal.op.stamp);
    Ok(refusals)
}

/// Takes back the refusals of operations.
pub(crate) async fn drop_refusals(connection: &mut SqliteConnection, ops: &[&MergeOp]) -> Result<()> {
    if ops.is_empty() {
        return Ok(());
    }
    let uuids: Vec<_> = ops.iter().map(|op| op.stamp.uuid.simple().to_string()).collect();
    sqlx::query("DELETE FROM hedgerow_merge_refusal WHERE uuid IN (SELECT unhex(value) FROM json_each(?))")
        .bind(json!(uuids).to_string())
        .execute(connection)
        .await
        .map_err(failed("cannot write refused merges"))?;
    Ok(())
}
