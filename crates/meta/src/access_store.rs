//! The organisation, its members and keys over SQLite.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{AccessStore, Key, KeyHash, Member, Organisation, Session};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{KeyId, OrganisationId};
use sqlx::sqlite::SqliteConnection;

use crate::access_rows::{self, KEYS, json};
use crate::database::failed;
use crate::record::time_text;
use crate::sqlite::SqliteMeta;

/// What the organisation is called until somebody names it.
const NAME: &str = "Hedgerow";
/// The organisation of all members and keys: there is one.
const THE_ORGANISATION: &str = "(SELECT id FROM organisations)";

#[async_trait]
impl AccessStore for SqliteMeta {
    async fn organisation(&self, at: DateTime<Utc>) -> Result<Organisation> {
        let step = || "looking up the organisation";
        let (_turn, mut transaction) = self.begin().await?;
        sqlx::query(
            "INSERT INTO organisations (id, name, created_at)
             SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM organisations)",
        )
        .bind(OrganisationId::new().to_string())
        .bind(NAME)
        .bind(time_text(at))
        .execute(&mut *transaction)
        .await
        .map_err(|error| failed(step(), error))?;
        let row = sqlx::query("SELECT id, name, created_at FROM organisations")
            .fetch_one(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        let organisation = access_rows::organisation(&row)?;
        transaction.commit().await.map_err(|error| failed(step(), error))?;
        Ok(organisation)
    }

    async fn members(&self) -> Result<Vec<Member>> {
        let rows = sqlx::query("SELECT name, role, projects, created_by, created_at FROM members ORDER BY name")
            .fetch_all(&self.pool)
            .await
            .map_err(|error| failed("listing members", error))?;
        rows.iter().map(access_rows::member).collect()
    }

