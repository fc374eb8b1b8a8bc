//! The tools of SQL, one file each.

pub mod execute_sql;
mod sql_table;

pub use sql_table::sql_table;
