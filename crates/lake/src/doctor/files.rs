//! Whether the event files are there, and are what the catalog says of them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use fs_err as fs;
use hedgerow_data_api::Severity;
use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use super::{BACKUP, Findings, events};
use crate::append::blocking;
use crate::catalog::events_folder;
use crate::days::day_of;
use crate::layout::LakeColumn;
use crate::parquet_file::{ColumnStats, Footer, footer};
use crate::project::Project;
use crate::sqlite_error::failed;
use crate::view::LakeFile;

/// Bytes of a text that may be the beginning of a longer one. Files have up to 64, less where a character
/// would be cut.
const SHORTENED: usize = 60;

/// What became of the files.
#[derive(Default)]
pub(super) struct Checked {
    /// Live files that can't be read.
    pub(super) lost: BTreeSet<i64>,
    /// Those of them that are missing and given up.
    pub(super) dropped: Vec<LakeFile>,
    /// The catalog has lost files, or can't tell.
    pub(super) unnamed: bool,
}

impl Checked {
    /// Whether all events are there that the catalog should count.
    pub(super) fn is_whole(&self) -> bool {
        !self.unnamed && self.lost.len() == self.dropped.len()
    }
}

/// A file as the catalog has it.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Row {
    data_file_id: i64,
    path: String,
    record_count: i64,
    file_size_bytes: i64,
    footer_size: i64,
    is_live: bool,
    day: Option<i64>,
    first_us: Option<i64>,
    last_us: Option<i64>,
}

/// The files of the newest snapshot, those without a span included.
pub(super) async fn live(connection: &mut SqliteConnection, project: &Project) -> Result<Vec<LakeFile>> {
    let rows = rows(connection).await?;
    let folder = events_folder(&project.folder);
    Ok(rows
        .into_iter()
        .filter(|row| row.is_live)
        .map(|row| row.file(&folder))
        .collect())
}

impl Row {
    fn file(&self, folder: &Path) -> LakeFile {
        LakeFile {
            id: self.data_file_id,
            path: folder.join(&self.path),
            size: self.file_size_bytes.unsigned_abs(),
            rows: self.record_count.unsigned_abs(),
            first_us: self.first_us.unwrap_or_default(),
            last_us: self.last_us.unwrap_or_default(),
        }
    }
}

async fn rows(connection: &mut SqliteConnection) -> Result<Vec<Row>> {
    let rows = sqlx::query_as(
        "SELECT f.data_file_id, f.path, f.record_count, f.file_size_bytes, f.footer_size, f.end_snapshot IS NULL AS is_live,
                h.day, h.first_us, h.last_us
         FROM ducklake_data_file f LEFT JOIN hedgerow_data_file h USING (data_file_id) WHERE f.table_id = 1 ORDER BY f.data_file_id",
    );
    rows.fetch_all(connection)
        .await
        .map_err(failed("cannot read the catalog's files"))
}

pub(super) async fn check(
    connection: &mut SqliteConnection,
    project: &Project,
    unnamed: bool,
    findings: &mut Findings,
) -> Result<Checked> {
    let folder = events_folder(&project.folder);
    let rows = rows(connection).await?;
    let columns: Vec<LakeColumn> = project
        .committed()
        .columns
        .iter()
        .filter(|column| column.stored)
        .cloned()
        .collect();
    let mut checked = Checked {
        unnamed,
        ..Checked::default()
    };
    let mut whole = Vec::new();
    for row in &rows {
        let path = folder.join(&row.path);
        let size = fs::metadata(&path).map(|metadata| metadata.len()).ok();
        let Some(size) = size else {
            missing(connection, row, &folder, findings, &mut checked).await?;
            continue;
        };
        let found = blocking({
            let columns = columns.clone();
            move || footer(&path, &columns)
        })
        .await;
        let damage = match &found {
            Err(error) => Some(error.chain()),
            Ok(_) if size != row.file_size_bytes.unsigned_abs() => {
                Some(format!("it has {size} bytes instead of {}", row.file_size_bytes))
            }
            Ok(footer) if footer.rows != row.record_count.unsigned_abs() => {
                Some(format!("it has {} events instead of {}", footer.rows, row.record_count))
            }
            Ok(_) => None,
        };
        match (damage, found) {
            (None, Ok(footer)) => {
                compare(connection, row, &footer, &columns, findings).await?;
                if row.is_live {
                    let (first_us, last_us) = footer.span;
                    whole.push(LakeFile {
                        first_us,
                        last_us,
                        ..row.file(&folder)
                    });
                }
            }
            (damage, _) => {
                let message = format!("file {} is damaged: {}", row.path, damage.unwrap_or_default());
                let severity = if row.is_live {
                    Severity::Error
                } else {
                    Severity::Warning
                };
                findings.lasting("files", severity, message, BACKUP);
                checked.lost.extend(row.is_live.then_some(row.data_file_id));
            }
        }
    }
    orphans(&folder, &rows, project, unnamed, findings)?;
    if findings.options.full {
        checked
            .lost
            .extend(events::check(connection, whole, &columns, findings).await?);
    }
    Ok(checked)
}