    async fn add_member(&self, member: Member) -> Result<()> {
        let step = || format!("adding member {:?}", member.name);
        self.organisation(member.created_at).await?;
        let (_turn, mut transaction) = self.begin().await?;
        let insert = format!(
            "INSERT INTO members (organisation, name, role, projects, created_by, created_at)
             VALUES ({THE_ORGANISATION}, ?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"
        );
        let added = sqlx::query(sqlx::AssertSqlSafe(insert))
            .bind(&member.name)
            .bind(member.role.as_str())
            .bind(json(member.projects.as_ref())?)
            .bind(&member.created_by)
            .bind(time_text(member.created_at))
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        if added.rows_affected() == 0 {
            return Err(taken("member", &member.name));
        }
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn remove_member(&self, name: &str, at: DateTime<Utc>) -> Result<Vec<Key>> {
        let step = || format!("removing member {name:?}");
        let (_turn, mut transaction) = self.begin().await?;
        let removed = sqlx::query("DELETE FROM members WHERE name = ?1")
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        if removed.rows_affected() == 0 {
            return Err(Error::new(Code::UnknownName, format!("unknown member {name:?}"))
                .with_hint("list the members to see those that exist"));
        }
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{KEYS} WHERE member = ?1 AND revoked_at IS NULL ORDER BY position DESC"
        )))
        .bind(name)
        .fetch_all(&mut *transaction)
        .await
        .map_err(|error| failed(step(), error))?;
        let mut keys = rows.iter().map(access_rows::key).collect::<Result<Vec<Key>>>()?;
        for key in &mut keys {
            revoke(&mut transaction, key.id, at).await?;
            key.revoked_at = Some(at);
        }
        transaction.commit().await.map_err(|error| failed(step(), error))?;
        Ok(keys)
    }

    async fn keys(&self) -> Result<Vec<Key>> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{KEYS} ORDER BY position DESC")))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| failed("listing keys", error))?;
        rows.iter().map(access_rows::key).collect()
    }

    async fn add_key(&self, key: Key, hash: KeyHash) -> Result<()> {
        let step = || format!("adding key {:?}", key.name);
        self.organisation(key.created_at).await?;
        let (_turn, mut transaction) = self.begin().await?;
        let insert = format!(
            "INSERT INTO keys (organisation, id, name, hash, prefix, role, scopes, projects, member, created_by,
                 created_at, expires_at, revoked_at, last_used_at)
             VALUES ({THE_ORGANISATION}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT DO NOTHING"
        );
        let added = sqlx::query(sqlx::AssertSqlSafe(insert))
            .bind(key.id.to_string())
            .bind(&key.name)
            .bind(hash.0.as_slice())
            .bind(&key.prefix)
            .bind(key.role.as_str())
            .bind(json(key.scopes.as_ref())?)
            .bind(json(key.projects.as_ref())?)
            .bind(&key.member)
            .bind(&key.created_by)
            .bind(time_text(key.created_at))
            .bind(key.expires_at.map(time_text))
            .bind(key.revoked_at.map(time_text))
            .bind(key.last_used_at.map(time_text))
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        if added.rows_affected() == 0 {
            return Err(taken("key", &key.name));
        }
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn key_of(&self, hash: &KeyHash) -> Result<Option<Key>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{KEYS} WHERE hash = ?1")))
            .bind(hash.0.as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failed("looking up a key", error))?;
        row.as_ref().map(access_rows::key).transpose()
    }

    async fn revoke_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<()> {
        let step = || format!("revoking key {id}");
        let (_turn, mut transaction) = self.begin().await?;
        let found = sqlx::query("SELECT 1 FROM keys WHERE id = ?1")
            .bind(id.to_string())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        if found.is_none() {
            return Err(unknown(id));
        }
        revoke(&mut transaction, id, at).await?;
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn use_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<()> {
        let step = || format!("noting that key {id} was used");
        let (_turn, mut transaction) = self.begin().await?;
        let noted = sqlx::query("UPDATE keys SET last_used_at = ?2 WHERE id = ?1")
            .bind(id.to_string())
            .bind(time_text(at))
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        if noted.rows_affected() == 0 {
            return Err(unknown(id));
        }
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn add_session(&self, session: Session, hash: KeyHash) -> Result<()> {
        let step = || format!("signing in with key {}", session.key);
        let (_turn, mut transaction) = self.begin().await?;
        let (begins, ends) = (time_text(session.created_at), time_text(session.expires_at));
        sqlx::query("DELETE FROM sessions WHERE expires_at <= ?1")
            .bind(&begins)
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        let added = sqlx::query(
            "INSERT INTO sessions (hash, key_id, created_at, expires_at)
             SELECT ?1, id, ?3, ?4 FROM keys WHERE id = ?2",
        )
        .bind(hash.0.as_slice())
        .bind(session.key.to_string())
        .bind(begins)
        .bind(ends)
        .execute(&mut *transaction)
        .await
        .map_err(|error| failed(step(), error))?;
        if added.rows_affected() == 0 {
            return Err(unknown(session.key));
        }
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn session_of(&self, hash: &KeyHash) -> Result<Option<(Session, Key)>> {
        let step = || "looking up a session";
        let found = sqlx::query("SELECT key_id, created_at, expires_at FROM sessions WHERE hash = ?1")
            .bind(hash.0.as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failed(step(), error))?;
        let Some(session) = found.as_ref().map(access_rows::session).transpose()? else {
            return Ok(None);
        };
        let key = sqlx::query(sqlx::AssertSqlSafe(format!("{KEYS} WHERE id = ?1")))
            .bind(session.key.to_string())
            .fetch_one(&self.pool)
            .await
            .map_err(|error| failed(step(), error))?;
        Ok(Some((session, access_rows::key(&key)?)))
    }

    async fn end_session(&self, hash: &KeyHash) -> Result<()> {
        let step = || "ending a session";
        let (_turn, mut transaction) = self.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE hash = ?1")
            .bind(hash.0.as_slice())
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        transaction.commit().await.map_err(|error| failed(step(), error))
    }
}

async fn revoke(connection: &mut SqliteConnection, id: KeyId, at: DateTime<Utc>) -> Result<()> {
    let revoked = sqlx::query("UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")
        .bind(id.to_string())
        .bind(time_text(at))
        .execute(connection)
        .await;
    revoked
        .map(|_| ())
        .map_err(|error| failed(format!("revoking key {id}"), error))
}

fn taken(what: &str, name: &str) -> Error {
    Error::new(Code::Conflict, format!("a {what} named {name:?} exists already")).with_hint("choose another name")
}

fn unknown(id: KeyId) -> Error {
    Error::new(Code::UnknownName, format!("unknown key {id}")).with_hint("list the keys to see those that exist")
}
