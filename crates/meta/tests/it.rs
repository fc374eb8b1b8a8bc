//! The run log against real files: what it promises, what survives a crash, what an old file holds.

#![allow(clippy::unwrap_used, reason = "a fixture that can't be built is a failed test")]

#[path = "it/access.rs"]
mod access;
#[path = "it/compat.rs"]
mod compat;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/objects.rs"]
mod objects;
#[path = "it/promises.rs"]
mod promises;
#[path = "it/sample.rs"]
mod sample;
#[path = "it/usage.rs"]
mod usage;
