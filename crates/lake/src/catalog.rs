//! A project's catalog: opening it, and reading its newest snapshot.

use std::path::Path;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{EventDefinition, PropertyDefinition, Taxonomy, ValueCount, ValueList, ValueType};
use hedgerow_errors::{Code, Error, Result};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use uuid::Uuid;

use crate::layout::{ColumnKind, LakeColumn, Layout};
use crate::view::{LakeFile, LakeView};

/// The events table's id in every catalog.
pub(crate) const EVENTS_TABLE: i64 = 1;

/// A failed statement as an error that names the step.
pub(crate) fn failed(step: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |error| Error::caused(Code::Io, step, error)
}

/// An open catalog.
#[derive(Debug, Clone)]
pub(crate) struct Catalog {
    pub(crate) pool: SqlitePool,
}

impl Catalog {
    /// Opens the catalog of a project folder, making it if it does not exist.
    pub(crate) async fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("catalog.sqlite"))
            .create_if_missing(true)
            // A rollback journal, because a guest that attaches read-only can't open a WAL.
            .journal_mode(SqliteJournalMode::Delete)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(std::time::Duration::from_secs(30));
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await;
        let catalog = Self {
            pool: pool.map_err(failed("cannot open the catalog"))?,
        };
        let tables = "SELECT count(*) FROM sqlite_master WHERE name = 'ducklake_metadata'";
        let existing: i64 = sqlx::query_scalar(tables)
            .fetch_one(&catalog.pool)
            .await
            .map_err(failed("cannot read the catalog"))?;
        if existing == 0 {
            catalog.create(folder, now).await?;
        }
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
            .fetch_one(&catalog.pool)
            .await
            .map_err(failed("cannot read the catalog's settings"))?;
        if synchronous < 2 {
            return Err(Error::internal("the catalog does not wait for the disk"));
        }
        Ok(catalog)
    }

    async fn create(&self, folder: &Path, now: DateTime<Utc>) -> Result<()> {
        let step = failed("cannot create the catalog");
        let mut transaction = self.pool.begin().await.map_err(&step)?;
        sqlx::raw_sql(include_str!("catalog/schema.sql"))
            .execute(&mut *transaction)
            .await
            .map_err(&step)?;
        // Guests find the files by this path; we go by the folder that we open.
        let data_path = format!("{}/", folder.join("data").display());
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
            insert_column(&mut transaction, column, 1).await?;
        }
        transaction.commit().await.map_err(&step)
    }

    /// The newest snapshot.
    pub(crate) async fn view(&self, folder: &Path) -> Result<LakeView> {
        let step = failed("cannot read the newest snapshot");
        let mut connection = self.pool.begin().await.map_err(&step)?;
        let snapshot_id: i64 = sqlx::query_scalar("SELECT max(snapshot_id) FROM ducklake_snapshot")
            .fetch_one(&mut *connection)
            .await
            .map_err(&step)?;
        let columns = sqlx::query(
            "SELECT c.column_id, c.column_name, c.column_type, p.key FROM ducklake_column c
             LEFT JOIN hedgerow_property p USING (column_id)
             WHERE c.table_id = 1 AND c.end_snapshot IS NULL ORDER BY c.column_id",
        );
        let columns = columns.fetch_all(&mut *connection).await.map_err(&step)?;
        let columns = columns.iter().map(|row| {
            let kind = ColumnKind::from_ducklake_type(row.get(2))?;
            Ok(LakeColumn {
                id: row.get(0),
                name: row.get(1),
                key: row.get(3),
                kind,
            })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let files = sqlx::query(
            "SELECT f.data_file_id, f.path, f.file_size_bytes, f.record_count, h.day, h.first_us, h.last_us
             FROM ducklake_data_file f JOIN hedgerow_data_file h USING (data_file_id)
             WHERE f.table_id = 1 AND f.end_snapshot IS NULL ORDER BY h.day, f.data_file_id",
        );
        let files = files.fetch_all(&mut *connection).await.map_err(&step)?;
        let data = events_folder(folder);
        let files = files.iter().map(|row| LakeFile {
            id: row.get(0),
            path: data.join(row.get::<String, _>(1)),
            size: row.get::<i64, _>(2).unsigned_abs(),
            rows: row.get::<i64, _>(3).unsigned_abs(),
            day: row.get(4),
            first_us: row.get(5),
            last_us: row.get(6),
        });
        let files = files.collect();
        let schema = Layout {
            columns: columns.clone(),
        }
        .schema();
        Ok(LakeView {
            snapshot_id,
            columns,
            schema,
            files,
            memory: Vec::new(),
        })
    }

    /// Events and properties as of the newest snapshot.
    pub(crate) async fn taxonomy(&self, snapshot_id: i64) -> Result<Taxonomy> {
        let step = failed("cannot read the taxonomy");
        let events = sqlx::query("SELECT name, count, first_us, last_us FROM hedgerow_event ORDER BY count DESC, name");
        let events = events.fetch_all(&self.pool).await.map_err(&step)?;
        let events = events.iter().map(|row| EventDefinition {
            name: row.get(0),
            count: row.get::<i64, _>(1).unsigned_abs(),
            first_seen: instant(row.get(2)),
            last_seen: instant(row.get(3)),
        });
        let properties = sqlx::query(
            "SELECT key, column_name, value_type, count, values_complete FROM hedgerow_property ORDER BY key",
        );
        let properties = properties.fetch_all(&self.pool).await.map_err(&step)?;
        let properties = properties.iter().map(|row| {
            Ok(PropertyDefinition {
                key: row.get(0),
                column: row.get(1),
                value_type: value_type(row.get(2))?,
                count: row.get::<i64, _>(3).unsigned_abs(),
                values_complete: row.get::<i64, _>(4) == 1,
            })
        });
        Ok(Taxonomy {
            snapshot_id,
            events: events.collect(),
            properties: properties.collect::<Result<_>>()?,
        })
    }

    /// Values of a property that contain a text.
    pub(crate) async fn values(&self, key: &str, search: &str, limit: usize) -> Result<ValueList> {
        let step = failed("cannot read property values");
        let property = sqlx::query("SELECT column_id, values_complete FROM hedgerow_property WHERE key = ?").bind(key);
        let property = property.fetch_one(&self.pool).await.map_err(&step)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX - 1);
        let rows = sqlx::query(
            "SELECT value, count FROM hedgerow_value WHERE column_id = ?1 AND (?2 = '' OR instr(lower(value), lower(?2)) > 0)
             ORDER BY count DESC, value LIMIT ?3",
        );
        let rows = rows
            .bind(property.get::<i64, _>(0))
            .bind(search)
            .bind(limit.saturating_add(1));
        let rows = rows.fetch_all(&self.pool).await.map_err(&step)?;
        let mut values: Vec<ValueCount> = rows
            .iter()
            .map(|row| ValueCount {
                value: row.get(0),
                count: row.get::<i64, _>(1).unsigned_abs(),
            })
            .collect();
        let cut = values.len() as i64 > limit;
        values.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(ValueList {
            values,
            complete: !cut && property.get::<i64, _>(1) == 1,
        })
    }
}

/// Where a project's event files lie; `main/` and `events/` are the catalog's schema and table paths.
pub(crate) fn events_folder(folder: &Path) -> std::path::PathBuf {
    folder.join("data").join("main").join("events")
}

/// A time in the catalog's form.
pub(crate) fn snapshot_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}

/// Adds a column to the events table from a snapshot on.
pub(crate) async fn insert_column(
    transaction: &mut sqlx::SqliteConnection,
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

fn instant(us: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(us).unwrap_or_default()
}

fn value_type(name: &str) -> Result<ValueType> {
    let all = [
        ValueType::String,
        ValueType::Integer,
        ValueType::Double,
        ValueType::Boolean,
    ];
    let found = all.into_iter().find(|value_type| value_type.as_str() == name);
    found.ok_or_else(|| {
        Error::new(
            Code::Corrupt,
            format!("the catalog has a property of unknown type {name:?}"),
        )
    })
}
