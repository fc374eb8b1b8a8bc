//! The API over fakes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod access;
mod api;
mod openapi;
mod sessions;
#[path = "../../../app/tests/it/support.rs"]
mod support;
