//! What tests need and several crates share: a run log in memory, one that fails at a chosen
//! moment, a model that follows a script, tools and engines made of closures, the suite that
//! every run log must pass, and the promises that every run must hold.
//!
//! A dev-dependency only. It knows the contracts and no engine.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a fixture that can't be built is a broken test"
)]

mod access_store_conformance;
mod dice;
mod engines;
mod fake_definitions;
mod flaky_run_log;
mod loopback_server;
mod maintenance;
mod memory_access;
mod memory_objects;
mod memory_queries;
mod memory_run_log;
mod memory_usage;
mod object_store_conformance;
mod project_settings_conformance;
mod query_store_conformance;
mod run_log_conformance;
mod run_promises;
mod scripted_model;
mod tools;
mod usage_store_conformance;

pub use access_store_conformance::access_store_conformance;
pub use dice::Dice;
pub use engines::{FakeEngine, FakeStore};
pub use fake_definitions::FakeDefinitions;
pub use flaky_run_log::{FlakyRunLog, Moment};
pub use loopback_server::{LoopbackServer, Received, Reply};
pub use maintenance::NoMaintenance;
pub use memory_access::MemoryAccess;
pub use memory_objects::MemoryObjects;
pub use memory_queries::MemoryQueries;
pub use memory_run_log::MemoryRunLog;
pub use memory_usage::MemoryUsage;
pub use object_store_conformance::object_store_conformance;
pub use project_settings_conformance::project_settings_conformance;
pub use query_store_conformance::query_store_conformance;
pub use run_log_conformance::run_log_conformance;
pub use run_promises::assert_run_promises;
pub use scripted_model::{ScriptedModel, call, calls, text};
pub use tools::{FakeTool, counts_table};
pub use usage_store_conformance::usage_store_conformance;