async fn missing(
    connection: &mut SqliteConnection,
    row: &Row,
    folder: &Path,
    findings: &mut Findings,
    checked: &mut Checked,
) -> Result<()> {
    if !row.is_live {
        let message = format!("file {} is missing, which only older snapshots name", row.path);
        if findings.repairable("files", Severity::Warning, message) {
            forget(connection, row.data_file_id).await?;
        }
        return Ok(());
    }
    let message = format!("file {} is missing, with {} events", row.path, row.record_count);
    checked.lost.insert(row.data_file_id);
    if findings.options.repair && findings.options.drop_missing {
        checked.dropped.push(row.file(folder));
        findings.repairable("files", Severity::Error, format!("{message}; they are given up"));
    } else {
        let hint = "put the project back from a backup: hedgerow restore; or give its events up with hedgerow doctor --repair --drop-missing";
        findings.lasting("files", Severity::Error, message, hint);
    }
    Ok(())
}

/// Removes all that the catalog knows of a file.
pub(super) async fn forget(connection: &mut SqliteConnection, id: i64) -> Result<()> {
    for table in ["ducklake_data_file", "ducklake_file_column_stats", "hedgerow_data_file"] {
        let delete = format!("DELETE FROM {table} WHERE data_file_id = ?");
        let deleted = sqlx::query(sqlx::AssertSqlSafe(delete))
            .bind(id)
            .execute(&mut *connection);
        deleted.await.map_err(failed("cannot forget a file"))?;
    }
    Ok(())
}

/// Compares what the catalog says of a file with what the file says.
async fn compare(
    connection: &mut SqliteConnection,
    row: &Row,
    footer: &Footer,
    columns: &[LakeColumn],
    findings: &mut Findings,
) -> Result<()> {
    let step = failed("cannot say what a file holds");
    let (first, last) = footer.span;
    if (row.day, row.first_us, row.last_us) != (Some(day_of(first)), Some(first), Some(last)) {
        let (severity, what) = match row.day {
            None => (Severity::Error, "is not read, since the catalog has no time span of it"),
            Some(_) => (
                Severity::Error,
                "has another time span than the catalog says, so that queries may skip it",
            ),
        };
        if findings.repairable("spans", severity, format!("file {} {what}", row.path)) {
            sqlx::query("INSERT OR REPLACE INTO hedgerow_data_file VALUES (?, ?, ?, ?)")
                .bind(row.data_file_id)
                .bind(day_of(first))
                .bind(first)
                .bind(last)
                .execute(&mut *connection)
                .await
                .map_err(&step)?;
        }
    }
    let known = known_stats(connection, row.data_file_id).await?;
    let differ: Vec<&ColumnStats> = footer.columns.iter().filter(|stats| !is_known(&known, stats)).collect();
    let wrong_footer = footer.footer_size != row.footer_size.unsigned_abs();
    if differ.is_empty() && !wrong_footer {
        return Ok(());
    }
    let names = columns
        .iter()
        .filter(|column| differ.iter().any(|stats| stats.column_id == column.id));
    let names: Vec<&str> = names.map(|column| column.name.as_str()).collect();
    let message = format!(
        "the catalog's statistics of file {} are not those of the file: {}",
        row.path,
        if names.is_empty() {
            "its footer".to_owned()
        } else {
            names.join(", ")
        }
    );
    if !findings.repairable("statistics", Severity::Warning, message) {
        return Ok(());
    }
    sqlx::query("UPDATE ducklake_data_file SET footer_size = ? WHERE data_file_id = ?")
        .bind(footer.footer_size.cast_signed())
        .bind(row.data_file_id)
        .execute(&mut *connection)
        .await
        .map_err(&step)?;
    for stats in differ {
        sqlx::query("DELETE FROM ducklake_file_column_stats WHERE data_file_id = ? AND column_id = ?")
            .bind(row.data_file_id)
            .bind(stats.column_id)
            .execute(&mut *connection)
            .await
            .map_err(&step)?;
        sqlx::query(
            "INSERT INTO ducklake_file_column_stats(data_file_id, table_id, column_id, column_size_bytes, value_count, null_count, min_value, max_value)
             VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
        )
        .bind(row.data_file_id)
        .bind(stats.column_id)
        .bind(stats.size.cast_signed())
        .bind((footer.rows - stats.nulls).cast_signed())
        .bind(stats.nulls.cast_signed())
        .bind(&stats.min)
        .bind(&stats.max)
        .execute(&mut *connection)
        .await
        .map_err(&step)?;
    }
    Ok(())
}

