//! The command line over fakes.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod lists;
#[path = "../../../app/tests/it/support.rs"]
mod support;
mod verbs;
