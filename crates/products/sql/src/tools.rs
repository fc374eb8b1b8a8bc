//! The tools of SQL, one file each.

pub mod execute_sql;
