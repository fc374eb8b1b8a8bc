//! Persons and groups in the catalog: taking changes in.
//!
//! The caller's transaction makes the change whole, and sees to it that each event comes once: what
//! is ignored would otherwise be counted again. Everything else may come again.

pub(crate) mod groups;
pub(crate) mod known;
pub(crate) mod rows;
pub(crate) mod touched;

use hedgerow_errors::Result;
use serde_json::json;
use sqlx::SqliteConnection;

use self::known::Known;
use self::touched::{Collision, Reach, Touched};
use super::PeopleChanges;
use super::changes::Ignored;
use super::keys::person_key;
use super::merges::{MergeOp, Reason, Refusal};
use crate::sqlite_error::failed;

/// What taking changes in did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Keys in files that lead to another person than before. Where both keys are equal, the key leads
    /// to itself again.
    pub(crate) overrides: Vec<(i64, i64)>,
    /// The merges that did not happen, of those that were not known as such.
    pub(crate) refusals: Vec<Refusal>,
    /// Persons who may be others than before, come or go among them.
    pub(crate) touched: Vec<i64>,
}

/// Takes changes in.
pub(crate) async fn apply(connection: &mut SqliteConnection, changes: &PeopleChanges) -> Result<Applied> {
    apply_to_known(connection, changes, &mut Known::default()).await
}

/// Takes changes in, with what is known of the catalog already.
pub(crate) async fn apply_to_known(
    connection: &mut SqliteConnection,
    changes: &PeopleChanges,
    known: &mut Known,
) -> Result<Applied> {
    let news = known.news(changes);
    let touched = Touched::load(connection, changes, &news, Reach::Merges).await?;
    for (id, _) in news {
        if let Some(row) = touched.rows.get(&person_key(id)).filter(|row| row.distinct_id == *id) {
            known.learn(id, &row.state);
        }
    }
    let mut changed: Vec<_> = touched.changed.iter().filter_map(|key| touched.rows.get(key)).collect();
    // In one order, so that the same input gives the same catalog.
    changed.sort_unstable_by_key(|row| row.person_key);
    rows::write_ids(connection, &changed).await?;
    rows::write_ops(connection, &changes.ops).await?;
    let refusals = refuse(connection, &touched, changes).await?;
    let moved = touched.moved();
    let overrides = overridden(connection, &moved).await?;
    write_overrides(connection, &moved, &overrides).await?;
    write_collisions(connection, &touched.collisions).await?;
    let left_out = groups::apply(connection, changes, known).await?;
    let mut ignored: Vec<(Ignored, u64)> = changes.ignored.iter().map(|(kind, count)| (*kind, *count)).collect();
    ignored.push((Ignored::GroupType, left_out));
    count_ignored(connection, ignored).await?;
    Ok(Applied {
        overrides,
        refusals,
        touched: touched.persons(),
    })
}

/// Brings the refusals up to date. A late event may refuse what had happened, and the other way round.
async fn refuse(connection: &mut SqliteConnection, touched: &Touched, changes: &PeopleChanges) -> Result<Vec<Refusal>> {
    let refused = &touched.resolution.refused;
    let left: Vec<&MergeOp> = {
        // Both are in order of their stamps.
        let mut refused = refused.iter().peekable();
        let happened = |op: &&MergeOp| refused.next_if(|refused| refused.stamp == op.stamp).is_none();
        touched.world.ops.values().filter(happened).collect()
    };
    rows::drop_refusals(connection, &left).await?;
    let mut refusals = rows::write_refusals(connection, refused.iter().collect(), Reason::AlreadyIdentified).await?;
    let illegal = changes.illegal.values().collect();
    refusals.extend(rows::write_refusals(connection, illegal, Reason::IllegalDistinctId).await?);
    refusals.sort_by_key(|refusal| refusal.op.stamp);
    Ok(refusals)
}

/// All keys in files that ids with these keys stand for, each with the key of its person.
pub(crate) async fn overridden(connection: &mut SqliteConnection, moved: &[(i64, i64)]) -> Result<Vec<(i64, i64)>> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as(
        "SELECT o.raw_key, value ->> 1 FROM json_each(?) CROSS JOIN hedgerow_override o ON o.own_key = value ->> 0 AND o.own_key <> o.raw_key",
    );
    let rows = rows.bind(json!(moved).to_string()).fetch_all(connection).await;
    let mut overrides: Vec<(i64, i64)> = rows.map_err(failed("cannot read merged persons"))?;
    overrides.extend(moved);
    overrides.sort_unstable();
    Ok(overrides)
}

async fn write_overrides(
    connection: &mut SqliteConnection,
    moved: &[(i64, i64)],
    overrides: &[(i64, i64)],
) -> Result<()> {
    let step = failed("cannot write merged persons");
    if moved.is_empty() {
        return Ok(());
    }
    let (overrides, moved) = (json!(overrides).to_string(), json!(moved).to_string());
    let statements = [
        // Rows of their own keys come and go; those of older keys only change.
        (
            "INSERT INTO hedgerow_override SELECT value ->> 0, value ->> 0, value ->> 1 FROM json_each(?) WHERE true
             ON CONFLICT(raw_key) DO UPDATE SET person_key = excluded.person_key",
            &overrides,
        ),
        (
            "DELETE FROM hedgerow_override WHERE raw_key IN (SELECT value ->> 0 FROM json_each(?) WHERE value ->> 0 = value ->> 1)",
            &overrides,
        ),
        (
            "UPDATE hedgerow_id SET root_key = value ->> 1 FROM json_each(?) WHERE person_key = value ->> 0 AND root_key <> value ->> 1",
            &moved,
        ),
    ];
    for (statement, pairs) in statements {
        let run = sqlx::query(statement).bind(pairs).execute(&mut *connection).await;
        run.map_err(&step)?;
    }
    Ok(())
}

async fn write_collisions(connection: &mut SqliteConnection, collisions: &[Collision]) -> Result<()> {
    for Collision {
        distinct_id,
        person_key,
        kept,
    } in collisions
    {
        sqlx::query("INSERT OR IGNORE INTO hedgerow_key_collision VALUES (?, ?, ?)")
            .bind(distinct_id.as_ref())
            .bind(person_key)
            .bind(kept.as_ref())
            .execute(&mut *connection)
            .await
            .map_err(failed("cannot write a collision of keys"))?;
    }
    Ok(())
}

async fn count_ignored(connection: &mut SqliteConnection, ignored: Vec<(Ignored, u64)>) -> Result<()> {
    for (kind, count) in ignored.into_iter().filter(|(_, count)| *count > 0) {
        sqlx::query(
            "INSERT INTO hedgerow_ignored VALUES (?, ?) ON CONFLICT(kind) DO UPDATE SET count = count + excluded.count",
        )
        .bind(kind.as_str())
        .bind(count.cast_signed())
        .execute(&mut *connection)
        .await
        .map_err(failed("cannot count what was ignored"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
