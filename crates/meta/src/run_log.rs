//! The run log over SQLite.

use std::path::Path;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{NewRun, ObjectWrite, RUN_EVENT_VERSION, RunEvent, RunEventKind, RunLog, RunSummary};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ConversationId, ProjectId, RunId};
use sqlx::{Row, Sqlite, Transaction};

use crate::database::failed;
use crate::object_rows;
use crate::record::{self, Body};
use crate::sqlite::SqliteMeta;

/// Where a run stands.
struct Position {
    last: u64,
    ended: bool,
}

#[async_trait]
impl RunLog for SqliteMeta {
    async fn create(&self, run: NewRun) -> Result<()> {
        let started_at = record::time_text(run.started_at);
        let (_turn, mut transaction) = self.begin().await?;
        let inserted = sqlx::query(
            "INSERT INTO runs (run_id, conversation_id, project, question, started_at, heartbeat_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (run_id) DO NOTHING",
        )
        .bind(run.run_id.to_string())
        .bind(run.conversation_id.to_string())
        .bind(run.project.as_str())
        .bind(run.question)
        .bind(started_at)
        .execute(&mut *transaction)
        .await
        .map_err(|error| failed(format!("making run {}", run.run_id), error))?;
        if inserted.rows_affected() == 0 {
            return Err(Error::new(Code::Conflict, format!("run {} exists already", run.run_id)));
        }
        transaction
            .commit()
            .await
            .map_err(|error| failed(format!("making run {}", run.run_id), error))
    }

    async fn append(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
    ) -> Result<Vec<RunEvent>> {
        self.append_all(run_id, after, at, kinds, None).await
    }

    async fn append_with(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
        write: ObjectWrite,
    ) -> Result<Vec<RunEvent>> {
        self.append_all(run_id, after, at, kinds, Some(write)).await
    }

    async fn read(&self, run_id: RunId, after: u64) -> Result<Vec<RunEvent>> {
        // No run has as many events as an i64 counts, so a larger position is past every end.
        let stored_after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows =
            sqlx::query("SELECT seq, version, at, body FROM run_events WHERE run_id = ?1 AND seq > ?2 ORDER BY seq")
                .bind(run_id.to_string())
                .bind(stored_after)
                .fetch_all(&self.pool)
                .await
                .map_err(|error| failed(format!("reading events of run {run_id}"), error))?;
        if rows.is_empty() {
            let found = sqlx::query("SELECT 1 FROM runs WHERE run_id = ?1").bind(run_id.to_string());
            let found = found.fetch_optional(&self.pool).await;
            found
                .map_err(|error| failed(format!("looking up run {run_id}"), error))?
                .ok_or_else(|| unknown(run_id))?;
        }
        rows.iter()
            .zip(after.saturating_add(1)..)
            .map(|(row, seq)| record::event(run_id, seq, row))
            .collect()
    }

    async fn project(&self, run_id: RunId) -> Result<ProjectId> {
        let row = sqlx::query("SELECT project FROM runs WHERE run_id = ?1")
            .bind(run_id.to_string())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failed(format!("looking up run {run_id}"), error))?;
        record::project(&row.ok_or_else(|| unknown(run_id))?)
    }

    async fn list(&self, project: Option<&ProjectId>, limit: usize) -> Result<Vec<RunSummary>> {
        let rows = sqlx::query(
            "SELECT r.run_id, r.conversation_id, r.project, r.question, r.started_at, e.version, e.kind, e.outcome
             FROM runs r LEFT JOIN run_ends e ON e.run_id = r.run_id
             WHERE ?1 IS NULL OR r.project = ?1
             ORDER BY r.position DESC LIMIT ?2",
        )
        .bind(project.map(ProjectId::as_str))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failed("listing runs", error))?;
        rows.iter().map(record::summary).collect()
    }

    async fn active(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<RunId>> {
        let rows = sqlx::query(
            "SELECT run_id FROM runs r WHERE project = ?1 AND EXISTS
                 (SELECT 1 FROM run_events e WHERE e.run_id = r.run_id AND e.at >= ?2 AND e.at < ?3)
             ORDER BY position",
        )
        .bind(project.as_str())
        .bind(record::time_text(from))
        .bind(record::time_text(to))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failed(format!("listing the active runs of project {project}"), error))?;
        rows.iter().map(record::run_id).collect()
    }

    async fn conversation(&self, conversation_id: ConversationId) -> Result<Vec<RunId>> {
        let rows = sqlx::query("SELECT run_id FROM runs WHERE conversation_id = ?1 ORDER BY position")
            .bind(conversation_id.to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| failed(format!("listing the runs of conversation {conversation_id}"), error))?;
        rows.iter().map(record::run_id).collect()
    }

    async fn unfinished(&self) -> Result<Vec<RunId>> {
        let rows = sqlx::query(
            "SELECT run_id FROM runs r
             WHERE NOT EXISTS (SELECT 1 FROM run_ends e WHERE e.run_id = r.run_id) ORDER BY position",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failed("listing unfinished runs", error))?;
        rows.iter().map(record::run_id).collect()
    }

    async fn copy_to(&self, file: &Path) -> Result<bool> {
        let step = || format!("copying the run log to {}", file.display());
        let Some(name) = file.to_str() else {
            return Err(Error::new(Code::InvalidArgument, step()).with_hint("name a path that is text"));
        };
        let copied = sqlx::query("VACUUM INTO ?").bind(name).execute(&self.pool).await;
        copied.map_err(|error| failed(step(), error))?;
        Ok(true)
    }

    async fn heartbeat(&self, run_id: RunId, at: DateTime<Utc>) -> Result<()> {
        let step = || format!("recording that run {run_id} is alive");
        let (_turn, mut transaction) = self.begin().await?;
        let updated = sqlx::query("UPDATE runs SET heartbeat_at = ?2 WHERE run_id = ?1")
            .bind(run_id.to_string())
            .bind(record::time_text(at))
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        if updated.rows_affected() == 0 {
            return Err(unknown(run_id));
        }
        transaction.commit().await.map_err(|error| failed(step(), error))
    }
}

