//! What Hedgerow remembers beside the events themselves: the run log, the objects, who
//! may do what, and how the tools are used, in one SQLite file.
//!
//! An append is on the disk when it returns: WAL with `synchronous=FULL`, checked when a file is
//! opened. The schema is the migrations' own; a file that a newer version has migrated is refused.

mod access_rows;
mod access_store;
mod database;
mod object_rows;
mod object_store;
mod project_settings;
mod query_store;
mod record;
mod run_log;
mod sqlite;
mod usage_store;

pub use sqlite::SqliteMeta;
