//! Persons against a naive model: all events one by one in order of their stamps, with plain maps.

pub(crate) mod model;
mod order;
