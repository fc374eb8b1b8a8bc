//! One catalog transaction: files come, files go, columns and counts with them, as a new snapshot.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;
use sqlx::{Sqlite, SqliteConnection, Transaction};
use tokio::sync::MutexGuard;
use uuid::Uuid;

use crate::catalog::{self, EVENTS_TABLE, insert_column, snapshot_time};
use crate::counts::Counts;
use crate::days::day_of;
use crate::files::Stage;
use crate::layout::{LakeColumn, Layout};
use crate::parquet_file::NewFile;
use crate::people::{self, Known, PeopleChanges};
use crate::project::Project;
use crate::sqlite_error::failed;
use crate::touches::Touch;

/// What a commit does.
pub(crate) struct Commit<'a> {
    /// What is there to say beside the files.
    pub(crate) said: Said<'a>,
    /// Files that are on disk.
    pub(crate) added: &'a [NewFile],
    /// Ids of files whose rows are in the added ones.
    pub(crate) replaced: &'a [i64],
    /// Segments of the write-ahead log whose events are in the added files.
    pub(crate) segments: &'a [Uuid],
}

/// What a commit says of events, which can be said while their files are still written.
pub(crate) struct Said<'a> {
    /// The columns afterwards.
    pub(crate) layout: &'a Layout,
    /// What becomes of persons and groups.
    pub(crate) people: People<'a>,
    /// What the added files have that was not counted before.
    pub(crate) counts: Vec<Arc<Counts>>,
}

/// What a commit does to persons and groups.
#[derive(Clone, Copy)]
pub(crate) enum People<'a> {
    /// What its events say of them.
    Told(&'a PeopleChanges),
    /// Nothing.
    Left,
    /// The transaction has changed them by itself.
    Changed,
}

/// The right to change the catalog: nobody else does until it is dropped, and the view shows all that
/// was committed before.
///
/// It is taken before the right to write, never after: another program may keep it waiting, and
/// small appends go on meanwhile.
pub(crate) struct Committing<'a> {
    pub(crate) transaction: Transaction<'static, Sqlite>,
    known: MutexGuard<'a, Known>,
}

/// Waits for the right to change the catalog.
pub(crate) async fn begin(project: &Project) -> Result<Committing<'_>> {
    let known = project.committing.lock().await;
    let begun = project.catalog.pool.begin_with("BEGIN IMMEDIATE").await;
    let mut transaction = begun.map_err(failed("cannot begin a commit"))?;
    // A commit may have come without our knowing, one whose outcome was not seen.
    if catalog::newest_snapshot(&mut transaction).await? != project.committed().snapshot_id {
        project.adopt(catalog::committed(&mut transaction, &project.folder).await?);
    }
    Ok(Committing { transaction, known })
}

/// A commit in which all is said; its files are missing.
pub(crate) struct Prepared<'a> {
    committing: Committing<'a>,
    newest: Newest,
    /// Whether there are other columns than before.
    altered: bool,
    counts: Vec<Arc<Counts>>,
    touched: Touch,
}

/// What the newest snapshot says that the next one goes on from.
#[derive(sqlx::FromRow)]
struct Newest {
    snapshot_id: i64,
    schema_version: i64,
    next_catalog_id: i64,
    next_file_id: i64,
}

/// Commits, and makes the new snapshot the one that readers get. Returns the added files' ids, in
/// their order.
pub(crate) async fn commit(
    project: &Project,
    committing: Committing<'_>,
    commit: Commit<'_>,
    now: DateTime<Utc>,
) -> Result<Range<i64>> {
    let known = &project.committed().segments;
    if commit.segments.iter().any(|segment| known.contains(segment)) {
        return Err(Error::new(Code::Conflict, "these events are in files already"));
    }
    let Said { layout, people, counts } = commit.said;
    let mut prepared = prepare(project, committing, layout, people).await?;
    for counts in counts {
        prepared.count(project, layout, counts).await?;
    }
    finish(project, prepared, (commit.added, commit.replaced), commit.segments, now).await
}

/// Says in the transaction what columns there are, and what events say of persons and groups.
pub(crate) async fn prepare<'a>(
    project: &Project,
    mut committing: Committing<'a>,
    layout: &Layout,
    people: People<'_>,
) -> Result<Prepared<'a>> {
    let transaction = &mut committing.transaction;
    let newest = "SELECT snapshot_id, schema_version, next_catalog_id, next_file_id FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1";
    let newest = sqlx::query_as(newest).fetch_one(&mut **transaction).await;
    let newest: Newest = newest.map_err(failed("cannot read the newest snapshot"))?;
    let known = &project.committed().columns;
    let altered = columns(transaction, known, layout, newest.snapshot_id + 1).await?;
    table_stats(transaction, layout).await?;
    let known = &mut *committing.known;
    known.at(project.committed().snapshot_id);
    let touched = match people {
        People::Told(changes) if !changes.is_empty() => {
            let applied = people::apply_to_known(transaction, changes, known).await?;
            Touch::These(applied.touched)
        }
        People::Told(_) | People::Left => Touch::These(Vec::new()),
        People::Changed => {
            *known = Known::default();
            Touch::Anyone
        }
    };
    Ok(Prepared {
        committing,
        newest,
        altered,
        counts: Vec::new(),
        touched,
    })
}

