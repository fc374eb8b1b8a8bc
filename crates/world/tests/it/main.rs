//! The promises of a world, held against its raw events.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod promises;
mod recount;
