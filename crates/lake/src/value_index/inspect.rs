//! Whether the stored runs of a property are what their rows say, for those who check a catalog.

use std::collections::BTreeMap;

use hedgerow_errors::Result;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::run::Run;
use super::{IDENTIFIERS, OPEN};
use crate::append::blocking;
use crate::sqlite_error::failed;

/// What the value index has of a property.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) key: String,
    /// Events with the property.
    pub(crate) count: i64,
    /// Whether all values are said to be listed.
    pub(crate) complete: bool,
    /// Whether new values are listed.
    pub(crate) open: bool,
    /// The listed values, or what is wrong with them.
    pub(crate) values: std::result::Result<Run, String>,
}

/// A block as it is stored: its run, its first value, and its content.
type RawBlock = (i64, Vec<u8>, Vec<u8>);

/// The properties of a database (`main` or `temp`) by their columns.
pub(crate) async fn columns(connection: &mut SqliteConnection, database: &str) -> Result<Vec<i64>> {
    let columns = format!("SELECT column_id FROM {database}.hedgerow_property ORDER BY column_id");
    let columns = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_all(connection).await;
    columns.map_err(failed("cannot read the value index"))
}

/// Reads the values of a property, which may be a million.
pub(crate) async fn stored(connection: &mut SqliteConnection, database: &str, column_id: i64) -> Result<Stored> {
    let step = failed("cannot read the value index");
    let property = format!(
        "SELECT key, count, values_complete, values_closed FROM {database}.hedgerow_property WHERE column_id = ?"
    );
    let property = sqlx::query_as(AssertSqlSafe(property)).bind(column_id);
    let property: (String, i64, bool, i64) = property.fetch_one(&mut *connection).await.map_err(&step)?;
    let (key, count, complete, closed) = property;
    let runs =
        format!("SELECT run, entries, bytes FROM {database}.hedgerow_value_run WHERE column_id = ? ORDER BY run");
    let runs = sqlx::query_as(AssertSqlSafe(runs)).bind(column_id);
    let runs: Vec<(i64, i64, i64)> = runs.fetch_all(&mut *connection).await.map_err(&step)?;
    let blocks =
        format!("SELECT run, first, data FROM {database}.hedgerow_value_block WHERE column_id = ? ORDER BY run, first");
    let blocks = sqlx::query_as(AssertSqlSafe(blocks)).bind(column_id);
    let blocks: Vec<RawBlock> = blocks.fetch_all(&mut *connection).await.map_err(&step)?;
    let values = blocking(move || Ok(listed(closed, &runs, &blocks))).await?;
    Ok(Stored {
        key,
        count,
        complete,
        open: closed == OPEN,
        values,
    })
}

fn listed(closed: i64, runs: &[(i64, i64, i64)], blocks: &[RawBlock]) -> std::result::Result<Run, String> {
    match runs.first() {
        None if closed > OPEN => return Err("the values that may be listed are missing".to_owned()),
        Some(_) if closed == IDENTIFIERS => return Err("values are listed and none may be".to_owned()),
        Some((first, ..)) if closed > OPEN && closed != *first => {
            return Err("another run than the first is said to have the values that may be listed".to_owned());
        }
        _ if closed < IDENTIFIERS => return Err("it is not known which values may be listed".to_owned()),
        _ => {}
    }
    let mut by_run: BTreeMap<i64, Vec<&RawBlock>> = BTreeMap::new();
    for block in blocks {
        by_run.entry(block.0).or_default().push(block);
    }
    let mut read = Vec::with_capacity(runs.len());
    for (run, entries, bytes) in runs {
        let blocks = by_run.remove(run).unwrap_or_default();
        let values = one(&blocks).map_err(|what| format!("run {run} {what}"))?;
        if (values.len() as i64, values.text_bytes() as i64) != (*entries, *bytes) {
            return Err(format!(
                "run {run} has {} values and should have {entries}",
                values.len()
            ));
        }
        read.push(values);
    }
    if let Some(run) = by_run.keys().next() {
        return Err(format!("run {run} has values and is not known"));
    }
    Ok(match read.len() {
        1 => read.remove(0),
        _ if closed == OPEN => Run::merged(&read),
        _ => Run::joined_first(&read),
    })
}

fn one(blocks: &[&RawBlock]) -> std::result::Result<Run, &'static str> {
    for (_, first, data) in blocks {
        let block = Run::read([data.as_slice()].into_iter()).map_err(|_| "has a damaged block")?;
        if block.is_empty() || block.value(0).as_bytes() != first {
            return Err("has a block under another value than its first");
        }
    }
    let run = Run::read(blocks.iter().map(|(.., data)| data.as_slice())).map_err(|_| "has a damaged block")?;
    let values: Vec<&str> = run.iter().map(|(value, _)| value).collect();
    if values.is_sorted_by(|one, next| one < next) {
        Ok(run)
    } else {
        Err("is not in order")
    }
}