impl Prepared<'_> {
    /// Says what is counted of events.
    pub(crate) async fn count(&mut self, project: &Project, layout: &Layout, counts: Arc<Counts>) -> Result<()> {
        let most = project.settings.listed_values;
        counts
            .add(&mut self.committing.transaction, &layout.columns, most)
            .await?;
        self.counts.push(counts);
        Ok(())
    }
}

/// Makes files known that come and go, and commits.
pub(crate) async fn finish(
    project: &Project,
    prepared: Prepared<'_>,
    (added, replaced): (&[NewFile], &[i64]),
    segments: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Range<i64>> {
    project.files.stage(Stage::Commit);
    let Prepared {
        mut committing,
        newest,
        altered,
        counts,
        touched,
    } = prepared;
    let transaction = &mut committing.transaction;
    let ids = newest.next_file_id..newest.next_file_id + added.len() as i64;
    let next = Newest {
        snapshot_id: newest.snapshot_id + 1,
        schema_version: newest.schema_version + i64::from(altered),
        next_file_id: ids.end,
        ..newest
    };
    snapshot(transaction, &next, (altered, !replaced.is_empty()), segments, now).await?;
    files(transaction, &next, added.iter().zip(ids.clone()), replaced).await?;
    // Read before it is committed, so that nothing lies between the commit and the view that shows it.
    let fresh = catalog::committed(transaction, &project.folder).await?;
    // Before it is committed, too: whoever reads the new snapshot finds here what is another in it.
    project.touched().note(fresh.snapshot_id, touched);
    if let Err(error) = committing.transaction.commit().await {
        project.touched().forget();
        // It may have happened all the same. Where that can't be read, the next reader tries again.
        if let Err(unread) = project.follow().await {
            tracing::warn!("the outcome of a commit could not be read yet: {}", unread.chain());
        }
        return Err(failed("cannot commit")(error));
    }
    committing.known.committed(fresh.snapshot_id);
    project.values.follow(fresh.snapshot_id, counts);
    project.adopt(fresh);
    project.files.stage(Stage::Committed);
    Ok(ids)
}

/// Adds a snapshot, and what it changes.
async fn snapshot(
    transaction: &mut SqliteConnection,
    next: &Newest,
    (altered, replaces): (bool, bool),
    segments: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    let step = failed("cannot register a snapshot");
    sqlx::query("INSERT INTO ducklake_snapshot VALUES (?, ?, ?, ?, ?)")
        .bind(next.snapshot_id)
        .bind(snapshot_time(now))
        .bind(next.schema_version)
        .bind(next.next_catalog_id)
        .bind(next.next_file_id)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    let mut changes: Vec<&str> = Vec::new();
    changes.extend(altered.then_some("altered_table:1"));
    changes.push(if replaces {
        "compacted_table:1"
    } else {
        "inserted_into_table:1"
    });
    let extra = (!segments.is_empty()).then(|| json!({ "segments": segments }).to_string());
    sqlx::query("INSERT INTO ducklake_snapshot_changes(snapshot_id, changes_made, commit_extra_info) VALUES (?, ?, ?)")
        .bind(next.snapshot_id)
        .bind(changes.join(","))
        .bind(extra)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    if altered {
        sqlx::query("INSERT INTO ducklake_schema_versions VALUES (?, ?, 1)")
            .bind(next.snapshot_id)
            .bind(next.schema_version)
            .execute(&mut *transaction)
            .await
            .map_err(&step)?;
    }
    Ok(())
}

/// Registers files that come, with their ids, and ends those that go.
async fn files<'a>(
    transaction: &mut SqliteConnection,
    next: &Newest,
    added: impl Iterator<Item = (&'a NewFile, i64)>,
    replaced: &[i64],
) -> Result<()> {
    let step = failed("cannot register files");
    let next_row = "SELECT next_row_id FROM ducklake_table_stats WHERE table_id = 1";
    let next_row = sqlx::query_scalar(next_row).fetch_one(&mut *transaction).await;
    let mut next_row: i64 = next_row.map_err(&step)?;
    let (gone_rows, gone_bytes) = replace(transaction, replaced, next.snapshot_id).await?;
    let (mut rows, mut bytes) = (-gone_rows, -gone_bytes);
    for (file, id) in added {
        register_file(transaction, file, id, next.snapshot_id, next_row).await?;
        next_row += file.rows as i64;
        rows += file.rows as i64;
        bytes += file.size as i64;
    }
    sqlx::query("UPDATE ducklake_table_stats SET record_count = record_count + ?, next_row_id = ?, file_size_bytes = file_size_bytes + ? WHERE table_id = 1")
        .bind(rows)
        .bind(next_row)
        .bind(bytes)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    Ok(())
}

/// Adds new columns, and gives others their new type. Says whether the table's schema is another.
async fn columns(
    transaction: &mut SqliteConnection,
    before: &[LakeColumn],
    layout: &Layout,
    snapshot_id: i64,
) -> Result<bool> {
    let step = failed("cannot register columns");
    let known: HashMap<i64, &LakeColumn> = before.iter().map(|column| (column.id, column)).collect();
    let mut altered = false;
    for column in &layout.columns {
        let old = known.get(&column.id);
        if old.is_some_and(|old| old.kind == column.kind) {
            continue;
        }
        if column.stored {
            altered = true;
            sqlx::query("UPDATE ducklake_column SET end_snapshot = ? WHERE table_id = 1 AND column_id = ? AND end_snapshot IS NULL")
                .bind(snapshot_id)
                .bind(column.id)
                .execute(&mut *transaction)
                .await
                .map_err(&step)?;
            insert_column(transaction, column, snapshot_id).await?;
        }
        sqlx::query(
            "INSERT INTO hedgerow_property VALUES (?, ?, ?, ?, 0, 1, 0)
             ON CONFLICT(key) DO UPDATE SET value_type = excluded.value_type",
        )
        .bind(&column.key)
        .bind(column.id)
        .bind(&column.name)
        .bind(column.kind.value_type().as_str())
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    }
    Ok(altered)
}

/// Ends the life of files with this snapshot. Returns their rows and bytes.
async fn replace(transaction: &mut SqliteConnection, files: &[i64], snapshot_id: i64) -> Result<(i64, i64)> {
    let step = failed("cannot replace files");
    if files.is_empty() {
        return Ok((0, 0));
    }
    let ids = json!(files).to_string();
    let gone: (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*), sum(record_count), sum(file_size_bytes) FROM ducklake_data_file
         WHERE end_snapshot IS NULL AND data_file_id IN (SELECT value FROM json_each(?))",
    )
    .bind(&ids)
    .fetch_one(&mut *transaction)
    .await
    .map_err(&step)?;
    if gone.0 != files.len() as i64 {
        return Err(Error::new(
            Code::Conflict,
            "a file that was to be replaced is gone already",
        ));
    }
    sqlx::query(
        "UPDATE ducklake_data_file SET end_snapshot = ? WHERE data_file_id IN (SELECT value FROM json_each(?))",
    )
    .bind(snapshot_id)
    .bind(&ids)
    .execute(transaction)
    .await
    .map_err(&step)?;
    Ok((gone.1, gone.2))
}

