//! The lake against itself and against a real `DuckDB` as guest.

mod append;
mod duckdb;
