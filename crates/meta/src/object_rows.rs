//! Objects and their history as rows.

use chrono::{DateTime, Utc};
use hedgerow_agent_api::{Activity, ActivityFilter, Actor, Object, ObjectChange, ObjectState, ObjectWrite};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ActivityId, ObjectId, ProjectId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use crate::database::failed;
use crate::record::{column, time, time_text};

const OBJECT: &str = "id, project, kind, name, version, body, created_at, created_by, updated_at, updated_by";
const ACTIVITY: &str = "SELECT id, project, object_id, kind, version, at, actor, action, before, after, undoes,
        (SELECT u.id FROM activity u WHERE u.undoes = a.id ORDER BY u.position DESC LIMIT 1) AS undone_by
     FROM activity a";

/// Commits nothing: the changes become part of the caller's transaction.
pub(crate) async fn write(connection: &mut SqliteConnection, write: &ObjectWrite) -> Result<Vec<Activity>> {
    write_as(connection, write, None).await
}

/// The same for changes that undo an earlier one.
pub(crate) async fn write_as(
    connection: &mut SqliteConnection,
    write: &ObjectWrite,
    undoes: Option<ActivityId>,
) -> Result<Vec<Activity>> {
    let mut activities = Vec::new();
    for change in write.changes.iter().filter(|change| change.before != change.after) {
        let current = current(connection, &write.project, change.id).await?;
        let named = holder(connection, &write.project, change).await?;
        change.check(current.as_ref(), named)?;
        let version = last_version(connection, change.id).await? + 1;
        apply(connection, write, change, version).await?;
        let activity = Activity::of(write, change, version, undoes);
        record(connection, &activity).await?;
        activities.push(activity);
    }
    Ok(activities)
}

/// Takes one change back.
pub(crate) async fn undo(
    connection: &mut SqliteConnection,
    activity: &Activity,
    actor: &Actor,
    at: DateTime<Utc>,
) -> Result<Vec<Activity>> {
    let current = current(connection, &activity.project, activity.object_id).await?;
    let write = ObjectWrite {
        project: activity.project.clone(),
        actor: actor.clone(),
        at,
        changes: vec![activity.undo(current.as_ref())?],
    };
    write_as(connection, &write, Some(activity.id)).await
}

/// The object as it stands, where it does.
pub(crate) async fn current(
    connection: &mut SqliteConnection,
    project: &ProjectId,
    id: ObjectId,
) -> Result<Option<Object>> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {OBJECT} FROM objects WHERE id = ?1 AND project = ?2"
    )))
    .bind(id.to_string())
    .bind(project.as_str())
    .fetch_optional(connection)
    .await
    .map_err(|error| failed(format!("looking up object {id}"), error))?;
    row.as_ref().map(object).transpose()
}

/// The object that has the name which a change gives.
async fn holder(
    connection: &mut SqliteConnection,
    project: &ProjectId,
    change: &ObjectChange,
) -> Result<Option<ObjectId>> {
    let Some(after) = &change.after else {
        return Ok(None);
    };
    let row = sqlx::query("SELECT id FROM objects WHERE project = ?1 AND kind = ?2 AND name = ?3")
        .bind(project.as_str())
        .bind(&change.kind)
        .bind(&after.name)
        .fetch_optional(connection)
        .await
        .map_err(|error| failed(format!("looking up {} {:?}", change.kind, after.name), error))?;
    row.map(|row| id(&row, "id")).transpose()
}

/// The version of the newest change; 0 before the first. A deleted object keeps its count.
async fn last_version(connection: &mut SqliteConnection, id: ObjectId) -> Result<u64> {
    let version: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM activity WHERE object_id = ?1")
        .bind(id.to_string())
        .fetch_one(connection)
        .await
        .map_err(|error| failed(format!("looking up the version of object {id}"), error))?;
    whole(version)
}

async fn apply(
    connection: &mut SqliteConnection,
    write: &ObjectWrite,
    change: &ObjectChange,
    version: u64,
) -> Result<()> {
    let Some(after) = &change.after else {
        let deleted = sqlx::query("DELETE FROM objects WHERE id = ?1")
            .bind(change.id.to_string())
            .execute(connection)
            .await;
        return deleted
            .map(|_| ())
            .map_err(|error| failed(format!("deleting object {}", change.id), error));
    };
    // An object that comes back after its deletion is as old as it was.
    let written = sqlx::query(
        "INSERT INTO objects (id, project, kind, name, version, body, created_at, created_by, updated_at, updated_by)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6,
                coalesce((SELECT at FROM activity WHERE object_id = ?1 AND version = 1), ?7),
                coalesce((SELECT actor FROM activity WHERE object_id = ?1 AND version = 1), ?8), ?7, ?8
         WHERE true
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, body = excluded.body,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by",
    )
    .bind(change.id.to_string())
    .bind(write.project.as_str())
    .bind(&change.kind)
    .bind(&after.name)
    .bind(stored(version)?)
    .bind(after.body.to_string())
    .bind(time_text(write.at))
    .bind(json(&write.actor)?)
    .execute(connection)
    .await;
    written
        .map(|_| ())
        .map_err(|error| failed(format!("writing object {}", change.id), error))
}

