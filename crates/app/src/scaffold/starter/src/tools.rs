//! The product's tools, one file each.

pub mod count_starter_events;