/// What the catalog says of a file's columns.
pub(super) async fn known_stats(connection: &mut SqliteConnection, id: i64) -> Result<BTreeMap<i64, ColumnStats>> {
    let known = sqlx::query_as(
        "SELECT column_id, column_size_bytes, null_count, min_value, max_value FROM ducklake_file_column_stats WHERE data_file_id = ?",
    );
    let known: Vec<(i64, i64, i64, Option<String>, Option<String>)> = known
        .bind(id)
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read what a file holds"))?;
    let known = known.into_iter().map(|(column_id, size, nulls, min, max)| {
        let stats = ColumnStats {
            column_id,
            size: size.unsigned_abs(),
            nulls: nulls.unsigned_abs(),
            min,
            max,
        };
        (column_id, stats)
    });
    Ok(known.collect())
}

/// Whether the catalog says of a column what its file says. Bounds that are long are shortened in files,
/// and older catalogs have them whole.
pub(super) fn is_known(known: &BTreeMap<i64, ColumnStats>, in_file: &ColumnStats) -> bool {
    let Some(known) = known.get(&in_file.column_id) else {
        return false;
    };
    let bounds = [
        (&known.min, &in_file.min, Ordering::Greater),
        (&known.max, &in_file.max, Ordering::Less),
    ];
    let is_within = bounds
        .into_iter()
        .all(|(known, in_file, within)| match (known, in_file) {
            (Some(known), Some(bound)) if bound.len() >= SHORTENED => known == bound || known.cmp(bound) == within,
            (known, in_file) => known == in_file,
        });
    is_within && (known.size, known.nulls) == (in_file.size, in_file.nulls)
}

/// Files that nothing in the catalog names.
fn orphans(folder: &Path, rows: &[Row], project: &Project, unnamed: bool, findings: &mut Findings) -> Result<()> {
    let named: HashSet<&str> = rows.iter().map(|row| row.path.as_str()).collect();
    let mut stray = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_ours = name.ends_with(".parquet") || name.ends_with(".parquet.part");
        if is_ours && !named.contains(name.as_str()) {
            stray.push(name);
        }
    }
    if stray.is_empty() {
        return Ok(());
    }
    let message = format!("{} files are named by nothing: {}", stray.len(), stray.join(", "));
    if unnamed {
        let hint = "they stay, since the catalog has lost names of files";
        findings.lasting("orphans", Severity::Warning, message, hint);
        return Ok(());
    }
    if findings.repairable("orphans", Severity::Warning, message) {
        for name in stray {
            project.files.remove(&folder.join(name))?;
        }
    }
    Ok(())
}