async fn record(connection: &mut SqliteConnection, activity: &Activity) -> Result<()> {
    let state = |state: &Option<ObjectState>| state.as_ref().map(json).transpose();
    let action = serde_json::to_value(activity.action).ok();
    let recorded = sqlx::query(
        "INSERT INTO activity (id, project, object_id, kind, version, at, actor, action, before, after, undoes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )
    .bind(activity.id.to_string())
    .bind(activity.project.as_str())
    .bind(activity.object_id.to_string())
    .bind(&activity.kind)
    .bind(stored(activity.version)?)
    .bind(time_text(activity.at))
    .bind(json(&activity.actor)?)
    .bind(action.as_ref().and_then(serde_json::Value::as_str))
    .bind(state(&activity.before)?)
    .bind(state(&activity.after)?)
    .bind(activity.undoes.map(|id| id.to_string()))
    .execute(connection)
    .await;
    recorded
        .map(|_| ())
        .map_err(|error| failed(format!("recording a change of object {}", activity.object_id), error))
}

/// One change of the history.
pub(crate) async fn activity(
    connection: &mut SqliteConnection,
    project: &ProjectId,
    id: ActivityId,
) -> Result<Activity> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "{ACTIVITY} WHERE a.id = ?1 AND a.project = ?2"
    )))
    .bind(id.to_string())
    .bind(project.as_str())
    .fetch_optional(connection)
    .await
    .map_err(|error| failed(format!("looking up change {id}"), error))?;
    let row = row.ok_or_else(|| unknown("change", &id.to_string()))?;
    read_activity(&row)
}

/// Changes, newest first.
pub(crate) async fn activities(
    pool: &SqlitePool,
    project: &ProjectId,
    filter: &ActivityFilter,
) -> Result<Vec<Activity>> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "{ACTIVITY} WHERE a.project = ?1 AND (?2 IS NULL OR a.object_id = ?2) AND (?3 IS NULL OR a.kind = ?3)
             AND (?4 IS NULL OR a.run_id = ?4) AND (?5 IS NULL OR a.call_id = ?5)
         ORDER BY a.position DESC LIMIT ?6"
    )))
    .bind(project.as_str())
    .bind(filter.object.map(|id| id.to_string()))
    .bind(filter.kind.as_deref())
    .bind(filter.run.map(|id| id.to_string()))
    .bind(filter.call.map(|id| id.to_string()))
    // A negative limit is none.
    .bind(
        filter
            .limit
            .map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX)),
    )
    .fetch_all(pool)
    .await
    .map_err(|error| failed("listing changes", error))?;
    rows.iter().map(read_activity).collect()
}

/// Reads an object's row.
pub(crate) fn object(row: &SqliteRow) -> Result<Object> {
    Ok(Object {
        id: id(row, "id")?,
        project: id(row, "project")?,
        kind: column::<String>(row, "kind")?,
        name: column::<String>(row, "name")?,
        version: whole(column(row, "version")?)?,
        body: from_json(row, "body")?,
        created_at: time(column(row, "created_at")?)?,
        created_by: from_json(row, "created_by")?,
        updated_at: time(column(row, "updated_at")?)?,
        updated_by: from_json(row, "updated_by")?,
    })
}

fn read_activity(row: &SqliteRow) -> Result<Activity> {
    let state = |name: &str| match column::<Option<&str>>(row, name)? {
        Some(_) => from_json(row, name).map(Some),
        None => Ok(None),
    };
    let other = |name: &str| match column::<Option<&str>>(row, name)? {
        Some(_) => id(row, name).map(Some),
        None => Ok(None),
    };
    let action: &str = column(row, "action")?;
    let action = serde_json::from_value(action.into())
        .map_err(|error| Error::caused(Code::Corrupt, "reading the action of a change", error))?;
    Ok(Activity {
        id: id(row, "id")?,
        object_id: id(row, "object_id")?,
        project: id(row, "project")?,
        kind: column::<String>(row, "kind")?,
        version: whole(column(row, "version")?)?,
        at: time(column(row, "at")?)?,
        actor: from_json(row, "actor")?,
        action,
        before: state("before")?,
        after: state("after")?,
        undoes: other("undoes")?,
        undone_by: other("undone_by")?,
    })
}

/// The error for something that is not there.
pub(crate) fn unknown(what: &str, id: &str) -> Error {
    Error::new(Code::UnknownName, format!("unknown {what} {id}"))
        .with_hint("list the objects of the project to see those that exist")
}

fn id<T: std::str::FromStr<Err = hedgerow_ids::InvalidId>>(row: &SqliteRow, name: &str) -> Result<T> {
    let unreadable = |error| Error::caused(Code::Corrupt, format!("reading {name} of an object"), error);
    column::<&str>(row, name)?.parse().map_err(unreadable)
}

fn from_json<T: DeserializeOwned>(row: &SqliteRow, name: &str) -> Result<T> {
    let unreadable = |error| Error::caused(Code::Corrupt, format!("reading {name} of an object"), error);
    serde_json::from_str(column(row, name)?).map_err(unreadable)
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::caused(Code::Internal, "writing an object as JSON", error))
}

fn stored(version: u64) -> Result<i64> {
    i64::try_from(version).map_err(|error| Error::caused(Code::LimitExceeded, "counting versions", error))
}

fn whole(version: i64) -> Result<u64> {
    u64::try_from(version).map_err(|error| Error::caused(Code::Corrupt, "reading a version", error))
}
