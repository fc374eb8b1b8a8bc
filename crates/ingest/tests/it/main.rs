//! Importers from outside: what the fuzzers found, again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

mod corpus;
mod import_check;
