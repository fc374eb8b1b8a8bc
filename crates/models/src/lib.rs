//! What can drive the agent's loop beside the built-in analyst: a script from a file, and any program.
//!
//! `docs/guides/models.md` describes both formats.

mod command_line;
mod exec;
mod process;
mod scripted;
mod spec;

pub use exec::ExecModel;
pub use scripted::ScriptedModel;
pub use spec::ModelSpec;
