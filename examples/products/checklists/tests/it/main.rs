//! The product as others meet it: through its tools, over a store in memory and an engine of closures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod bench;
mod objects;
mod reach;
