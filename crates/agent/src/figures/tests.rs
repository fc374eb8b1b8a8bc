//! The labelled set, and what must hold for every text.

mod labelled;
mod properties;
mod restricting;
mod rules;
mod selections;
mod unique;
