//! The lake against itself and against a real `DuckDB` as guest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

mod append;
mod backup;
mod cancel;
mod crash;
mod delete;
mod doctor;
mod duckdb;
mod duplicates;
mod faults;
mod forms;
mod log;
mod persons;
mod projects;
mod values;
mod values_model;
mod views;
