//! The engine on a real lake: against a naive oracle, refusals, and SQL cases from files.

mod events;
mod oracle;
mod refusals;
mod sql_cases;
