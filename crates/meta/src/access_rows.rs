//! Members and keys as rows.

use hedgerow_agent_api::{Key, Member, Organisation, Session};
use hedgerow_errors::{Code, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;

use crate::record::{column, time};

pub(crate) const KEYS: &str = "SELECT id, name, prefix, role, scopes, projects, member, created_by, created_at,
        expires_at, revoked_at, last_used_at FROM keys";

/// Reads an organisation's row.
pub(crate) fn organisation(row: &SqliteRow) -> Result<Organisation> {
    Ok(Organisation {
        id: parsed(row, "id")?,
        name: column::<String>(row, "name")?,
        created_at: time(column(row, "created_at")?)?,
    })
}

/// Reads a member's row.
pub(crate) fn member(row: &SqliteRow) -> Result<Member> {
    Ok(Member {
        name: column::<String>(row, "name")?,
        role: parsed(row, "role")?,
        projects: list(row, "projects")?,
        created_by: column::<String>(row, "created_by")?,
        created_at: time(column(row, "created_at")?)?,
    })
}

/// Reads a key's row.
pub(crate) fn key(row: &SqliteRow) -> Result<Key> {
    let optional_time = |name: &str| column::<Option<&str>>(row, name)?.map(time).transpose();
    Ok(Key {
        id: parsed(row, "id")?,
        name: column::<String>(row, "name")?,
        prefix: column::<String>(row, "prefix")?,
        role: parsed(row, "role")?,
        scopes: list(row, "scopes")?,
        projects: list(row, "projects")?,
        member: column::<Option<String>>(row, "member")?,
        created_by: column::<String>(row, "created_by")?,
        created_at: time(column(row, "created_at")?)?,
        expires_at: optional_time("expires_at")?,
        revoked_at: optional_time("revoked_at")?,
        last_used_at: optional_time("last_used_at")?,
    })
}

/// Reads a session's row.
pub(crate) fn session(row: &SqliteRow) -> Result<Session> {
    Ok(Session {
        key: parsed(row, "key_id")?,
        created_at: time(column(row, "created_at")?)?,
        expires_at: time(column(row, "expires_at")?)?,
    })
}

/// A list as it is stored.
pub(crate) fn json<T: Serialize>(list: Option<&Vec<T>>) -> Result<Option<String>> {
    let text = list.map(serde_json::to_string).transpose();
    text.map_err(|error| Error::caused(Code::Internal, "writing rights as JSON", error))
}

fn list<T: DeserializeOwned>(row: &SqliteRow, name: &str) -> Result<Option<Vec<T>>> {
    let text = column::<Option<&str>>(row, name)?;
    // Nothing that can't be read may be taken for "all".
    text.map(serde_json::from_str)
        .transpose()
        .map_err(|error| unreadable(name, error))
}

fn parsed<T>(row: &SqliteRow, name: &str) -> Result<T>
where
    T: std::str::FromStr<Err: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    column::<&str>(row, name)?
        .parse()
        .map_err(|error| unreadable(name, error))
}

fn unreadable(name: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::caused(Code::Corrupt, format!("reading {name} of a member or key"), error)
}
