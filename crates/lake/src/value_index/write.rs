//! Adding the values of a batch: a run for each property, and now and then several runs made one.
//!
//! A run costs its bytes and no search. Runs of like size are merged when there are eight of them, so
//! that a value is written once more each time the index has grown eightfold, and of large merges one
//! commit does one, so that none takes long.

use std::collections::HashMap;
use std::sync::Arc;

use hedgerow_errors::Result;
use serde_json::json;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::merging::{BlockWriter, Cursor, merge, most_frequent};
use super::run::{Block, Run};
use super::{IDENTIFIERS, MOST_BYTES, OPEN};
use crate::append::blocking;
use crate::counts::Counts;
use crate::sqlite_error::failed;

/// Runs of like size that are merged, the new one among them.
const MERGED: usize = 8;
/// Values of a merge that waits for a later commit when this one has such a merge already, and the runs
/// of a property with which it waits no longer.
const LARGE: i64 = 100_000;
const MOST_RUNS: usize = 2 * MERGED;
/// Bytes of blocks that are read for one step of merging, more only where one property has more.
const STEP_BYTES: i64 = 8 << 20;
/// Rows of one INSERT.
const ROWS: usize = 100;
/// Events after which a property of which nearly every one has another value is looked at.
const JUDGED_EVENTS: i64 = 100_000;
/// Of so many values of a run one is looked at, to tell what they are.
const SAMPLED: usize = 256;

/// A run as it is registered.
#[derive(Debug, Clone, Copy)]
struct Stored {
    run: i64,
    entries: i64,
    bytes: i64,
}

/// What becomes of the values that one property has in a batch.
#[derive(Debug)]
struct Job {
    column_id: i64,
    key: String,
    counts: Arc<Counts>,
    /// Events with the property, the batch's among them.
    events: i64,
    closed: i64,
    /// The last runs, which are merged with the batch's; ascending.
    merged: Vec<Stored>,
    /// Whether these are all.
    all: bool,
    /// The number of the run to write.
    run: i64,
    /// Values that are listed at most.
    most_values: usize,
}

/// The outcome of a job as it is stored.
struct Written {
    column_id: i64,
    run: i64,
    merged: BlockWriter,
    closed: i64,
    complete: bool,
}

/// Adds the values of a batch to those of its properties, given with their columns' ids.
pub(crate) async fn add(
    transaction: &mut SqliteConnection,
    counts: &Arc<Counts>,
    columns: &HashMap<i64, String>,
    most_values: usize,
) -> Result<()> {
    let mut jobs = jobs(transaction, counts, columns, most_values).await?;
    while !jobs.is_empty() {
        let mut bytes = 0;
        let fit = jobs.iter().take_while(|job| {
            let before = bytes;
            bytes += job.merged.iter().map(|stored| stored.bytes).sum::<i64>();
            before < STEP_BYTES
        });
        let later = jobs.split_off(fit.count().max(1));
        step(transaction, std::mem::replace(&mut jobs, later)).await?;
    }
    Ok(())
}

