//! The command line: arguments, one file a verb, and what is printed.
//!
//! A verb writes through a [`Printer`] and resolves paths against [`VerbContext::cwd`], never
//! through the process's own streams and folder: when a server owns the data folder, the verb
//! runs inside that server and its output goes over a socket to the process that was started.

mod args;
mod cancel;
mod chart;
mod number;
mod printer;
mod table;
mod verbs;

pub use args::{Cli, Command, Globals, ImportCommand, parse};
pub use cancel::{Cancel, Canceller, cancellation};
pub use printer::{Printer, Sink};
pub use verbs::{Host, VerbContext, restore, run};

/// Exit codes, the same for all verbs.
pub mod exit {
    /// Done; a question was answered.
    pub const DONE: i32 = 0;
    /// It failed.
    pub const FAILED: i32 = 1;
    /// The command line can't be understood.
    pub const USAGE: i32 = 2;
    /// A question was refused.
    pub const REFUSED: i32 = 3;
    /// A question was answered with a question.
    pub const ASKED: i32 = 4;
    /// Somebody stopped it.
    pub const CANCELLED: i32 = 130;
}
