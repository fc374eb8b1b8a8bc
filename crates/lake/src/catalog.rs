//! A project's catalog: opening it, and bringing it to this version's form.

mod place;
mod reading;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use hedgerow_errors::{Code, Error, Result};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;

pub(crate) use self::reading::{Committed, committed, instant, newest_snapshot};
use crate::folder;
use crate::layout::{LakeColumn, Layout};
use crate::people;
use crate::sqlite_error::failed;
use crate::value_index;

/// The events table's id in every catalog.
pub(crate) const EVENTS_TABLE: i64 = 1;

/// The form of our own tables and indexes, kept as SQLite's `user_version`. Guests don't look at it.
const FORMAT: i64 = 2;

/// The form since which persons are known by keys that follow from their distinct ids, and values lie
/// in runs.
const PEOPLE_SINCE: i64 = 2;

/// What brings a catalog from each form to the next.
const STEPS: [&str; FORMAT as usize] = [
    include_str!("catalog/to_1.sql"),
    concat!(include_str!("catalog/to_2.sql"), include_str!("catalog/people.sql")),
];

/// The value of `PRAGMA synchronous` by which a commit also waits for the folder, where the journal
/// was: without it a crash of the machine can bring the journal back and undo the commit.
const EXTRA: i64 = 3;

/// Memory for pages, in SQLite's way: minus so many KiB. A chunk of an import changes some thousand pages,
/// and those that find no room are written, and waited for, before the commit.
const CACHE: &str = "-8192";

/// An open catalog.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    pub(crate) pool: SqlitePool,
}

impl Catalog {
    /// Opens the catalog of a project folder, making it if it does not exist.
    pub(crate) async fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path(folder))
            .create_if_missing(true)
            // A rollback journal, because a guest that attaches read-only can't open a WAL.
            .journal_mode(SqliteJournalMode::Delete)
            .synchronous(SqliteSynchronous::Extra)
            .pragma("cache_size", CACHE)
            .busy_timeout(std::time::Duration::from_secs(30));
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let catalog = Self {
            pool: pool.map_err(failed("cannot open the catalog"))?,
        };
        catalog.assert_durable().await?;
        catalog.bring_up_to_date(folder, now).await?;
        catalog.say_where(folder).await?;
        Ok(catalog)
    }

    /// The newest snapshot with its taxonomy.
    pub(crate) async fn committed(&self, folder: &Path) -> Result<Committed> {
        let mut transaction = self.begin().await?;
        reading::committed(&mut transaction, folder).await
    }

    /// A transaction for reading: all of one moment.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        self.pool
            .begin()
            .await
            .map_err(failed("cannot read the newest snapshot"))
    }

    /// A connection for reading.
    pub(crate) async fn acquire(&self) -> Result<PoolConnection<Sqlite>> {
        self.pool.acquire().await.map_err(failed("cannot open the catalog"))
    }

    /// SQLite answers a refused journal mode with the old one instead of an error, so it is asked again.
    async fn assert_durable(&self) -> Result<()> {
        let step = failed("cannot read the catalog's settings");
        let mut connection = self.pool.acquire().await.map_err(&step)?;
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
            .fetch_one(&mut *connection)
            .await
            .map_err(&step)?;
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(&mut *connection)
            .await
            .map_err(&step)?;
        if journal == "delete" && synchronous == EXTRA {
            return Ok(());
        }
        let message = format!(
            "the catalog's journal_mode is {journal} and synchronous is {synchronous}, so a commit may be lost"
        );
        Err(Error::new(Code::Io, message).with_hint("keep the data folder on a local file system"))
    }

    /// Makes what a new catalog lacks, and adds to an old one what has come since.
    async fn bring_up_to_date(&self, folder: &Path, now: DateTime<Utc>) -> Result<()> {
        if format(&self.pool).await? == FORMAT {
            return Ok(());
        }
        let step = failed("cannot bring the catalog up to date");
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(&step)?;
        let found = format(&mut *transaction).await?;
        if !(0..=FORMAT).contains(&found) {
            let message = format!("the catalog's form is {found}, and this version knows forms up to {FORMAT}");
            return Err(Error::new(Code::Corrupt, message)
                .with_hint("a newer Hedgerow has used this data folder: upgrade this one"));
        }
        let tables = "SELECT count(*) FROM sqlite_master WHERE name = 'ducklake_metadata'";
        let tables: i64 = sqlx::query_scalar(tables)
            .fetch_one(&mut *transaction)
            .await
            .map_err(&step)?;
        if tables == 0 {
            create(&mut transaction, folder, now).await?;
        }
        for (statements, to) in STEPS.iter().zip(1_i64..).filter(|(_, to)| *to > found) {
            let run = sqlx::raw_sql(*statements).execute(&mut *transaction).await;
            run.map_err(|error| not_unique(step(error)))?;
            if to == PEOPLE_SINCE {
                people::migrate(&mut transaction).await?;
                value_index::migrate(&mut transaction).await?;
            }
            sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA user_version = {to}")))
                .execute(&mut *transaction)
                .await
                .map_err(&step)?;
        }
        transaction.commit().await.map_err(&step)?;
        folder::sync(folder)
    }
}