impl SqliteMeta {
    async fn append_all(
        &self,
        run_id: RunId,
        after: u64,
        at: DateTime<Utc>,
        kinds: Vec<RunEventKind>,
        write: Option<ObjectWrite>,
    ) -> Result<Vec<RunEvent>> {
        let bodies = kinds.iter().map(Body::of).collect::<Result<Vec<_>>>()?;
        let ends_early = kinds.iter().rev().skip(1).any(RunEventKind::is_terminal);
        let (_turn, mut transaction) = self.begin().await?;
        let position = position(&mut transaction, run_id).await?;
        if position.ended || ends_early {
            return Err(Error::new(
                Code::Conflict,
                format!("run {run_id} has ended, nothing comes after its end"),
            ));
        }
        if position.last != after {
            let message = format!("run {run_id} is at event {}, not at {after}", position.last);
            return Err(Error::new(Code::Conflict, message));
        }
        for (seq, body) in (after + 1..).zip(bodies) {
            insert(&mut transaction, run_id, seq, at, body).await?;
        }
        if let Some(write) = write {
            object_rows::write(&mut transaction, &write).await?;
        }
        transaction
            .commit()
            .await
            .map_err(|error| failed(format!("writing events of run {run_id}"), error))?;
        let event = |(seq, kind)| RunEvent {
            version: RUN_EVENT_VERSION,
            run_id,
            seq,
            at,
            kind,
        };
        Ok((after + 1..).zip(kinds).map(event).collect())
    }
}

async fn position(transaction: &mut Transaction<'static, Sqlite>, run_id: RunId) -> Result<Position> {
    let step = |error| failed(format!("looking up run {run_id}"), error);
    let row = sqlx::query(
        "SELECT (SELECT coalesce(max(seq), 0) FROM run_events e WHERE e.run_id = r.run_id) AS last,
                EXISTS (SELECT 1 FROM run_ends e WHERE e.run_id = r.run_id) AS ended
         FROM runs r WHERE r.run_id = ?1",
    )
    .bind(run_id.to_string())
    .fetch_optional(&mut **transaction)
    .await
    .map_err(step)?
    .ok_or_else(|| unknown(run_id))?;
    let last: i64 = row.try_get("last").map_err(step)?;
    let last = u64::try_from(last).map_err(|error| Error::caused(Code::Corrupt, "reading a run's position", error))?;
    Ok(Position {
        last,
        ended: row.try_get("ended").map_err(step)?,
    })
}

async fn insert(
    transaction: &mut Transaction<'static, Sqlite>,
    run_id: RunId,
    seq: u64,
    at: DateTime<Utc>,
    body: Body,
) -> Result<()> {
    let position = i64::try_from(seq).map_err(|error| Error::caused(Code::LimitExceeded, "counting events", error))?;
    sqlx::query("INSERT INTO run_events (run_id, seq, version, at, kind, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .bind(run_id.to_string())
        .bind(position)
        .bind(i64::from(RUN_EVENT_VERSION))
        .bind(record::time_text(at))
        .bind(body.kind)
        .bind(body.json)
        .execute(&mut **transaction)
        .await
        .map_err(|error| failed(format!("writing event {seq} of run {run_id}"), error))?;
    Ok(())
}

fn unknown(run_id: RunId) -> Error {
    Error::new(Code::UnknownName, format!("unknown run {run_id}"))
        .with_hint("`hedgerow runs list` shows those that exist")
}
