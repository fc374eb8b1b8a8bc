//! The labelled set, and what must hold for every text.

mod labelled;
mod own_words;
mod properties;
mod restricting;
mod rules;
mod selections;
mod unique;
