//! The SQLite file: one for runs and objects, so that an agent's write and the record of its call are one
//! transaction.

use std::path::Path;

use hedgerow_errors::Result;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use crate::database::{self, failed};

/// Keeps runs and objects in one SQLite file, which one process at a time should have open.
#[derive(Debug)]
pub struct SqliteMeta {
    pub(crate) pool: SqlitePool,
    /// SQLite lets one writer in at a time and makes the others poll; here they queue in order and
    /// leave the pool's connections to readers.
    writer: Mutex<()>,
}

impl SqliteMeta {
    /// Opens the file, making it if it is missing. Its folder must exist.
    ///
    /// # Errors
    ///
    /// `io` where the file can't be opened or a commit there would not be durable, `corrupt` where it
    /// is no database or a newer version has migrated it, `busy` where another process holds it.
    pub async fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            pool: database::open(path).await?,
            writer: Mutex::new(()),
        })
    }

    /// Waits for running statements and closes the file; every later call fails as `unavailable`.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that holds the write lock from its first statement, so that what it reads stays
    /// true until it commits. Dropped without a commit it leaves nothing behind.
    pub(crate) async fn begin(&self) -> Result<(MutexGuard<'_, ()>, Transaction<'static, Sqlite>)> {
        let turn = self.writer.lock().await;
        let transaction = self.pool.begin_with("BEGIN IMMEDIATE").await;
        Ok((turn, transaction.map_err(|error| failed("beginning to write", error))?))
    }
}
