//! Real programs as models, the example among them, and the guide's own JSON.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fixture that can't be built is a failed test"
)]

#[path = "it/example.rs"]
mod example;
#[path = "it/exec.rs"]
mod exec;
#[path = "it/guide.rs"]
mod guide;
#[path = "it/sample.rs"]
mod sample;
