//! What Hedgerow remembers beside the events themselves: the run log, in one SQLite file.
//!
//! An append is on the disk when it returns: WAL with `synchronous=FULL`, checked when a file is
//! opened. The schema is the migrations' own; a file that a newer version has migrated is refused.

mod database;
mod record;
mod run_log;

pub use run_log::SqliteRunLog;
