//! A seeded world: the demo and test data of the product, with its truths.
//!
//! The world is Leaflet, a made-up product for taking notes, from 2026-04-02 to 2026-06-30 UTC: people who
//! come from four sources, sign up, write notes, share them, pay and leave; crawlers; an experiment with a
//! winner; a release that breaks things; and all the trouble that real events have, late ones, repeated ones,
//! ids that must not be joined. `docs/guides/world.md` describes it.
//!
//! [`World`] is an iterator of [`WorldEvent`]s, made from a seed and a size of 300,000 to 100 million events.
//! [`Truths`] has what a store of these events must find again. The crate knows no store.

mod batch;
mod calendar;
mod delivery;
mod devices;
mod event;
mod flags;
mod identifiers;
mod identity;
mod interactions;
mod pages;
mod people;
mod plan;
mod play;
mod properties;
mod random;
mod script;
mod session;
mod sources;
mod stage;
mod truths;
mod world;

pub use calendar::{BAD_RELEASE, BAD_VERSION, DAY, DAYS, END, RELEASES, START};
pub use delivery::{LATE_AFTER, LATE_UNTIL};
pub use devices::CRAWLER_MARKS;
pub use event::{ValueKind, WorldEvent, WorldValue};
pub use flags::{
    BAD_RELEASE_CONVERSION, EDITOR_FLAG, EXPERIMENT_CONVERSION, EXPERIMENT_FLAG, PALETTE_FLAG, PALETTE_SINCE,
};
pub use interactions::{BAD_RELEASE_EXCEPTION, BAD_RELEASE_FACTOR, EXCEPTION_RATE};
pub use properties::{PROPERTIES, Presence, Property};
pub use sources::{SOURCE_CONVERSION, SOURCES};
pub use truths::{Acquisition, Crawlers, Funnel, Merges, Release, Truths};
pub use world::{SIZES, World};