/// Decides what is merged.
async fn jobs(
    transaction: &mut SqliteConnection,
    counts: &Arc<Counts>,
    columns: &HashMap<i64, String>,
    most_values: usize,
) -> Result<Vec<Job>> {
    let known = sqlx::query_as(
        "SELECT p.column_id, p.count, p.values_closed, r.run, r.entries, r.bytes
         FROM json_each(?) wanted CROSS JOIN hedgerow_property p ON p.column_id = wanted.value
         LEFT JOIN hedgerow_value_run r ON r.column_id = p.column_id ORDER BY p.column_id, r.run",
    );
    let known = known.bind(json!(columns.keys().collect::<Vec<_>>()).to_string());
    let known: Vec<(i64, i64, i64, Option<i64>, Option<i64>, Option<i64>)> = known
        .fetch_all(transaction)
        .await
        .map_err(failed("cannot read the value index"))?;
    let mut jobs: Vec<Job> = Vec::new();
    for (column_id, events, closed, run, entries, bytes) in known {
        let Some(key) = columns.get(&column_id) else { continue };
        if jobs.last().is_none_or(|job| job.column_id != column_id) {
            jobs.push(Job {
                column_id,
                key: key.clone(),
                counts: Arc::clone(counts),
                events,
                closed,
                merged: Vec::new(),
                all: false,
                run: 0,
                most_values,
            });
        }
        if let (Some(job), Some(run), Some(entries), Some(bytes)) = (jobs.last_mut(), run, entries, bytes) {
            job.merged.push(Stored { run, entries, bytes });
        }
    }
    let mut merged: Vec<usize> = Vec::with_capacity(jobs.len());
    for job in &mut jobs {
        job.run = job.merged.last().map_or(1, |last| last.run + 1);
        merged.push(if job.may_be_identifiers() {
            job.merged.len()
        } else {
            merged_with(job.added(), job.closed, &job.merged, most_values)
        });
    }
    let large = jobs.iter().zip(&merged).enumerate().filter(|(_, (job, merged))| {
        let entries = job.merged.iter().rev().take(**merged).map(|stored| stored.entries);
        entries.sum::<i64>() > LARGE && job.merged.len() < MOST_RUNS
    });
    let mut large: Vec<(usize, usize)> = large.map(|(at, (job, _))| (job.merged.len(), at)).collect();
    large.sort_unstable();
    large.pop();
    for (_, at) in large {
        if let Some(merged) = merged.get_mut(at) {
            *merged = 0;
        }
    }
    for (job, merged) in jobs.iter_mut().zip(merged) {
        let kept = job.merged.len() - merged;
        job.all = kept == 0;
        job.merged.drain(..kept);
    }
    Ok(jobs)
}

/// How many of the last runs are merged with so many new values.
fn merged_with(added: &Run, closed: i64, stored: &[Stored], most_values: usize) -> usize {
    let (mut values, mut bytes) = (added.len() as i64, added.text_bytes() as i64);
    let (base, others) = match stored.split_first() {
        Some((first, rest)) if closed == first.run => (Some(first), rest),
        _ => (None, stored),
    };
    let sum = |of: fn(&Stored) -> i64| others.iter().map(of).sum::<i64>();
    let (all_values, all_bytes) = (values + sum(|run| run.entries), bytes + sum(|run| run.bytes));
    let is_much = match base {
        // What is not listed is in these runs as well, and goes when they meet the listed values.
        Some(base) => all_values > (base.entries / 2).max(20_000) || all_bytes > MOST_BYTES as i64 / 2,
        None => all_values > (most_values as i64).saturating_mul(3) / 2 || all_bytes > MOST_BYTES as i64 * 3 / 2,
    };
    if is_much {
        return stored.len();
    }
    let mut merged = 0;
    loop {
        let level = level(values, bytes);
        let before = others.get(..others.len() - merged).unwrap_or_default().iter().rev();
        let like: Vec<&Stored> = before
            .take_while(|run| self::level(run.entries, run.bytes) <= level)
            .collect();
        if like.is_empty() || (level > 0 && like.len() + 1 < MERGED) {
            return merged;
        }
        merged += like.len();
        values += like.iter().map(|run| run.entries).sum::<i64>();
        bytes += like.iter().map(|run| run.bytes).sum::<i64>();
    }
}

/// Runs of one level are within a factor of eight; those of the lowest are one block and always merged.
fn level(values: i64, bytes: i64) -> u32 {
    let size = values.max(bytes / 32).max(1);
    (size.ilog2() / 3).saturating_sub(3)
}