async fn register_file(
    transaction: &mut SqliteConnection,
    file: &NewFile,
    id: i64,
    snapshot_id: i64,
    first_row: i64,
) -> Result<()> {
    let step = failed("cannot register a file");
    sqlx::query(
        "INSERT INTO ducklake_data_file(data_file_id, table_id, begin_snapshot, path, path_is_relative, file_format, record_count, file_size_bytes, footer_size, row_id_start)
         VALUES (?, ?, ?, ?, 1, 'parquet', ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(EVENTS_TABLE)
    .bind(snapshot_id)
    .bind(&file.name)
    .bind(file.rows as i64)
    .bind(file.size as i64)
    .bind(file.footer_size as i64)
    .bind(first_row)
    .execute(&mut *transaction)
    .await
    .map_err(&step)?;
    sqlx::query("INSERT INTO hedgerow_data_file VALUES (?, ?, ?, ?)")
        .bind(id)
        .bind(day_of(file.first_us))
        .bind(file.first_us)
        .bind(file.last_us)
        .execute(&mut *transaction)
        .await
        .map_err(&step)?;
    let columns = file.columns.iter().map(|column| {
        let values = (file.rows - column.nulls) as i64;
        json!([
            column.column_id,
            column.size,
            values,
            column.nulls,
            column.min,
            column.max
        ])
    });
    sqlx::query(
        "INSERT INTO ducklake_file_column_stats(data_file_id, table_id, column_id, column_size_bytes, value_count, null_count, min_value, max_value)
         SELECT ?1, 1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?2)",
    )
    .bind(id)
    .bind(json!(columns.collect::<Vec<_>>()).to_string())
    .execute(transaction)
    .await
    .map_err(&step)?;
    Ok(())
}

/// Keeps the table's column statistics loose: guests may not conclude more from them than that a
/// column exists and can hold nulls. The files' own statistics are exact.
async fn table_stats(transaction: &mut SqliteConnection, layout: &Layout) -> Result<()> {
    let stored = layout
        .columns
        .iter()
        .filter(|column| column.stored)
        .map(|column| column.id);
    let insert = "INSERT INTO ducklake_table_column_stats(table_id, column_id, contains_null)
                  SELECT 1, value, 1 FROM json_each(?) WHERE value NOT IN (SELECT column_id FROM ducklake_table_column_stats WHERE table_id = 1)";
    let ids = json!(stored.collect::<Vec<_>>()).to_string();
    let inserted = sqlx::query(insert).bind(ids).execute(transaction).await;
    inserted.map(drop).map_err(failed("cannot update table statistics"))
}
