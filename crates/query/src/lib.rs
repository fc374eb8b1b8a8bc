//! Planning and running queries with `DataFusion` on one snapshot of the lake.
//!
//! A typed query is validated against the taxonomy, its dates are resolved against the injected
//! clock, and one logical plan per series is run. SQL is one SELECT over the project's own `events`
//! table and nothing else. Both are read-only by construction: no plan here can write.

mod actors;
mod behaviors;
mod calendar_heatmap;
mod cells;
mod codec;
mod dates;
mod definitions;
mod describe;
mod elements;
mod engine;
mod event_list;
mod expressions;
mod fields;
mod filters;
mod funnels;
mod grouped;
mod intervals;
mod kept;
mod keyless;
mod lifecycle;
mod lookups;
mod measures;
mod observed;
mod paging;
mod paths;
mod people;
mod percentile;
mod person_history;
mod person_list;
mod persons;
mod rest;
mod retention;
mod scan;
mod scope;
mod semi_joins;
mod session;
mod slots;
mod sql;
mod stickiness;
mod tally;
mod test_accounts;
mod texts;
mod trends;
mod validate;
mod versions;
mod written;

pub use dates::{Resolved, resolve};
pub use engine::Engine;
