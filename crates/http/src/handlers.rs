//! What each route does: parse, call a use case, answer.

pub(crate) mod data;
pub(crate) mod meta;
pub(crate) mod objects;
pub(crate) mod quality;
pub(crate) mod runs;
pub(crate) mod session;
pub(crate) mod tools;

use schemars::JsonSchema;
use serde::Serialize;

/// Every list that the API answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub(crate) struct List<T> {
    /// The members.
    pub(crate) data: Vec<T>,
}
