//! Run events and runs as rows.

use chrono::{DateTime, SecondsFormat, Utc};
use hedgerow_agent_api::{RUN_EVENT_VERSION, RunEvent, RunEventKind, RunStatus, RunSummary};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, RunId};
use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::failed;

/// An event's `kind` and `body`.
pub(crate) struct Body {
    pub(crate) kind: String,
    pub(crate) json: String,
}

impl Body {
    pub(crate) fn of(event: &RunEventKind) -> Result<Self> {
        let as_json = |error| Error::caused(Code::Internal, "writing a run event as JSON", error);
        let value = serde_json::to_value(event).map_err(as_json)?;
        let Some(kind) = value.get("kind").and_then(Value::as_str) else {
            return Err(Error::internal("a run event has no kind"));
        };
        Ok(Self {
            kind: kind.to_owned(),
            json: value.to_string(),
        })
    }
}

/// A time as it is stored: text whose order is the order of time.
pub(crate) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// Reads `seq, version, at, body`; the event must be the one at position `expected`.
pub(crate) fn event(run_id: RunId, expected: u64, row: &SqliteRow) -> Result<RunEvent> {
    let seq: i64 = column(row, "seq")?;
    if u64::try_from(seq) != Ok(expected) {
        return Err(Error::new(
            Code::Corrupt,
            format!("run {run_id}: event {expected} is missing before event {seq}"),
        ));
    }
    let version = known_version(run_id, column(row, "version")?)?;
    let at = time(column(row, "at")?)?;
    let body: &str = column(row, "body")?;
    let unreadable = |error| {
        Error::caused(
            Code::Corrupt,
            format!("run {run_id}: event {seq} is not readable"),
            error,
        )
    };
    let kind = serde_json::from_str(body).map_err(unreadable)?;
    Ok(RunEvent {
        version,
        run_id,
        seq: expected,
        at,
        kind,
    })
}

/// Reads a run with the `version`, `kind` and `outcome` of its terminal event, where it has one.
pub(crate) fn summary(row: &SqliteRow) -> Result<RunSummary> {
    let run_id = run_id(row)?;
    if let Some(version) = column::<Option<i64>>(row, "version")? {
        known_version(run_id, version)?;
    }
    let status = match (
        column::<Option<&str>>(row, "kind")?,
        column::<Option<&str>>(row, "outcome")?,
    ) {
        (None, _) => RunStatus::Running,
        (Some("completed"), Some("answered")) => RunStatus::Answered,
        (Some("completed"), Some("refused")) => RunStatus::Refused,
        (Some("awaiting_user"), _) => RunStatus::Asked,
        (Some("failed"), _) => RunStatus::Failed,
        (Some("cancelled"), _) => RunStatus::Cancelled,
        (Some(kind), outcome) => {
            let message = format!("run {run_id}: its end {kind} has an unknown outcome {outcome:?}");
            return Err(Error::new(Code::Corrupt, message));
        }
    };
    Ok(RunSummary {
        run_id,
        conversation_id: id(row, "conversation_id")?,
        project: id(row, "project")?,
        question: column(row, "question")?,
        status,
        started_at: time(column(row, "started_at")?)?,
    })
}

/// Reads the column `run_id`.
pub(crate) fn run_id(row: &SqliteRow) -> Result<RunId> {
    id(row, "run_id")
}

/// Reads the column `project`.
pub(crate) fn project(row: &SqliteRow) -> Result<ProjectId> {
    id(row, "project")
}

fn known_version(run_id: RunId, version: i64) -> Result<u32> {
    match u32::try_from(version) {
        Ok(version) if version <= RUN_EVENT_VERSION => Ok(version),
        _ => {
            let message =
                format!("run {run_id} has events of version {version}, this program knows {RUN_EVENT_VERSION}");
            Err(Error::new(Code::Corrupt, message).with_hint("a newer Hedgerow wrote this run: upgrade this one"))
        }
    }
}

pub(crate) fn id<T: std::str::FromStr<Err = hedgerow_ids::InvalidId>>(row: &SqliteRow, name: &str) -> Result<T> {
    let unreadable = |error| Error::caused(Code::Corrupt, format!("reading {name}"), error);
    column::<&str>(row, name)?.parse().map_err(unreadable)
}

/// Reads a stored time.
pub(crate) fn time(text: &str) -> Result<DateTime<Utc>> {
    let unreadable = |error| Error::caused(Code::Corrupt, format!("reading the time {text:?}"), error);
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&Utc))
        .map_err(unreadable)
}

/// Reads a column.
pub(crate) fn column<'r, T>(row: &'r SqliteRow, name: &str) -> Result<T>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(name)
        .map_err(|error| failed(format!("reading {name}"), error))
}
