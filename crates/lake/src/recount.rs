//! Counting all over again: the taxonomy and the value index from the files alone.

use std::path::PathBuf;
use std::sync::Arc;

use hedgerow_data_api::EventBatch;
use hedgerow_errors::Result;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::append::blocking;
use crate::counts::Counts;
use crate::layout::LakeColumn;
use crate::project::Project;
use crate::rows::{Rows, file_rows};
use crate::sqlite_error::failed;
use crate::unshred::add_events;

/// Events that are counted at once.
const EVENTS: usize = 65_536;

/// The catalog's tables of counts.
const TABLES: [&str; 4] = [
    "hedgerow_event",
    "hedgerow_property",
    "hedgerow_value_run",
    "hedgerow_value_block",
];

/// The events of files, some thousands at a time.
pub(crate) struct FileEvents {
    files: std::vec::IntoIter<PathBuf>,
    columns: Arc<Vec<LakeColumn>>,
    rows: Option<Rows>,
}

impl FileEvents {
    /// The events of files of a table with these columns.
    pub(crate) fn new(files: Vec<PathBuf>, columns: &[LakeColumn]) -> Self {
        let stored = columns.iter().filter(|column| column.stored).cloned().collect();
        Self {
            files: files.into_iter(),
            columns: Arc::new(stored),
            rows: None,
        }
    }

    /// The next events; `None` after the last ones.
    pub(crate) fn next(&mut self) -> Result<Option<EventBatch>> {
        let mut events = EventBatch::default();
        while events.len() < EVENTS {
            match self.rows.as_mut().and_then(Iterator::next) {
                Some(rows) => add_events(&mut events, &rows?, &self.columns)?,
                None => match self.files.next() {
                    Some(file) => self.rows = Some(file_rows(&file, &self.columns)?),
                    None => break,
                },
            }
        }
        Ok((!events.is_empty()).then_some(events))
    }
}

/// Counts that are made anew beside those of the catalog.
///
/// They lie in temporary tables of the same names, which SQLite finds first. So counting is what it
/// always is, and readers of the catalog wait for nothing. Between `begin` and the end all statements of
/// the connection that name these tables mean the new ones, except where they say `main`. The
/// transaction takes the temporary tables with it where it is undone.
#[derive(Debug)]
pub(crate) struct Recount(());

impl Recount {
    /// Begins with nothing counted.
    pub(crate) async fn begin(connection: &mut SqliteConnection) -> Result<Self> {
        let step = failed("cannot count anew");
        for table in TABLES {
            let made = sqlx::query_scalar("SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?");
            let made: String = made.bind(table).fetch_one(&mut *connection).await.map_err(&step)?;
            let temporary = made.replacen("CREATE TABLE", "CREATE TEMP TABLE", 1);
            let run = sqlx::raw_sql(AssertSqlSafe(temporary)).execute(&mut *connection).await;
            run.map_err(&step)?;
        }
        sqlx::raw_sql(
            "INSERT INTO temp.hedgerow_property SELECT * FROM main.hedgerow_property;
             UPDATE temp.hedgerow_property SET count = 0, values_complete = 1, values_closed = 0;",
        )
        .execute(connection)
        .await
        .map_err(&step)?;
        Ok(Self(()))
    }

    /// Makes the counts those of the catalog. A property without events stays, with none.
    pub(crate) async fn keep(self, connection: &mut SqliteConnection, project: &Project) -> Result<()> {
        for table in TABLES {
            let take = format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM temp.{table};");
            let taken = sqlx::raw_sql(AssertSqlSafe(take)).execute(&mut *connection).await;
            taken.map_err(failed("cannot keep what was counted anew"))?;
        }
        project.values.forget_with_next_commit();
        self.leave(connection).await
    }

    /// Leaves the counts of the catalog as they are.
    pub(crate) async fn leave(self, connection: &mut SqliteConnection) -> Result<()> {
        let drop = TABLES.map(|table| format!("DROP TABLE temp.{table};")).concat();
        let dropped = sqlx::raw_sql(AssertSqlSafe(drop)).execute(connection).await;
        dropped.map(std::mem::drop).map_err(failed("cannot end counting anew"))
    }
}

/// Makes the counts of the catalog those of some files.
pub(crate) async fn recount(
    project: &Project,
    connection: &mut SqliteConnection,
    columns: &[LakeColumn],
    files: Vec<PathBuf>,
) -> Result<()> {
    let recount = Recount::begin(connection).await?;
    let mut events = FileEvents::new(files, columns);
    loop {
        let (counts, rest) = blocking(move || {
            let batch = events.next()?;
            Ok((batch.map(|batch| Arc::new(Counts::of(&batch, None))), events))
        })
        .await?;
        let Some(counts) = counts else {
            return recount.keep(connection, project).await;
        };
        counts.add(connection, columns, project.settings.listed_values).await?;
        events = rest;
    }
}
