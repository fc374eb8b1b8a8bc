//! The tools of product analytics, one file each.

mod extremes;
pub mod query_trends;
mod trends_table;

pub use trends_table::trends_table;