/// Reads what is merged, merges it, and writes the outcome.
async fn step(transaction: &mut SqliteConnection, jobs: Vec<Job>) -> Result<()> {
    let failed = failed("cannot update the value index");
    let wanted = jobs
        .iter()
        .filter_map(|job| Some(json!([job.column_id, job.merged.first()?.run])));
    let wanted = json!(wanted.collect::<Vec<_>>()).to_string();
    let read = sqlx::query_as(
        "SELECT b.column_id, b.run, b.data FROM json_each(?) wanted
         CROSS JOIN hedgerow_value_block b ON b.column_id = wanted.value ->> 0 AND b.run >= wanted.value ->> 1
         ORDER BY b.column_id, b.run, b.first",
    );
    let blocks: Vec<(i64, i64, Vec<u8>)> = read.bind(&wanted).fetch_all(&mut *transaction).await.map_err(&failed)?;
    let done = blocking(move || {
        let mut done = Vec::with_capacity(jobs.len());
        let mut blocks = blocks.into_iter().peekable();
        for job in jobs {
            // Jobs are in the order of their columns, as the blocks are.
            let mut runs = Vec::new();
            while let Some(run) = blocks
                .peek()
                .filter(|block| block.0 <= job.column_id)
                .map(|block| block.1)
            {
                let of_run = |block: &(i64, i64, Vec<u8>)| (block.0, block.1) == (job.column_id, run);
                let own = std::iter::from_fn(|| blocks.next_if(of_run)).map(|(.., data)| data);
                runs.push(own.collect::<Vec<_>>());
            }
            done.push(outcome(&job, &runs)?);
        }
        Ok(done)
    })
    .await?;
    for table in ["hedgerow_value_block", "hedgerow_value_run"] {
        let mut delete = QueryBuilder::<Sqlite>::new("DELETE FROM ");
        delete
            .push(table)
            .push(" WHERE rowid IN (SELECT old.rowid FROM json_each(");
        delete.push_bind(&wanted).push(") wanted CROSS JOIN ").push(table);
        delete.push(" old ON old.column_id = wanted.value ->> 0 AND old.run >= wanted.value ->> 1)");
        delete.build().execute(&mut *transaction).await.map_err(&failed)?;
    }
    let runs: Vec<_> = done.iter().filter(|written| written.merged.entries > 0).collect();
    for runs in runs.chunks(ROWS) {
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO hedgerow_value_run(column_id, run, entries, bytes) ");
        insert.push_values(runs, |mut row, written| {
            row.push_bind(written.column_id).push_bind(written.run);
            row.push_bind(written.merged.entries as i64)
                .push_bind(written.merged.bytes as i64);
        });
        insert.build().execute(&mut *transaction).await.map_err(&failed)?;
    }
    let changed: Vec<_> = done
        .iter()
        .map(|written| json!([written.column_id, written.closed, written.complete]))
        .collect();
    let blocks: Vec<_> = done
        .into_iter()
        .flat_map(|written| {
            let of_run = move |block| (written.column_id, written.run, block);
            written.merged.blocks.into_iter().map(of_run)
        })
        .collect();
    insert(transaction, blocks).await?;
    let update = sqlx::query(
        "UPDATE hedgerow_property SET values_closed = changed.value ->> 1, values_complete = values_complete AND changed.value ->> 2
         FROM json_each(?) changed WHERE hedgerow_property.column_id = changed.value ->> 0",
    );
    let update = update.bind(json!(changed).to_string()).execute(transaction).await;
    update.map(drop).map_err(&failed)
}

async fn insert(transaction: &mut SqliteConnection, blocks: Vec<(i64, i64, Block)>) -> Result<()> {
    let mut blocks = blocks.into_iter().peekable();
    while blocks.peek().is_some() {
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO hedgerow_value_block(column_id, run, first, data) ");
        insert.push_values(blocks.by_ref().take(ROWS), |mut row, (column_id, run, block)| {
            row.push_bind(column_id).push_bind(run);
            row.push_bind(block.first).push_bind(block.data);
        });
        let inserted = insert.build().execute(&mut *transaction).await;
        inserted.map_err(failed("cannot update the value index"))?;
    }
    Ok(())
}

