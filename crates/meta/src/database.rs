//! Opening the file, and what its errors mean.

use std::path::Path;
use std::time::Duration;

use hedgerow_errors::{Code, Error, Result};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Writers queue before the pool, so these are one for the writer and the rest for readers.
const CONNECTIONS: u32 = 5;
/// The value of `PRAGMA synchronous` that makes a commit reach the disk.
const SYNCHRONOUS_FULL: i64 = 2;

/// Opens or makes a database file and brings its tables up to date.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool> {
    let step = || format!("opening {}", path.display());
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect_with(options)
        .await;
    let pool = pool.map_err(|error| failed(step(), error))?;
    assert_durable(&pool)
        .await
        .map_err(|error| Error::caused(error.code(), step(), error))?;
    MIGRATIONS
        .run(&pool)
        .await
        .map_err(|error| migration_failed(&step(), error))?;
    Ok(pool)
}

/// SQLite answers a refused journal mode with the old one instead of an error, so it is asked again.
async fn assert_durable(pool: &SqlitePool) -> Result<()> {
    let mut connection = pool.acquire().await.map_err(|error| failed("connecting", error))?;
    let ask = |error| failed("reading the journal's settings", error);
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await
        .map_err(ask)?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut *connection)
        .await
        .map_err(ask)?;
    if journal == "wal" && synchronous == SYNCHRONOUS_FULL {
        return Ok(());
    }
    let message = format!("journal_mode is {journal} and synchronous is {synchronous}, so a commit may be lost");
    Err(Error::new(Code::Io, message).with_hint("keep the data folder on a local file system"))
}

fn migration_failed(step: &str, error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::VersionTooOld(..) => {
            Error::caused(
                Code::Corrupt,
                format!("{step}: its tables are not of this version"),
                error,
            )
            .with_hint("a newer Hedgerow has used this data folder: upgrade this one")
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            failed(format!("{step}: bringing its tables up to date"), error)
        }
        other => Error::caused(Code::Internal, format!("{step}: bringing its tables up to date"), other),
    }
}

/// A failed step on the database, its code from SQLite's own.
pub(crate) fn failed(step: impl Into<String>, error: sqlx::Error) -> Error {
    let code = match &error {
        sqlx::Error::Database(refused) => code_of(refused.code().as_deref()),
        sqlx::Error::PoolTimedOut => Code::Busy,
        sqlx::Error::PoolClosed => Code::Unavailable,
        sqlx::Error::Io(_) => Code::Io,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Code::Corrupt,
        _ => Code::Internal,
    };
    Error::caused(code, step, error)
}

fn code_of(extended: Option<&str>) -> Code {
    let extended = extended.and_then(|code| code.parse::<u32>().ok());
    extended.map_or(Code::Internal, Code::of_sqlite)
}
