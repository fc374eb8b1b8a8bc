//! What a tool call does to the world; computed from its arguments, never from its name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The effect of one call, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Writes to the conversation alone, e.g. the to-do list; never asks.
    Draft,
    /// Makes something new.
    Create,
    /// Alters something.
    Change,
    /// Removes something.
    Delete,
    /// Shows something to others.
    Publish,
    /// Costs money.
    Spend,
    /// Reaches a system outside.
    External,
}

impl Effect {
    /// True where running the call a second time does no harm.
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Read | Self::Draft)
    }
}
