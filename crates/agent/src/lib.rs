//! The agent: the loop that drives a model through tool calls to an answer, and the run log it writes.
//!
//! What happens next in a run is computed from the fold of its log alone ([`Thread`]), so that a run
//! goes on after a crash exactly where its log ends. Everything about engines comes through traits.
//!
//! [`Thread`]: hedgerow_agent_api::Thread

mod agent;
mod answer;
mod call;
mod call_batch;
mod channels;
mod closing;
mod context;
pub mod core_tools;
pub mod figures;
mod follower;
mod history;
mod model_round;
mod recorder;
pub mod result_text;
mod router;
mod run_loop;
mod supervisor;

#[cfg(test)]
mod tests;

pub use agent::{Agent, AskRequest, Limits};
pub use answer::shown_question;
pub use history::agrees_to;
