//! The labelled set, and what must hold for every text.

mod labelled;
mod properties;
mod rules;
mod selections;