/// Merges, and closes the list where it has become too long or is one of identifiers.
fn outcome(job: &Job, stored: &[Vec<Vec<u8>>]) -> Result<Written> {
    let written = |merged, closed, complete| Written {
        column_id: job.column_id,
        run: job.run,
        merged,
        closed,
        complete,
    };
    // Without the run that says which values are listed none can be added.
    if job.closed == IDENTIFIERS || (job.closed != OPEN && stored.is_empty() && job.all) {
        return Ok(written(BlockWriter::default(), job.closed, false));
    }
    let runs = stored.iter().map(|blocks| Cursor::of_blocks(blocks));
    let runs = runs.chain([Cursor::of_run(job.added())]);
    let only_first = job.closed != OPEN && job.all;
    let mut merged = BlockWriter::default();
    merge(runs, |value, count, in_first| {
        if in_first || !only_first {
            merged.add(value, count);
        }
    })?;
    if job.closed != OPEN {
        let closed = if job.all { job.run } else { job.closed };
        return Ok(written(merged, closed, false));
    }
    if job.all {
        if job.nearly_all_differ(merged.entries as i64) && is_machine_made(job.added()) {
            return Ok(written(BlockWriter::default(), IDENTIFIERS, false));
        }
        if merged.entries > job.most_values || merged.bytes > MOST_BYTES {
            let blocks: Vec<Vec<u8>> = merged.blocks.into_iter().map(|block| block.data).collect();
            return Ok(written(
                most_frequent(&blocks, job.most_values, MOST_BYTES)?,
                job.run,
                false,
            ));
        }
    }
    Ok(written(merged, OPEN, !job.counts.leaves_out(&job.key)))
}

/// Whether values look as if a program had made them up: long, without words, with many digits.
fn is_machine_made(run: &Run) -> bool {
    let step = (run.len() / SAMPLED).max(1);
    let looks = |value: &str| {
        let is_one_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        value.len() >= 16 && digits * 4 >= value.len() && value.bytes().all(is_one_word)
    };
    let (mut seen, mut made) = (0, 0);
    for at in (0..run.len()).step_by(step) {
        seen += 1;
        made += usize::from(looks(run.value(at)));
    }
    seen > 0 && made * 20 >= seen * 19
}

impl Job {
    fn added(&self) -> &Run {
        self.counts.values(&self.key)
    }

    /// Whether it pays to count how many values there are, because nearly every event may have another.
    fn may_be_identifiers(&self) -> bool {
        let entries: i64 = self.merged.iter().map(|stored| stored.entries).sum();
        self.closed == OPEN
            && self.nearly_all_differ(entries + self.added().len() as i64)
            && is_machine_made(self.added())
    }

    fn nearly_all_differ(&self, distinct: i64) -> bool {
        self.events >= JUDGED_EVENTS && distinct * 20 >= self.events * 19
    }
}

/// Moves the values of a catalog of form 1, of which each is a row.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    let failed = failed("cannot rewrite the value index");
    let columns = sqlx::query_scalar("SELECT DISTINCT column_id FROM hedgerow_value");
    let columns: Vec<i64> = columns.fetch_all(&mut *connection).await.map_err(&failed)?;
    for column_id in columns {
        let rows = sqlx::query_as("SELECT value, count FROM hedgerow_value WHERE column_id = ? ORDER BY value");
        let rows: Vec<(String, i64)> = rows
            .bind(column_id)
            .fetch_all(&mut *connection)
            .await
            .map_err(&failed)?;
        let run = Run::of(rows.iter().map(|(value, count)| (value.as_str(), *count)).collect());
        sqlx::query("INSERT INTO hedgerow_value_run(column_id, run, entries, bytes) VALUES (?, 1, ?, ?)")
            .bind(column_id)
            .bind(run.len() as i64)
            .bind(run.text_bytes() as i64)
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
        let blocks = run.blocks().into_iter().map(|block| (column_id, 1, block));
        insert(connection, blocks.collect()).await?;
    }
    let dropped = sqlx::query("DROP TABLE hedgerow_value").execute(connection).await;
    dropped.map(drop).map_err(&failed)
}
