//! The engine on a real lake: against a naive oracle, refusals, and SQL cases from files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

mod activity;
mod actors;
mod behaviors;
mod breakdowns;
mod calendar_heatmap;
mod corpus;
mod definitions;
mod elements;
mod events;
mod explained;
mod expressions;
mod funnels;
mod groups;
mod hogql;
mod input_check;
mod kept_results;
mod limits;
mod lists;
mod numbers;
mod operators;
mod oracle;
mod paths;
mod peers;
mod person_history;
mod persons;
mod refusals;
mod retention;
mod sent;
mod sessions;
mod sql_cases;
mod sql_functions;
mod test_accounts;
mod trends;
mod world;
mod zones;
