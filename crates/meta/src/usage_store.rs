//! Calls and feedback over SQLite.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{CallRecord, Feedback, UsageStore};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, RunId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;

use crate::database::failed;
use crate::record::{column, id, time, time_text};
use crate::sqlite::SqliteMeta;

#[async_trait]
impl UsageStore for SqliteMeta {
    async fn add_calls(&self, calls: Vec<CallRecord>, recorded_at: DateTime<Utc>) -> Result<()> {
        let step = || "recording calls";
        let (_turn, mut transaction) = self.begin().await?;
        for call in calls {
            let error = call.error.as_ref().map(serde_json::to_string).transpose();
            let error = error.map_err(|error| Error::caused(Code::Internal, "writing a report as JSON", error))?;
            sqlx::query(
                "INSERT INTO tool_calls (project, tool, surface, at, recorded_at, ms, ended, error, argument_tokens,
                     result_tokens, run_id, searched)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )
            .bind(call.project.as_str())
            .bind(&call.tool)
            .bind(word(&call.surface)?)
            .bind(time_text(call.at))
            .bind(time_text(recorded_at))
            .bind(call.ms.map(number))
            .bind(call.end.as_str())
            .bind(error)
            .bind(number(call.argument_tokens))
            .bind(number(call.result_tokens))
            .bind(call.run_id.map(|run_id| run_id.to_string()))
            .bind(&call.searched)
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        }
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn calls(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<CallRecord>> {
        let rows = sqlx::query(
            "SELECT project, tool, surface, at, ms, ended, error, argument_tokens, result_tokens, run_id, searched
             FROM tool_calls WHERE project = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, position",
        )
        .bind(project.as_str())
        .bind(time_text(from))
        .bind(time_text(to))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failed(format!("listing the calls of project {project}"), error))?;
        rows.iter().map(call).collect()
    }

    async fn forget_calls(&self, before: DateTime<Utc>) -> Result<u64> {
        let step = || "forgetting old calls";
        let (_turn, mut transaction) = self.begin().await?;
        let forgotten = sqlx::query("DELETE FROM tool_calls WHERE recorded_at < ?1")
            .bind(time_text(before))
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        transaction.commit().await.map_err(|error| failed(step(), error))?;
        Ok(forgotten.rows_affected())
    }

    async fn give_feedback(&self, feedback: Feedback) -> Result<()> {
        let step = || format!("keeping feedback on run {}", feedback.run_id);
        let (_turn, mut transaction) = self.begin().await?;
        sqlx::query(
            "INSERT INTO feedback (run_id, person, project, at, rating, text, call_id, figure)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (run_id, person) DO UPDATE
             SET at = ?4, rating = ?5, text = ?6, call_id = ?7, figure = ?8",
        )
        .bind(feedback.run_id.to_string())
        .bind(&feedback.person)
        .bind(feedback.project.as_str())
        .bind(time_text(feedback.at))
        .bind(feedback.rating.as_str())
        .bind(&feedback.text)
        .bind(feedback.call_id.map(|call_id| call_id.to_string()))
        .bind(feedback.figure)
        .execute(&mut *transaction)
        .await
        .map_err(|error| failed(step(), error))?;
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn feedback_of(&self, run_id: RunId) -> Result<Vec<Feedback>> {
        let rows = sqlx::query("SELECT * FROM feedback WHERE run_id = ?1 ORDER BY at, person")
            .bind(run_id.to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| failed(format!("reading feedback on run {run_id}"), error))?;
        rows.iter().map(feedback).collect()
    }

    async fn feedback(&self, project: &ProjectId, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Feedback>> {
        let rows =
            sqlx::query("SELECT * FROM feedback WHERE project = ?1 AND at >= ?2 AND at < ?3 ORDER BY at DESC, person")
                .bind(project.as_str())
                .bind(time_text(from))
                .bind(time_text(to))
                .fetch_all(&self.pool)
                .await
                .map_err(|error| failed(format!("reading feedback of project {project}"), error))?;
        rows.iter().map(feedback).collect()
    }
}

/// Counts are far below what an `i64` holds.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn call(row: &SqliteRow) -> Result<CallRecord> {
    let count = |name: &str| -> Result<u64> { unsigned(column::<i64>(row, name)?) };
    let error = column::<Option<&str>>(row, "error")?;
    let error = error.map(serde_json::from_str).transpose();
    Ok(CallRecord {
        project: id(row, "project")?,
        tool: column(row, "tool")?,
        surface: named(column(row, "surface")?)?,
        at: time(column(row, "at")?)?,
        ms: column::<Option<i64>>(row, "ms")?.map(unsigned).transpose()?,
        end: named(column(row, "ended")?)?,
        error: error.map_err(unreadable)?,
        argument_tokens: count("argument_tokens")?,
        result_tokens: count("result_tokens")?,
        run_id: optional_id(row, "run_id")?,
        searched: column(row, "searched")?,
    })
}

fn feedback(row: &SqliteRow) -> Result<Feedback> {
    Ok(Feedback {
        run_id: id(row, "run_id")?,
        project: id(row, "project")?,
        person: column(row, "person")?,
        at: time(column(row, "at")?)?,
        rating: named(column(row, "rating")?)?,
        text: column(row, "text")?,
        call_id: optional_id(row, "call_id")?,
        figure: column(row, "figure")?,
    })
}

fn optional_id<T: std::str::FromStr<Err = hedgerow_ids::InvalidId>>(row: &SqliteRow, name: &str) -> Result<Option<T>> {
    column::<Option<&str>>(row, name)?.map(|_| id(row, name)).transpose()
}

fn unsigned(stored: i64) -> Result<u64> {
    u64::try_from(stored).map_err(unreadable)
}

/// The wire name of a value without fields.
fn word(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(Error::internal("a value of a call has no name")),
    }
}

/// The value of a wire name.
fn named<T: DeserializeOwned>(word: &str) -> Result<T> {
    serde_json::from_value(Value::from(word)).map_err(unreadable)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::caused(Code::Corrupt, "reading what is kept of usage", error)
}
