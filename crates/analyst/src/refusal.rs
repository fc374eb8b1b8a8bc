//! What is said when a question is not answered.

use hedgerow_agent_api::{ModelReply, Outcome};

/// What the analyst can do. It holds no number, so that nothing in it can be taken for a result.
pub(crate) const ABILITIES: &str =
    "I count requests, page views, visitors and sessions, for example \"How many page views were there per day?\".";

/// Reasons that another wording would not change.
const WITHOUT_DATA: [&str; 2] = ["There is no data", "No event meets this"];

/// A refusal with its reason.
pub(crate) fn reply(reason: &str) -> ModelReply {
    let of_data = WITHOUT_DATA.iter().any(|start| reason.starts_with(start));
    let text = if of_data {
        reason.to_owned()
    } else {
        format!("{reason} {ABILITIES}")
    };
    ModelReply {
        text,
        outcome: Outcome::Refused,
        ..ModelReply::default()
    }
}
