//! The engine on a real lake: against a naive oracle, refusals, and SQL cases from files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

mod activity;
mod definitions;
mod events;
mod funnels;
mod groups;
mod hogql;
mod lists;
mod operators;
mod oracle;
mod paths;
mod persons;
mod refusals;
mod sessions;
mod sql_cases;
mod sql_functions;
mod test_accounts;
mod trends;
mod world;
mod zones;
