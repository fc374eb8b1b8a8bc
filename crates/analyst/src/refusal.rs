//! What is said when a question is not answered.

use hedgerow_agent_api::{ModelReply, Outcome};

/// What the analyst can do. It holds no number, so that nothing in it can be taken for a result.
const ABILITIES: &str = "I am the built-in analyst and work without a language model: I read English, and count requests, \
    page views, visitors and sessions, in total, over time, split by a property, ranked or as a share, with filters.";

/// A refusal with its reason.
pub(crate) fn reply(reason: &str) -> ModelReply {
    ModelReply {
        text: format!("{reason} {ABILITIES}"),
        outcome: Outcome::Refused,
        ..ModelReply::default()
    }
}