/// An index that must be unique and can't be, because of what is there.
fn not_unique(error: Error) -> Error {
    if error.code() != Code::Conflict {
        return error;
    }
    Error::caused(Code::Corrupt, "the catalog has a column or a property twice", error)
        .with_hint("put the project's folder back from a backup, or import its logs into a new project")
}

async fn format(executor: impl sqlx::SqliteExecutor<'_>) -> Result<i64> {
    let read = sqlx::query_scalar("PRAGMA user_version").fetch_one(executor).await;
    read.map_err(failed("cannot read the catalog's form"))
}

/// The tables of a catalog without events.
async fn create(transaction: &mut SqliteConnection, folder: &Path, now: DateTime<Utc>) -> Result<()> {
    let step = failed("cannot create the catalog");
    sqlx::raw_sql(include_str!("catalog/schema.sql"))
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    // Guests find the files by this path; we go by the folder that we open.
    let data_path = place::data_path(folder);
    let created_by = concat!("Hedgerow ", env!("CARGO_PKG_VERSION"));
    for (key, value) in [
        ("version", "1.0"),
        ("created_by", created_by),
        ("data_path", data_path.as_str()),
        ("encrypted", "false"),
    ] {
        sqlx::query("INSERT INTO ducklake_metadata(key, value) VALUES (?, ?)")
            .bind(key)
            .bind(value)
            .execute(&mut *transaction)
            .await
            .map_err(&step)?;
    }
    let time = snapshot_time(now);
    let statements = [
        "INSERT INTO ducklake_snapshot VALUES (0, ?1, 0, 1, 0)",
        "INSERT INTO ducklake_snapshot VALUES (1, ?1, 1, 2, 0)",
    ];
    for statement in statements {
        sqlx::query(statement)
            .bind(&time)
            .execute(&mut *transaction)
            .await
            .map_err(&step)?;
    }
    sqlx::raw_sql(
        "INSERT INTO ducklake_snapshot_changes(snapshot_id, changes_made) VALUES (0, 'created_schema:\"main\"'), (1, 'created_table:\"main\".\"events\"');
         INSERT INTO ducklake_schema_versions VALUES (1, 1, 1);
         INSERT INTO ducklake_table_stats VALUES (1, 0, 0, 0);",
    )
    .execute(&mut *transaction)
    .await
    .map_err(&step)?;
    sqlx::query("INSERT INTO ducklake_schema VALUES (0, ?, 0, NULL, 'main', 'main/', 1)")
        .bind(Uuid::now_v7().to_string())
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    sqlx::query("INSERT INTO ducklake_table VALUES (1, ?, 1, NULL, 0, 'events', 'events/', 1)")
        .bind(Uuid::now_v7().to_string())
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    for column in &Layout::fixed().columns {
        insert_column(transaction, column, 1).await?;
    }
    Ok(())
}

/// Where a project's catalog lies; a folder without one is no project.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("catalog.sqlite")
}

/// Where a project's event files lie; `main/` and `events/` are the catalog's schema and table paths.
pub(crate) fn events_folder(folder: &Path) -> PathBuf {
    folder.join("data").join("main").join("events")
}

/// A time in the catalog's form.
pub(crate) fn snapshot_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}

/// Adds a column to the events table from a snapshot on.
pub(crate) async fn insert_column(
    transaction: &mut SqliteConnection,
    column: &LakeColumn,
    snapshot_id: i64,
) -> Result<()> {
    let statement =
        "INSERT INTO ducklake_column VALUES (?1, ?2, NULL, 1, ?1, ?3, ?4, NULL, 'NULL', 1, NULL, 'literal', 'duckdb')";
    sqlx::query(statement)
        .bind(column.id)
        .bind(snapshot_id)
        .bind(&column.name)
        .bind(column.kind.ducklake_type())
        .execute(transaction)
        .await
        .map_err(failed("cannot add a column"))?;
    Ok(())
}
