//! Use cases over fakes.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod access;
mod kept_queries;
mod quality;
mod settings;
mod stages;
mod support;
mod use_cases;
