//! The product as others meet it: beside `PostHog`'s SDK, and through its tools.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]
#![allow(clippy::disallowed_methods, reason = "the SDK is a program of its own")]

mod objects;
mod sdk;
